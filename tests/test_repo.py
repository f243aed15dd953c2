"""The files under the gate: whatever a checkout holds, there is a clear note, a clear error, or the file; never a traceback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from tempfile import gettempdir

import pathspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from cases import git
from prodready.check import CannotTell
from prodready.errors import ProdreadyError
from prodready.model import Exclusion
from prodready.names import shown
from prodready.world import disk, listing
from prodready.world.folders import MOST, scratch
from prodready.world.git import Git
from prodready.world.matching import Names, matcher
from prodready.world.origin import repository_name
from prodready.world.repo import open_repo


@pytest.fixture
def checkout(tmp_path):
    """A repository with one committed file."""
    root = tmp_path / "service"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "app.py").write_text("x = 1\n")
    commit(root)
    return root


def commit(root, message="more"):
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


@contextlib.contextmanager
def as_nobody():
    """Permissions do not stop root, so the test becomes somebody whom they stop."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    """A folder that everybody can reach: pytest's own is private."""
    folder = Path(tempfile.mkdtemp(dir="/tmp")).resolve()
    folder.chmod(0o777)
    yield folder
    subprocess.run(["chmod", "-R", "u+rwx", folder], check=True)
    shutil.rmtree(folder)


# What is listed


def test_tracked_and_new_files_are_listed_and_ignored_ones_are_not(checkout):
    (checkout / ".gitignore").write_text("*.log\n")
    (checkout / "new.py").write_text("")
    (checkout / "debug.log").write_text("")
    assert open_repo(checkout).files() == (".gitignore", "app.py", "new.py")


def test_a_tracked_file_that_is_gone_from_the_disk_is_not_listed(checkout):
    (checkout / "app.py").unlink()
    assert open_repo(checkout).files() == ()


def test_a_changed_file_is_listed_once_and_makes_the_checkout_dirty(checkout):
    assert not open_repo(checkout).history.dirty
    (checkout / "app.py").write_text("x = 2\n")
    repo = open_repo(checkout)
    assert repo.files() == ("app.py",)
    assert repo.history.dirty


def test_a_conflict_lists_each_file_once(checkout):
    git(checkout, "checkout", "-q", "-b", "other")
    (checkout / "app.py").write_text("x = 2\n")
    commit(checkout)
    git(checkout, "checkout", "-q", "main")
    (checkout / "app.py").write_text("x = 3\n")
    commit(checkout)
    with pytest.raises(subprocess.CalledProcessError):
        git(checkout, "merge", "other")
    assert open_repo(checkout).files() == ("app.py",)


def test_a_folder_below_the_toplevel_is_gated_alone(checkout):
    (checkout / "services/api").mkdir(parents=True)
    (checkout / "services/api/main.py").write_text("")
    head = commit(checkout)
    repo = open_repo(checkout / "services/api")
    assert repo.files() == ("main.py",)
    assert (repo.history.prefix, repo.history.toplevel, repo.history.head) == ("services/api/", checkout, head)


