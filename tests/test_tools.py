"""Pinned programs are installed once, are what the pin says or are refused, and a program that cannot be had is never a silent pass."""

import ast
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import textwrap
import threading
import zipfile
from pathlib import Path

import pytest

from prodready.check import CannotTell
from prodready.decode import DecodeError
from prodready.errors import ProdreadyError
from prodready.tools import index, listing, verify
from prodready.tools.install import Installed, Toolbox
from prodready.tools.lock import pins, read, this_platform
from prodready.world.child import Children

SCRIPTS = Path(__file__).parent.parent / "scripts"
REAL = sorted(pins())
PROGRAM = b"#!/bin/sh\necho fake 1.2.3\n"
NOWHERE = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}


def tar_of(program: bytes = PROGRAM) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        entry = tarfile.TarInfo("fake-1.2.3/fake")
        entry.size = len(program)
        archive.addfile(entry, io.BytesIO(program))
    return packed.getvalue()


def zip_of(program: bytes = PROGRAM) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("fake-1.2.3/fake", program)
    return packed.getvalue()


class Releases(http.server.ThreadingHTTPServer):
    """A release page on loopback that counts what is downloaded."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.files: dict[str, bytes] = {}
        self.downloads: list[str] = []

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{name}"


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.server.downloads.append(name)
        body = self.server.files.get(name)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def releases():
    server = Releases()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def pin(tmp_path: Path, *sources: str, version: str = "1.2.3"):
    folder = tmp_path / "checks" / "a_check"
    folder.mkdir(parents=True, exist_ok=True)
    head = f'name = "fake"\nversion = "{version}"\nversion_args = ["--version"]\nversion_pattern = \'^fake (\\S+)$\'\n'
    (folder / "tool.toml").write_text(head + "\n".join(sources))
    return read(folder / "tool.toml")


def archive(url: str, data: bytes, *, program: str = "", platform: str | None = None, member: str = "fake-1.2.3/fake") -> str:
    sha = hashlib.sha256(data).hexdigest()
    return f'[[archive]]\nplatform = "{platform or this_platform()}"\nurl = "{url}"\nsha256 = "{sha}"\nmember = "{member}"\nprogram = "{program}"\n'


def box(tmp_path: Path, *pinned, offline: bool = False, **environ: str) -> Toolbox:
    return Toolbox(
        cache=tmp_path / "cache", offline=offline, children=Children(), environ={"PATH": os.defpath, **environ}, pins={pin.name: pin for pin in pinned}
    )


def refusal(made: Toolbox, name: str = "fake") -> CannotTell:
    with pytest.raises(CannotTell) as caught:
        made.ensure(name)
    return caught.value


def said(have: Installed) -> str:
    return subprocess.run([*have.argv, "--version"], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(("name", "data"), [("fake.tar.xz", tar_of()), ("fake.zip", zip_of())], ids=["tar", "zip"])
def test_a_release_archive_is_downloaded_once_and_used_ever_after(tmp_path, releases, name, data):
    releases.files[name] = data
    pinned = pin(tmp_path, archive(releases.url(name), data))
    first = box(tmp_path, pinned).ensure("fake")
    second = box(tmp_path, pinned).ensure("fake")
    assert first == second
    assert ("fake 1.2.3", "fake 1.2.3", [name]) == (first.label, said(second), releases.downloads)


def test_an_archive_with_another_hash_is_not_used(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of(b"#!/bin/sh\necho fake 1.2.3 evil\n")
    error = refusal(box(tmp_path, pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of()))))
    assert "pinned is" in error.reason
    assert "prodready tools install" in error.remedy
    assert ["fake"] == [path.name for path in (tmp_path / "cache").rglob("fake")]  # its folder, which is empty but for a lock
    assert not any(path.is_dir() for path in (tmp_path / "cache" / "tools" / "fake").iterdir())


def test_a_program_with_another_hash_than_the_pinned_one_is_not_used(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of()
    error = refusal(box(tmp_path, pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of(), program="0" * 64))))
    assert "its program is not the pinned one" in error.reason


@pytest.mark.parametrize(
    ("data", "member", "why"),
    [
        (b"not an archive", "fake", "cannot be taken out"),
        (tar_of(), "../../etc/passwd", "cannot be taken out"),
        (tar_of(b""), "fake-1.2.3/fake", "is no program"),
        (tar_of(b"\x7fELF\x02wrong"), "fake-1.2.3/fake", "says it is no version at all"),
        (tar_of(b"#!/bin/sh\necho fake 1.2.4\n"), "fake-1.2.3/fake", "says it is 1.2.4"),
        (tar_of(b"#!/bin/sh\nkill -9 $$\n"), "fake-1.2.3/fake", "says it is no version at all"),
    ],
    ids=["garbage", "member missing", "empty program", "wrong machine", "other version", "killed"],
)  # fmt: skip
def test_an_archive_that_does_not_hold_a_working_program_of_that_version_says_so(tmp_path, releases, data, member, why):
    releases.files["fake.tar.xz"] = data
    assert why in refusal(box(tmp_path, pin(tmp_path, archive(releases.url("fake.tar.xz"), data, member=member)))).reason


def test_the_next_source_is_taken_when_the_first_does_not_answer(tmp_path, releases):
    releases.files["second.tar.xz"] = tar_of()
    pinned = pin(tmp_path, archive(releases.url("first.tar.xz"), tar_of()), archive(releases.url("second.tar.xz"), tar_of()))
    assert "fake 1.2.3" == said(box(tmp_path, pinned).ensure("fake"))


def test_a_pin_for_other_platforms_says_that_there_is_none_for_this_one(tmp_path):
    pinned = pin(tmp_path, archive("https://example.org/fake.tar.xz", b"", platform="plan9-mips"))
    assert "no index has it, and PATH holds no" in refusal(box(tmp_path, pinned)).reason


def test_a_silent_network_is_told_with_what_helps_and_is_not_asked_again_in_the_same_run(tmp_path, releases):
    made = box(tmp_path, pin(tmp_path, archive(releases.url("gone.tar.xz"), b"")))
    assert "did not answer" in refusal(made).reason
    assert "HTTPS_PROXY" in refusal(made).remedy
    assert ["gone.tar.xz"] == releases.downloads


def test_offline_nothing_is_downloaded_and_what_is_here_is_used(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of()
    pinned = pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of()))
    assert "this run is offline" in refusal(box(tmp_path, pinned, offline=True)).reason
    assert [] == releases.downloads
    box(tmp_path, pinned).ensure("fake")
    assert "fake 1.2.3" == said(box(tmp_path, pinned, offline=True).ensure("fake"))


def test_a_program_changed_in_the_cache_is_refused_and_installed_again(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of()
    pinned = pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of()))
    program = Path(box(tmp_path, pinned).ensure("fake").argv[0])
    program.write_bytes(b"#!/bin/sh\necho fake 1.2.3; touch /tmp/owned\n")
    assert (None, "damaged: its files are not the ones that were installed") == box(tmp_path, pinned).look("fake")
    box(tmp_path, pinned).ensure("fake")
    assert (PROGRAM, 2) == (program.read_bytes(), len(releases.downloads))


def test_a_program_changed_in_the_cache_is_refused_even_when_it_cannot_be_installed_again(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of()
    pinned = pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of()))
    Path(box(tmp_path, pinned).ensure("fake").argv[0]).write_bytes(b"#!/bin/sh\necho fake 1.2.3\n# evil\n")
    releases.files.clear()
    assert "was refused (its files are not the ones that were installed)" in refusal(box(tmp_path, pinned)).reason
    assert "was refused" in refusal(box(tmp_path, pinned, offline=True)).reason


def test_a_record_forged_with_the_program_does_not_pass_where_the_program_itself_is_pinned(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of()
    pinned = pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of(), program=hashlib.sha256(PROGRAM).hexdigest()))
    program = Path(box(tmp_path, pinned).ensure("fake").argv[0])
    program.write_bytes(b"#!/bin/sh\necho fake 1.2.3\n# evil\n")
    verify.write(program.parent, verify.Record(source="archive", digest=verify.digest(program)))
    assert (None, "damaged: its program is not the pinned one") == box(tmp_path, pinned).look("fake")


@pytest.mark.parametrize("record", ["", "{", "[]", '{"source": "archive"}', '{"source": "unknown", "digest": ""}'])
def test_an_installation_without_a_readable_record_is_none(tmp_path, releases, record):
    releases.files["fake.tar.xz"] = tar_of()
    pinned = pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of()))
    made = box(tmp_path, pinned)
    folder = Path(made.ensure("fake").argv[0]).parent
    (folder / verify.RECORD).write_text(record)
    assert (None, "not installed yet") == box(tmp_path, pinned).look("fake")
    assert "fake 1.2.3" == said(box(tmp_path, pinned).ensure("fake"))


def test_what_an_interrupted_installation_left_is_not_taken_for_a_program(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of()
    pinned = pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of()))
    made = box(tmp_path, pinned)
    aside = made.folder(pinned).with_name(made.folder(pinned).name + ".building")
    aside.mkdir(parents=True)
    (aside / "fake").write_text("half")
    assert "fake 1.2.3" == said(made.ensure("fake"))
    assert not aside.exists()


BOTH = """
    import os, sys
    from pathlib import Path
    from prodready.tools.install import Toolbox
    from prodready.tools.lock import read
    from prodready.world.child import Children
    pin = read(Path(sys.argv[1]))
    box = Toolbox(cache=Path(sys.argv[2]), offline=False, children=Children(), environ=os.environ, pins={"fake": pin})
    print(box.ensure("fake").argv[0])
