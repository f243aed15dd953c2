"""Records of the environment: reports of runs inside, signed, or fetched from the workflow that made them; never believed for their own sake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.checks.github_state.runs import finished
from prodready.errors import ProdreadyError
from prodready.evidence.signature import BadSignature, Trust, verify
from prodready.expectation import max_age_seconds
from prodready.github import artefact
from prodready.model import Checklist, Evidence, Item, Observation, Report, Unseen
from prodready.names import few, shown
from prodready.report import json_v1_read
from prodready.world.forge import GitHubForge

NAMESPACE = "prodready-record"
"""What signatures of records are for."""
FOLDER = "evidence/environment"
"""Where records lie in a repository; a branch of their own keeps them out of everybody's way."""
MOST = 50
"""Records of a folder that are read, the last by name."""
LIMIT = 32 * 1024 * 1024


class Setting(Struct, frozen=True, kw_only=True):
    """Where records are looked for, and what they must be about."""

    held: Checklist
    repository: str
    folders: Sequence[Path]
    trust: Trust | None
    forge: GitHubForge
    now: datetime


class Kept(Struct, frozen=True, kw_only=True):
    """A record and who vouches for it."""

    report: Report
    origin: str


def observations(setting: Setting) -> tuple[Mapping[str, Observation], tuple[str, ...]]:
    """What the newest good record says of each item that it is for, and notes on all of them; nothing where the policy names no such item."""
    wanted = [item for item in setting.held.items if _inside(item, setting.held)]
    if not wanted:
        return {}, ()
    refused: list[str] = []
    kept = sorted(_good(setting, refused), key=lambda one: one.report.started)
    seen = {item.id: _seen(item, kept, setting, refused) for item in wanted}
    told = tuple(f"what only a machine inside can see is told by the record of {one.report.started:%Y-%m-%d %H:%M} ({one.origin})" for one in kept[-1:])
    return seen, (*told, *(f"a record of the environment is not believed: {why}" for why in refused))


def _inside(item: Item, held: Checklist) -> bool:
    return not item.off and any(fnmatchcase(item.id, pattern) for pattern in held.environment.items)


def _seen(item: Item, kept: Sequence[Kept], setting: Setting, refused: Sequence[str]) -> Observation:
    """The observation of the newest record that has the item, good for as long as the policy says."""
    for one in reversed(kept):
        for outcome in one.report.outcomes:
            if outcome.item.id == item.id and outcome.item.check == item.check:
                return _dated(outcome.observation, one, setting)
    why = f": {few(refused, 2)}" if refused else ""
    remedy = f"on a machine inside: prodready run --stage {item.stage} --only {item.id}, and keep its report (docs/environment.md)"
    return Unseen(reason=f"no record tells how {item.id} is{why}", remedy=remedy)


def _dated(seen: Observation, one: Kept, setting: Setting) -> Observation:
    if isinstance(seen, Unseen):
        return replace(seen, reason=f"{seen.reason} (record of {one.report.started:%Y-%m-%d %H:%M})")
    old: Evidence = seen.evidence
    good = one.report.started + timedelta(seconds=max_age_seconds(setting.held.environment.max_age) or 0.0)
    evidence = replace(
        old, source=f"{old.source} (record of {one.report.started:%Y-%m-%d %H:%M}, {one.origin})",
        collected=min(old.collected or one.report.started, one.report.started), expires=min(old.expires or good, good),
    )  # fmt: skip
    return replace(seen, evidence=evidence)


def _good(setting: Setting, refused: list[str]) -> Iterator[Kept]:
    """Every record that may be believed; why others may not goes to ``refused``."""
    for found in (_in_folders, _of_workflow):
        try:
            for one in found(setting, refused):
                if wrong := _about(one.report, setting):
                    refused.append(f"the one of {one.report.started:%Y-%m-%d %H:%M} {wrong}")
                else:
                    yield one
        except CannotTell as unable:
            refused.append(unable.reason)


def _about(report: Report, setting: Setting) -> str:
    """Why a record is about something else; empty when it is not."""
    if report.subject.repository != setting.repository:
        return f"is of the repository {shown(report.subject.repository)}, not {setting.repository}"
    if report.checklist.sha256 != setting.held.sha256:
        return "was made under another policy than the one that holds: run it again"
    if report.started > setting.now + timedelta(minutes=5):
        return "is from the future: a clock is wrong"
    return ""


def _in_folders(setting: Setting, refused: list[str]) -> Iterator[Kept]:
    paths = sorted({path for folder in setting.folders if folder.is_dir() and not folder.is_symlink() for path in folder.glob("*.json")})
    for path in paths[-MOST:]:
        try:
            yield _signed(path, setting)
        except (OSError, ValueError, BadSignature, ProdreadyError) as error:
            refused.append(f"{shown(path.name)}: {error.message if isinstance(error, ProdreadyError) else error}")


def _signed(path: Path, setting: Setting) -> Kept:
    """A record of a folder: whoever could write there is nobody; one of the signers must have signed. Raises BadSignature, OSError, ValueError."""
    if path.is_symlink() or path.stat().st_size > LIMIT:
        raise ValueError("it is a link or too large")
    raw, signers = path.read_bytes(), setting.held.environment.signers
    if not signers or setting.trust is None:
        raise BadSignature("nobody's signature would be believed: name 'environment: {signers: […]}' and their keys in .prodready/allowed_signers")
    signature = path.with_suffix(".sig")
    if not signature.is_file():
        raise BadSignature(f"it is not signed: {shown(signature.name)} is missing (prodready run --sign KEY)")
    who = verify(raw, signature.read_text("ascii", "replace"), setting.trust, now=setting.now, namespace=NAMESPACE)
    if who not in signers:
        raise BadSignature(f"{shown(who)} signed it, who may not sign records")
    return Kept(report=json_v1_read.read(raw.decode("utf-8")), origin=f"signed by {shown(who)}")


def _of_workflow(setting: Setting, refused: list[str]) -> Iterator[Kept]:
    """The record in the artefact of the newest finished run: its workflow, branch and repository are GitHub's word, not the record's. Raises CannotTell."""
    rules = setting.held.environment
    if not rules.workflow:
        return
    run = finished(setting.forge, rules.branch, rules.workflow)[0]
    if setting.forge.port is None:
        raise CannotTell("GitHub cannot be asked")
    claim = artefact.claimed(setting.forge.port, int(run["id"]), rules.artefact)
    if claim.report is None:
        refused.append(f"run {run['run_number']} of {shown(rules.workflow)}: {claim.absent or claim.hostile}")
    else:
        yield Kept(report=claim.report, origin=f"run {run['run_number']} of {shown(rules.workflow)} on {shown(rules.branch)}")