def test_patterns_follow_gitignore(checkout):
    for name in ("Dockerfile", "api/Dockerfile", "docs/a.md", "docs/b/c.md"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("")
    repo = open_repo(checkout)
    assert repo.files("Dockerfile") == ("Dockerfile", "api/Dockerfile")
    assert repo.files("/Dockerfile", "*.py") == ("Dockerfile", "app.py")
    assert repo.files("docs/*.md") == ("docs/a.md",)
    assert repo.files("*.md", "!docs/b/*") == ("docs/a.md",)


def test_a_folder_named_like_a_file_pattern_lists_what_is_in_it_and_is_no_file(checkout):
    (checkout / "odd.py").mkdir()
    (checkout / "odd.py/data.txt").write_text("")
    repo = open_repo(checkout)
    assert repo.files("odd.py") == ("odd.py/data.txt",)
    with pytest.raises(CannotTell, match=r"odd\.py is no regular file"):
        repo.raw("odd.py")


def test_excluded_files_are_counted_with_their_reason(checkout):
    (checkout / "examples").mkdir()
    (checkout / "examples/a.py").write_text("")
    repo = open_repo(checkout, exclude=[Exclusion(files=("examples/",), reason="planted faults")])
    assert repo.files() == ("app.py",)
    assert repo.notes == ("excluded: 1 file by examples/ (planted faults)",)


@pytest.mark.parametrize("name", ["-rf", "--help", "a\nb", "tab\there", "sp ace", "qu'ote\"s", "ünï", "*.py", "[x]", "$(id)", ":(top)x", "!neg", "#hash"])
def test_a_file_of_any_name_is_listed_read_and_staged(checkout, tmp_path, name):
    (checkout / name).write_text("content\n")
    commit(checkout)
    repo = open_repo(checkout)
    assert name in repo.files()
    assert repo.text(name) == "content\n"
    assert repo.git("log", "--format=%s", "--", name).strip() == "more"
    repo.stage(tmp_path / "stage", [name])
    assert (tmp_path / "stage" / name).read_text() == "content\n"


def test_a_name_that_is_no_text_is_listed_read_and_shown_escaped(checkout):
    raw = os.fsencode(checkout) + b"/caf\xe9.py"
    Path(os.fsdecode(raw)).write_text("x\n")
    commit(checkout)
    repo = open_repo(checkout)
    (name,) = repo.files("caf*")
    assert repo.text(name) == "x\n"
    assert shown(name) == r"caf\xe9.py"
    assert shown("a\nb\u202e\x1b") == r"a\nb\u202e\x1b"


# Links and special files


def test_a_link_out_of_the_root_is_noted_and_not_followed(checkout):
    (checkout / "passwd").symlink_to("/etc/passwd")
    (checkout / "up").symlink_to("..")
    commit(checkout)
    repo = open_repo(checkout)
    assert repo.files() == ("app.py",)
    assert repo.notes == (
        "not followed: passwd is a symbolic link out of the gated folder",
        "not followed: up is a symbolic link out of the gated folder",
    )
    for path in ("passwd", "up/x"):
        with pytest.raises(CannotTell, match="cannot be read"):
            repo.raw(path)


def test_a_link_within_the_root_and_a_loop_of_links_are_quiet(checkout):
    (checkout / "alias.py").symlink_to("app.py")
    (checkout / "loop").symlink_to("pool")
    (checkout / "pool").symlink_to("loop")
    (checkout / "self").mkdir()
    (checkout / "self/again").symlink_to("../self")
    repo = open_repo(checkout)
    assert repo.files() == ("app.py",)
    assert repo.notes == ()


def test_a_tracked_folder_that_became_a_link_is_not_entered(checkout, tmp_path):
    (checkout / "conf").mkdir()
    (checkout / "conf/a.yml").write_text("a: 1\n")
    commit(checkout)
    elsewhere = tmp_path / "elsewhere"
    shutil.move(checkout / "conf", elsewhere)
    (checkout / "conf").symlink_to(elsewhere)
    repo = open_repo(checkout)
    assert repo.files() == ("app.py",)
    assert "not followed: conf/a.yml lies behind a symbolic link" in repo.notes
    with pytest.raises(CannotTell, match=r"conf/a\.yml cannot be read"):
        repo.text("conf/a.yml")


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "", ".", "a//b", "a\0b"])
def test_a_path_that_leaves_the_root_is_refused(checkout, path):
    with pytest.raises(CannotTell, match="does not name a file below the gated folder"):
        open_repo(checkout).raw(path)


def test_a_pipe_and_a_socket_are_never_opened_for_reading(checkout):
    (checkout / "pipe.py").write_text("")
    (checkout / "sock.py").write_text("")
    commit(checkout)
    for name in ("pipe.py", "sock.py"):
        (checkout / name).unlink()
    os.mkfifo(checkout / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(checkout / "sock.py"))
        repo = open_repo(checkout)
        assert repo.files() == ("app.py",)
        assert sorted(repo.notes) == [f"skipped: {name} is a device, socket or pipe, no regular file" for name in ("pipe.py", "sock.py")]
        with pytest.raises(CannotTell, match=r"pipe\.py is no regular file"):
            repo.raw("pipe.py")


