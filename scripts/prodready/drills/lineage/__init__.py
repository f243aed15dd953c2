"""Follow trades back to the data that they were decided on: trade, MLflow run, commit, features; each link timed, each proven.

A few trades of the last ``days`` are drawn at random, and the seed is kept, so that a drill can be repeated. The run of each must be there and not
deleted, carry its tags, and name a commit that a branch still holds; the features must still be the bytes whose SHA-256 the run recorded. A trade
without a run, two runs for one trade, a commit that a branch lost, features that were overwritten (in a bucket with versions the recorded version is
fetched): each breaks the chain, and a broken chain takes for ever. The measure is the time of the slowest trade. Nothing is changed anywhere.

Features are ``s3://`` (keys as AWS_ACCESS_KEY_ID and so on; ``s3: {endpoint: …}`` for others than Amazon), ``file:``, ``https://``, or an artifact
of the run (``runs:/…``, ``mlflow-artifacts:/…``).

A file that uses it:

    drill: lineage
    title: A regulator's question is answered within 15 minutes
    params:
      trades: {sql: "postgresql://audit:$PGPASSWORD@localhost/desk", query: "SELECT trade_id, run_id, executed_at FROM trades"}
      mlflow: http://localhost:5000
      branches: [main, release/*]
      sample: 3
"""

from __future__ import annotations

import dataclasses
import math
import secrets
from random import Random

from msgspec import Struct, field
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.drill import Drill, Drilled
from prodready.drills.lineage import chain
from prodready.drills.lineage.blobs import Bucket
from prodready.drills.lineage.chain import Chain, Tags
from prodready.drills.lineage.trades import Store, Trade, drawn
from prodready.engine.duration import Duration, seconds
from prodready.engine.ground import Ground
from prodready.engine.outage import Span
from prodready.model import Evidence, Measured
from prodready.service import Where


class Params(Struct, frozen=True, kw_only=True):
    """Where trades, runs and features are."""

    trades: Store
    """Where the trades are: one of ``csv``, ``sql``, ``url``."""
    mlflow: Where = "mlflow"
    """Address of the MLflow server, or the name of a target."""
    tags: Tags = field(default_factory=Tags)
    """What the tags of a run are called."""
    s3: Bucket = field(default_factory=Bucket)
    """How buckets are reached."""
    branches: tuple[str, ...] = ()
    """Branches that count (``main``, ``release/*``); a commit on any branch when empty."""
    shared_runs: bool = False
    """Whether one run stands for many trades, as a model does that trades all day; its features then must hold those of each."""
    sample: int = 3
    """How many trades are followed."""
    days: int = 30
    """How far back they are drawn."""
    seed: int | None = None
    """Repeats a drill: its seed, as the record has it."""
    limit: Duration = 900.0
    """How long one trade may take."""

    def __post_init__(self) -> None:
        seconds(self.limit, "limit")
        if not (1 <= self.sample <= 1000 and 1 <= self.days <= 3660):
            raise ValueError("sample is 1 to 1000, days is 1 to 3660")


def perform(ground: Ground, params: Params) -> Drilled:
    """Draws trades and follows each. Raises CannotTell."""
    ground.read_only(f"follow {params.sample} trades of {params.trades.shown}")
    ground = dataclasses.replace(ground, world=replace(ground.world, secret=ground.secret))
    trades = params.trades.read(ground, days=params.days)
    seed = secrets.randbelow(2**32) if params.seed is None else params.seed
    sample = drawn(trades, params.sample, Random(seed))  # noqa: S311 - repeatable on purpose
    ground.journal.note("baseline", f"{len(sample)} of {len({trade.id for trade in trades})} trades of {params.days} days, drawn with seed {seed}")
    chains = tuple(_followed(ground, params, trade, trades) for trade in sample)
    return _drilled(ground, params, chains, {"seed": seed, "trades": [one.plain for one in chains]})


def _followed(ground: Ground, params: Params, trade: Trade, trades: tuple[Trade, ...]) -> Chain:
    runs = {other.run for other in trades if other.id == trade.id}
    others = {other.id for other in trades if other.run == trade.run} - {trade.id}
    way = chain.Way(
        ground=ground, mlflow=params.mlflow, tags=params.tags, bucket=params.s3, branches=params.branches,
        deadline=seconds(params.limit), runs=tuple(sorted(runs)), shared=len(others) if not params.shared_runs else 0,
    )  # fmt: skip
    seen = way.follow(trade)
    ground.journal.note("observe", seen.words)
    return seen


def _drilled(ground: Ground, params: Params, chains: tuple[Chain, ...], facts: dict[str, object]) -> Drilled:
    findings = tuple(one.broken for one in chains if one.broken)
    gaps = tuple(one.gap for one in chains if one.gap)
    if gaps and not findings and len(gaps) == len(chains):
        raise CannotTell(gaps[0], chains[0].remedy)
    slowest = max(chains, key=lambda one: one.seconds)
    took = Span(slowest.seconds, math.inf if findings else slowest.seconds).outward
    good = f"the slowest of {len(chains)} trades, {slowest.trade}"
    source = f"{len(findings)} of {len(chains)} trades lead nowhere: {findings[0].message}" if findings else good
    seen = Measured(
        value=took.high, unit="s", examined=len(chains), findings=findings, gaps=gaps,
        evidence=Evidence(source=ground.journal.masked(source), collected=ground.journal.begun),
    )  # fmt: skip
    return Drilled(seen=seen, interval=took, facts=facts)


DRILL = Drill(
    params=Params, perform=perform, expect="<= 15 min", bound=lambda params: f"<= {seconds(params.limit):g} s", target=lambda params: params.trades.shown
)
