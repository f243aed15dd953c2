"""The nouns of signing: who may, who must, and how one role stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace


class Source(StrEnum):
    """Where a sign-off can come from."""

    REVIEW = "review"
    COMMENT = "comment"
    ENVIRONMENT = "environment"
    SSH = "ssh"


class Role(Struct, frozen=True, kw_only=True):
    """Who may sign for a role."""

    people: Mapping[str, int] = field(default_factory=dict)
    """GitHub login: account number. The number counts, for a login can be renamed and taken by somebody else."""
    teams: tuple[str, ...] = ()
    """``organisation/team``; reading its members needs a token for organisations."""
    ssh: tuple[str, ...] = ()
    """Principals in the file of allowed signers."""
    environment: str = ""
    """The deployment environment whose approval is this role's signature, given by one of its people."""


class SignoffRules(Struct, frozen=True, kw_only=True):
    """Which roles must sign, for what, and how."""

    pr: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    post_release: tuple[str, ...] = ()
    change: tuple[str, ...] | None = None
    """Who must sign a change that weakens the gate itself. Left out: one maintainer other than the authors; an empty list: nobody."""
    sources: tuple[Source, ...] = (Source.REVIEW, Source.ENVIRONMENT, Source.SSH)
    valid_for: str = ""
    """How long a signature holds: ``30 d``; empty for no limit."""
    distinct: bool = True
    """One person signs for one role only."""

    def of(self, stage: str) -> tuple[str, ...]:
        """The roles of a stage."""
        return {"pr": self.pr, "release": self.release, "post-release": self.post_release}[stage]

    def over(self, profile: SignoffRules) -> SignoffRules:
        """These rules of a repository on top of the profile's: roles are added, never taken away."""
        return replace(
            self,
            pr=_joined(profile.pr, self.pr), release=_joined(profile.release, self.release), post_release=_joined(profile.post_release, self.post_release),
            change=profile.change if self.change is None else _joined(profile.change or (), self.change),
            valid_for=self.valid_for or profile.valid_for, distinct=self.distinct or profile.distinct,
        )  # fmt: skip


class Signoff(Struct, frozen=True, kw_only=True):
    """One role's row: who signed, how that was verified, for which commit and when; or exactly what is missing."""

    role: str
    who: str = ""
    how: str = ""
    commit: str = ""
    at: datetime | None = None
    missing: str = ""
    """Empty when the role has signed."""
    untold: bool = False
    """Whether it is missing because it could not be verified."""
    about: str = ""
    """What is signed, when that is not the stage: ``a weaker gate``."""


class Word(Struct, frozen=True, kw_only=True):
    """How one role stands on one statement."""

    row: Signoff
    until: datetime | None = None
    """When it ends by itself."""
    lapsed: bool = False
    """Whether somebody had given it, and it holds no longer."""
    against: bool = False
    """Whether somebody of the role said no."""


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
