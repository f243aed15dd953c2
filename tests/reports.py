"""Reports for tests: one rich sample with every status and hostile words, and hypothesis strategies for any report at all."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import strategies as st
from msgspec.structs import replace

from prodready.model import (
    Category,
    CategoryScore,
    Checklist,
    CheckRun,
    Decision,
    Evidence,
    Finding,
    Found,
    Item,
    Measured,
    Outcome,
    Report,
    Score,
    Severity,
    Signoff,
    Stage,
    Status,
    Subject,
    Unseen,
    Waiver,
)  # fmt: skip

HOSTILE = "</details> | ` @octocat #1 [a](http://x.example) [red]x[/red] <img src=x onerror=alert(1)> \u202egnp.exe \x1b[31m ::error::x ##[error]y \udcff $x$"
HEBREW = "מסמך ההתאוששות קיים"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def evidence(source: str, tool: str = "") -> Evidence:
    """Evidence with a digest, collected at noon."""
    return Evidence(source=source, tool=tool, sha256="0" * 64 if tool else "")


def _outcomes() -> dict[str, tuple[Outcome, ...]]:
    leak = Finding(
        rule="aws-access-token", message="AWS access key, redacted", severity=Severity.CRITICAL, path="deploy/old.env", line=3,
        fix="revoke the key, then remove it from the history with git filter-repo", anchor="k1",
    )  # fmt: skip
    shell = Finding(
        rule="B602", message="subprocess call with shell=True", severity=Severity.HIGH, path="desk/orders.py", line=41,
        fix="pass a list and drop shell=True",
    )  # fmt: skip
    hidden = Finding(rule="B608", message="SQL built from a string", severity=Severity.MEDIUM, path="desk/db.py", line=7, suppressed="base: .bandit")
    hostile = Finding(rule="x|y`z", message=HOSTILE, severity=Severity.LOW, path="a|b`c\n<b>@team.py", line=2, fix=HOSTILE)
    waiver = Waiver(item="deps.known-holes", owner="Dana Levi", reason="fixed upstream, release due Monday", until=date(2026, 12, 1))
    return {
        "secrets": (
            Outcome(
                item=Item(
                    id="secrets.history", title="No secret is in the files or the history", check="secrets", required=True, weight=3, owner="security",
                    why="a key in the history is a key in every clone",
                ),
                status=Status.FAILED, summary="deploy/old.env:3: AWS access key, redacted",
                observation=Found(examined=251, evidence=evidence("214 files, 37 commits", "gitleaks 8.30.1"), findings=(leak,)),
                expect="no findings", seconds=1.24,
            ),
        ),
        "code": (
            Outcome(
                item=Item(id="code.injection", title="No code runs what users type", check="code_security", required=True, weight=2),
                status=Status.FAILED, summary="1 high, 1 medium; the worst: desk/orders.py:41: subprocess call with shell=True",
                observation=Found(
                    examined=17, evidence=evidence("17 Python files, 2 301 lines", "bandit 1.9.4"), findings=(hidden, shell, shell, hostile),
                ),
                expect="no findings >= medium", seconds=3.9,
            ),
            Outcome(
                item=Item(id="deps.known-holes", title="No dependency has a known hole", check="dependencies"), status=Status.WAIVED,
                summary="waived by Dana Levi until 2026-12-01: fixed upstream, release due Monday (1 high: urllib3)",
                observation=Found(examined=48, evidence=evidence("48 packages", "pip-audit 2.10.0")), expect="no findings", waiver=waiver, seconds=8,
            ),
            Outcome(
                item=Item(id="tests.coverage", title="The tests cover the code", check="test_report", how="write tests for desk/risk.py first"),
                status=Status.FAILED, summary="71.5 %, expected >= 80 % (coverage.xml)",
                observation=Measured(value=71.5, unit="%", evidence=evidence("coverage.xml"), examined=1830), expect=">= 80 %", seconds=0.02,
            ),
            Outcome(
                item=Item(id="workflows.pinned", title="Workflows use actions pinned by commit", check="workflow_security", required=True),
                status=Status.UNKNOWN, summary="zizmor was stopped after 120 s",
                observation=Unseen(reason="zizmor was stopped after 120 s", remedy="raise --deadline, or look why it hangs"), expect="no findings >= medium",
                seconds=120,
            ),
        ),
        "running": (
            Outcome(
                item=Item(id="backup.restore", title="A restore was rehearsed", check="document", section="3.2", stage=Stage.PR, max_age="90 d"),
                status=Status.STALE, summary="the evidence is from 2026-06-01, older than 90 d",
                observation=Measured(value=True, evidence=Evidence(source="docs/restore.md", collected=datetime(2026, 6, 1, tzinfo=UTC))), expect="is true",
            ),
            Outcome(
                item=Item(id="signoff.cto", title="The CTO has signed", check="attestation", how="prodready sign cto"), status=Status.PENDING,
                summary="waits for the CTO", observation=Unseen(reason="nobody has signed yet", remedy="prodready sign cto"),
            ),
            Outcome(
                item=Item(id="docs.recovery", title=HEBREW, check="document"), status=Status.PASSED, summary="no findings in docs/התאוששות.md",
                observation=Found(examined=1, evidence=evidence("docs/התאוששות.md"), gaps=()), expect="no findings",
            ),
            Outcome(
                item=Item(id="docs.hostile", title=HOSTILE, check="document", owner=HOSTILE), status=Status.PASSED, summary=HOSTILE,
                observation=Found(examined=3, evidence=evidence(HOSTILE), notes=(HOSTILE,)), expect="no findings",
            ),
            Outcome(
                item=Item(id="iac.encrypted", title="Volumes are encrypted", check="text_pattern", weight=2), status=Status.NOT_APPLICABLE,
                summary="applies to *.tf; none here", observation=Found(examined=0, evidence=evidence("applies to *.tf; none here")),
            ),
        ),
    }  # fmt: skip


def sample() -> Report:
    """A report with every status, a waiver, bypasses, right-to-left and hostile words."""
    outcomes = _outcomes()
    titles = {"secrets": "Secrets", "code": "Code and dependencies", "running": "Running it"}
    categories = tuple(Category(id=key, title=titles[key], weight=1, items=tuple(outcome.item for outcome in group)) for key, group in outcomes.items())
    every = tuple(outcome for group in outcomes.values() for outcome in group)
    scores = (
        CategoryScore(id="secrets", title="Secrets", weight=40, earned=0, of=3),
        CategoryScore(id="code", title="Code and dependencies", weight=35, earned=1, of=5),
        CategoryScore(id="running", title="Running it", weight=25, earned=2, of=4),
    )
    return Report(
        version="0.1.0", subject=Subject(repository="acme/desk", commit="3f2a91c" + "0" * 33, base="b" * 40, dirty=True),
        checklist=Checklist(
            id="starter", title="Starter", pass_mark=80, categories=categories, sha256="a" * 64, source="builtin",
            bypasses=("docs.licence switched off: closed source", "vendor/** left out: not ours"),
        ),
        stage=Stage.PR, started=NOON, seconds=122.5, outcomes=every, checks=_checks(),
        score=Score(value=19.5, without_waivers=12.5, pass_mark=80, categories=scores),
        decision=Decision(
            ready=False, exit_code=1,
            reasons=(
                *(f"{outcome.item.id} {outcome.status}: {outcome.summary}" for outcome in every if outcome.item.required),
                "the score 19.5 is below the pass mark 80", "cto has not signed",
            ),
            missing_signoffs=("cto",),
        ),
        signoffs=(
            Signoff(role="risk officer", who="noa-levi", how="review", commit="3f2a91c" + "0" * 33, at=NOON),
            Signoff(role="cto", missing="nobody of acme/cto has signed this commit"),
            Signoff(role="maintainer", about="a weaker gate", missing=f"a team that cannot be read: {HOSTILE}", untold=True),
        ),
        claims=("RELEASE_CHECKLIST.md: 4 claimed, 1 evidenced (6 boxes; a tick is no evidence)", "RELEASE_CHECKLIST.md:8: ticked, but docs.runbook failed"),
        notes=("offline: no advisory service was asked", "2 symbolic links were not followed"),
    )  # fmt: skip


def _checks() -> tuple[CheckRun, ...]:
    return (
        CheckRun(id="code_security", ran=True, tool="bandit 1.9.4", examined=17, seconds=3.9),
        CheckRun(id="secrets", ran=True, tool="gitleaks 8.30.1", examined=251, seconds=1.24),
        CheckRun(id="workflow_security", ran=False, why_not="zizmor was stopped after 120 s", seconds=120),
    )


def ready() -> Report:
    """A report of a service that holds everything."""
    item = Item(id="docs.readme", title="A README tells how to run it", check="document", required=True)
    seen = Found(examined=1, evidence=evidence("README.md, 40 lines"))
    summary = "no findings in README.md, 40 lines"
    return Report(
        version="0.1.0", subject=Subject(repository="acme/desk", commit="3f2a91c" + "0" * 33, base="", dirty=False),
        checklist=Checklist(
            id="starter", title="Starter", pass_mark=80, categories=(Category(id="docs", title="Documents", weight=1, items=(item,)),),
            sha256="a" * 64, source="builtin",
        ),
        stage=Stage.PR, started=NOON, seconds=0.4,
        outcomes=(Outcome(item=item, status=Status.PASSED, summary=summary, observation=seen, expect="no findings", seconds=0.01),),
        checks=(CheckRun(id="document", ran=True, examined=1, seconds=0.01),),
        score=Score(value=100, without_waivers=100, pass_mark=80, categories=(CategoryScore(id="docs", title="Documents", weight=100, earned=1, of=1),)),
        decision=Decision(ready=True, exit_code=0, reasons=()),
    )  # fmt: skip


def large(findings: int = 5_000, items: int = 50) -> Report:
    """A report of a large, careless repository: thousands of findings, right-to-left words and emoji among them."""
    rules = ("B602", "B608", "CWE-79", "unpinned-uses", "AVD-AWS-0086")
    each = findings // items
    outcomes = tuple(
        Outcome(
            item=Item(
                id=f"area.item-{number}", check="tool_report",
                title=f"{HEBREW} {number} \U0001f680" if number % 7 == 0 else f"Rule {number} of the house holds",
                required=number % 3 == 0, why="what is found late costs ten times as much", owner="platform",
            ),
            status=(Status.FAILED, Status.UNKNOWN, Status.PASSED)[number % 3], summary=f"{each} high; the worst: services/orders/handlers_{number}.py:{number}",
            observation=Found(examined=each * 3, evidence=evidence(f"{each * 3} files", "semgrep 1.140.0"), findings=_many(number, each, rules)),
            expect="no findings >= high", seconds=1.5,
        )
        for number in range(items)
    )  # fmt: skip
    report = sample()
    category = Category(id="area", title="One area", weight=1, items=tuple(outcome.item for outcome in outcomes))
    score = replace(report.score, categories=(CategoryScore(id="area", title="One area", weight=100, earned=items / 3, of=items),))
    return replace(report, outcomes=outcomes, checklist=replace(report.checklist, categories=(category,)), score=score)


def _many(item: int, count: int, rules: tuple[str, ...]) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            rule=rules[n % len(rules)], severity=Severity(n % 5), path=f"services/orders/handlers_{item}/{'התאוששות' if n % 11 == 0 else 'orders'}_{n}.py",
            line=n + 1, message=f"a call with words of the user in it, number {n} of item {item} \U0001f4a5, and some more words to be a message as they are",
            fix="pass a list of arguments and leave the shell out of it", anchor=f"{item}.{n}",
        )
        for n in range(count)
    )  # fmt: skip


_NASTY = st.sampled_from((
    HOSTILE, HEBREW, "x" * 5_000, "|" * 200, "`" * 7, "\\|", "\u202e\u2066", "@a #1 GH-2 www.x.example", "```\n# x\n<details>", "a\u0301" * 400,
    "\ud800", "",
))  # fmt: skip
texts = st.one_of(st.text(max_size=40), st.text(alphabet="|`\\<>*_[]()@#1 \n\u202e\u05d0~$-", max_size=20), _NASTY)
"""Any words, with a taste for hostile ones."""
moments = st.datetimes(timezones=st.just(UTC))
amounts = st.floats(min_value=0, max_value=1e6)
values = st.one_of(st.floats(), st.integers(), st.booleans(), texts)
evidences = st.builds(Evidence, source=texts, tool=texts, sha256=texts, collected=st.none() | moments, expires=st.none() | moments)
findings = st.builds(
    Finding, rule=texts, message=texts, severity=st.sampled_from(Severity), path=texts, line=st.none() | st.integers(-1, 10**6), fix=texts,
    anchor=texts, suppressed=st.just("") | texts,
)  # fmt: skip
_some_findings = st.lists(findings, max_size=4).map(tuple)
_some_texts = st.lists(texts, max_size=3).map(tuple)
observations = st.one_of(
    st.builds(Measured, value=values, evidence=evidences, unit=texts, examined=st.integers(-1, 10**7), findings=_some_findings, notes=_some_texts),
    st.builds(Found, examined=st.integers(-1, 10**7), evidence=evidences, findings=_some_findings, gaps=_some_texts, notes=_some_texts),
    st.builds(Unseen, reason=texts, remedy=texts),
)
items = st.builds(
    Item, id=texts, title=texts, check=texts, stage=st.sampled_from(Stage), required=st.booleans(), weight=amounts, section=texts, owner=texts,
    max_age=texts, why=texts, how=texts, off=texts,
)  # fmt: skip
check_runs = st.builds(CheckRun, id=texts, ran=st.booleans(), why_not=texts, tool=texts, examined=st.integers(-1, 10**7), seconds=amounts)
waivers = st.builds(Waiver, item=texts, owner=texts, reason=texts, until=st.dates())


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """An outcome that the judge could have given: what was not seen earned nothing."""
    seen = draw(observations)
    statuses = [status for status in Status if not (isinstance(seen, Unseen) and status.earns)]
    return Outcome(
        item=draw(items), status=draw(st.sampled_from(statuses)), summary=draw(texts), observation=seen, expect=draw(texts), seconds=draw(amounts),
        waiver=draw(st.none() | waivers),
    )  # fmt: skip


@st.composite
def reports(draw: st.DrawFn, *, most: int = 6) -> Report:
    """Any report, with up to ``most`` items."""
    found = tuple(draw(st.lists(outcomes(), max_size=most)))
    half = len(found) // 2
    groups = (found[:half], found[half:])
    categories = tuple(Category(id=f"c{index}", title=draw(texts), weight=1, items=tuple(o.item for o in group)) for index, group in enumerate(groups))
    scores = tuple(CategoryScore(id=part.id, title=part.title, weight=draw(amounts), earned=draw(amounts), of=draw(amounts)) for part in categories)
    code = draw(st.sampled_from((0, 1, 3, 4)))
    return Report(
        version=draw(texts), subject=Subject(repository=draw(texts), commit=draw(texts), base=draw(texts), dirty=draw(st.booleans())),
        checklist=Checklist(
            id=draw(texts), title=draw(texts), pass_mark=draw(amounts), categories=categories, sha256=draw(texts), source=draw(texts),
            bypasses=draw(_some_texts),
        ),
        stage=draw(st.sampled_from(Stage)), started=draw(moments), seconds=draw(amounts), outcomes=found,
        checks=tuple(draw(st.lists(check_runs, max_size=3))),
        score=Score(value=draw(amounts), without_waivers=draw(amounts), pass_mark=draw(amounts), categories=scores),
        decision=Decision(ready=code == 0, exit_code=code, reasons=draw(_some_texts), missing_signoffs=draw(_some_texts)), notes=draw(_some_texts),
        claims=draw(_some_texts),
    )  # fmt: skip
