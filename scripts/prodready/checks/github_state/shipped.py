"""What was tagged, released and deployed."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from prodready.check import CannotTell
from prodready.context import Forge
from prodready.model import Evidence, Finding, Measured, Severity
from prodready.names import few, shown

PAGE = 100


def tag(forge: Forge, name: str, *, signed: bool) -> Measured:
    """Whether the tag stands on the commit under the gate."""
    found = next((ref for ref in forge.get(f"/git/matching-refs/tags/{quote(name)}") if ref["ref"] == f"refs/tags/{name}"), None)
    if found is None:
        return _no(f"there is no tag {shown(name)}", f"create it: git tag -s {shown(name)} && git push origin {shown(name)}")
    commit, verified = _target(forge, found["object"])
    if not forge.head:
        raise CannotTell("it is not known which commit this is about", "gate a git checkout")
    if commit != forge.head:
        words = f"the tag {shown(name)} stands on {commit[:12]}, and this is {forge.head[:12]}"
        return _no(words, "gate the commit that is tagged, or tag the one that was gated")
    if signed and not verified:
        return _no(f"the tag {shown(name)} has no signature that GitHub could verify", f"sign it: git tag -s -f {shown(name)}")
    return Measured(value=True, evidence=Evidence(source=f"the tag {shown(name)} on {commit[:12]}{', signed' if verified else ''}"))


def _target(forge: Forge, there: Any) -> tuple[str, bool]:
    """The commit and whether the tag itself is signed."""
    if there["type"] != "tag":
        return str(there["sha"]), False
    annotated = forge.get(f"/git/tags/{there['sha']}")
    return str(annotated["object"]["sha"]), annotated["verification"]["verified"] is True


def asset(forge: Forge, tag_name: str, pattern: str) -> Measured:
    """Whether the release has such a file."""
    listed = forge.get("/releases", per_page=str(PAGE))
    releases = [release for release in listed if not release["draft"] and tag_name in ("", release["tag_name"])]
    if not releases and len(listed) == PAGE:
        raise CannotTell(f"among the newest {PAGE} releases is none of {shown(tag_name)}", "release it again, or name a later tag")
    if not releases:
        return _no(f"there is no release{f' of {shown(tag_name)}' if tag_name else ''}", "publish a release of the tag")
    release = max(releases, key=lambda one: str(one["published_at"]))
    files = [str(one["name"]) for one in release["assets"] if one["state"] == "uploaded" and one["size"] > 0]
    if not any(fnmatchcase(name, pattern) for name in files):
        has = few([shown(name) for name in files]) or "none"
        return _no(f"the release {shown(release['tag_name'])} has no file {shown(pattern)}; it has {has}", "attach it: gh release upload TAG FILE")
    source = f"the release {shown(release['tag_name'])} with {few([shown(name) for name in files])}"
    return Measured(value=True, evidence=Evidence(source=source, collected=_moment(release["published_at"])))


def deployment(forge: Forge, environment: str) -> Measured:
    """The state of the newest deployment."""
    listed = forge.get("/deployments", environment=environment, per_page="1")
    if not listed:
        raise CannotTell(f"nothing was ever deployed to {shown(environment)}, as far as GitHub knows", "deploy through a job with 'environment:'")
    newest = listed[0]
    statuses = forge.get(f"/deployments/{newest['id']}/statuses", per_page="1")
    if not statuses:
        raise CannotTell(f"the newest deployment to {shown(environment)} has no status yet", "wait until it has ended")
    commit = str(newest["sha"])
    notes = (f"deployed is {commit[:12]}, and this is {forge.head[:12]}",) if forge.head and commit != forge.head else ()
    source = f"{commit[:12]} to {shown(environment)}"
    return Measured(value=str(statuses[0]["state"]), evidence=Evidence(source=source, collected=_moment(statuses[0]["created_at"])), notes=notes)


def environment_reviewers(forge: Forge, environment: str) -> Measured:
    """How many may let a deployment in; none where no rule asks for it."""
    rules = forge.get(f"/environments/{quote(environment, safe='')}").get("protection_rules") or ()
    asked = [rule for rule in rules if rule["type"] == "required_reviewers"]
    notes = () if all(rule.get("prevent_self_review") for rule in asked) else ("who starts the deployment may let it in (prevent_self_review is off)",)
    return Measured(value=sum(len(rule["reviewers"]) for rule in asked), evidence=Evidence(source=f"the environment {shown(environment)}"), notes=notes)


def _no(message: str, fix: str) -> Measured:
    finding = Finding(rule="not-there", message=message, severity=Severity.HIGH, fix=fix)
    return Measured(value=False, evidence=Evidence(source=message), findings=(finding,))


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