# Sizes and encodings


def test_a_file_beyond_the_limit_cannot_be_read_as_text_but_told_apart(checkout):
    (checkout / "big.txt").write_bytes(b"x" * (10 * 1024 * 1024))
    repo = open_repo(checkout)
    with pytest.raises(CannotTell, match=r"big\.txt is 10,485,760 bytes, more than the 4,194,304 that are read"):
        repo.text("big.txt")
    assert repo.head("big.txt") == b"x" * 8192
    assert len(repo.raw("big.txt")) == 10 * 1024 * 1024


def test_texts_decode_by_their_marks(checkout):
    for name, content in {"bom": b"\xef\xbb\xbfa", "le": "\ufeffa".encode("utf-16-le"), "be": "\ufeffa".encode("utf-16-be"), "plain": b"a"}.items():
        (checkout / name).write_bytes(content)
    repo = open_repo(checkout)
    assert [repo.text(name) for name in ("bom", "le", "be", "plain")] == ["a", "a", "a", "a"]


def test_a_text_that_does_not_decode_names_its_line(checkout):
    (checkout / "latin").write_bytes(b"a\ncaf\xe9\n")
    with pytest.raises(CannotTell, match="latin:2 is not UTF-8 text"):
        open_repo(checkout).text("latin")


def test_a_git_lfs_pointer_is_noted_and_is_not_the_content(checkout):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (checkout / ".gitattributes").write_text("*.mp4 filter=lfs\n")
    (checkout / "audit.mp4").write_text(pointer)
    commit(checkout)
    repo = open_repo(checkout)
    assert repo.notes == ("not examined: audit.mp4 is a Git LFS pointer, its content is not here",)
    with pytest.raises(CannotTell, match="Git LFS pointer"):
        repo.raw("audit.mp4")


def test_an_unreadable_file_is_listed_and_cannot_be_told(open_folder):
    (open_folder / "a.py").write_text("")
    (open_folder / "a.py").chmod(0)
    with as_nobody():
        repo = open_repo(open_folder)
        assert repo.files() == ("a.py",)
        with pytest.raises(CannotTell, match=r"a\.py cannot be read: permission denied"):
            repo.raw("a.py")
        with pytest.raises(CannotTell, match=r"a\.py cannot be read: permission denied"):
            repo.stage(open_folder / "stage", ["a.py"])


@pytest.mark.parametrize("versioned", [True, False])
def test_an_unreadable_folder_within_is_an_error_unless_it_is_excluded(open_folder, versioned):
    if versioned:
        git(open_folder, "init", "-q")
    (open_folder / "data").mkdir()
    (open_folder / "data/x").write_text("")
    (open_folder / "data").chmod(0)
    with as_nobody():
        with pytest.raises(ProdreadyError, match=r"data/ below .* cannot be searched: Permission denied"):
            open_repo(open_folder)
        assert open_repo(open_folder, exclude=[Exclusion(files=("data/",), reason="a database")]).files() == ()


def test_the_unreadable_gated_folder_is_an_error(open_folder):
    (open_folder / "closed").mkdir(mode=0o000)
    with as_nobody(), pytest.raises(ProdreadyError, match="closed cannot be listed: Permission denied"):
        open_repo(open_folder / "closed")


# What a repository may be


def test_a_path_that_is_missing_or_a_file_is_an_error(checkout):
    with pytest.raises(ProdreadyError, match="nowhere does not exist"):
        open_repo(checkout / "nowhere")
    with pytest.raises(ProdreadyError, match=r"app\.py is a file, not a folder"):
        open_repo(checkout / "app.py")


