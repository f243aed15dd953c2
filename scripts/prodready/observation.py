"""What a check returns: a measurement, or what it found among the things it examined."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import IntEnum

from msgspec import Struct


class Severity(IntEnum):
    """How bad a finding is, ordered."""

    NOTE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The name used in profiles and reports."""
        return self.name.lower()


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, where, and what to do about it."""

    rule: str
    """Stable rule id in the field's own words, for example ``B602`` or ``unpinned-uses``."""
    message: str
    severity: Severity
    path: str = ""
    """POSIX path relative to the root, empty where a finding has no file."""
    line: int | None = None
    fix: str = ""
    anchor: str = ""
    """What identifies the finding when lines move (a symbol, a package, a keyed hash); the message stands in when empty."""
    suppressed: str = ""
    """Who hides it (``base: .bandit``), empty when the finding counts."""
    newly: str = ""
    """What the change under the gate adds to hide it; it counts all the same, until people agree."""

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stay the same when lines move."""
        basis = "\0".join((self.rule, self.path, self.anchor or self.message))
        return hashlib.sha256(basis.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Evidence(Struct, frozen=True, kw_only=True):
    """What an outcome rests on."""

    source: str
    """In words: ``17 Python files, 2 301 lines``."""
    tool: str = ""
    """Program and version, for example ``bandit 1.9.4``."""
    sha256: str = ""
    """Of the file that was read, or of what an output says: the same for the same inputs."""
    collected: datetime | None = None
    """When it came into being, if that is not now: drives ``stale``."""
    expires: datetime | None = None


class Measured(Struct, frozen=True, kw_only=True):
    """A measurement: one value that an expectation can bound."""

    value: float | int | str | bool
    evidence: Evidence
    unit: str = ""
    """The unit of the value: ``%``, ``s``, ``B`` or none."""
    examined: int = 1
    """How many things the value rests on; 0 is never a pass."""
    findings: tuple[Finding, ...] = ()
    """Details that explain the value."""
    gaps: tuple[str, ...] = ()
    """Inputs that could not be seen and could only make the value worse: a bound that is broken stays broken, one that holds is unknown."""
    notes: tuple[str, ...] = ()


class Found(Struct, frozen=True, kw_only=True):
    """What is wrong among the things examined."""

    examined: int
    evidence: Evidence
    findings: tuple[Finding, ...] = ()
    gaps: tuple[str, ...] = ()
    """Inputs that should have been examined and could not be: they forbid a pass."""
    notes: tuple[str, ...] = ()
    """Worth showing, without weight: links not followed, files excluded by the profile."""


class Unseen(Struct, frozen=True, kw_only=True):
    """Could not tell: why, and what would help. Made by the runner, never a pass."""

    reason: str
    remedy: str = ""
    awaits: bool = False
    """Whether it waits for people, not for eyes."""
    lapsed: bool = False
    """Whether there was evidence, and it holds no longer."""


Observation = Measured | Found | Unseen
