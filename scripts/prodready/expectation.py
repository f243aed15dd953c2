"""A bound in the words of a profile, parsed once: ``>= 80 %``, ``no findings >= high``, ``one of A, A+``. It explains itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

Value: TypeAlias = float | int | str | bool


class ExpectationError(ValueError):
    """The text is no expectation; the message says what one looks like."""


class Incomparable(Exception):
    """The value cannot be held against the bound (a word against a number, NaN, another unit): nobody can tell."""


_SCALES: dict[str, tuple[str, float]] = {
    "": ("", 1), "%": ("%", 1),
    "ns": ("s", 1e-9), "us": ("s", 1e-6), "ms": ("s", 1e-3), "s": ("s", 1), "sec": ("s", 1), "min": ("s", 60), "h": ("s", 3600), "d": ("s", 86400),
    "B": ("B", 1), "kB": ("B", 1e3), "MB": ("B", 1e6), "GB": ("B", 1e9), "KiB": ("B", 1024), "MiB": ("B", 1024**2), "GiB": ("B", 1024**3),
}  # fmt: skip
"""Unit as written -> base unit and factor."""

_ORDER: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda value, bound: value >= bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    "<": lambda value, bound: value < bound,
    "==": lambda value, bound: value == bound,
    "!=": lambda value, bound: value != bound,
}

EXAMPLES = "'no findings >= high', '>= 80 %', '<= 5 min', 'between 1 and 5', 'is true', 'one of A, A+' or 'matches ^v\\d'"

SEVERITIES = ("note", "low", "medium", "high", "critical")


class NoMoreFindings(Struct, frozen=True, kw_only=True):
    """At most ``limit`` findings at or above a severity (0 note … 4 critical)."""

    limit: int
    severity: int

    def __str__(self) -> str:
        count = "no findings" if self.limit == 0 else f"at most {self.limit} findings"
        return count + (f" >= {SEVERITIES[self.severity]}" if self.severity else "")


class Bound(Struct, frozen=True, kw_only=True):
    """A number on one side of a limit, in base units."""

    operator: str
    limit: float
    unit: str
    text: str

    def __str__(self) -> str:
        return self.text

    def met_by(self, value: Value, unit: str) -> bool:
        """Whether the value keeps the bound. Raises Incomparable for words, booleans, NaN and other units."""
        number, base = _number(value, unit)
        if base != self.unit:
            raise Incomparable(f"measured in {base or 'plain numbers'}, expected in {self.unit or 'plain numbers'}")
        return _ORDER[self.operator](number, self.limit)


class Between(Struct, frozen=True, kw_only=True):
    """A number inside two bounds, both included."""

    low: Bound
    high: Bound

    def __str__(self) -> str:
        return f"between {self.low} and {self.high}"

    def met_by(self, value: Value, unit: str) -> bool:
        """Whether both bounds are kept. Raises Incomparable as ``Bound`` does."""
        return self.low.met_by(value, unit) and self.high.met_by(value, unit)


class OneOf(Struct, frozen=True, kw_only=True):
    """A word out of a list, compared exactly; ``is true`` is the list of one."""

    words: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        if len(self.words) > 1:
            return f"{'none' if self.negated else 'one'} of {', '.join(self.words)}"
        return f"is {'not ' if self.negated else ''}{self.words[0]}"

    def met_by(self, value: Value, unit: str) -> bool:
        """Whether the value's word is in the list."""
        return (_word(value) in self.words) is not self.negated


class Matches(Struct, frozen=True, kw_only=True):
    """A word that a regular expression finds a match in."""

    pattern: str

    def __str__(self) -> str:
        return f"matches {self.pattern}"

    def met_by(self, value: Value, unit: str) -> bool:
        """Whether the pattern is found. Raises Incomparable for a number, and when the pattern takes over a second."""
        import regex

        if not isinstance(value, str):
            raise Incomparable(f"{value!r} is no text")
        try:
            return regex.search(self.pattern, value[:10_000], timeout=1.0) is not None
        except TimeoutError:
            raise Incomparable(f"the pattern {self.pattern} takes too long on this value") from None


