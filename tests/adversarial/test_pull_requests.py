"""Pull requests that try to get round their own gate. None ends green, and each is told why in the report."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fake_github.server import STRANGER
from prodready.evidence import record as records
from prodready.evidence.signature import NAMESPACE, sign
from prodready.github.comment import marker
from prodready.signoffs.statement import SCHEMA, Statement
from programs import git
from pulls import PROFILE, packed

pytestmark = pytest.mark.integration

FORK_REPORT = {"report.json": b"{}"}
SHELL = "import subprocess\nsubprocess.call('ls ' + input(), shell=True)\n"
SECRET = "ghp_" + "x7Kq2mW9pL4vN8rT3yB6cF1hJ5sD0gAzQeUi"
GATE = "on: pull_request\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: org/prodready@v1\n"
ROLES = "extends: profile.yml\nroles: {CTO: {people: {erin: 11}, ssh: [cto@acme]}, Ops: {teams: [acme/ops]}}\n"
FAILS = {"README.md": "nothing\n"}
"""What the base's policy fails."""


def item(check, **params):
    return PROFILE + f"      - id: own.item\n        title: An item\n        check: {check}\n        params: {json.dumps(params)}\n        required: true\n"


def record(status="passed", at=0):
    """What a drill would have left, with the hash that anybody can compute."""
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10 - at)
    evidence = {"source": "desk", "tool": "", "sha256": "", "collected": now.isoformat(), "expires": None}
    data = {
        "schema": records.SCHEMA, "id": f"0-{at}", "drill": "timed", "title": "Done", "target": "desk", "environment": "", "params": {},
        "tool": {"name": "prodready", "version": "1.0.0"}, "subject": {"repository": "acme/desk", "commit": "0" * 40, "base": "", "dirty": False},
        "started": now.isoformat(), "expires": (now + timedelta(days=30)).isoformat(), "status": status, "expect": "<= 30 s", "measured": 1.0, "unit": "s",
        "interval": [0.9, 1.0], "examined": 1, "summary": "1 s", "seconds": 2.0, "observation": "measured", "reason": "", "remedy": "", "evidence": evidence,
        **{name: [] for name in ("findings", "gaps", "notes", "incidents", "journal", "notifications")}, "facts": {},
    }  # fmt: skip
    return json.dumps({**data, "sha256": records.digest(data)})


RECORD = record()


