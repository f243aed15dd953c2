"""A scan that is put on file: JSON and PDF that say the same, and that no claim is made of."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import programs
from prodready.model import Status
from tls import servers, worlds
from tls.servers import NAME, Authority

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A repository in which a scan of a good server was kept, how the command ended, and how an item of ``tls_claim`` ends there."""
    root = tmp_path_factory.mktemp("desk")
    authority = Authority(tmp_path_factory.mktemp("authority"))
    argv, port = servers.nginx(root / "nginx", authority.leaf(kind="ec"), "add_header Strict-Transport-Security max-age=31536000;")
    target = f"127.0.0.1:{port}"
    with servers.running(argv, port):
        words = ("-p", f"target={target}", "-p", f"sni={NAME}", "-p", f"ca_file={authority.ca_file}")
        ended = programs.prodready("check", "tls_grade", root, *words, "--keep", root / "compliance" / "ssl", timeout=300)
        claim = worlds.seen("tls_claim", service=root, target=target, sni=NAME, ca_file=str(authority.ca_file))
    return root / "compliance" / "ssl", ended, claim


def only(folder: Path, kind: str) -> Path:
    (found,) = folder.glob(f"*-tls_grade-127.0.0.1-*.{kind}")
    return found


def test_the_json_holds_the_letter_the_rules_and_what_they_rest_on(kept):
    folder, ended, _ = kept
    data = json.loads(only(folder, "json").read_text("utf-8"))
    assert (0, "A+", "passed", NAME) == (ended.code, data["measured"], data["status"], data["params"]["sni"]), ended.everything
    assert data["evidence"]["tool"].startswith("sslyze ")
    assert data["looked"].endswith("Z")


def test_the_pdf_says_the_same(kept):
    folder, _, _ = kept
    if not shutil.which("pdftotext"):
        pytest.skip("poppler-utils is not installed")
    text = subprocess.run(["pdftotext", "-layout", only(folder, "pdf"), "-"], check=True, capture_output=True, timeout=60).stdout.decode()
    assert "passed: A+, expected is A+" in text
    assert NAME in text
    assert "not assessed" in text


def test_what_we_kept_ourselves_is_no_claim_of_ssl_labs(kept):
    _, _, claim = kept
    assert Status.UNKNOWN is claim.status
    assert "is what prodready itself kept" in claim.summary


def test_a_folder_that_cannot_be_written_is_told_with_the_option(tmp_path):
    (tmp_path / "README.md").write_text("hello\n")
    ended = programs.prodready("check", "document", tmp_path, "-p", "paths=[README.md]", "--keep", tmp_path / "README.md" / "x")
    assert (2, True) == (ended.code, "--keep" in ended.err), ended.everything
