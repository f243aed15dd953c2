"""Which items a machine inside looks at, and whose records of it are believed."""

from __future__ import annotations

from msgspec import Struct


class EnvironmentRules(Struct, frozen=True, kw_only=True):
    """Items that a whole run does not look at itself: it reads the newest record of them. A part of a run (``--domain``, ``--only``) looks, and makes one."""

    items: tuple[str, ...] = ()
    """Ids, or patterns of ids with ``*``."""
    max_age: str = "24 h"
    """How long a record is good."""
    signers: tuple[str, ...] = ()
    """Principals of the allowed signers, one of whom must have signed a record that lies in a folder."""
    workflow: str = ""
    """The file of the workflow whose newest run on ``branch`` left a record as an artefact; GitHub vouches for its origin."""
    branch: str = "main"
    artefact: str = "prodready-environment"
    """The name of that artefact."""