def policy(text):
    return {".prodready.yml": f"extends: profile.yml\n{text}\n"}


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One pull request: what the base holds, what the change does, and the words that must tell why it is not green."""

    says: str
    change: dict[str, Any] = field(default_factory=dict)
    base: dict[str, Any] = field(default_factory=dict)
    args: tuple[str, ...] = ()


WAIVER = "{item: docs.readme, owner: '@mallory', approver: '@friend', ticket: T-1, reason: trust me, until: 2099-01-01}"
POLICY = {
    "lowers the pass mark": Attack(change=FAILS | policy("pass_mark: 1"), says="the pass mark falls from 80 to 1"),
    "lowers the pass mark of a change that holds": Attack(change=policy("pass_mark: 1"), says="has not signed for a weaker gate"),
    "switches an item off": Attack(change=FAILS | policy("items: {docs.readme: {off: not today}}"), says="docs.readme is switched off"),
    "makes an item optional": Attack(change=policy("items: {docs.readme: {required: false}}"), says="docs.readme is no longer required"),
    "moves an item to a later stage": Attack(change=policy("items: {docs.readme: {stage: release}}"), says="docs.readme moves from pr to release"),
    "asks less of an item": Attack(change=policy("items: {docs.readme: {params: {min_words: 0}}}"), says="docs.readme has other parameters"),
    "removes an item from the profile": Attack(change={"profile.yml": PROFILE.partition("      - id: code.finished")[0]}, says="code.finished is removed"),
    "deletes the policy": Attack(change=FAILS | {".prodready.yml": None}, says="docs.readme failed"),
    "extends another profile": Attack(change={".prodready.yml": "extends: starter\n"}, says="docs.readme is removed"),
    "breaks the policy": Attack(change={".prodready.yml": "extends: [\n"}, says="the policy of this change is not valid"),
    "puts a link in place of the policy": Attack(change={".prodready.yml": Path("profile.yml")}, says=".prodready.yml is a symbolic link"),
    "grants itself a waiver": Attack(change=FAILS | policy(f"waivers: [{WAIVER}]"), says="docs.readme is waived until 2099-01-01"),
    "raises what waivers may lend": Attack(change=policy("waived_most: 100"), says="waivers may lend 100 points instead of 10"),
    "leaves files out": Attack(change={"bad.py": "FIXME\n"} | policy("exclude: [{files: [bad.py], reason: mine}]"), says="bad.py is left out"),
    "adds itself to a role": Attack(
        base={".prodready.yml": ROLES}, change={".prodready.yml": ROLES.replace("{erin: 11}", "{erin: 11, mallory: 666}")}, says="1 more signer for CTO",
    ),
    "lets nobody agree to a weaker gate": Attack(change=policy("signoffs: {change: []}"), says="the rules of signing change"),
    "changes the keys that count": Attack(change={".prodready/allowed_signers": "x y z\n"}, says="allowed_signers is changed: whose keys count"),
    "takes the revoked keys back": Attack(base={".prodready/revoked_keys": "k\n"}, change={".prodready/revoked_keys": None}, says="whose keys count"),
    "changes the owners of the gate": Attack(change={".github/CODEOWNERS": "* @mallory\n"}, says="CODEOWNERS is changed"),
    "takes the gate out of its workflow": Attack(
        base={".github/workflows/gate.yml": GATE}, change={".github/workflows/gate.yml": GATE.replace("uses: org/prodready@v1", "run: true")},
        says="the workflow .github/workflows/gate.yml of a gate is changed",
    ),
    "deletes the workflow of the gate": Attack(
        base={".github/workflows/gate.yml": GATE}, change={".github/workflows/gate.yml": None}, says="the workflow .github/workflows/gate.yml of a gate",
    ),
    "adds a workflow that sets the status itself": Attack(
        change={".github/workflows/mine.yml": "on: push\npermissions: {statuses: write}\njobs: {}\n"}, says="the workflow .github/workflows/mine.yml of a gate"
    ),
    "adds a job with the name of the status": Attack(
        change={".github/workflows/mine.yml": "on: push\njobs: {a: {name: prodready/gate}}\n"}, says="the workflow .github/workflows/mine.yml of a gate"
    ),
    "changes an action of the repository that runs the gate": Attack(
        base={"ci/gate/action.yml": "runs: {using: composite, steps: [{uses: org/prodready@v1}]}\n"},
        change={"ci/gate/action.yml": "runs: {using: composite, steps: [{run: 'true', shell: sh}]}\n"},
        says="the workflow ci/gate/action.yml of a gate is changed",
    ),
    "brings the record of a drill that nobody did": Attack(
        base={"profile.yml": item("drill_record", drill="timed")}, change={"evidence/drill.json": RECORD}, says="the record of a drill, evidence/drill.json",
    ),
    "brings such a record in other letters": Attack(
        base={"profile.yml": item("drill_record", drill="timed")}, change={"evidence/drill.json": RECORD.replace("prodready/", "prodready\\u002f")},
        says="the record of a drill, evidence/drill.json",
    ),
    "takes away the record of the drill that failed": Attack(
        base={"profile.yml": item("drill_record", drill="timed"), "evidence/a.json": RECORD, "evidence/b.json": record(status="failed", at=1)},
        change={"evidence/b.json": None}, says="the record of a drill, evidence/b.json",
    ),
    "sets the clock back": Attack(args=("--now=2020-01-01",), says="the clock of a gate on GitHub was set"),
}  # fmt: skip

YAML_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True))
FILES = {
    "hides a flaw behind nosec": Attack(
        base={"profile.yml": item("code_security")}, change={"x.py": SHELL.replace("True)", "True)  # nosec")}, says="newly suppressed here 1",
    ),
    "hides a flaw by a .bandit file": Attack(
        base={"profile.yml": item("code_security")}, change={"x.py": SHELL, ".bandit": "[bandit]\nskips: B602\n"}, says=".bandit is new or changed (bandit)",
    ),
    "hides a flaw by an attribute": Attack(
        base={"profile.yml": item("code_security")}, change={"x.py": SHELL.replace("True)", "True)  # nosec"), ".gitattributes": "* -diff\n"}, says="B602",
    ),
    "hides a flaw in a folder that scanners pass over": Attack(base={"profile.yml": item("code_security")}, change={".tox/x.py": SHELL}, says="B602"),
    "hides a flaw in a file that does not parse": Attack(
        base={"profile.yml": item("code_security")}, change={"x.py": SHELL + "def (\n"}, says="bandit cannot read it",
    ),
    "brings a scanner's configuration that runs code": Attack(
        base={"profile.yml": item("code_security")}, says="B602",
        change={
            "x.py": SHELL, "bandit.py": "raise SystemExit(0)\n", "sitecustomize.py": "raise SystemExit(0)\n",
            "pyproject.toml": "[tool.bandit]\nskips=['B602']\n",
        },
    ),
    "allows its own secret": Attack(
        base={"profile.yml": item("secrets")}, says="k.txt",
        change={"k.txt": f"token = '{SECRET}' # gitleaks:allow\n", ".gitleaksignore": "k.txt:github-pat:1\n"},
    ),
    "writes a secret in UTF-16": Attack(base={"profile.yml": item("secrets")}, change={"w.txt": f"token = '{SECRET}'\n".encode("utf-16")}, says="w.txt"),
    "ignores its own workflow's flaw": Attack(
        base={"profile.yml": item("workflow_security")}, says="zizmor: ignore",
        change={".github/workflows/x.yml": "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: a/b@v1 # zizmor: ignore[unpinned-uses]\n"},
    ),
    "ignores its own image's flaw": Attack(
        base={"profile.yml": item("containers")}, change={"Dockerfile": "FROM debian\n# hadolint ignore=DL3002\nUSER root\n"}, says="Dockerfile",
    ),
    "commits the report that should be made": Attack(
        base={"profile.yml": item("test_report", files=["junit.xml"])}, says="junit.xml",
        change={"junit.xml": '<testsuite name="a" tests="1"><testcase classname="a" name="b"/></testsuite>'},
    ),
    "commits a clean report of a scanner": Attack(
        base={"profile.yml": item("tool_report", files=["x.sarif"])}, says="x.sarif",
        change={"x.sarif": json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "rules": [{"id": "r"}]}}, "results": []}]})},
    ),
    "puts a link out of the checkout in place of a document": Attack(change={"README.md": Path("/etc/passwd")}, says="README.md"),
    "puts a pointer in place of a document": Attack(
        change={"README.md": "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n"}, says="README.md",
    ),
    "puts a milder limit beside the limit": Attack(
        base={"profile.yml": item("config_value", files=["risk.yml"], path="**.KILL_PNL", must="== -0.05", quantifier="present")},
        change={"risk.yml": "limits: {KILL_PNL: -0.9}\nnote: {KILL_PNL: -0.05}\n"}, says="risk.yml:1",
    ),
    "says the limit twice": Attack(
        base={"profile.yml": item("config_value", files=["risk.yml"], path="**.KILL_PNL", must="== -0.05", quantifier="present")},
        change={"risk.yml": "limits:\n  KILL_PNL: -0.9\n  KILL_PNL: -0.05\n"}, says="risk.yml",
    ),
    "brings a bomb of YAML": Attack(
        base={"profile.yml": item("config_value", files=["c.yml"], path="h", must="== 1")}, change={"c.yml": YAML_BOMB}, says="c.yml",
    ),
    "brings a nest of JSON": Attack(
        base={"profile.yml": item("config_value", files=["c.json"], path="a", must="== 1")}, change={"c.json": "[" * 100_000}, says="c.json",
    ),
    "speaks to the log in a file name": Attack(change={"::add-mask::x.py": "FIXME\n"}, says="code.finished failed"),
    "speaks markdown and HTML in a file name": Attack(change={"a](http://x)<img src=x>@everyone #1.py": "FIXME\n"}, says="code.finished failed"),
    "turns its words round in a file name": Attack(change={"gpj.\u202egate.py": "FIXME\n"}, says="code.finished failed"),
    "breaks lines in a file name": Attack(change={"a\n::error::b.py": "FIXME\n"}, says="code.finished failed"),
}  # fmt: skip
ATTACKS = POLICY | FILES


def not_green(pull, gated, says):
    assert gated.code in (1, 2, 3, 4), gated.out
    assert "success" not in {row["state"] for row in pull.github.statuses}, gated.out
    assert says in gated.told, gated.told


@pytest.mark.parametrize("name", ATTACKS)
def test_a_pull_request_that(pull, name):
    attack = ATTACKS[name]
    pull.base(attack.base).change(attack.change)
    pull.title = "@everyone `x` <img src=x> ](http://x) \u202e ::error::x %0A::stop-commands::x"
    not_green(pull, gated := pull.gate(*attack.args), attack.says)
    for comment in pull.github.comments:
        assert not re.search(r"<img|\]\(http://x|\u202e|(?<![`\w&;])@everyone", comment.body), comment.body
    assert not re.search(r"^::(?!error|warning|notice|stop-commands)", gated.out, re.MULTILINE)


def test_the_forged_record_would_have_passed_on_the_base_itself(pull):
    """Else the attacks with it would end where they do for another reason."""
    pull.base({"profile.yml": item("drill_record", drill="timed"), "evidence/drill.json": RECORD}).change({"desk.py": "x = 2\n"})
    gated = pull.gate()
    assert 0 == gated.code, gated.told


def test_a_secret_that_a_later_commit_takes_out_again(pull):
    pull.base({"profile.yml": item("secrets")}).change({"k.txt": f"token = '{SECRET}'\n"})
    pull.change({"k.txt": None})
    not_green(pull, pull.gate(), "own.item failed")


def test_a_suppression_that_comes_in_its_own_commit(pull):
    pull.base({"profile.yml": item("code_security")}).change({"x.py": SHELL})
    pull.change({"x.py": SHELL.replace("True)", "True)  # nosec")})
    not_green(pull, pull.gate(), "newly suppressed here 1")


def test_a_gated_folder_that_becomes_a_link(pull):
    pull.base({"service/README.md": "nothing\n", "other/README.md": "# A\n\n## Install\n\nmake\n"})
    pull.change({"service/README.md": None})
    shutil.rmtree(pull.repo / "service", ignore_errors=True)
    pull.change({"service": Path("other")})
    pull.environ = {"PRODREADY_PATH": "service"}
    not_green(pull, pull.gate(), "is a link or leads out of the checkout")


def test_a_submodule_in_place_of_the_gated_files(pull):
    pull.base({"profile.yml": PROFILE.replace("[README.md]", "[docs/README.md]"), "docs/README.md": "# A\n\n## Install\n\nmake\n"})
    pull.change({"docs/README.md": None})
    git(pull.repo, "update-index", "--add", "--cacheinfo", f"160000,{pull.head},docs")
    git(pull.repo, "commit", "-q", "-m", "A submodule")
    pull.github.pulls[1] = git(pull.repo, "rev-parse", "HEAD")
    not_green(pull, pull.gate(), "docs is a submodule")


def test_a_marker_comment_of_a_stranger_that_says_ready(pull):
    forged = pull.github.comment(1, STRANGER, f"{marker('prodready/gate')}\n## ✅ Ready to merge: score 100")
    pull.base().change(FAILS)
    not_green(pull, pull.gate(), "docs.readme failed")
    assert "## ✅ Ready to merge: score 100" == forged.body.splitlines()[1]
    assert "❌" in pull.github.comments[1].body


def test_a_checkout_of_something_else(pull):
    pull.base().change({"desk.py": "x = 2\n"})
    pull.github.pulls[1] = pull.github.branches["main"]
    pull.environ = {"GITHUB_SHA": pull.github.branches["main"]}
    gated = pull.gate()
    assert {"error"} == {row["state"] for row in pull.github.statuses}
    assert "is neither the head nor the merge commit" in gated.told


def test_a_change_that_speaks_for_another_queue(pull):
    pull.base().change()
    group = {"head_sha": pull.head, "head_ref": "refs/heads/main", "base_sha": pull.github.branches["main"], "base_ref": "refs/heads/main"}
    pull._event({"action": "checks_requested", "merge_group": group})
    not_green(pull, pull._run("merge_group", ["run", f"--out={pull.out}"]), "does not name a pull request of the queue")


# Forged artefacts


@pytest.mark.parametrize(
    ("archive", "says"),
    [
        (packed({**FORK_REPORT, "../../.bashrc": b"x"}), "points out of the archive"),
        (packed({"report.json": b"0" * 40_000_000}), "would unpack to"),
        (b"not a zip", "no readable zip archive"),
        (packed(FORK_REPORT), "is not believed"),
        (packed({"report.json": b"[" * 100_000}), "is not believed"),
    ],
)
def test_an_artefact_of_a_fork_that_is_no_report_of_ours(pull, archive, says):
    pull.from_fork().base().change()
    pull.upload(archive)
    not_green(pull, pull.publish(), says)


def test_an_artefact_with_the_right_names_that_passes_everything(pull):
    pull.from_fork().base().change()
    report = pull.gate().report
    pull.github.statuses.clear()
    pull.change(FAILS)
    pull.upload({"report.json": json.dumps({**report, "subject": {**report["subject"], "commit": pull.head}}).encode()})
    not_green(pull, pull.publish(), "docs.readme failed")


# Signatures that are none


def signing(pull, roles="CTO", more=""):
    pull.base({".prodready.yml": ROLES + f"signoffs: {{pr: [{roles}], sources: [review, comment, environment, ssh]}}\n{more}"})
    pull.change({"desk.py": "x = 2\n"})


def test_an_approval_of_the_author(pull):
    signing(pull)
    pull.github.details[1] = {"author": "erin", "author_id": 11}
    pull.github.reviews.append(pull.review("APPROVED"))
    not_green(pull, pull.gate(), "is of an author of the change")


def test_an_approval_of_a_co_author(pull):
    signing(pull)
    pull.change({}, message="x\n\nCo-authored-by: E <11+erin@users.noreply.github.com>")
    pull.github.commits[0]["commit"]["message"] = "x\n\nCo-authored-by: E <11+erin@users.noreply.github.com>"
    pull.github.reviews.append(pull.review("APPROVED"))
    not_green(pull, pull.gate(), "is of an author of the change")


def test_an_approval_of_an_earlier_commit(pull):
    signing(pull)
    pull.github.reviews.append(pull.review("APPROVED", at="b" * 40))
    not_green(pull, pull.gate(), "is for bbbbbbbbbbbb")


def test_an_approval_of_somebody_with_the_name_of_the_role_holder(pull):
    signing(pull)
    pull.github.reviews.append(pull.review("APPROVED", account=666))
    not_green(pull, pull.gate(), "CTO has not signed: waits for erin")


def test_an_approval_that_was_taken_back(pull):
    signing(pull)
    pull.github.reviews += [pull.review("APPROVED"), pull.review("CHANGES_REQUESTED"), pull.review("COMMENTED")]
    not_green(pull, pull.gate(), "asks for changes")


def test_a_team_that_cannot_be_read(pull):
    signing(pull, "Ops")
    pull.github.reviews.append(pull.review("APPROVED"))
    gated = pull.gate()
    not_green(pull, gated, "unverifiable: the members of acme/ops could not be read")
    assert 3 == gated.code


def test_a_statement_signed_with_a_key_that_the_change_adds_itself(pull, tmp_path):
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)], check=True)
    signing(pull)
    times = {"signed": "2026-01-01T00:00:00+00:00", "expires": "2099-01-01T00:00:00+00:00"}
    said = Statement(schema=SCHEMA, role="CTO", repository="acme/desk", commit=pull.head, pr=1, evidence={}, **times)
    pull.change({
        ".prodready/signoffs/cto.json": said.text(), ".prodready/signoffs/cto.sig": sign(said.text().encode(), key, namespace=NAMESPACE),
        ".prodready/allowed_signers": f'cto@acme namespaces="{NAMESPACE}" {key.with_suffix(".pub").read_text()}',
    })  # fmt: skip
    not_green(pull, pull.gate(), "CTO has not signed")


def test_there_are_at_least_forty_of_them():
    others = [name for name in globals() if name.startswith("test_a")]
    assert 40 <= len(ATTACKS) + len(others) - 1
