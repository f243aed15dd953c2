"""What GitHub says of a gate: whether its status is required and from whom, what the token may do, and whether the clocks agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from prodready.check import CannotTell
from prodready.context import Http
from prodready.doctor.row import Row, bad, good, mind, unknown
from prodready.github.client import GitHubError, GitHubPort
from prodready.github.verdict import CONTEXT
from prodready.model import Checklist

SKEW = 30
"""Seconds between our clock and GitHub's that are worth a word; ages and signatures are judged by ours."""


def rows(port: GitHubPort, org_port: GitHubPort | None, http: Http, held: Checklist) -> Iterator[Row]:
    """A row for each thing."""
    yield from _tried("token", lambda: _token(port))
    yield from _tried("required status", lambda: _required(port))
    yield from _teams(org_port or port, held)
    yield _clock(port, http)


def _tried(about: str, look: Any) -> Iterator[Row]:
    try:
        yield from look()
    except GitHubError as error:
        yield unknown(about, str(error), "give a token that may read the repository, and see that GitHub answers")


def _token(port: GitHubPort) -> Iterator[Row]:
    me = port.whoami()
    yield good("token", f"it speaks for {me.login} and reads {port.repository}")
    for about, path in (("pull requests", "/pulls"), ("rules", "/rulesets")):
        try:
            port.read(f"/repos/{port.repository}{path}")
        except GitHubError as error:
            yield mind("token", f"it may not read {about}: {error}", "give the job that permission, or use a token of your own here")


def _required(port: GitHubPort) -> Iterator[Row]:
    branch = str(port.read(f"/repos/{port.repository}")["default_branch"])
    rules = port.pages(f"/repos/{port.repository}/rules/branches/{quote(branch, safe='')}")
    checks = [check for rule in rules if rule.get("type") == "required_status_checks" for check in _checks(rule)]
    ours = [check for check in checks if check.get("context") == CONTEXT]
    if any(rule.get("type") == "workflows" for rule in rules):
        yield good("required status", f"a workflow of another repository is required on {branch}")
    elif not ours:
        yield bad("required status", f"{CONTEXT} is not required on {branch}: a red gate blocks nothing", "run 'prodready protect'")
    elif not any(check.get("integration_id") for check in ours):
        yield mind("required status", f"{CONTEXT} is required on {branch} from anybody: who may write can set it", "run 'prodready protect --app ID'")
    else:
        yield good("required status", f"{CONTEXT} is required on {branch} from app {ours[0]['integration_id']}")


def _checks(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((rule.get("parameters") or {}).get("required_status_checks") or [])


def _teams(port: GitHubPort, held: Checklist) -> Iterator[Row]:
    for team in dict.fromkeys(team for role in held.roles.values() for team in role.teams):
        org, _, slug = team.partition("/")
        try:
            members = port.pages(f"/orgs/{org}/teams/{slug}/members")
            yield good("team", f"{team} has {len(members)} members")
        except GitHubError as error:
            yield bad("team", f"{team} cannot be read, so its role is unverifiable and blocks: {error}", "give the input org-token 'Members: read'")


def _clock(port: GitHubPort, http: Http) -> Row:
    headers = {"Authorization": f"Bearer {port.token}", "Accept": "application/vnd.github+json"}
    try:
        answer = http.get(f"{port.api_url}/repos/{port.repository}", headers=headers)
        skew = abs((datetime.now(UTC) - parsedate_to_datetime(answer.headers["date"])).total_seconds())
    except (CannotTell, KeyError, ValueError, TypeError) as error:
        return unknown("clock", f"GitHub's clock could not be read: {error}", "see that GitHub answers")
    if skew > SKEW:
        return bad("clock", f"it differs from GitHub's by {skew:.0f} s: ages of evidence and signatures are judged by it", "set this machine's clock (NTP)")
    return good("clock", "it agrees with GitHub's")
