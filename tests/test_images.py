"""Images as archives: what their layers, their history and their variables keep is found, and a cut archive tells nothing."""

import contextlib
import io
import json
import random
import string
import tarfile

import pytest

import cases
from prodready.check import CannotTell
from prodready.checks.containers.archive import Archive
from prodready.model import Status


def fake_token():
    return "ghp_" + "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=36))


def packed(files):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


def image(layers, *, user="10001", env=(), history=(), health=True):
    config = {"config": {"User": user, "Env": list(env)}, "history": [{"created_by": line} for line in history]}
    if health:
        config["config"]["Healthcheck"] = {"Test": ["CMD", "/healthy"]}
    names = [f"layer{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": ["desk:1"], "Layers": names}]
    files = {"manifest.json": json.dumps(manifest).encode(), "config.json": json.dumps(config).encode()}
    return packed(files | {name: packed(layer) for name, layer in zip(names, layers, strict=True)})


def seen(tmp_path, archive, **params):
    case = cases.Case(about="an image", status="", files={"README.md": "x"}, params={"images": ["desk.tar"], **params}, expect="no findings >= medium")
    real = cases.world(case, tmp_path, cases.processes(case, tmp_path / "programs"))
    (tmp_path / "service" / "desk.tar").write_bytes(archive)
    return cases.outcome("containers", case, real)


def test_a_careful_image_passes(tmp_path):
    outcome = seen(tmp_path, image([{"app/main.py": b"print('hello')\n"}]))
    assert Status.PASSED is outcome.status, cases.words(outcome)


def test_a_secret_that_a_later_layer_deletes_is_found_and_not_shown(tmp_path):
    layers = [{"app/config.py": f'token = "{fake_token()}"\n'.encode()}, {"app/.wh.config.py": b"", "app/main.py": b"x = 1\n"}]
    outcome = seen(tmp_path, image(layers))
    assert Status.FAILED is outcome.status
    assert "/app/config.py (layer 1)" in cases.words(outcome)
    assert fake_token() not in cases.words(outcome)


def test_secrets_in_variables_history_and_file_names_are_found(tmp_path):
    history = ["|1 NPM_TOKEN=abcdef /bin/sh -c npm ci"]
    outcome = seen(tmp_path, image([{"root/.netrc": b"machine example.org\n"}], env=["DB_PASSWORD=hunter2", "PATH=/bin"], history=history))
    said = cases.words(outcome)
    assert ["DB_PASSWORD", "NPM_TOKEN", "/root/.netrc"] == [word for word in ("DB_PASSWORD", "NPM_TOKEN", "/root/.netrc") if word in said]
    assert "hunter2" not in said


def test_root_no_health_check_and_size_are_found(tmp_path):
    outcome = seen(tmp_path, image([{"data": b"x" * 3_000_000}, {"a": b"a\n"}], user="", health=False), max_image_mb=2)
    assert {"image-runs-as-root", "image-without-healthcheck", "image-size"} == {one.rule for one in outcome.observation.findings}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 1])
def test_a_cut_archive_is_unknown(tmp_path, share):
    whole = image([{"app/main.py": b"print('hello')\n" * 2000}]).rstrip(b"\0")
    outcome = seen(tmp_path, whole[: int(len(whole) * share)])
    assert Status.UNKNOWN is outcome.status, cases.words(outcome)


def test_a_layer_that_is_missing_is_told(tmp_path):
    manifest = [{"Config": "config.json", "Layers": ["gone.tar"]}]
    (tmp_path / "desk.tar").write_bytes(packed({"manifest.json": json.dumps(manifest).encode(), "config.json": b"{}"}))
    archive = Archive(tmp_path / "desk.tar", "desk.tar")
    with contextlib.closing(archive), pytest.raises(CannotTell, match=r"gone\.tar is missing"):
        list(archive.members())
