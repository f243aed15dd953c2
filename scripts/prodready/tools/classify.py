"""How a scanner's run is read: one algorithm for every tool, driven by a table per tool. What is not understood never counts as clean."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import Enum
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.context import Completed, Ended
from prodready.model import Finding
from prodready.names import quoted, shown

T = TypeVar("T")
MOST_GAPS = 100
_NARROW = "narrow the files of the item, or exclude large and generated ones with a reason"
_BROKEN = "run it again; if it stays, 'prodready doctor' tells whether the program itself is broken"


class Says(Enum):
    """What an exit code of a tool tells about its findings."""

    NOTHING = "it found nothing"
    SOMETHING = "it found something"
    EITHER = "it came to an end"


class Malformed(ValueError):
    """The output is not what the tool prints when all went well. The message says how, and quotes nothing of the output."""


class Output(Struct, frozen=True, kw_only=True):
    """What a tool left behind."""

    report: bytes
    """The report file, or standard output where the tool writes none."""
    stderr: str


class Reading(Struct, frozen=True, kw_only=True):
    """What the output says, in our words. The ``path`` of each finding is one of the inputs."""

    findings: tuple[Finding, ...] = ()
    scanned: Collection[str] = ()
    """The inputs that the tool says it has examined."""
    unread: Mapping[str, str] = field(default_factory=dict)
    """Inputs that it says it could not examine, and why."""
    gaps: tuple[str, ...] = ()
    """What else could not be told, of no input in particular."""
    notes: tuple[str, ...] = ()


class Canary(Struct, frozen=True, kw_only=True):
    """Faults planted beside the inputs: a tool that does not report each of them in the same run is blind."""

    faults: Mapping[str, str]
    """Planted input -> the rule that must find it."""

    @property
    def inputs(self) -> frozenset[str]:
        """What was planted."""
        return frozenset(self.faults)

    def is_in(self, findings: Collection[Finding]) -> bool:
        """Whether every planted fault was reported."""
        return bool(self.faults) and self.faults.items() <= {(finding.path, finding.rule) for finding in findings}


class Manner(Struct, frozen=True, kw_only=True):
    """How one tool ends and speaks: all that the algorithm needs to know of it."""

    codes: Mapping[int, Says]
    """Every exit code that the tool ends with when all went well; any other is a failure."""
    parse: Callable[[Output], Reading]
    """Raises Malformed."""
    inputs: frozenset[str]
    """What the tool was given to examine."""
    canary: Canary
    quotable: bool = True
    """Whether its error messages may be shown: not for a tool that handles secrets, or was given one."""
    remedy: str = ""
    """What helps most of the times that it fails, if that is not a repair of the program."""


def classify(ended: Completed, output: Output, manner: Manner) -> Reading:
    """What the tool found, without the canary, and with a gap for each input it does not say it examined. Raises CannotTell."""
    _came_to_an_end(ended, manner)
    if not output.report.strip():
        raise CannotTell(f"{ended.program} ended with exit code {ended.code} and left no report{_last_words(ended, manner)}", manner.remedy or _BROKEN)
    try:
        reading = manner.parse(output)
    except (Malformed, RecursionError) as error:
        raise CannotTell(f"the output of {ended.program} is not understood: {error}", _BROKEN) from None
    _agree(ended, reading, manner)
    return replace(
        reading,
        findings=tuple(finding for finding in reading.findings if finding.path not in manner.canary.inputs),
        unread=_unread(reading, manner.inputs),
    )


def gaps(unread: Mapping[str, str]) -> tuple[str, ...]:
    """One line an input that was not examined, bounded."""
    lines = [f"{shown(name)}: {why}" for name, why in sorted(unread.items())]
    more = len(lines) - MOST_GAPS
    return (*lines[:MOST_GAPS], *([f"and {more} more inputs"] if more > 0 else []))


def _came_to_an_end(ended: Completed, manner: Manner) -> None:
    match ended.ended:
        case Ended.NOT_STARTED:
            raise CannotTell(f"{ended.program} could not be started{_last_words(ended, manner)}", "run 'prodready tools install' and 'prodready doctor'")
        case Ended.TIMED_OUT:
            raise CannotTell(f"{ended.program} was stopped after {ended.seconds:.0f} s, its deadline", _NARROW)
        case Ended.KILLED:
            raise CannotTell(f"{ended.program} was killed by signal {-ended.code}", f"signal 9 is mostly a lack of memory: {_NARROW}")
        case Ended.TOO_LOUD:
            raise CannotTell(f"{ended.program} printed more than is read", _NARROW)
        case Ended.EXITED:
            if ended.code not in manner.codes:
                raise CannotTell(f"{ended.program} failed with exit code {ended.code}{_last_words(ended, manner)}", manner.remedy or _BROKEN)


def _last_words(ended: Completed, manner: Manner) -> str:
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return f": {quoted(lines[-1])}" if lines and manner.quotable else ""


def _agree(ended: Completed, reading: Reading, manner: Manner) -> None:
    says = manner.codes[ended.code]
    if (says is Says.NOTHING and reading.findings) or (says is Says.SOMETHING and not reading.findings):
        words = f"its exit code {ended.code} says that {says.value}, its report lists {len(reading.findings)} findings"
        raise CannotTell(f"{ended.program} contradicts itself: {words}", _BROKEN)
    if not manner.canary.is_in(reading.findings):
        raise CannotTell(f"{ended.program} did not report the fault that was planted for it in this run, so its silence proves nothing", _BROKEN)
    given = manner.inputs | manner.canary.inputs
    if any(finding.path not in given for finding in reading.findings):
        raise CannotTell(f"{ended.program} reports on something it was not given in this run", _BROKEN)


_SILENT = "the scanner does not say that it examined it; see that it is valid, or exclude it with a reason"


def _unread(reading: Reading, inputs: frozenset[str]) -> dict[str, str]:
    """What was not examined. A finding in an input proves that it was looked at, not that all of it was."""
    silent = inputs - set(reading.scanned) - set(reading.unread)
    return {**dict.fromkeys(silent, _SILENT), **{name: why for name, why in reading.unread.items() if name in inputs}}


def json_of(raw: bytes) -> object:
    """The one JSON document that ``raw`` is, with nothing before or after it. Raises Malformed."""
    try:
        return json.loads(raw)
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8 text") from None
    except ValueError:
        raise Malformed("it is not one whole JSON document") from None


def want(data: object, key: str, kind: type[T]) -> T:
    """The value of a key in a JSON object, which must be of that type. Raises Malformed."""
    if not isinstance(data, dict):
        raise Malformed(f"a JSON object with the key {key!r} was expected")
    value = data.get(key)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Malformed(f"the key {key!r} does not hold what it should")
    return value


def each(data: object, key: str) -> Iterator[dict[str, object]]:
    """The objects of a list under a key. Raises Malformed."""
    return objects(want(data, key, list))


def objects(data: object) -> Iterator[dict[str, object]]:
    """The objects of a list. Raises Malformed."""
    if not isinstance(data, list):
        raise Malformed("a JSON list was expected")
    for part in data:
        if not isinstance(part, dict):
            raise Malformed("a list of JSON objects was expected")
        yield part