"""


def test_two_processes_that_need_a_program_at_once_install_it_once(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of(b"#!/bin/sh\nsleep 0.5\necho fake 1.2.3\n")
    pinned = pin(tmp_path, archive(releases.url("fake.tar.xz"), releases.files["fake.tar.xz"]))
    command = [sys.executable, "-c", textwrap.dedent(BOTH), str(pinned.folder / "tool.toml"), str(tmp_path / "cache")]
    both = [subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(SCRIPTS)}, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {process.communicate(timeout=60)[0] for process in both}
    assert (1, 1) == (len(answers), len(releases.downloads))


def test_several_threads_have_one_installation(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of()
    made = box(tmp_path, pin(tmp_path, archive(releases.url("fake.tar.xz"), tar_of())))
    threads = [threading.Thread(target=made.ensure, args=("fake",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ["fake.tar.xz"] == releases.downloads


@pytest.mark.parametrize(("version", "taken"), [("1.2.3", True), ("1.2.4", False)])
def test_a_program_on_path_is_taken_at_the_pinned_version_only_and_says_where_it_was(tmp_path, version, taken):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "fake").write_text(f"#!/bin/sh\necho fake {version}\n")
    (tmp_path / "bin" / "fake").chmod(0o755)
    made = box(tmp_path, pin(tmp_path, '[path]\nprogram = "fake"'), offline=True, PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    if taken:
        assert "fake 1.2.3 (found on PATH)" == made.ensure("fake").label
    else:
        assert "offline" in refusal(made).reason


def test_a_program_of_the_folder_we_stand_in_is_never_taken(tmp_path, monkeypatch):
    (tmp_path / "fake").write_bytes(PROGRAM)
    (tmp_path / "fake").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert refusal(box(tmp_path, pin(tmp_path, '[path]\nprogram = "fake"'), offline=True, PATH=f".:{os.pathsep}")).reason


def test_a_name_that_is_not_pinned_cannot_be_told(tmp_path):
    assert "no program named nmap is pinned" in refusal(box(tmp_path), "nmap").reason
    with pytest.raises(ProdreadyError):
        listing.rows(box(tmp_path), ["nmap"])


def test_a_cache_that_cannot_be_written_says_what_to_set(tmp_path, releases):
    (tmp_path / "cache").write_text("a file")
    error = refusal(box(tmp_path, pin(tmp_path, archive(releases.url("fake.tar.xz"), b""))))
    assert "PRODREADY_CACHE" in error.remedy


def test_the_list_tells_what_is_pinned_where_from_and_why_it_is_not_here(tmp_path, releases):
    releases.files["fake.tar.xz"] = tar_of()
    url = releases.url("fake.tar.xz")
    made = box(tmp_path, pin(tmp_path, archive(url, tar_of())))
    expected = listing.Row(name="fake", version="1.2.3", sources=(f"archive {url}",), here=False, why_not="not installed yet")
    assert ((expected,), ()) == (listing.rows(made), listing.verify(made))
    installed = listing.install(made)
    assert (True, "archive", "") == (installed[0].here, installed[0].source, installed[0].why_not)
    assert installed == listing.rows(made) == listing.verify(made)


@pytest.mark.parametrize(("said", "taken"), [("6.14.18", False), ("7.0.0", True), ("11.9.1", True)])
def test_a_program_that_comes_with_the_machine_may_be_later_but_not_earlier(tmp_path, said, taken):
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho {said}\n")
    program.chmod(0o755)
    made = Toolbox(cache=tmp_path / "cache", offline=False, children=Children(), environ={"PATH": f"{program.parent}:{os.environ['PATH']}"})
    if taken:
        assert f"npm {said} (found on PATH)" == made.ensure("npm").label
    else:
        assert "PATH holds no npm that fits" in refusal(made, "npm").reason


@pytest.mark.parametrize("name", [name for name in REAL if (packed := pins()[name].packages) and packed.module.endswith(".py")])
def test_what_runs_in_the_environment_of_a_tool_loads_nothing_that_only_ours_has(name):
    body = ast.parse(Path(pins()[name].packages.module).read_text("utf-8"))
    ours = [node.module for node in ast.walk(body) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prodready")]
    program = f"import importlib, sys; sys.path.insert(0, {str(SCRIPTS)!r}); sys.modules['msgspec'] = None; [importlib.import_module(each) for each in {ours}]"
    ended = subprocess.run([sys.executable, "-I", "-B", "-c", program], capture_output=True, text=True, check=False)
    assert (0, "") == (ended.returncode, ended.stderr)


def test_a_pin_with_an_unknown_key_is_a_mistake(tmp_path):
    with pytest.raises(DecodeError, match="did you mean 'sha256'"):
        pin(tmp_path, archive("https://example.org/f.tar.xz", b"").replace("sha256 =", "sha265 ="))


@pytest.mark.parametrize("name", REAL)
def test_every_pin_names_a_hash_for_every_download(name):
    pinned = pins()[name]
    hashes = [one for source in pinned.archive for one in (source.sha256, *source.allowed)]
    hashes += [one for file in (pinned.wheel.files if pinned.wheel else ()) for one in (file.sha256, file.program)]
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in hashes)
    assert len(hashes) == len(set(hashes))
    assert hashes or pinned.packages or pinned.go or (pinned.path and pinned.path.later)
    assert all(source.url.startswith("https://") and pinned.version in source.url for source in pinned.archive)
    assert not pinned.wheel or f"=={pinned.version}" in pinned.wheel.requirement


@pytest.mark.parametrize("name", [name for name in REAL if pins()[name].packages])
def test_every_locked_environment_holds_the_pinned_version_and_names_no_index(name):
    pinned = pins()[name]
    locks = filter(None, (pinned.packages.requirements, pinned.packages.source))
    lock = "".join((pinned.folder / path).read_text() for path in locks)
    assert re.search(rf"^(\w+-)?{name.partition('_')[0]}(-\w+)?=={re.escape(pinned.version)} \\\n    --hash=sha256:", lock, re.MULTILINE)
    assert "://" not in lock


@pytest.mark.integration
@pytest.mark.parametrize("name", [name for name in REAL if not pins()[name].go and not (pins()[name].path and pins()[name].path.later)])
def test_every_pinned_program_is_installed_from_its_index_and_refused_once_changed(tmp_path, name):
    pinned = {name: pins()[name]}
    made = Toolbox(cache=tmp_path, offline=False, children=Children(), environ=os.environ, pins=pinned)
    have = made.ensure(name)
    assert (f"{name} {pins()[name].version}", (have, "")) == (have.label, made.look(name))
    packages = pins()[name].packages
    victim = next(made.folder(pins()[name]).glob("lib/*/site-packages/*/__init__.py")) if packages else Path(have.argv[0])
    before = victim.read_bytes()
    victim.write_bytes(before + b"\n")
    again = Toolbox(cache=tmp_path, offline=True, children=Children(), environ={"PATH": "/nowhere"}, pins=pinned)
    assert "was refused" in refusal(again, name).reason


@pytest.fixture
def environment(tmp_path):
    folder = tmp_path / "environment"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib/module.py").write_text("x = 1\n")
    (folder / "lib/link.py").symlink_to("module.py")
    verify.remember(folder, verify.Record(source="packages", digest=verify.digest(folder)))
    return folder


def rewritten_with_its_old_time(folder):
    module, before = folder / "lib/module.py", (folder / "lib/module.py").stat()
    module.write_text("x = 2\n")
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))


def turned(folder):
    (folder / "lib/link.py").unlink()
    (folder / "lib/link.py").symlink_to("/etc/passwd")


def added(folder):
    (folder / "lib/installed.json").write_text("{}")


@pytest.mark.parametrize("change", [rewritten_with_its_old_time, turned, added, lambda folder: (folder / "lib/module.py").unlink()])
def test_an_environment_is_read_again_when_anything_in_it_was_written(environment, change):
    record = verify.read(environment)
    assert verify.untouched(environment, record)
    change(environment)
    assert not verify.untouched(environment, record)
    assert "its files are not the ones that were installed" == verify.complaint(environment, record, ())


def test_a_copy_of_an_environment_is_read_again_and_found_to_be_the_same(environment, tmp_path):
    shutil.copytree(environment, tmp_path / "copy", symlinks=True)
    record = verify.read(tmp_path / "copy")
    assert (False, "") == (verify.untouched(tmp_path / "copy", record), verify.complaint(tmp_path / "copy", record, ()))


def test_a_record_that_names_no_stamp_proves_nothing_by_itself(environment):
    assert not verify.untouched(environment, verify.Record(source="packages", digest=verify.digest(environment)))


@pytest.mark.integration
def test_a_wheel_with_another_hash_is_not_used(tmp_path):
    files = 'files = [{ sha256 = "' + "0" * 64 + '", program = "' + "0" * 64 + '" }]'
    pinned = pin(tmp_path, f'[wheel]\nrequirement = "zizmor==1.32.0"\nmember = "bin/zizmor"\n{files}')
    error = refusal(box(tmp_path, pinned, **os.environ))
    assert "hash" in error.reason.lower()


@pytest.mark.parametrize("name", [name for name in REAL if not pins()[name].archive and not pins()[name].go])
def test_an_index_that_does_not_answer_is_told_with_what_helps(tmp_path, name):
    error = refusal(box(tmp_path, pins()[name], **NOWHERE, PATH="/nowhere"), name)
    assert f"{name} {pins()[name].version} cannot be had" in error.reason
    assert "PIP_INDEX_URL" in error.remedy


def test_the_installer_uses_the_index_that_pip_is_configured_for(tmp_path):
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://index.example/simple\ntrusted-host =\n    a.example\n    b.example\n")
    seen = index.environment({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "GITHUB_TOKEN": "s3cret", "HOME": str(tmp_path)}, ())
    assert ("https://index.example/simple", "a.example b.example", False) == (seen["UV_DEFAULT_INDEX"], seen["UV_INSECURE_HOST"], "s3cret" in json.dumps(seen))


def test_an_index_set_for_uv_goes_before_that_of_pip_and_a_variable_before_a_file(tmp_path):
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://file.example/simple\n")
    pip = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_INDEX_URL": "https://variable.example/simple", "HOME": str(tmp_path)}
    assert "https://variable.example/simple" == index.environment(pip, ())["UV_DEFAULT_INDEX"]
    assert "https://uv.example/simple" == index.environment({**pip, "UV_DEFAULT_INDEX": "https://uv.example/simple"}, ())["UV_DEFAULT_INDEX"]


def test_a_broken_configuration_of_pip_is_passed_over(tmp_path):
    (tmp_path / "pip.conf").write_bytes(b"\xff no section\n")
    assert "UV_DEFAULT_INDEX" not in index.environment({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HOME": str(tmp_path)}, ())
