"""What every voice is asked."""

from __future__ import annotations

from msgspec import Struct, field

from prodready.checks.secrets.added import Added
from prodready.checks.secrets.identity import Identity
from prodready.tools.scan import Bench


class Question(Struct, frozen=True, kw_only=True):
    """What is read, and how."""

    bench: Bench
    past: Added | None = None
    """What commits add, for a voice that reads texts only; None leaves it out."""
    identity: Identity = field(default_factory=Identity)
    verify: bool = False
    """Whether keys may be tried at their issuers. Unless it is set, no secret is sent to anybody."""
    deadline: float = 300
    """Seconds for each voice."""
