"""Secrets: nothing a repository brings along hides one, and nothing we print shows one."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

import pytest

from fakes import fake
from prodready.check import CannotTell, load
from prodready.checks.secrets import detect_secrets, gitleaks
from prodready.checks.secrets.commits import _pathspec
from prodready.checks.secrets.identity import Identity
from prodready.context import Context
from prodready.decode import decode
from prodready.errors import ProdreadyError
from prodready.model import Exclusion, Severity
from prodready.plan import bind
from prodready.settings import Settings
from prodready.world.http import RealHttp
from prodready.world.process import Processes
from prodready.world.repo import open_repo
from programs import commit, git, repository, write

SWEEP = Path(detect_secrets.__file__).parent / "sweep.py"


@pytest.fixture(scope="module")
def processes():
    real = Processes(cache=Settings.from_environ(os.environ).cache)
    try:
        for tool in ("gitleaks", "detect-secrets"):
            real.toolbox.ensure(tool)
    except CannotTell as unable:
        pytest.skip(f"a scanner cannot be had here: {unable.reason}")
    return real


@pytest.fixture
def observe(processes, tmp_path):
    def made(root, *, base="", exclude=(), voices=("gitleaks",), **params):
        check, params = load("secrets"), {"voices": list(voices), **params}
        context = Context(
            repo=open_repo(root, base=base, exclude=exclude), run=processes, http=RealHttp(offline=True), targets={}, secret=str,
            now=datetime.now(UTC), offline=True, scratch=lambda: Path(mkdtemp(dir=tmp_path)),
        )  # fmt: skip
        return check.observe(context, decode(params, check.params))

    return made


@pytest.fixture
def service(tmp_path):
    return repository(tmp_path / "service", {"README.md": "# Desk\n"})


def places(found):
    return [(finding.rule, finding.path, finding.line) for finding in found.findings]


def add(root, name, secret, subject="Add"):
    write(root, {name: f"first\ntoken = '{secret}'\n"})
    return commit(root, subject)


def remove(root, name):
    (root / name).unlink()
    return commit(root, "Remove")


def test_the_same_secret_in_files_and_history_is_one_finding(observe, service):
    add(service, "a.py", fake("github-pat"))
    write(service, {"b.py": f"moved\n\n  token = '{fake('github-pat')}'\n"})
    (service / "a.py").unlink()
    commit(service, "Move")
    assert [("github-pat", "b.py", 3)] == places(observe(service))


def test_every_file_that_holds_the_secret_is_told(observe, service):
    add(service, "a.py", fake("github-pat"))
    add(service, "b.py", fake("github-pat"))
    assert [("github-pat", "a.py", 2), ("github-pat", "b.py", 2)] == places(observe(service))


def test_a_removed_secret_is_told_once_with_the_commit_that_brought_it(observe, service):
    first = add(service, "a.py", fake("github-pat"))
    remove(service, "a.py")
    add(service, "a.py", fake("github-pat"), "Again")
    remove(service, "a.py")
    found = observe(service)
    assert [("github-pat", "a.py", None)] == places(found)
    assert first[:10] in found.findings[0].message


def test_a_pull_request_answers_for_its_own_commits_only(observe, service):
    add(service, "old.py", fake("github-pat.1"))
    remove(service, "old.py")
    git(service, "branch", "base")
    add(service, "new.py", fake("github-pat.2"))
    remove(service, "new.py")
    assert [("github-pat", "new.py", None)] == places(observe(service, base="base"))
    assert [("github-pat", "new.py", None), ("github-pat", "old.py", None)] == places(observe(service, base="base", history="full"))


def test_a_branch_without_commits_of_its_own_is_clean_and_says_so(observe, service):
    found = observe(service, base="main")
    assert ("1 file and 0 commits with additions", (), ()) == (found.evidence.source, found.findings, found.gaps)


def test_what_a_merge_brings_is_found_in_the_commit_of_its_branch(observe, service):
    git(service, "checkout", "-q", "-b", "side")
    add(service, "side.py", fake("github-pat"))
    remove(service, "side.py")
    git(service, "checkout", "-q", "main")
    add(service, "main.py", "nothing")
    git(service, "merge", "-q", "--no-ff", "-m", "Merge", "side")
    found = observe(service)
    assert ([("github-pat", "side.py", None)], ()) == (places(found), found.gaps)


HOSTILE = {
    "diff.leak.textconv": "true",
    "diff.leak.binary": "true",
    "diff.external": "touch ran",
    "diff.noprefix": "true",
    "diff.orderFile": "/nonexistent",
    "color.ui": "always",
    "log.showRoot": "false",
    "log.showSignature": "true",
    "gpg.program": "touch ran",
    "log.follow": "true",
    "format.pretty": "format:nothing",
    "core.fsmonitor": "touch ran",
    "core.attributesFile": "attributes",
    "core.commitGraph": "true",
}


def test_neither_configuration_nor_attributes_of_the_repository_hide_a_secret_or_run_a_program(observe, tmp_path):
    attributes = {".gitattributes": "*.py -diff diff=leak\n", "attributes": "* binary\n"}
    root = repository(tmp_path / "hostile", {"leak.py": f"token = '{fake('github-pat')}'\n", **attributes})
    (root / ".git" / "info" / "attributes").write_text("* -diff\n")
    git(root, "rm", "-q", "leak.py")
    commit(root, "Remove")
    for name, value in HOSTILE.items():
        git(root, "config", name, value)
    found = observe(root)
    assert ([("github-pat", "leak.py", None)], ()) == (places(found), found.gaps)
    assert [] == [path.name for path in root.rglob("ran")]


def test_a_replaced_commit_does_not_hide_the_real_one(observe, service):
    bad = add(service, "a.py", fake("github-pat"))
    remove(service, "a.py")
    innocent = git(service, "commit-tree", "HEAD^{tree}", "-p", "HEAD~2", "-m", "innocent")
    git(service, "replace", bad, innocent)
    assert [("github-pat", "a.py", None)] == places(observe(service))


@pytest.mark.parametrize("kept", [True, False])
def test_a_gated_subfolder_answers_for_itself(observe, service, kept):
    folder = "the 'desk' é"
    add(service, "elsewhere.py", fake("github-pat.1"))
    add(service, f"{folder}/own.py", fake("github-pat.2"))
    if not kept:
        remove(service, f"{folder}/own.py")
        write(service, {f"{folder}/README.md": "# Desk\n"})
        commit(service, "Readme")
    found = observe(service / folder)
    assert ([("github-pat", "own.py", 2 if kept else None)], ()) == (places(found), found.gaps)


def test_a_shallow_clone_is_never_a_clean_history(observe, service, tmp_path):
    add(service, "a.py", fake("github-pat"))
    remove(service, "a.py")
    git(tmp_path, "clone", "-q", "--depth", "1", service.as_uri(), "shallow")
    found = observe(tmp_path / "shallow")
    assert ((), 1) == (found.findings, len(found.gaps))
    assert "fetch-depth: 0" in found.gaps[0]


def test_a_worktree_has_the_history_of_its_repository(observe, service, tmp_path):
    add(service, "a.py", fake("github-pat"))
    remove(service, "a.py")
    git(service, "worktree", "add", "-q", str(tmp_path / "tree"), "HEAD")
    assert [("github-pat", "a.py", None)] == places(observe(tmp_path / "tree"))


def test_a_repository_with_sha256_is_read(observe, tmp_path):
    root = tmp_path / "wide"
    root.mkdir()
    git(root, "init", "-q", "--object-format=sha256")
    add(root, "a.py", fake("github-pat"))
    remove(root, "a.py")
    write(root, {"README.md": "# Desk\n"})
    commit(root, "Readme")
    found = observe(root)
    assert ([("github-pat", "a.py", None)], ()) == (places(found), found.gaps)


def test_a_repository_without_commits_has_nothing_to_hide(observe, tmp_path):
    root = write(tmp_path / "young", {"README.md": "# Desk\n"})
    git(root, "init", "-q")
    found = observe(root)
    assert ((), ("the repository has no commits yet",)) == (found.gaps, found.notes)


def test_a_history_with_missing_objects_is_no_clean_history(observe, service):
    add(service, "a.py", "nothing")
    blob = git(service, "rev-parse", "HEAD:a.py")
    (service / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = observe(service)
    assert "the git history" in found.gaps[0]


def test_a_secret_in_utf_16_is_found(observe, service):
    (service / "windows.txt").write_bytes(f"token = '{fake('github-pat')}'\n".encode("utf-16"))
    assert [("github-pat", "windows.txt", 1)] == places(observe(service, history="none"))


def test_odd_file_names_are_all_accounted_for(observe, service):
    names = ["a b.py", "-dash.py", 'q"uote.py', "new\nline.py", "é.py", "tab\t.py", "back\\slash.py", "bad\udcff.py", "x=y.py", "path=z"]
    for name in names:
        add(service, name, fake(f"github-pat.{names.index(name)}"))
    found = observe(service)
    assert (len(names), ()) == (len(found.findings), found.gaps)


def test_no_secret_and_no_words_of_a_commit_are_in_what_is_said(observe, service):
    add(service, "a.py", fake("github-pat"), f"Use {fake('password')}")
    add(service, "b.pem", fake("private-key"))
    remove(service, "a.py")
    said = repr(observe(service))
    for secret in ("github-pat", "password"):
        assert fake(secret) not in said
    assert fake("private-key").splitlines()[1] not in said


def test_an_empty_folder_proves_nothing(observe, tmp_path):
    (tmp_path / "empty").mkdir()
    assert 0 == observe(tmp_path / "empty").examined


def test_the_identity_of_a_secret_differs_from_run_to_run():
    content = b"\ntoken = 1\n"
    one, other = Identity(), Identity()
    assert one.of(content, 2, 2, otherwise="") == one.of(b"  token = 1", 1, 1, otherwise="")
    assert one.of(content, 2, 2, otherwise="") != other.of(content, 2, 2, otherwise="")


@pytest.mark.parametrize(("prefix", "pathspec"), [("a/b/", ":(top,glob)a/b/**"), ("a b/é*/", ":(top,glob)a?b/???/**")])
def test_the_gated_folder_is_named_without_blanks(prefix, pathspec):
    assert pathspec == _pathspec(prefix)


LOGGED = [("x path=a.py", "a.py"), ('x path="a b\\n\\"c"', 'a b\n"c'), ("x", None), ('x path="a', None), ('x path="a\\x9"', None)]


@pytest.mark.parametrize(("words", "path"), LOGGED)
def test_paths_in_the_log_are_read_as_go_writes_them(words, path):
    assert path == gitleaks.path_in(words)


def test_our_own_sources_hold_nothing_that_looks_like_a_key():
    source = subprocess.run(["git", "grep", "-IlE", r"gh[p]_[A-Za-z0-9]{36}|AKI[A][A-Z2-7]{16}"], capture_output=True, text=True, check=False)
    assert "" == source.stdout


def test_commits_that_only_take_lines_away_or_change_a_mode_are_accounted_for(observe, service):
    write(service, {"notes.txt": "one\ntwo\nthree\n", "run.sh": "true\n", "empty": ""})
    commit(service, "Add")
    write(service, {"notes.txt": "one\n"})
    commit(service, "Take lines away")
    (service / "run.sh").chmod(0o755)
    commit(service, "Make it run")
    (service / "notes.txt").write_text("", "utf-8")
    commit(service, "Empty it")
    assert ((), ()) == (observe(service).gaps, observe(service).findings)


def test_a_file_that_the_policy_excludes_is_excluded_in_the_past_too_and_for_all_to_see(observe, service):
    add(service, "samples/a.py", fake("github-pat"))
    exclude = (Exclusion(files=("samples/**",), reason="recorded inputs"),)
    assert [("samples/a.py", "excluded: recorded inputs")] == [(one.path, one.suppressed) for one in observe(service, exclude=exclude).findings]


def test_an_excluded_place_does_not_stand_for_another_one(observe, service):
    secret = fake("github-pat")
    add(service, "samples/a.py", secret)
    add(service, "app.py", secret)
    add(service, "app.py", "none", subject="Take it out")
    exclude = (Exclusion(files=("samples/**",), reason="recorded inputs"),)
    assert [("app.py", "")] == [(one.path, one.suppressed) for one in observe(service, exclude=exclude).findings]


def test_what_two_scanners_report_at_one_place_is_one_finding_in_the_words_of_the_more_exact(observe, service):
    write(service, {"a.py": f"token = '{fake('github-pat')}'\n", "b.py": "password = 'horse-battery-42'\n"})
    found = observe(service, voices=["gitleaks", "detect-secrets"])
    assert [("github-pat", "a.py", 1), ("secret-keyword", "b.py", 1)] == places(found)
    assert [Severity.HIGH, Severity.LOW] == [finding.severity for finding in found.findings]
    assert "gitleaks 8.30.1, detect-secrets 1.5.0" == found.evidence.tool


def test_neither_marker_nor_baseline_nor_one_odd_byte_hides_a_secret_from_detect_secrets(observe, service):
    key = f"AKIA{fake('aws-key')[4:]}"
    write(service, {"a.py": f"key = '{key}'  # pragma: allowlist secret\n", ".secrets.baseline": '{"version": "1.5.0", "plugins_used": [], "results": {}}'})
    (service / "b.py").write_bytes(f"# caf\xe9\nkey = '{key}'\n".encode("latin-1"))
    found = observe(service, voices=["detect-secrets"], history="none")
    assert ([("aws-access-key", "a.py", 1), ("aws-access-key", "b.py", 2)], ()) == (places(found), found.gaps)


def test_detect_secrets_itself_is_fooled_by_all_three(processes, tmp_path):
    """The naive call: a file outside git, one with a marker, and one with a byte that is not UTF-8."""
    python = processes.toolbox.ensure("detect-secrets").argv[0]
    key = f"AKIA{fake('aws-key')[4:]}"
    for name, content in {"a.py": f"key = '{key}'\n", "b.py": f"key = '{key}'  # pragma: allowlist secret\n", "c.py": f"# caf\xe9\nkey = '{key}'\n"}.items():
        (tmp_path / name).write_bytes(content.encode("latin-1"))
    scan = [python, "-I", "-B", "-m", "detect_secrets", "scan", "--no-verify", "."]
    assert {} == json.loads(subprocess.run(scan, cwd=tmp_path, capture_output=True, check=True).stdout)["results"]
    everything = json.loads(subprocess.run([*scan, "--all-files"], cwd=tmp_path, capture_output=True, check=True).stdout)["results"]
    assert ["a.py"] == sorted(everything)


SAME = """
import runpy, sys
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings
sweep = runpy.run_path(sys.argv[1])
filters = [{"path": f"detect_secrets.filters.heuristic.{name}"} for name in sweep["FILTERS"]]
with transient_settings({"plugins_used": [{"name": name} for name in sweep["PLUGINS"]], "filters_used": filters}):
    for path in sys.argv[2:]:
        slow = {(secret.line_number, secret.type) for secret in scan_file(path)}
        assert slow == {(secret.line_number, secret.type) for secret in sweep["found"](path)}, path
        print(len(slow))
