"""Who made the change: they cannot sign it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Forge
from prodready.names import few, shown
from prodready.signoffs.nouns import Source
from prodready.signoffs.signature import Signature

MOST_COMMITS = 250
"""Commits of a pull request that GitHub lists; of more, the authors cannot be told."""
WEB_FLOW = 19864447
"""GitHub's own account, the committer of what is committed on its pages."""
_CO_AUTHOR = re.compile(r"^co-authored-by:[^\n<]*<([^<>\n]+)>\s*$", re.IGNORECASE | re.MULTILINE)
_HIDDEN = re.compile(r"(?:(?P<id>\d+)\+)?(?P<login>[^@]+)@users\.noreply\.github\.com", re.IGNORECASE)
_NOBODY = re.compile(r"(?:no-?reply|noreply|.*\[bot\].*)@.*", re.IGNORECASE)
"""Addresses of programs: nobody signs with them."""


class Authors(Struct, frozen=True, kw_only=True):
    """Everybody who had a hand in the change."""

    accounts: frozenset[int] = frozenset()
    logins: frozenset[str] = frozenset()
    """In lower case, where only the login is known."""
    emails: frozenset[str] = frozenset()
    """In lower case."""
    unknown: tuple[str, ...] = ()
    """Addresses that GitHub ties to no account: whoever signs on GitHub could be behind them."""

    def barred(self, given: Signature) -> Signature:
        """The word, void when it is an author's or could be."""
        if given.void:
            return given
        if given.account in self.accounts or given.who.casefold() in self.logins or given.who.casefold() in self.emails:
            return replace(given, void="is of an author of the change")
        if self.unknown and given.how is not Source.SSH:
            who = few(self.unknown, 2)
            return replace(given, void=f"cannot be told from the authors: GitHub knows no account for {who} (let them register it, or sign by SSH)")
        return given


def on_pull(forge: Forge, pull: int) -> Authors:
    """Of a pull request. Raises CannotTell."""
    commits = forge.pages(f"/pulls/{pull}/commits")
    if len(commits) >= MOST_COMMITS:
        raise CannotTell(f"GitHub lists {MOST_COMMITS} commits of a pull request at most, so its authors cannot be told", "split the change")
    return of_pull(forge.get(f"/pulls/{pull}"), commits)


def of_pull(pull: Mapping[str, Any], commits: Sequence[Mapping[str, Any]]) -> Authors:
    """From a pull request and its commits, as GitHub's API gives them."""
    accounts = {number for number in (_id(pull.get("user")),) if number}
    emails, found = set[str](), Authors()
    for commit in commits:
        inner = commit.get("commit") or {}
        for side in ("author", "committer"):
            number = _id(commit.get(side))
            accounts |= {number} if number and number != WEB_FLOW else set()
            emails |= set() if number else {str((inner.get(side) or {}).get("email") or "").casefold()}
        emails |= co_authors(str(inner.get("message") or ""))
    found = of_emails(emails - {"noreply@github.com"})
    return replace(found, accounts=found.accounts | accounts)


def of_emails(emails: Iterable[str]) -> Authors:
    """From addresses alone."""
    given = {email.casefold() for email in emails if email}
    hidden = [match for email in given if (match := _HIDDEN.fullmatch(email))]
    unknown = sorted(email for email in given if not _HIDDEN.fullmatch(email) and not _NOBODY.fullmatch(email))
    return Authors(
        accounts=frozenset(int(match["id"]) for match in hidden if match["id"]),
        logins=frozenset(match["login"] for match in hidden),
        emails=frozenset(given),
        unknown=tuple(map(shown, unknown)),
    )


def co_authors(message: str) -> set[str]:
    """The addresses behind ``Co-authored-by:``."""
    return {email.strip().casefold() for email in _CO_AUTHOR.findall(message)}


def _id(user: object) -> int | None:
    number = user.get("id") if isinstance(user, Mapping) else None
    return number if isinstance(number, int) else None
