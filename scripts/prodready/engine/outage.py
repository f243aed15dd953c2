"""What a row of probes says about an outage: pure arithmetic of intervals, because between two probes nobody looked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct


class Span(NamedTuple):
    """Seconds between which a true value lies; ``high`` is infinite for what did not happen while anybody looked."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How exactly it is known."""
        return self.high - self.low

    @property
    def outward(self) -> Span:
        """To a tenth of a millisecond, never narrower than it is."""
        high = math.ceil(round(self.high * 1e4, 6)) / 1e4 if math.isfinite(self.high) else self.high
        return Span(math.floor(round(self.low * 1e4, 6)) / 1e4, high)

    @property
    def plain(self) -> tuple[float | None, ...]:
        """As JSON can say it: nothing for what never happened."""
        return tuple(end if math.isfinite(end) else None for end in self.outward)


class Sample(Struct, frozen=True, kw_only=True):
    """One probe: monotonic seconds at its start and end, and what came back."""

    start: float
    end: float
    ok: bool
    identity: str = ""
    """Who answered (a run id, a start time, a connection); empty where the protocol does not say."""
    detail: str = ""
    """Why it failed."""
    silent: bool = False
    """It failed for want of an answer in time: whether anybody served is not known."""


class Struck(Struct, frozen=True, kw_only=True):
    """When a fault began: it did so between ``before`` and ``after``, in monotonic seconds."""

    before: float
    after: float


class Outage(Struct, frozen=True, kw_only=True):
    """What the probes prove."""

    proof: str
    """What shows that the fault was real; empty when nothing does."""
    detected: Span | None
    """Seconds from the fault to the first probe that noticed."""
    lasted: Span | None
    """Seconds from the fault to service; None while it is not proven. ``high`` is infinite while it has not recovered."""
    recovered: bool
    identity: str
    """Who answers since; empty where unknown or not recovered."""
    settled: float = math.inf
    """Monotonic time at which the last of the good probes in a row ended; infinite while it has not recovered."""
    slow: int = 0
    """Lone probes without an answer in time, while the one who is back answered before and after each: it served, and was slow."""


def outage(samples: Sequence[Sample], struck: Struck, *, identity: str, good: int, renews: bool) -> Outage:
    """The outage that the samples show.

    ``identity`` answered before the fault. Service is back with ``good`` probes in a row, none failing after them; with ``renews`` the one
    who answers must be another. It came back after the start of the last probe that failed and before the end of the first good one,
    and the fault began within ``struck``: so the true outage is at least ``last failed start - struck.after``, at most ``first good end - struck.before``.
    A probe that got no answer in time may have met one who served and was slow: as long as others were refused, only those bound it from below,
    and a lone one, between two answers of the same new process, is no outage.
    """
    after = [sample for sample in samples if sample.end > struck.before]
    seen = _served(after, identity)
    failed = [sample for sample in seen if not sample.ok]
    changed = [sample for sample in seen if sample.ok and identity and sample.identity and sample.identity != identity]
    if not failed and not changed:
        return Outage(proof="", detected=None, lasted=None, recovered=False, identity="")
    since = failed[-1].start if failed else -math.inf
    back = [sample for sample in seen if sample.ok and sample.start > since and not (identity and sample.identity == identity and (renews or not failed))]
    recovered = len(back) >= good
    refused = [sample for sample in failed if not sample.silent] or failed
    low = max(0.0, refused[-1].start - struck.after) if refused else 0.0
    first = min(failed[:1] + changed[:1], key=lambda sample: sample.end)
    return Outage(
        proof=_proof(failed, changed),
        detected=Span(max(0.0, first.start - struck.after), first.end - struck.before),
        lasted=Span(low, back[0].end - struck.before if recovered else math.inf),
        recovered=recovered,
        identity=back[-1].identity if recovered else "",
        settled=back[good - 1].end if recovered else math.inf,
        slow=len(after) - len(seen),
    )


def wider(seen: Outage, samples: Sequence[Sample], struck: Struck, interval: float) -> str:
    """Why the outage is not known to two periods, in words; empty when it is.

    A good probe that begins a period after the last one refused, and takes at most a period, makes two; what exceeds them was late.
    """
    if seen.lasted is None or not seen.recovered or seen.lasted.width <= 2 * interval:
        return ""
    low, high = struck.after + seen.lasted.low, struck.before + seen.lasted.high
    silent = len([sample for sample in samples if sample.silent and low < sample.end <= high])
    excess = f"{seen.lasted.width - 2 * interval:.3f} s more than two periods"
    return f"{excess}: {silent} probe{'s' if silent > 1 else ''} got no answer in time" if silent else f"{excess}: a probe, or the fault itself, was late"


def reached(samples: Sequence[Sample], begin: float, *, times: int) -> Span | None:
    """Seconds from ``begin`` until a condition held ``times`` in a row, to the last sample; None while it does not."""
    since = max((sample.start for sample in samples if not sample.ok), default=-math.inf)
    held = [sample for sample in samples if sample.ok and sample.start > since and sample.end > begin]
    return Span(max(0.0, since - begin), held[0].end - begin) if len(held) >= times else None


def mean(spans: Sequence[Span]) -> Span:
    """The mean of intervals, bound by bound: what the mean of the true values lies in."""
    return Span(math.fsum(span.low for span in spans) / len(spans), math.fsum(span.high for span in spans) / len(spans))


def _served(samples: Sequence[Sample], gone: str) -> list[Sample]:
    """Without each lone silent probe between two answers of the same one, who is not the one that is gone."""
    ends = [*((one.identity if one.ok else "") for one in samples), ""]
    return [one for at, one in enumerate(samples) if not (one.silent and at and gone and ends[at - 1] == ends[at + 1] not in ("", gone))]


def _proof(failed: Sequence[Sample], changed: Sequence[Sample]) -> str:
    words = [f"{len(failed)} probe{'s' if len(failed) > 1 else ''} failed ({failed[0].detail})"] if failed else []
    words += [f"another one answers ({changed[0].identity})"] if changed else []
    return ", ".join(words)
