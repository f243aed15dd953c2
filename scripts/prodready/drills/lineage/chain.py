"""One trade's way back: run, commit, features. Each link is proven before the next is looked for."""

from __future__ import annotations

import fnmatch
import re
import time
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from prodready.check import CannotTell
from prodready.context import Answer
from prodready.drills.lineage.blobs import Blobs, Bucket, Gone
from prodready.drills.lineage.trades import Trade
from prodready.engine.ground import Ground
from prodready.model import Finding, Severity
from prodready.names import few, shown
from prodready.service import Where, service

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Tags(Struct, frozen=True, kw_only=True):
    """Names of the tags of a run."""

    commit: str = "mlflow.source.git.commit"
    """The commit that ran; MLflow sets it by itself."""
    features: str = "features.uri"
    """Where the features are."""
    sha256: str = "features.sha256"
    """SHA-256 of the features, in hex."""
    version: str = "features.version"
    """Version of the object in its bucket; needed only where it may have been overwritten."""


class Broken(Exception):
    """The chain ends here."""

    def __init__(self, rule: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.fix = rule, message, fix


class Chain(Struct, frozen=True, kw_only=True):
    """How far a trade led."""

    trade: str
    links: tuple[tuple[str, float], ...]
    """What was found, and the seconds it took."""
    broken: Finding | None = None
    gap: str = ""
    """Why it could not be told; empty when it could."""
    remedy: str = ""

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return sum(took for _, took in self.links)

    @property
    def words(self) -> str:
        """The chain in one line."""
        links = " → ".join(f"{what} ({took:.3f} s)" for what, took in self.links)
        end = self.broken.message if self.broken else self.gap
        return f"trade {self.trade}{f' → {links}' if links else ''}{f': {end}' if end else ''}"

    @property
    def plain(self) -> dict[str, object]:
        """As the record keeps it."""
        links = [{"link": what, "seconds": round(took, 4)} for what, took in self.links]
        return {"trade": self.trade, "links": links, "broken": self.broken.message if self.broken else "", "unknown": self.gap}


@dataclass(slots=True, kw_only=True)
class Way:
    """Follows one trade."""

    ground: Ground
    mlflow: Where
    tags: Tags
    bucket: Bucket
    branches: tuple[str, ...]
    deadline: float
    runs: tuple[str, ...]
    """All runs that the store names for this trade."""
    shared: int
    """How many other trades claim the run, where that is wrong."""
    links: list[tuple[str, float]] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    def follow(self, trade: Trade) -> Chain:
        """Never raises: what breaks or cannot be told is in the chain."""
        broken, gap, remedy = None, "", ""
        name = shown(trade.id)[:80]
        try:
            self._follow(trade)
        except Broken as end:
            self._linked(end.rule)
            broken = Finding(rule=end.rule, message=f"trade {name}: {end.message}", severity=Severity.HIGH, fix=end.fix, anchor=f"{name} {end.rule}")
        except CannotTell as unable:
            self._linked("unknown")
            gap, remedy = f"trade {name}: {unable.reason}", unable.remedy
        return Chain(trade=name, links=tuple(self.links), broken=broken, gap=gap, remedy=remedy)

    def _follow(self, trade: Trade) -> None:
        tags = self._run(trade)
        self._linked(f"run {shown(trade.run)[:40]}")
        commit = _tag(tags, self.tags.commit, "log it from a git checkout, or set it by mlflow.set_tag")
        branch = self._commit(commit)
        self._linked(f"commit {commit[:12]} on {branch}")
        uri = _tag(tags, self.tags.features, "let the run record where its features are")
        digest = _tag(tags, self.tags.sha256, "let the run record the SHA-256 of its features").lower()
        self._features(trade.run, uri, digest, tags.get(self.tags.version, ""))
        self._linked(f"features {digest[:12]}")

    def _linked(self, what: str) -> None:
        now = time.monotonic()
        self.links.append((what, now - self._since))
        self._since = now

    def _run(self, trade: Trade) -> dict[str, str]:
        if len(self.runs) > 1:
            raise Broken("ambiguous-trade", f"the store names {len(self.runs)} runs for it: {few(list(map(shown, self.runs)))}", "let each trade have one run")
        if not trade.run:
            raise Broken("no-run", "the store names no run for it", "let the system write the run's id with each trade")
        if self.shared:
            others = f"its run {shown(trade.run)[:40]} is claimed by {self.shared} other trades too"
            raise Broken("shared-run", others, "let each have its own, or say 'shared_runs: true'")
        mlflow = service(self.ground.world, self.mlflow, kind="MLflow")
        path = "/api/2.0/mlflow/runs/get"
        answer = mlflow.get(path, {"run_id": trade.run}, deadline=60)
        if (answer.status, _code(answer)) in ((404, "RESOURCE_DOES_NOT_EXIST"), (400, "INVALID_PARAMETER_VALUE")):
            raise Broken("run-missing", f"MLflow has no run {shown(trade.run)[:40]}", "restore it from the backup of MLflow, and keep runs as long as trades")
        run = _run_of(mlflow.decoded(mlflow.good(answer, path), path), trade.run)
        if run is None:
            raise CannotTell(f"{mlflow.name} answered {path} with another thing than the run", "see that the address is MLflow's")
        info, tags = run
        if info.get("lifecycle_stage") != "active":
            raise Broken("run-deleted", f"its run {shown(trade.run)[:40]} is deleted, and the next 'mlflow gc' ends it", "restore it: mlflow runs restore")
        return tags

    def _commit(self, commit: str) -> str:
        repo = self.ground.world.repo
        if repo.history is None:
            raise CannotTell("the commit cannot be looked for: this is no git repository", "run the drill in a clone of the repository that trades")
        if not _COMMIT.fullmatch(commit):
            raise Broken("commit-malformed", f"its run names {shown(commit)[:50]!r}, which is no commit", "record the full id of the commit")
        try:
            kind = repo.git("cat-file", "-t", commit).strip()
        except CannotTell:
            if repo.git("rev-parse", "--is-shallow-repository").strip() == "true":
                raise CannotTell("the commit cannot be looked for: this clone is shallow", "git fetch --unshallow, or 'fetch-depth: 0'") from None
            where = "push it, or run the drill in the repository that trades"
            raise Broken("commit-missing", f"the commit {commit[:12]} is not in this repository", where) from None
        if kind != "commit":
            raise Broken("commit-malformed", f"{commit[:12]} is a {kind}, and no commit", "record the id of the commit")
        return self._branch(commit)

    def _branch(self, commit: str) -> str:
        refs = self.ground.world.repo.git("for-each-ref", "--contains", commit, "--format=%(refname)", "refs/heads", "refs/remotes").split()
        names = [_branch_name(ref) for ref in refs]
        held = [name for name in names if not self.branches or any(fnmatch.fnmatchcase(name, pattern) for pattern in self.branches)]
        if not held:
            where = f"only on {few(names)}" if names else "on no branch"
            raise Broken("commit-dangling", f"the commit {commit[:12]} is {where}: it can be lost", "merge it, or tag and protect what runs in production")
        return held[0]

    def _features(self, run: str, uri: str, digest: str, version: str) -> None:
        if not _SHA256.fullmatch(digest):
            raise Broken("tag-malformed", f"the tag {self.tags.sha256} is no SHA-256", "record the digest as 64 hex digits")
        blobs = Blobs(ground=self.ground, mlflow=service(self.ground.world, self.mlflow, kind="MLflow"), bucket=self.bucket, deadline=self.deadline)
        try:
            found = blobs.sha256(uri, run=run, version=version)
        except Gone as gone:
            raise Broken("features-missing", f"the features are gone: {gone}", "restore them from the backup, and keep them as long as trades") from None
        if found != digest:
            was = "are not what that version should be" if version else "were overwritten"
            differs = f"the features {was}: SHA-256 {found[:12]}… instead of {digest[:12]}…"
            raise Broken("features-changed", differs, f"keep versions in the bucket, and record them in the tag {self.tags.version}")


def _run_of(data: Any, run: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    found = data.get("run") if isinstance(data, dict) else None
    info = found.get("info") if isinstance(found, dict) else None
    if not isinstance(info, dict) or run not in (info.get("run_id"), info.get("run_uuid")):
        return None
    inner = found.get("data") if isinstance(found, dict) else None
    tags = inner.get("tags", []) if isinstance(inner, dict) else []
    return info, {str(tag.get("key")): str(tag.get("value", "")) for tag in tags if isinstance(tag, dict)}


def _code(answer: Answer) -> str:
    """MLflow's own word for an error; empty where another server answers."""
    found = re.search(rb'"error_code":\s*"([A-Z_]+)"', answer.body[:10_000])
    return found[1].decode() if found else ""


def _tag(tags: dict[str, str], name: str, fix: str) -> str:
    if not tags.get(name):
        raise Broken("tag-missing", f"its run has no tag {name}", fix)
    return tags[name]


def _branch_name(ref: str) -> str:
    """``refs/remotes/origin/main`` and ``refs/heads/main`` are both ``main``."""
    kind, _, rest = ref.removeprefix("refs/").partition("/")
    return rest if kind == "heads" else rest.partition("/")[2]
