"""One person's word on one commit, wherever it was given, and why it may not count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.names import shown
from prodready.signoffs.nouns import Source

STANDING = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
"""States of a review that say something; a comment leaves the word before it as it is."""
MAINTAINERS = ("OWNER", "MEMBER", "COLLABORATOR")
_COMMAND = re.compile(r"/(?P<verb>signoff|attest|revoke) (?P<name>[^\n]{1,80}?)(?: (?P<sha>[0-9a-f]{40}))?\s*")


class Signature(Struct, frozen=True, kw_only=True):
    """A word that was given."""

    who: str
    """Login or principal, as it is shown."""
    how: Source
    account: int | None = None
    """The number of the GitHub account; None for a key."""
    commit: str = ""
    at: datetime | None = None
    roles: frozenset[str] | None = None
    """The roles it is meant for; None for all that the person holds."""
    maintainer: bool = False
    about: str = ""
    """The name of what is attested; empty for the commit as a whole."""
    evidence: Mapping[str, str] = field(default_factory=dict)
    """Path -> sha256 of the files that were attested by a key."""
    until: datetime | None = None
    """When it ends by itself."""
    void: str = ""
    """Why it does not count; empty when it does."""
    lapsed: bool = False
    """Whether it counted once."""
    against: bool = False
    """Whether it says no."""

    @property
    def person(self) -> object:
        """What tells two people apart."""
        return self.who if self.account is None else self.account


def reviews(found: Sequence[Mapping[str, Any]], head: str) -> tuple[Signature, ...]:
    """The standing word of each reviewer, from the reviews of a pull request in the order they were given."""
    last: dict[object, Mapping[str, Any]] = {}
    for review in found:
        if review.get("state") in STANDING:
            last[_account(review) or ("ghost", review.get("id"))] = review
    return tuple(_review(review, head) for review in last.values())


def _review(review: Mapping[str, Any], head: str) -> Signature:
    given = Signature(
        who=_login(review), account=_account(review), how=Source.REVIEW, commit=str(review.get("commit_id") or ""), at=_moment(review.get("submitted_at")),
        maintainer=review.get("author_association") in MAINTAINERS,
    )  # fmt: skip
    void = {"CHANGES_REQUESTED": "asks for changes", "DISMISSED": "was dismissed"}.get(str(review.get("state")), "")
    return bound(replace(given, void=void or _ghost(given), against=review.get("state") == "CHANGES_REQUESTED"), head)


def comments(found: Sequence[Mapping[str, Any]], head: str) -> tuple[Signature, ...]:
    """The words given by the first line of an unedited comment.

    ``/signoff ROLE SHA`` signs the commit, ``/attest NAME SHA`` attests the files of that name as that commit has them; ``/revoke`` takes either back.
    """
    last: dict[tuple[object, bool, str], Signature] = {}
    for comment in found:
        command = _COMMAND.fullmatch(str(comment.get("body") or "").split("\n", 1)[0].rstrip())
        if command and (command["sha"] or command["verb"] == "revoke"):
            person, name = _account(comment) or _login(comment), command["name"].casefold()
            if command["verb"] != "attest":
                last[person, False, name] = bound(_comment(comment, command, roles=frozenset((command["name"],))), head)
            if command["verb"] == "attest" or (person, True, name) in last:
                last[person, True, name] = _comment(comment, command, about=command["name"])
    return tuple(last.values())


def _comment(comment: Mapping[str, Any], command: re.Match[str], *, roles: frozenset[str] | None = None, about: str = "") -> Signature:
    given = Signature(
        who=_login(comment), account=_account(comment), how=Source.COMMENT, commit=command["sha"] or "", at=_moment(comment.get("created_at")),
        roles=roles, about=about, maintainer=comment.get("author_association") in MAINTAINERS,
    )  # fmt: skip
    if command["verb"] == "revoke":
        return replace(given, void="was revoked", lapsed=True)
    edited = comment.get("created_at") != comment.get("updated_at")
    return replace(given, void=_ghost(given) or ("stands in a comment that was edited" if edited else ""))


def approvals(found: Sequence[Mapping[str, Any]], head: str) -> tuple[tuple[str, Signature], ...]:
    """(environment, word) of each approval that people gave this run."""
    return tuple((str(environment.get("name")), _approval(one, head)) for one in found for environment in one.get("environments") or ())


def _approval(one: Mapping[str, Any], head: str) -> Signature:
    void = _rejected(one)
    return Signature(who=_login(one), account=_account(one), how=Source.ENVIRONMENT, commit=head, void=void, against=bool(void))


def bound(given: Signature, head: str) -> Signature:
    """A word holds for the commit it was given for and for no other."""
    if given.void or given.commit == head:
        return given
    return replace(given, void=f"is for {given.commit[:12] or 'no commit'}, and the change is now at {head[:12]}", lapsed=bool(given.commit))


def aged(given: Iterable[Signature], limit: float | None, now: datetime) -> tuple[Signature, ...]:
    """The words, void after ``limit`` seconds."""
    return tuple(_aged(one, limit, now) for one in given)


def _aged(one: Signature, limit: float | None, now: datetime) -> Signature:
    late = limit is not None and one.at is not None and (now - one.at).total_seconds() > limit
    return replace(one, void=f"is from {one.at:%Y-%m-%d} and has expired", lapsed=True) if late and not one.void else one


def _rejected(approval: Mapping[str, Any]) -> str:
    return "" if approval.get("state") == "approved" else f"says {shown(str(approval.get('state')))}"


def _ghost(given: Signature) -> str:
    return "" if given.account is not None else "is of an account that was deleted"


def _account(data: Mapping[str, Any]) -> int | None:
    number = (data.get("user") or {}).get("id")
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _login(data: Mapping[str, Any]) -> str:
    return shown(str((data.get("user") or {}).get("login") or "ghost"))


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
