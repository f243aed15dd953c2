"""Asks everybody's word: reviews, comments and approvals on GitHub, statements signed with SSH keys; and how each role then stands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Forge, Repo
from prodready.evidence.signature import Trust, verify
from prodready.expectation import max_age_seconds
from prodready.model import Checklist
from prodready.signoffs import attested, signature, ssh
from prodready.signoffs.authors import Authors, co_authors, of_emails, on_pull
from prodready.signoffs.nouns import Signoff, Source, Word
from prodready.signoffs.signature import Signature
from prodready.signoffs.standing import MAINTAINER, WEAKER, Words, heard, rows, standing

NO_ORG = "the token may not read teams; give the input org-token a token with 'Members: read' of the organisation"


class Scene(Struct, frozen=True, kw_only=True):
    """Where and when signatures are asked for."""

    repo: Repo
    forge: Forge
    repository: str
    trust: Trust | None
    now: datetime
    run_id: str = ""
    evidence: Path | None = None
    """A folder with more signed statements."""


class Signatures:
    """Everybody's word on one change; asked once, and only where a role needs it."""

    def __init__(self, checklist: Checklist, scene: Scene) -> None:
        self.checklist, self.scene = checklist, scene
        self.rules = checklist.signoffs
        self._words: Words | None = None
        self._lock = threading.Lock()

    def of_stage(self, stage: str) -> tuple[Signoff, ...]:
        """The rows of a stage."""
        return self._rows(self.rules.of(stage))

    def of_weaker_gate(self) -> tuple[Signoff, ...]:
        """The rows of those who must agree before a change may weaken its gate."""
        change = self.rules.change
        return self._rows((MAINTAINER,) if change is None else change, about=WEAKER)

    def _rows(self, needed: Sequence[str], about: str = "") -> tuple[Signoff, ...]:
        if not needed:
            return ()
        return rows(needed, self.checklist.roles, self._of(needed), distinct=self.rules.distinct, head=self.scene.forge.head, about=about)

    def attested(self, roles: Sequence[str], about: str, files: Mapping[str, str]) -> tuple[Word, ...]:
        """How the roles stand on a statement over these files (path -> sha256), or on the commit when it has no name."""
        scene, words = self.scene, self._of(roles, about)
        bound = tuple(attested.bound(one, files, scene.repo, scene.forge.head) for one in words.given)
        return standing(
            roles, self.checklist.roles, replace(words, given=bound), distinct=self.rules.distinct, head=scene.forge.head, about=about
        )  # fmt: skip

    def signer(self, message: bytes, signed: str, *, namespace: str) -> str:
        """The principal who signed these bytes. Raises BadSignature when nobody did whom the policy knows, CannotTell when it cannot be checked."""
        if self.scene.trust is None:
            raise CannotTell("the policy names no signers", "commit their keys as .prodready/allowed_signers to the base branch")
        return verify(message, signed, self.scene.trust, now=self.scene.now, namespace=namespace)

    def _of(self, needed: Sequence[str], about: str = "") -> Words:
        """What was said on that, and who is in the teams of these roles."""
        with self._lock:
            if self._words is None:
                self._words = self._hear()
        said = tuple(one for one in self._words.given if one.about == about)
        teams = {team: self._team(team) for name in needed if name in self.checklist.roles for team in self.checklist.roles[name].teams}
        return replace(self._words, given=said, approvals=() if about else self._words.approvals, teams=teams)

    def _hear(self) -> Words:
        unheard: list[str] = []
        given = [*self._on_pull(unheard), *_tried(unheard, self._by_key)]
        approvals = _tried(unheard, self._approvals)
        barred = self._bar(unheard)
        limit = max_age_seconds(self.rules.valid_for)
        spoken = heard(self.rules.sources, given)
        good = signature.aged((barred(one) for one in spoken if not one.about), limit, self.scene.now)
        return Words(
            given=(*good, *(one for one in spoken if one.about)), approvals=tuple((place, barred(one)) for place, one in approvals),
            unheard=tuple(dict.fromkeys(unheard)),
        )  # fmt: skip

    def _on_pull(self, unheard: list[str]) -> list[Signature]:
        forge = self.scene.forge
        if forge.pull is None:
            return []
        given: list[Signature] = []
        if Source.REVIEW in self.rules.sources:
            given += _tried(unheard, lambda: signature.reviews(forge.pages(f"/pulls/{forge.pull}/reviews"), forge.head))
        if Source.COMMENT in self.rules.sources:
            given += _tried(unheard, lambda: signature.comments(forge.pages(f"/issues/{forge.pull}/comments"), forge.head))
        return given

    def _by_key(self) -> Iterable[Signature]:
        scene, history = self.scene, self.scene.repo.history
        folders = [*([history.toplevel / ssh.FOLDER] if history else []), *([scene.evidence] if scene.evidence else [])]
        subject = ssh.Subject(
            repository=scene.repository, head=scene.forge.head, pr=scene.forge.pull, policy=self.checklist.sha256, same=lambda commit: adds_only(scene, commit)
        )
        return ssh.signatures(folders, subject, scene.trust, scene.now) if Source.SSH in self.rules.sources else ()

    def _approvals(self) -> Iterable[tuple[str, Signature]]:
        wanted = any(role.environment for role in self.checklist.roles.values()) and Source.ENVIRONMENT in self.rules.sources
        if not (wanted and self.scene.run_id.isdigit()):
            return ()
        return signature.approvals(self.scene.forge.get(f"/actions/runs/{self.scene.run_id}/approvals"), self.scene.forge.head)

    def _bar(self, unheard: list[str]) -> Callable[[Signature], Signature]:
        """What voids the words of the authors; all of them, when it is not known who the authors are."""
        try:
            return self._authors().barred
        except CannotTell as unable:
            unheard.append(unable.reason)
            return lambda one: replace(one, void=one.void or "cannot be told from the authors' own")

    def _authors(self) -> Authors:
        forge = self.scene.forge
        if forge.pull is None:
            return of_emails(local_emails(self.scene.repo))
        return on_pull(forge, forge.pull)

    def _team(self, team: str) -> frozenset[int] | str:
        org, _, slug = team.partition("/")
        try:
            members = self.scene.forge.pages(f"//orgs/{org}/teams/{slug}/members")
        except CannotTell as unable:
            return f"{NO_ORG} ({unable.reason})"
        return frozenset(member["id"] for member in members if isinstance(member, dict) and isinstance(member.get("id"), int))


