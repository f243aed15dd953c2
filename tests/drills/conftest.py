"""What the tests of drills share."""

import pytest


@pytest.fixture(autouse=True)
def a_lock_of_its_own(tmp_path, monkeypatch):
    """Drills of one machine never overlap; those of two test runs may."""
    monkeypatch.setenv("PRODREADY_CACHE", str(tmp_path / "cache"))