def test_a_bare_repository_and_the_inside_of_git_are_errors(checkout, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(checkout), "bare.git")
    for folder in (tmp_path / "bare.git", checkout / ".git"):
        with pytest.raises(ProdreadyError, match="it has no files to gate"):
            open_repo(folder)


def test_a_repository_without_commits_has_files_and_no_head(tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("")
    repo = open_repo(tmp_path)
    assert repo.files() == ("a.py",)
    assert repo.history.head == ""
    assert repo.history.dirty


def test_an_empty_folder_has_no_files_and_no_history(tmp_path):
    repo = open_repo(tmp_path)
    assert repo.files() == ()
    assert repo.history is None
    with pytest.raises(CannotTell, match="is not in a git repository"):
        repo.git("log")


def test_outside_git_installed_packages_are_skipped_by_name(tmp_path):
    for name in ("a.py", "node_modules/x/index.js", "env/pyvenv.cfg", "env/lib/y.py", "src/__pycache__/a.pyc", "src/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    repo = open_repo(tmp_path)
    assert repo.files() == ("a.py", "src/b.py")
    assert [note.split("/ ")[0] for note in repo.notes] == ["skipped: env", "skipped: node_modules", "skipped: src/__pycache__"]


def test_a_virtual_environment_that_git_neither_tracks_nor_ignores_is_not_under_the_gate(tmp_path):
    git(tmp_path, "init", "-q")
    for name in ("a.py", "env/pyvenv.cfg", "env/lib/y.py", "held/pyvenv.cfg", "held/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    git(tmp_path, "add", "held")
    repo = open_repo(tmp_path)
    assert ("a.py", "held/b.py", "held/pyvenv.cfg") == repo.files()
    assert ("skipped: env/ holds installed packages, caches or version control",) == repo.notes


def test_too_many_files_and_too_deep_folders_outside_git_are_errors(tmp_path, monkeypatch):
    deep = tmp_path / "/".join("d" * 70)
    deep.mkdir(parents=True)
    with pytest.raises(ProdreadyError, match="nested deeper than 64 folders"):
        open_repo(tmp_path)
    monkeypatch.setattr(listing, "MAX_FILES", 20)
    with pytest.raises(ProdreadyError, match="more than 20 files"):
        open_repo(tmp_path)


def test_deep_nesting_in_git_is_read(checkout):
    deep = checkout / "/".join("d" * 100)
    deep.mkdir(parents=True)
    (deep / "x.py").write_text("y\n")
    commit(checkout)
    (path,) = open_repo(checkout).files("x.py")
    assert open_repo(checkout).text(path) == "y\n"


def test_a_broken_git_folder_is_an_error_and_not_a_plain_folder(tmp_path):
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(ProdreadyError, match="git cannot read the repository"):
        open_repo(tmp_path)


def test_a_checkout_without_git_on_the_machine_is_an_error(checkout, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProdreadyError, match="git is not installed"):
        open_repo(checkout)


def test_a_plain_folder_needs_no_git_on_the_machine(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert open_repo(tmp_path).files() == ("a.py",)


def test_a_git_in_the_gated_folder_is_never_run(checkout, monkeypatch):
    (checkout / "git").write_text("#!/bin/sh\ntouch hacked\n")
    (checkout / "git").chmod(0o755)
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    open_repo(checkout)
    assert not (checkout / "hacked").exists()


def test_git_variables_of_a_hook_do_not_lead_elsewhere(checkout, tmp_path, monkeypatch):
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nothing"))
    assert open_repo(checkout).files() == ("app.py",)


def test_nothing_that_the_repository_configures_is_run(checkout):
    trap = f"touch {checkout}/hacked; cat"
    (checkout / ".gitattributes").write_text("*.py filter=evil diff=evil\n")
    commit(checkout)
    for key in ("filter.evil.clean", "filter.evil.process", "filter.a=b.clean", "diff.evil.textconv", "diff.evil.command", "diff.external"):
        git(checkout, "config", key, trap)
    for key in ("core.fsmonitor", "core.pager", "gpg.program", "core.sshCommand", "core.alternateRefsCommand", "credential.helper"):
        git(checkout, "config", key, trap)
    git(checkout, "config", "log.showSignature", "true")
    git(checkout, "config", "filter.evil.required", "true")
    (checkout / "app.py").write_text("x = 9\n")
    os.utime(checkout / "app.py", (1, 1))
    repo = open_repo(checkout, base="main")
    repo.git("log", "-p")
    repo.git("diff", "HEAD")
    repo.git("show", "HEAD")
    repo.git("status")
    assert not (checkout / "hacked").exists()


def test_git_commands_that_write_are_refused(checkout):
    with pytest.raises(ValueError, match="git push is not on the list"):
        open_repo(checkout).git("push")


def test_a_git_command_that_fails_cannot_be_told(checkout):
    with pytest.raises(CannotTell, match=r"git show failed: .*no-such"):
        open_repo(checkout).git("show", "no-such")


def test_a_submodule_and_a_nested_repository_are_noted(checkout, tmp_path):
    git(tmp_path, "clone", "-q", str(checkout), "library")
    git(checkout, "submodule", "--quiet", "add", str(tmp_path / "library"), "vendor/library")
    shutil.copytree(tmp_path / "library", checkout / "nested")
    repo = open_repo(checkout)
    assert repo.files() == (".gitmodules", "app.py")
    assert repo.notes == (
        "not examined: nested/ is a repository of its own",
        "not examined: vendor/library is a submodule; gate it in its own repository",
    )


def test_a_sparse_checkout_is_noted(checkout):
    (checkout / "left/out").mkdir(parents=True)
    (checkout / "left/out/a.py").write_text("")
    commit(checkout)
    git(checkout, "sparse-checkout", "set", "--no-cone", "/app.py")
    repo = open_repo(checkout)
    assert repo.files() == ("app.py",)
    assert repo.notes == ("not examined: 1 tracked file left out by a sparse checkout",)


def test_a_worktree_is_a_checkout(checkout, tmp_path):
    git(checkout, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    assert open_repo(tmp_path / "tree").files() == ("app.py",)


def test_a_checkout_of_another_user_is_read(open_folder):
    git(open_folder, "init", "-q", "-b", "main")
    (open_folder / "a.py").write_text("")
    commit(open_folder)
    with as_nobody():
        assert open_repo(open_folder).history.head


# The base


def test_the_base_is_the_merge_base(checkout):
    fork = git(checkout, "rev-parse", "HEAD")
    git(checkout, "checkout", "-q", "-b", "feature")
    commit(checkout, "feature")
    git(checkout, "checkout", "-q", "main")
    commit(checkout, "main goes on")
    git(checkout, "checkout", "-q", "feature")
    assert open_repo(checkout, base="main").history.base == fork


def test_the_base_may_be_known_only_as_a_branch_of_the_remote(checkout, tmp_path):
    git(tmp_path, "clone", "-q", str(checkout), "clone")
    git(tmp_path / "clone", "checkout", "-q", "--detach")
    git(tmp_path / "clone", "branch", "-D", "main")
    assert open_repo(tmp_path / "clone", base="main").history.base == git(checkout, "rev-parse", "main")


@pytest.mark.parametrize("base", ["no-such-branch", "--output=/tmp/hacked", "main:app.py", "HEAD\n"])
def test_an_unknown_base_is_an_error_with_the_command_to_run(checkout, base):
    with pytest.raises(ProdreadyError, match="is no commit of this repository") as error:
        open_repo(checkout, base=base)
    assert error.value.remedy.startswith("fetch it first: git fetch origin")


def test_a_base_beyond_a_shallow_clone_asks_for_depth(checkout, tmp_path):
    git(checkout, "branch", "release")
    commit(checkout)
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-single-branch", f"file://{checkout}", "shallow")
    commit(tmp_path / "shallow")
    repo = open_repo(tmp_path / "shallow")
    assert repo.history.shallow
    with pytest.raises(ProdreadyError, match=r"is no commit|share no history") as error:
        open_repo(tmp_path / "shallow", base="elsewhere")
    assert "fetch-depth: 0" in error.value.remedy


def test_branches_without_a_common_commit_are_an_error(checkout):
    git(checkout, "checkout", "-q", "--orphan", "alone")
    commit(checkout, "alone")
    with pytest.raises(ProdreadyError, match="share no history here"):
        open_repo(checkout, base="main")


# Reports on disk


def test_outputs_finds_ignored_files_and_follows_no_link(checkout, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/junit.xml").write_text("<x/>")
    (checkout / ".gitignore").write_text("reports/\n")
    (checkout / "reports/deep").mkdir(parents=True)
    (checkout / "reports/junit.xml").write_text("<x/>")
    (checkout / "reports/deep/junit.xml").write_text("<x/>")
    (checkout / "reports/link.xml").symlink_to(tmp_path / "outside/junit.xml")
    (checkout / "linked").symlink_to(tmp_path / "outside")
    repo = open_repo(checkout)
    assert repo.outputs("reports/*.xml") == ("reports/junit.xml",)
    assert repo.outputs("junit.xml") == ("reports/deep/junit.xml", "reports/junit.xml")
    assert repo.outputs("linked/*.xml", "nowhere/*.xml", "../outside/*.xml") == ()


def test_staging_keeps_paths_and_the_executable_bit_and_nothing_else(checkout, tmp_path):
    (checkout / "bin").mkdir()
    (checkout / "bin/run").write_text("#!/bin/sh\n")
    (checkout / "bin/run").chmod(0o4755)
    open_repo(checkout).stage(tmp_path / "stage", ["bin/run", "app.py"])
    assert [(tmp_path / "stage" / path).stat().st_mode & 0o7777 for path in ("bin/run", "app.py")] == [0o700, 0o600]


def test_a_file_larger_than_one_read_is_staged_whole_however_little_a_write_takes(checkout, tmp_path, monkeypatch):
    content = bytes(range(256)) * 8192
    (checkout / "data").write_bytes(content)
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, block: real(descriptor, block[:300_000]))
    open_repo(checkout).stage(tmp_path / "stage", ["data"])
    assert content == (tmp_path / "stage/data").read_bytes()


def test_the_size_of_files_is_told_and_what_is_not_there_counts_nothing(checkout):
    (checkout / "data").write_bytes(b"x" * 500)
    assert 500 == open_repo(checkout).size(["data", "missing"])


def test_small_folders_are_in_memory_where_there_is_room_and_all_are_gone_afterwards(tmp_path, monkeypatch):
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr("prodready.world.folders.MEMORY", tmp_path)
    with scratch() as made:
        small, large, disk_folder = made.small(1000), made.small(MOST + 1), made.folder()
        assert [tmp_path, False, False] == [small.parent, large.is_relative_to(tmp_path), disk_folder.is_relative_to(tmp_path)]
        assert [0o700] * 3 == [folder.stat().st_mode & 0o777 for folder in (small, large, disk_folder)]
    assert [False] * 3 == [folder.exists() for folder in (small, large, disk_folder)]


@pytest.mark.parametrize("why", ["no room", "no such folder", "TMPDIR is set"])
def test_a_small_folder_is_on_disk_where_memory_is_not_to_be_had(tmp_path, monkeypatch, why):
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr("prodready.world.folders.MEMORY", tmp_path / "missing" if why == "no such folder" else tmp_path)
    if why == "no room":
        monkeypatch.setattr("prodready.world.folders.SHARE", 2**80)
    if why == "TMPDIR is set":
        monkeypatch.setenv("TMPDIR", gettempdir())
    with scratch() as made:
        assert Path(gettempdir()) == made.small(1000).parent


def test_staging_more_than_the_limit_cannot_be_told(checkout, tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "STAGE_LIMIT", 3)
    with pytest.raises(CannotTell, match="are larger than"):
        open_repo(checkout).stage(tmp_path / "stage", ["app.py"])


def test_a_git_that_takes_too_long_cannot_be_told(checkout, monkeypatch, tmp_path):
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "git").write_text("#!/bin/sh\nexec sleep 600\n")
    (tmp_path / "slow" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'slow'}:{os.environ['PATH']}")
    monkeypatch.setattr("prodready.world.git.DEADLINE", 0.2)
    with pytest.raises(CannotTell, match="took longer than"):
        Git(checkout).run("status")


def test_a_git_that_prints_too_much_cannot_be_told(checkout, monkeypatch):
    monkeypatch.setattr("prodready.world.git.LIMIT", 3)
    with pytest.raises(CannotTell, match="printed more than"):
        Git(checkout).output("log")


NAMES = some.text(alphabet="ab.-_", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
PLAIN = some.builds(str.__add__, some.sampled_from(["", "*."]), some.from_regex(r"[ab_][ab._-]{0,3}", fullmatch=True))


@given(some.lists(PLAIN, min_size=1, max_size=3), some.lists(NAMES, min_size=1, max_size=3))
def test_names_and_endings_match_as_git_matches_them(patterns, parts):
    path = "/".join(parts)
    assert matcher(patterns)(path) == pathspec.GitIgnoreSpec.from_lines(patterns).match_file(path)


PATTERN = some.text(alphabet="ab.*?/![]\\ #", min_size=1, max_size=8)
PATHS = some.lists(some.lists(NAMES, min_size=1, max_size=3).map("/".join), max_size=5, unique=True).map(sorted)


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")  # of Python, about the expression that is made of "[["
@given(some.lists(PATTERN, min_size=1, max_size=3), PATHS)
@example(["[[]"], [])
@example(["a/**"], ["a/b"])
@example(["a/**/"], ["a/b/a"])
@example(["*.a", "!b.a"], ["a/b.a", "b.a/b"])
@example(["\\!a"], ["!a"])
@example(["\\/?"], [])
@example(["/**/a?b*"], ["b/aab/b"])
def test_files_found_by_their_names_are_those_that_git_would_find(patterns, paths):
    try:
        wanted = tuple(filter(pathspec.GitIgnoreSpec.from_lines(patterns).match_file, paths))
    except ValueError as error:
        with pytest.raises(type(error)):
            Names(paths).matching(patterns)
        return
    assert Names(paths).matching(patterns) == wanted


def test_a_file_that_is_longer_than_one_read_comes_whole(tmp_path, monkeypatch):
    content = bytes(range(256)) * 4096
    (tmp_path / "data").write_bytes(content)
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: real(descriptor, min(size, 100_000)))
    assert disk.read(tmp_path, "data", len(content)) == content


def test_a_file_that_grows_while_it_is_read_is_not_told_in_part(tmp_path, monkeypatch):
    (tmp_path / "data").write_bytes(b"x" * 50)
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: (real(descriptor, size) + b"y" * size)[:size])
    with pytest.raises(CannotTell, match="grew beyond 100 bytes"):
        disk.read(tmp_path, "data", 100)


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://github.com/acme/desk.git", "acme/desk"),
        ("git@github.com:acme/desk", "acme/desk"),
        ("/srv/git/acme/desk", "checkout"),
        ("../acme/desk", "checkout"),
        ("file:///srv/acme/desk.git", "checkout"),
        ("", "checkout"),
    ],
)
def test_the_remote_names_the_repository_and_a_path_on_this_machine_does_not(tmp_path, remote, name):
    below = tmp_path / "checkout" / "services"
    below.mkdir(parents=True)
    git(below.parent, "init", "-q")
    if remote:
        git(below.parent, "remote", "add", "origin", remote)
    assert name == repository_name(below)
