"""A message to people in the blocks of Slack's Block Kit, within its limits, with plain text for notifications and for everything that is not Slack."""

from __future__ import annotations

from msgspec import Struct

from prodready.report.escape import line

HEADER, SECTION, FIELD, FIELDS = 150, 3000, 2000, 10
"""Characters of a header, of a section and of one field, and fields of a section (docs.slack.dev, reference of blocks)."""


class Message(Struct, frozen=True, kw_only=True):
    """What is told. Every foreign word in ``body`` has gone through ``inert``; the rest is made so here."""

    sign: str
    """An emoji by its name: ``:x:``."""
    headline: str
    body: str = ""
    """Slack's markdown."""
    facts: tuple[tuple[str, str], ...] = ()
    """Name and value, side by side."""
    small: str = ""
    """Where it comes from."""


def inert(text: str, limit: int = 400) -> str:
    """Words that Slack takes for words: no mention, link or channel (docs.slack.dev, formatting message text)."""
    plain = line(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.translate({ord(sign): f"{sign}\u200b" for sign in "*_~`@#"})


def payload(message: Message) -> dict[str, object]:
    """What is posted to a webhook."""
    return {"text": _text(message), "blocks": list(_blocks(message))}


def _text(message: Message) -> str:
    rows = (f"{message.sign} {inert(message.headline)}", message.body, *(f"{name}: {inert(value)}" for name, value in message.facts), inert(message.small))
    return "\n".join(row for row in rows if row)[:SECTION]


def _blocks(message: Message) -> list[dict[str, object]]:
    head = f"{message.sign} {line(message.headline, HEADER)}"
    blocks: list[dict[str, object]] = [{"type": "header", "text": {"type": "plain_text", "text": head[:HEADER], "emoji": True}}]
    if message.body:
        blocks.append({"type": "section", "text": _mrkdwn(message.body[:SECTION])})
    if fields := [_mrkdwn(f"*{name}*\n{inert(value)}"[:FIELD]) for name, value in message.facts if value][:FIELDS]:
        blocks.append({"type": "section", "fields": fields})
    if message.small:
        blocks.append({"type": "context", "elements": [_mrkdwn(inert(message.small)[:FIELD])]})
    return blocks


def _mrkdwn(text: str) -> dict[str, object]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
