"""``@dataclass(frozen=True, slots=True)`` as the standard library has it, made in a third of the time: every command begins by making some hundred.

The standard library compiles six functions for each class; here it is one, and the others are shared. Whatever is unusual about a class (bases of its
own, fields outside ``__init__``, not frozen) is left to the standard library. ``tests/test_frozen.py`` holds the two to each other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Generic

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, **how: bool) -> Any:
        """The decorator, with the words of the standard one."""
        if cls is None:
            return lambda cls: dataclass(cls, **how)
        kw_only = how.get("kw_only", False)
        fields = _fields(cls, kw_only=kw_only) if how in _OURS else None
        return dataclasses.dataclass(cls, **how) if fields is None else _made(cls, fields, kw_only=kw_only)


__all__ = ["dataclass"]


@dataclasses.dataclass(frozen=True, slots=True)
class _Like:
    """What the standard library makes of a class, for the marks that its ``fields``, ``replace`` and ``asdict`` look for."""

    field: int


_OURS = ({"frozen": True, "slots": True}, {"frozen": True, "slots": True, "kw_only": True})
_MARKS = {"__dataclass_params__": vars(_Like)["__dataclass_params__"], **{name: vars(_Like)[name] for name in ("__replace__",) if name in vars(_Like)}}
_KIND = dataclasses.fields(_Like)[0]._field_type  # type: ignore[attr-defined]  # noqa: SLF001 - the mark of an ordinary field
_OWN = frozenset(("__init__", "__repr__", "__eq__", "__hash__", "__slots__", "__setattr__", "__delattr__", "__getstate__", "__setstate__", "__match_args__"))
_UNSLOTTED = "__dict__", "__weakref__"
"""What a class has only without slots."""

Fields = Mapping[str, "dataclasses.Field[Any]"]


def _fields(cls: type, *, kw_only: bool) -> Fields | None:
    """The fields of a usual class by name; None for any other."""
    if cls.__bases__ not in ((object,), (Generic,)) or not cls.__doc__ or vars(cls).keys() & _OWN:
        return None
    found = {name: _field(cls, name, kind, kw_only=kw_only) for name, kind in cls.__annotations__.items()}
    return {name: field for name, field in found.items() if field} if all(found.values()) else None


def _field(cls: type, name: str, kind: object, *, kw_only: bool) -> dataclasses.Field[Any] | None:
    given = vars(cls).get(name, dataclasses.MISSING)
    field: dataclasses.Field[Any] = given if isinstance(given, dataclasses.Field) else dataclasses.field(default=given)
    usual = field.init and field.hash in (None, field.compare) and field.kw_only is dataclasses.MISSING and type(field.default).__hash__ is not None
    if not usual or not isinstance(kind, str) or "ClassVar" in kind or "InitVar" in kind:
        return None
    field.name, field.type, field.kw_only = name, kind, kw_only
    field._field_type = _KIND  # type: ignore[attr-defined]  # noqa: SLF001
    return field


def _made(cls: type, fields: Fields, *, kw_only: bool) -> type:
    names, space = tuple(fields), {"MISSING": dataclasses.MISSING}
    body = {key: value for key, value in vars(cls).items() if key not in fields and key not in _UNSLOTTED}
    made = type(cls)(cls.__name__, cls.__bases__, {
        **body, **_shared(fields), **_MARKS, "__slots__": names, "__dataclass_fields__": dict(fields), "__match_args__": () if kw_only else names,
        "__init__": _init(cls, fields, space, kw_only=kw_only), "__qualname__": cls.__qualname__,
    })  # fmt: skip
    space.update((f"set_{name}", vars(made)[name].__set__) for name in names)
    return made


def _init(cls: type, fields: Fields, space: dict[str, Any], *, kw_only: bool) -> Callable[..., None]:
    """Compiled once; it sets each slot through its descriptor, since ``__setattr__`` refuses."""
    head, lines = ["self", "*"] if kw_only and fields else ["self"], []
    for name, field in fields.items():
        value, optional = name, "" if field.default is dataclasses.MISSING else f"=default_{name}"
        space[f"default_{name}"] = field.default
        if field.default_factory is not dataclasses.MISSING:
            value, optional = f"default_{name}() if {name} is MISSING else {name}", "=MISSING"
            space[f"default_{name}"] = field.default_factory
        head.append(name + optional)
        lines.append(f" set_{name}(self, {value})\n")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()\n")
    exec(f"def __init__({', '.join(head)}):\n{''.join(lines) or ' pass'}", space)  # noqa: S102 # nosec B102 - of the names of our own fields
    init: Callable[..., None] = space.pop("__init__")
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    init.__annotations__ = {**{name: field.type for name, field in fields.items()}, "return": None}
    return init


def _shared(fields: Fields) -> dict[str, Any]:
    """The methods that need no code of their own."""
    compared = tuple(name for name, field in fields.items() if field.compare)
    shown = tuple(name for name, field in fields.items() if field.repr)
    of = attrgetter(*compared) if compared else lambda _: ()

    def equal(self: Any, other: object) -> bool:
        return of(self) == of(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(of(self))

    def written(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join([f'{name}={getattr(self, name)!r}' for name in shown])})"

    return {
        "__eq__": equal, "__hash__": hashed, "__repr__": recursive_repr("...")(written), "__getstate__": _state, "__setstate__": _restore,
        "__setattr__": _set, "__delattr__": _delete,
    }  # fmt: skip


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__dataclass_fields__]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__dataclass_fields__, state, strict=True):
        object.__setattr__(self, name, value)


def _set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
