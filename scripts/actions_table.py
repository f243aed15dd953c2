"""The table of all composite actions: what each is called, runs, takes and gives. ``generate_actions.py`` writes their files from it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input: its words and its default."""

    about: str
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One composite action: a name, the command it runs, and which inputs and outputs of the table it has."""

    folder: str
    """Below the repository, empty for the root."""
    title: str
    about: str
    command: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    use: str
    """The example's steps, in YAML, without the indentation of a job."""
    notes: tuple[str, ...] = ()
    defaults: dict[str, str] = field(default_factory=dict)
    on: str = " pull_request"
    """The example's trigger."""
    rights: str = ""
    """The example's permissions beside reading; empty takes what its inputs need."""

    @property
    def uses(self) -> str:
        """How a workflow names it."""
        return "/".join(part for part in ("org/prodready", self.folder) if part) + "@v1"


INPUTS = {
    "profile": Input(about="Name of a shipped profile, or a file. Empty: what .prodready.yml extends, else starter."),
    "stage": Input(about="Which items to hold: pr, release or post-release.", default="pr"),
    "path": Input(about="Folder to gate, below the checkout.", default="."),
    "token": Input(about="Token that reads the base branch and writes comment and commit status.", default="${{ github.token }}"),
    "org-token": Input(about="Token that may read the members of the organisation's teams, for sign-off roles that name a team."),
    "comment": Input(about="true: keep one comment on the pull request; recreate: write it anew when the verdict changes; false: none.", default="true"),
    "sarif": Input(about="off: none; file: write report.sarif.", default="off"),
    "out": Input(about="Folder the reports are written to.", default="prodready-out"),
    "fail-on": Input(about="gate: as the profile decides; failed: any failed item blocks; unknown: any untold one blocks too.", default="gate"),
    "observe": Input(about="true: tell the verdict, block nothing and set no commit status.", default="false"),
    "check": Input(about="Id of the check, as 'prodready list checks' names it.", required=True),
    "params": Input(about="Parameters of the check, one key=value a line; values are YAML."),
    "expect": Input(about="The bound to hold, instead of the check's own: '>= 85 %', 'no findings >= high'."),
    "drill": Input(about="Id of a drill, or YAML files that name one each, with blanks between.", default="chaos"),
    "slack": Input(about="true: post each incident to the webhook in the variable SLACK_WEBHOOK_URL; not delivered is a failure.", default="false"),
    "evidence": Input(about="Folder the records go to: commit or upload it, the check drill_record reads it.", default="evidence"),
    "workflow": Input(about="Path of the workflow whose runs are published.", default=".github/workflows/prodready.yml"),
    "artefact": Input(about="Name of the artefact that it uploads.", default="prodready"),
    "rescan": Input(about="true: gate the change anew from its files; false: post what its own run says as unverified, which never passes.", default="true"),
    "launch": Input(about="The timeline, as YAML.", default="launch.yml"),
    "decision": Input(about="start, repeat, go-on or abort; continue: take what is due.", default="continue"),
    "reason": Input(about="Why, for go-on and abort; it is kept."),
    "wait": Input(about="How long to stay for the steps that come soon: '70 min'.", default="0"),
    "production": Input(about="Names the target of a launch into production a second time, which it needs."),
    "shards": Input(about="How many parts the run was split into by actions/plan; a part that left no report fails. Empty: not split."),
    "only": Input(about="The items of this part, as actions/plan gave them.", required=True),
    "shard": Input(about="The name of this part, as actions/plan gave it: 2-of-4.", required=True),
    "partials": Input(about="Folder with the partial reports of the actions before.", default="prodready-out/partial"),
}

OUTPUTS = {
    "verdict": "ready, not-ready, unknown, pending or error.",
    "score": "The score, 0 to 100.",
    "report-json": "Path of report.json; empty when there is none.",
    "report-md": "Path of report.md; empty when there is none.",
    "sarif-file": "Path of report.sarif; empty when there is none.",
    "comment-url": "Address of the comment; empty when none was written.",
    "failed-items": "JSON list of the ids of all items that are failed, unknown, stale or pending.",
    "missing-signoffs": "JSON list of the roles that have not signed.",
    "shards": "JSON list of the parts, for a matrix: each has shard and only.",
    "status": "passed, failed, unknown, pending or error.",
}
TEN = ("profile", "stage", "path", "token", "org-token", "comment", "sarif", "out", "fail-on", "observe")
EIGHT = ("verdict", "score", "report-json", "report-md", "sarif-file", "comment-url", "failed-items", "missing-signoffs")
CHECKOUT = """\
- uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
  with: {fetch-depth: 0, persist-credentials: false}
"""
POSTING = """\
      pull-requests: write # the comment
      statuses: write # the commit status
"""
ON_RUN = """
  workflow_run: # zizmor: ignore[dangerous-triggers] nothing of the change is run, and nothing it wrote is believed
    workflows: [prodready]
    types: [completed]"""


def domain(name: str, title: str, about: str) -> Action:
    """The action of one domain of checks."""
    return Action(
        folder=f"actions/{name}", title=f"prodready {title}", about=about, command=f"run --domain {name}",
        inputs=("profile", "stage", "path", "out", "fail-on", "observe"), outputs=("verdict", "report-json", "failed-items"),
        use=f"{CHECKOUT}- uses: org/prodready/actions/{name}@v1\n",
        notes=(
            "Its exit code is the verdict on these items alone. It posts nothing and needs no token.",
            "With `actions/summary` behind it in the same job, give that step `if: ${{ !cancelled() }}`, so that it posts after a failure too.",
        ),
        defaults={"out": f"prodready-out/partial/{name}"},
    )  # fmt: skip