"""


def test_our_sweep_finds_what_detect_secrets_finds_line_by_line(processes, tmp_path):
    """It looks at whole files first, which is five times as fast: nothing may be lost by that."""
    made = {
        "a.py": f"x = 1\npassword = 'correct horse battery'\n\n\nkey = '{fake('github-pat')}'\nurl = 'https://ada:lovelace@example.org'\n",
        "b.yml": "db:\n  password: correct-horse\n  items: [1, 2]\n",
        "c.ini": "[db]\npassword = correct-horse\n",
        "d.pem": fake("private-key"),
        "e.txt": "",
    }
    write(tmp_path, made)
    python = processes.toolbox.ensure("detect-secrets").argv[0]
    ended = subprocess.run([python, "-I", "-B", "-c", SAME, SWEEP, *(tmp_path / name for name in made)], capture_output=True, text=True, check=True)
    assert ["3", "1", "1", "1", "0"] == ended.stdout.split()


MADE_UP = "b7Kq29" + "xLmP4w"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"secret = '{MADE_UP}'", True), (f"url = 'https://ada:{MADE_UP}@db.internal'", True), ("password = 'hunter2024'", True),
        ("secret = 'shhhh, very secret'", False), ("password = 'password'", False), ("secret = 'keyboard cat'", False), ("secret = 'GetSecretValue'", False),
        ("url = 'https://user:pass%5B%7F@example.org'", False), ("- secrets: `log_redaction`, `rotation2`, `injection`", False),
    ],
)  # fmt: skip
def test_beside_a_word_only_what_somebody_made_up_is_a_hint(observe, service, line, told):
    write(service, {"app.py": f"first\n{line}\n"})
    hints = [finding for finding in observe(service, voices=["detect-secrets"], history="none").findings if finding.path == "app.py"]
    assert told == bool(hints)
    assert {Severity.LOW} >= {finding.severity for finding in hints}


def test_without_gitleaks_nobody_reads_the_history(observe, service):
    with pytest.raises(ProdreadyError, match="nobody reads the history"):
        bind("secrets", {"voices": ["detect-secrets"]}, where="item")


@pytest.fixture
def hear_trufflehog(tmp_path):
    """The check with TruffleHog alone, or rather with what speaks as it does."""
    path = tmp_path / "trufflehog"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -I {Path(__file__).with_name("fake_trufflehog.py")} "$@"\n')
    path.chmod(0o755)
    processes, check = Processes(cache=Path("unused"), replace={"trufflehog": path}), load("secrets")

    def heard(root, *, offline=False, base="", exclude=(), run=processes, **params):
        context = Context(
            repo=open_repo(root, base=base, exclude=exclude), run=run, http=RealHttp(offline=True), targets={}, secret=str,
            now=datetime.now(UTC), offline=offline, scratch=lambda: Path(mkdtemp(dir=tmp_path)),
        )  # fmt: skip
        return check.observe(context, decode({"voices": ["trufflehog"], "history": "none", **params}, check.params))

    return heard


@pytest.fixture
def observe_both(processes, hear_trufflehog, tmp_path):
    """The check with gitleaks and what speaks as TruffleHog does."""

    class Both:
        def __getattr__(self, name):
            return getattr(processes, name)

        def tool(self, name, *args, **more):
            fake = Processes(cache=Path("unused"), replace={"trufflehog": tmp_path / "trufflehog"})
            return (fake if name == "trufflehog" else processes).tool(name, *args, **more)

    return partial(hear_trufflehog, voices=["gitleaks", "trufflehog"], history="full", run=Both())


@pytest.fixture
def three_keys(service):
    keys = {"live.py": f"{fake('github-pat.1')}live", "dead.py": f"{fake('github-pat.2')}dead", "unsure.py": fake("github-pat.3")}
    return write(service, {name: f"\ntoken = '{key}'\n" for name, key in keys.items()})


def test_a_key_that_works_is_critical_one_that_could_not_be_tried_blocks_and_a_refused_one_is_shown(hear_trufflehog, three_keys):
    found = hear_trufflehog(three_keys, verify=True)
    weights = {finding.path: finding.severity for finding in found.findings}
    assert {"live.py": Severity.CRITICAL, "unsure.py": Severity.HIGH, "dead.py": Severity.LOW} == weights
    assert ([2, 2, 2], ()) == ([finding.line for finding in found.findings], found.gaps)


@pytest.mark.parametrize("params", [{}, {"verify": True, "offline": True}])
def test_unless_it_is_let_no_key_is_sent_to_anybody_and_all_of_them_block(hear_trufflehog, three_keys, params):
    assert {Severity.HIGH} == {finding.severity for finding in hear_trufflehog(three_keys, **params).findings}


def test_an_address_with_a_password_is_a_hint_and_no_secret_is_said(hear_trufflehog, service):
    write(service, {"a.py": "url = 'https://ada:lovelace@example'\n", "b.py": f"token = '{fake('github-pat')}'\n"})
    found = hear_trufflehog(service)
    assert [("URI", Severity.LOW), ("Github", Severity.HIGH)] == [(finding.rule, finding.severity) for finding in found.findings]
    assert fake("github-pat") not in repr(found)


def test_the_first_line_of_a_key_alone_or_around_an_omission_is_a_hint(observe, service):
    first, address = "-----BEGIN " + "RSA PRIVATE KEY-----", "/en/support/questions/4f462ebe6ff445d4a170be7d9e897272"
    omitted = f'"secret": "{first}\\nMIIEvQ<...>s8KX8=\\n-----END RSA PRIVATE KEY-----"\n\nSee https://venue.example{address}\n'
    write(service, {"a.py": f"BEGIN = '{first}'\n", "b.pem": fake("private-key"), "c.md": omitted})
    found = observe(service, voices=["detect-secrets"], history="none")
    assert {"a.py": Severity.LOW, "b.pem": Severity.CRITICAL, "c.md": Severity.LOW} == {finding.path: finding.severity for finding in found.findings}


def test_trufflehog_finds_what_a_commit_added_and_another_took_away_at_its_file(hear_trufflehog, service):
    brought = add(service, "old key's.py", f"{fake('github-pat')}live")
    remove(service, "old key's.py")
    found = hear_trufflehog(service, history="full", verify=True)
    (finding,) = found.findings
    assert ("Github", "old key's.py", None, Severity.CRITICAL) == (finding.rule, finding.path, finding.line, finding.severity)
    assert f"was committed in {brought[:10]} and stays" in finding.message
    assert (3, ()) == (found.examined, found.gaps)
    assert fake("github-pat") not in repr(found)


@pytest.mark.parametrize("name", ["ünï.py", 'qu"ote\\.py', "a\tb.py", "+++ b.py", "sp ace.py"])
def test_trufflehog_tells_the_file_of_a_commit_whatever_its_name(hear_trufflehog, service, name):
    add(service, name, fake("github-pat"))
    remove(service, name)
    assert [name] == [finding.path for finding in hear_trufflehog(service, history="full").findings]


def test_of_a_pull_request_trufflehog_reads_its_own_commits_and_of_a_file_what_they_add(hear_trufflehog, service):
    add(service, "app.py", fake("github-pat.1"))
    git(service, "checkout", "-q", "-b", "change")
    write(service, {"app.py": "first\ntoken = secret('TOKEN')\nlast\n"})
    commit(service, "Read it from the store")
    assert ((), ()) == (hear_trufflehog(service, base="main", history="auto").findings, hear_trufflehog(service, history="none").findings)
    assert ["app.py"] == [finding.path for finding in hear_trufflehog(service, history="full").findings]


def test_a_secret_in_files_and_history_is_one_finding_for_trufflehog_too(hear_trufflehog, service):
    add(service, "app.py", fake("github-pat"))
    git(service, "mv", "app.py", "main.py")
    commit(service, "Move")
    assert [("Github", "main.py", 2)] == places(hear_trufflehog(service, history="full"))


def test_a_patch_within_a_file_is_not_taken_for_one_of_git(hear_trufflehog, service):
    text = f"diff --git a/x b/x\n+++ b/innocent.py\n@@ -1 +1 @@\n-- gone\n++ token = '{fake('github-pat')}'\n\0{'a' * 40}\n"
    write(service, {"a.patch": text})
    commit(service, "Add a patch")
    (service / "a.patch").unlink()
    commit(service, "Remove it")
    assert ["a.patch"] == [finding.path for finding in hear_trufflehog(service, history="full").findings]


def test_what_the_policy_excludes_is_suppressed_in_the_commits_that_trufflehog_reads(hear_trufflehog, service):
    add(service, "vendor/key.py", fake("github-pat"))
    remove(service, "vendor/key.py")
    found = hear_trufflehog(service, history="full", exclude=[Exclusion(files=("vendor/**",), reason="not ours")])
    assert ["excluded: not ours"] == [finding.suppressed for finding in found.findings]


def test_both_readers_of_commits_tell_a_secret_once(observe_both, service):
    add(service, "app.py", fake("github-pat"))
    remove(service, "app.py")
    assert [("github-pat", "app.py", None)] == places(observe_both(service))


def test_commits_that_trufflehog_does_not_say_it_read_are_gaps(hear_trufflehog, service, monkeypatch):
    monkeypatch.setattr("prodready.checks.secrets.trufflehog._scanned", lambda log: iter(()))
    head = git(service, "rev-parse", "HEAD").strip()
    unread, _ = hear_trufflehog(service, history="full").gaps
    assert unread.startswith(f"commit {head}: the scanner does not say that it examined it;")


def test_a_git_that_leaves_out_a_commit_is_no_clean_history(hear_trufflehog, service, monkeypatch):
    add(service, "app.py", "x")
    monkeypatch.setattr("prodready.checks.secrets.added._write", lambda lines, written: iter(()))
    (gap,) = hear_trufflehog(service, history="full").gaps
    assert gap.startswith("the git history: git does not tell what 3 commits add")


@pytest.mark.parametrize("history", ["none", "full"])
def test_a_comment_for_trufflehog_hides_nothing_from_it(hear_trufflehog, service, history):
    write(service, {"app.py": f"\ntoken = '{fake('github-pat')}'  # trufflehog:ignore\n"})
    commit(service, "Add")
    assert [("Github", "app.py", 2)] == places(hear_trufflehog(service, history=history))


def test_a_secret_beside_a_comment_for_trufflehog_is_one_finding_in_files_and_history(observe_both, service):
    write(service, {"app.py": f"\ntoken = '{fake('github-pat')}'  # trufflehog:ignore\n"})
    commit(service, "Add")
    assert [("github-pat", "app.py", 2)] == places(observe_both(service))
