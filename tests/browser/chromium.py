"""A real Chromium, driven by playwright-core and audited by axe-core; ``look.mjs`` is what it does with a page."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import npm

DRIVER = ("playwright-core", "1.65.1", "sha512-hqPpz7blSMPxWVdoeE1yiBSzXsKiVOd2k+kjCvmUywD2GPO2Dd9HfcWnq9NN0GHbNZDFgZ9JfBFr+X5/BLo0qw==")
AUDITOR = ("axe-core", "4.14.1", "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==")


def look(page: str, folder: Path, *, wanted: str = "", screens: str = "", opened: int = 60) -> dict[str, object]:
    """What Chromium saw of the page, at phone and desktop width, light and dark; ``opened`` details are open when it is audited."""
    browser, node = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("node")
    if not browser or not node:
        pytest.skip("chromium or node is not installed, and the page must be seen by a real browser")
    packages = folder / "packages"
    packages.mkdir()
    for package in (DRIVER, AUDITOR):
        (packages / package[0]).symlink_to(npm.unpacked(*package))
    (folder / "page.html").write_text(page, "utf-8")
    command = [node, str(Path(__file__).parent / "look.mjs"), str(packages), browser, str(folder / "page.html"), str(folder)]
    environ = {**os.environ, "WANTED": wanted, "SCREENS": screens, "OPENED": str(opened), "HOME": str(folder)}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environ)
    assert ended.returncode == 0, ended.stderr[-2000:]
    return json.loads(ended.stdout)