def drill(name: str, about: str, given: str, more: str) -> Action:
    """The action of a drill."""
    return Action(
        folder=f"actions/{name}", title=f"prodready {name}", about=about, command="drill", inputs=("drill", "params", "expect", "slack", "evidence"),
        outputs=("status",), use=f"{CHECKOUT}- uses: org/prodready/actions/{name}@v1\n  with:\n{given}",
        notes=(f"Exit 0 passed, 1 failed, 2 nothing was run, 3 could not be told. What can be given: `prodready {more}`.",),
    )  # fmt: skip


ACTIONS = (
    Action(
        folder="", title="prodready", about="Replaces the ticks of a production-readiness checklist by evidence, and blocks the merge until it holds.",
        command="run", inputs=TEN, outputs=EIGHT, use=f"{CHECKOUT}- uses: org/prodready@v1\n",
    ),
    domain("secrets", "secrets", "Looks for secrets in the files and their history."),
    domain("dependencies", "dependencies", "Looks for known holes in the dependencies."),
    domain("code", "code", "Looks for dangerous code."),
    domain("containers", "containers", "Looks at Dockerfiles, compose files and images."),
    domain("iac", "iac", "Looks for open doors in the infrastructure as code."),
    domain("licences", "licences", "Judges the licence of every package that is shipped, by expression and not by name."),
    domain("iam", "permissions", "Judges every policy and role: what each really grants, and the narrower statement to write instead."),
    domain("tls", "TLS", "Grades the TLS of the servers named under targets:, and looks for mixed content."),
    domain("observability", "observability", "Asks the running systems: metrics, alerts, dashboards, logs, streams, venues."),
    domain("caddy", "Caddy", "Judges a Caddyfile and tries on loopback whether a stranger's domain gets a certificate."),
    Action(
        folder="actions/check", title="prodready check", about="Runs any one check, with parameters and a bound of your own.", command="check",
        inputs=("check", "params", "expect", "path"), outputs=("status",),
        use=(
            f"{CHECKOUT}- uses: org/prodready/actions/check@v1\n  with:\n    check: test_report\n    params: |\n      files=coverage.xml\n"
            "      measure=coverage\n    expect: '>= 85 %'\n"
        ),
        notes=("Exit 0 passed, 1 failed, 3 unknown, 4 waits for people. What could not be told is never a pass.",),
    ),
    drill("drill", "Disturbs something on purpose, proves it, times the recovery and leaves a record.", "    drill: drills/rollback.yml\n", "drill --list"),
    drill(
        "chaos", "Kills a service and times how long until it serves again by itself; fails above the limit.",
        "    params: |\n      target=redis://localhost:6379\n      container=redis\n      limit=5 min\n", "explain chaos",
    ),
    Action(
        folder="actions/launch", title="prodready launch", command="launch", outputs=("status",),
        about="Leads a launch: takes the steps that are due, each with a record, and stops with the way back when one does not hold.",
        inputs=("launch", "decision", "reason", "wait", "production", "slack", "evidence"),
        use=f"{CHECKOUT}- uses: org/prodready/actions/launch@v1\n  with:\n    decision: start\n    wait: 70 min\n",
        notes=("Keep `evidence` between runs, on a branch for example: the state of the launch is in its records. See docs/launch.md.",),
    ),
    Action(
        folder="actions/summary", title="prodready summary", command="merge",
        about="Joins the partial reports of the actions before, runs what they lack, posts the verdict and blocks.",
        inputs=("partials", "shards", *TEN), outputs=EIGHT,
        use=(
            f"{CHECKOUT}- uses: org/prodready/actions/secrets@v1\n- uses: org/prodready/actions/code@v1\n  if: ${{{{ !cancelled() }}}}\n"
            "- uses: org/prodready/actions/summary@v1\n  if: ${{ !cancelled() }}\n"
        ),
        notes=("Partial reports bring what was seen; this action judges it anew. One of another commit tells nothing, and its items are unknown.",),
    ),
    Action(
        folder="actions/plan", title="prodready plan", command="plan", about="Splits a run into parts of about equal time, for a matrix of jobs.",
        inputs=("shards", "profile", "stage", "path"), outputs=("shards",), defaults={"shards": "4"},
        use=f"{CHECKOUT}- id: plan\n  uses: org/prodready/actions/plan@v1\n  with: {{shards: '4'}}\n",
        notes=("The whole workflow is examples/workflows/prodready-shards.yml. Most repositories need one job and not this.",),
    ),
    Action(
        folder="actions/shard", title="prodready shard", command="shard", about="Runs one part of a split run and leaves its report for actions/summary.",
        inputs=("only", "shard", "profile", "stage", "path", "fail-on", "observe"), outputs=("verdict", "report-json", "failed-items"),
        use=f"{CHECKOUT}- uses: org/prodready/actions/shard@v1\n  with: {{shard: 1-of-1, only: docs.readme}}\n",
        notes=("Its exit code is the verdict on its items alone; give it `observe: true` so that actions/summary alone decides.",),
    ),
    Action(
        folder="actions/publish", title="prodready publish", command="publish",
        about="Gates a pull request of a fork anew, from a run that may write, posts the verdict and sets the status that blocks.",
        inputs=("workflow", "artefact", "rescan", *TEN), outputs=EIGHT, use="- uses: org/prodready/actions/publish@v1\n", on=ON_RUN,
        rights="      actions: read # the report that the other run uploaded\n" + POSTING,
        notes=(
            "It looks the pull request up by its commit, fetches its files as data, runs none of them, and believes nothing that its own run wrote.",
            "What can only be known by running the code (items of the check `command`, reports of tests) is unknown here: see docs/forks.md.",
        ),
    ),
)  # fmt: skip