def _tried(unheard: list[str], ask: Callable[[], Iterable[Any]]) -> tuple[Any, ...]:
    """What was asked for; what could not be heard is noted, and never taken for silence."""
    try:
        return tuple(ask())
    except CannotTell as unable:
        unheard.append(unable.reason)
        return ()


def adds_only(scene: Scene, commit: str) -> bool:
    """Whether the head is that commit with statements added and nothing else."""
    try:
        changed = scene.repo.git("diff", "--no-renames", "--name-status", "-z", "--end-of-options", commit, scene.forge.head, "--").split("\0")[:-1]
    except CannotTell:
        return False
    return all(state == "A" and path.startswith(f"{ssh.FOLDER}/") for state, path in zip(changed[::2], changed[1::2], strict=True))


def local_emails(repo: Repo) -> set[str]:
    """The addresses behind the commits since the base, or behind the last one where there is no base. Raises CannotTell."""
    history = repo.history
    if history is None or not history.head:
        return set()
    span = [f"{history.base}..{history.head}"] if history.base else ["-1", history.head]
    log = repo.git("log", "--format=%ae%x00%ce%x00%B%x00", *span).split("\0")
    return {email.strip() for email in (*log[0::3], *log[1::3]) if "@" in email} | {email for body in log[2::3] for email in co_authors(body)}