Expectation: TypeAlias = NoMoreFindings | Bound | Between | OneOf | Matches

_FINDINGS = re.compile(r"(?:no|at most (?P<limit>\d{1,9})) findings?(?: (?:>=|at or above) (?P<severity>\w+))?")
_BOUND = re.compile(r"(?P<operator>>=|<=|==|!=|>|<)\s*(?P<number>[-+]?[\d_]*\.?\d+(?:[eE][-+]?\d{1,3})?)\s*(?P<unit>%|[A-Za-z]*)")
_BETWEEN = re.compile(r"between (?P<low>\S+(?: ?[A-Za-z%]+)?) and (?P<high>\S+(?: ?[A-Za-z%]+)?)")
_WORD = re.compile(r"(?P<operator>==|!=|is not|is)\s+(?P<word>\S.{0,199})")
_LIST = re.compile(r"(?P<operator>one|none) of (?P<words>\S.{0,999})")


def parse(text: str) -> Expectation:
    """The bound a profile's words mean. Raises ExpectationError with examples when they mean none."""
    words = " ".join(text.split())
    for pattern, build in _FORMS:
        if match := pattern.fullmatch(words):
            return build(match)
    raise ExpectationError(f"{text!r} is no expectation: write for example {EXAMPLES}")


def max_age_seconds(text: str) -> float | None:
    """``7 d`` -> 604800; None for no limit. Raises ExpectationError."""
    if not text:
        return None
    bound = parse(f"<= {text}")
    if not isinstance(bound, Bound) or bound.unit != "s":
        raise ExpectationError(f"{text!r} is no duration: write for example '7 d' or '24 h'")
    return bound.limit


def _findings(match: re.Match[str]) -> Expectation:
    severity = match["severity"] or "note"
    if severity not in SEVERITIES:
        raise ExpectationError(f"{severity!r} is no severity: use one of {', '.join(SEVERITIES)}")
    return NoMoreFindings(limit=int(match["limit"] or 0), severity=SEVERITIES.index(severity))


def _bound(match: re.Match[str]) -> Expectation:
    return _limit(match["operator"], match["number"], match["unit"], match[0])


def _limit(operator: str, number: str, unit: str, text: str) -> Bound:
    base, factor = _SCALES.get(unit, (unit, 1.0))
    return Bound(operator=operator, limit=float(number) * factor, unit=base, text=text)


def _between(match: re.Match[str]) -> Expectation:
    low, high = (_BOUND.fullmatch(f"{sign} {match[end]}") for sign, end in ((">=", "low"), ("<=", "high")))
    if low is None or high is None:
        raise ExpectationError(f"{match[0]!r} needs two numbers: write for example 'between 1 and 5' or 'between 10 ms and 2 s'")
    bounds = [_limit(end["operator"], end["number"], end["unit"], end[0][2:].strip()) for end in (low, high)]
    return Between(low=bounds[0], high=bounds[1])


def _one_word(match: re.Match[str]) -> Expectation:
    return OneOf(words=(match["word"],), negated=match["operator"] in ("!=", "is not"))


def _one_of(match: re.Match[str]) -> Expectation:
    words = tuple(word.strip() for word in match["words"].split(",") if word.strip())
    return OneOf(words=words, negated=match["operator"] == "none")


def _matches(match: re.Match[str]) -> Expectation:
    import regex

    try:
        regex.compile(match[1])
    except regex.error as error:
        raise ExpectationError(f"{match[1]!r} is no regular expression: {error}") from None
    return Matches(pattern=match[1])


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Expectation]], ...] = (
    (_FINDINGS, _findings),
    (_BOUND, _bound),
    (_BETWEEN, _between),
    (_LIST, _one_of),
    (re.compile(r"matches (\S.*)"), _matches),
    (_WORD, _one_word),
)


def _number(value: Value, unit: str) -> tuple[float, str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Incomparable(f"{value!r} is no number")
    if math.isnan(value):
        raise Incomparable("the measured value is not a number (NaN)")
    base, factor = _SCALES.get(unit, (unit, 1.0))
    return value * factor, base


def _word(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
