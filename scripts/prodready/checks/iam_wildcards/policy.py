"""The policy model: what a document says, with what is not known kept as unknown (``marks``)."""

from __future__ import annotations

from enum import Enum
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from prodready.readers.located import At


class Kind(Enum):
    """What a policy is for decides what its stars mean."""

    IDENTITY = "identity policy"
    TRUST = "role trust policy"
    RESOURCE = "resource policy"
    ENDPOINT = "VPC endpoint policy"
    CEILING = "service or resource control policy"
    BOUNDARY = "permissions boundary"


class Unparsed(Struct, frozen=True):
    """A text that should be a document and is none."""

    reason: str


class Place(Struct, frozen=True, eq=False):
    """A place in a document, whose line is looked up when somebody asks."""

    source: Source
    at: At
    value: object

    @property
    def line(self) -> int | None:
        """The line, from 1."""
        return self.source.line(self.at, self.value)


class Condition(Struct, frozen=True, kw_only=True):
    """One operator, one key, the values of which any will do."""

    operator: str
    key: str
    values: tuple[str, ...]


class Principal(Struct, frozen=True, kw_only=True):
    """Who may call: ``AWS``, ``Service``, ``Federated`` or ``CanonicalUser`` and the name; ``*`` alone is ``AWS``."""

    kind: str
    name: str


class Statement(Struct, frozen=True, kw_only=True, eq=False):
    """One statement. Texts may carry marks."""

    allow: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_action: bool = False
    not_resource: bool = False
    principals: tuple[Principal, ...] | None = None
    """None when the statement names nobody."""
    not_principal: bool = False
    conditions: tuple[Condition, ...] = ()
    place: Place | None = None
    sid: str = ""
    maybe: bool = False
    """Whether the statement, or a part of it, depends on something unknown: a Deny that may be absent denies nothing."""
    unknown: tuple[str, ...] = ()
    """What could not be resolved and decides what the statement grants."""

    @property
    def line(self) -> int | None:
        """The line the statement begins on."""
        return self.place.line if self.place else None


class Flaw(Struct, frozen=True, kw_only=True):
    """A place that cannot be read as a policy."""

    line: int | None
    message: str


class Policy(Struct, frozen=True, kw_only=True):
    """One policy document."""

    path: str
    place: Place
    kind: Kind
    name: str = ""
    """The resource that carries it, in the words of its file."""
    service: str = ""
    """The service of the resource it guards, for a resource policy."""
    statements: tuple[Statement, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    unknown: tuple[str, ...] = ()
    """What of the document as a whole could not be resolved."""
    subjects: tuple[str, ...] = ()
    """Who holds it: all documents of one subject are granted together."""
    own: tuple[str, ...] = ()
    """Itself and its holders, where their names are known, as the end of an ARN: ``policy/desk/orders``, ``role/desk``."""
    assumed: str = ""
    """Why the kind is only assumed, in words; empty when the file says it."""

    @property
    def line(self) -> int | None:
        """The line the document begins on."""
        return self.place.line

    def of(self, kind: Kind, **changes: Any) -> Policy:
        """The same document in another use."""
        return replace(self, kind=kind, **changes)


class Source(Protocol):
    """Where a document comes from."""

    @property
    def path(self) -> str: ...
    @property
    def literal(self) -> bool:
        """Whether ``resolve`` gives every value back as it is."""

    def line(self, at: At, value: object) -> int | None:
        """The line, from 1, of a place in the document."""

    def resolve(self, value: Any) -> Any:
        """The value of an expression: plain data, ``Unknown`` or ``Either``."""
