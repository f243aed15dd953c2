"""``prodready.frozen`` makes what the standard library makes."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready import frozen

T = TypeVar("T")
DEFAULTS = st.sampled_from([None, 0, 1.5, "word", (), ("a", "b"), frozenset((1,))])
ORDINARY = DEFAULTS.map(lambda default: {"default": default})
FACTORIES = st.sampled_from([{"default_factory": dict}, {"default_factory": list}])
HOW = st.fixed_dictionaries({}, optional={"repr": st.booleans(), "compare": st.booleans()})
FIELDS = st.lists(st.tuples(st.one_of(st.just({}), ORDINARY, FACTORIES), HOW), min_size=1, max_size=6)


def both(rows: list[tuple[dict[str, Any], dict[str, bool]]], *, kw_only: bool, **body: Any) -> tuple[type, type]:
    """The class of those fields, as either makes it."""
    rows = rows if kw_only else sorted(rows, key=lambda row: bool(row[0]))
    names = [f"f{number}" for number in range(len(rows))]

    def made(decorate: Callable[..., Any]) -> type:
        given = {name: dataclasses.field(**default, **how) for name, (default, how) in zip(names, rows, strict=True) if default or how}
        cls = type("Noun", (), {"__doc__": "A noun.", "__annotations__": dict.fromkeys(names, "object"), "__module__": __name__, **given, **body})
        decorated: type = decorate(frozen=True, slots=True, kw_only=True)(cls) if kw_only else decorate(frozen=True, slots=True)(cls)
        return decorated

    return made(dataclasses.dataclass), made(frozen.dataclass)


@given(FIELDS, st.booleans(), st.data())
def test_a_class_is_what_the_standard_library_makes_of_it(rows: list[tuple[dict[str, Any], dict[str, bool]]], kw_only: bool, data: st.DataObject) -> None:
    standard, ours = both(rows, kw_only=kw_only)
    assert described(ours) == described(standard)
    needed = {field.name: field.default is field.default_factory for field in dataclasses.fields(standard)}
    values = data.draw(
        st.fixed_dictionaries(
            {name: DEFAULTS for name, must in needed.items() if must}, optional={name: DEFAULTS for name, must in needed.items() if not must}
        )
    )
    assert behaves(ours, values) == behaves(standard, values)


def described(cls: type) -> object:
    """What can be asked of the class."""
    fields = [(each.name, each.type, each.init, each.repr, each.compare, each.hash, each.kw_only) for each in dataclasses.fields(cls)]
    return fields, re.sub("<[^>]*>|MISSING", "made", str(inspect.signature(cls))), cls.__match_args__, cls.__slots__, cls.__name__, cls.__doc__


def behaves(cls: type, values: dict[str, Any]) -> object:
    """What an object of the class says and does."""
    one, other = cls(**values), cls(**values)
    changed = dataclasses.replace(one, **dict.fromkeys(list(values)[:1], "changed"))
    return [
        repr(one), repr(changed), one == other, one == changed, one != 1, dataclasses.asdict(one), dataclasses.astuple(one), outcome(lambda: len({one, other})),
        copy.deepcopy(one) == one, outcome(lambda: setattr(one, "f0", 1)), outcome(lambda: delattr(one, "f0")), hasattr(one, "__dict__"),
        outcome(lambda: cls(**values, nosuch=1)),
    ]  # fmt: skip


def outcome(act: Callable[[], object]) -> object:
    try:
        return act()
    except (TypeError, AttributeError) as error:
        return type(error).__name__, str(error).removeprefix("Noun.")


@frozen.dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Looks at itself."""

    low: int
    high: int = 9

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")

    @property
    def width(self) -> int:
        """Of the range."""
        return self.high - self.low


@frozen.dataclass(frozen=True, slots=True)
class Boxed(Generic[T]):
    """One thing."""

    thing: T


def test_methods_properties_and_post_init_stay() -> None:
    assert Checked(low=2).width == 7
    with pytest.raises(ValueError, match="low is above high"):
        Checked(low=10)


def test_generics_patterns_and_pickles_work() -> None:
    match Boxed[int](3):
        case Boxed(thing):
            assert thing == 3
    assert pickle.loads(pickle.dumps(Checked(low=1))) == Checked(low=1)


def test_what_is_unusual_is_left_to_the_standard_library() -> None:
    @frozen.dataclass(slots=True)
    class Open:
        """Not frozen."""

        count: int = 0
        kinds: ClassVar[int] = 2

    @frozen.dataclass(frozen=True, slots=True)
    class Longer(Boxed[int]):
        """Has a base of its own."""

        more: int = 1

    opened = Open()
    opened.count = 5
    assert (opened, Open.kinds, Longer(1)) == (Open(5), 2, Longer(thing=1, more=1))
    with pytest.raises(ValueError, match="mutable default"):
        frozen.dataclass(frozen=True, slots=True)(type("Bad", (), {"__doc__": "Bad.", "__annotations__": {"many": "list[int]"}, "many": []}))


def test_one_check_starts_without_what_it_does_not_ask_for(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::desk/*"}}')
    code = (
        "import sys; from prodready import cli; "
        f"assert cli.outcome(['check', 'iam_wildcards', {str(tmp_path)!r}, '--json']) == 0; "
        "print(*sorted({'prodready.people', 'prodready.policy', 'prodready.pipeline', 'yaml', 'pathspec', 'html', 'uuid'} & sys.modules.keys()))"
    )
    ended = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert ended.stdout.splitlines()[-1] == ""
