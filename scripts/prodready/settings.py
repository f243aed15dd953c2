"""The environment, parsed once into one frozen object; secrets have no repr."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from msgspec import field

from prodready.discreet import Discreet


class GitHubSettings(Discreet, frozen=True, kw_only=True):
    """What GitHub Actions tells a step."""

    unprinted: ClassVar[frozenset[str]] = frozenset(("fence", "token", "org_token"))

    actions: bool = False
    """Whether we run inside GitHub Actions."""
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"
    repository: str = ""
    """``owner/name``."""
    event_name: str = ""
    event_path: str = ""
    sha: str = ""
    base_ref: str = ""
    run_id: str = ""
    run_attempt: str = ""
    job: str = ""
    step_summary: str = ""
    """File that becomes the job summary."""
    output: str = ""
    """File that takes the step's outputs."""
    fence: str = ""
    """The word that switches workflow commands on again, where they are off around foreign output."""
    token: str = ""
    org_token: str = ""


class Settings(Discreet, frozen=True, kw_only=True):
    """Everything read from the environment."""

    unprinted: ClassVar[frozenset[str]] = frozenset(("slack", "bybit_key", "bybit_secret", "inputs"))  # a token is an input too

    github: GitHubSettings
    cache: Path
    """Where tools and environments are kept between runs."""
    ci: bool
    color: bool
    osv_url: str = ""
    """An OSV-compatible endpoint of the team's own."""
    history: Path | None = None
    """Where runs are remembered; None remembers none."""
    slack: str = ""
    """The webhook that is told of changes."""
    bybit_key: str = ""
    bybit_secret: str = ""
    """Of a key that only reads, for ``monitor bybit``."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The action's inputs, by name in lower case: ``PRODREADY_FAIL_ON`` is ``fail-on``."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, tty: bool = False) -> Settings:
        """Reads what GitHub, CI and the user say; never raises."""
        return cls(
            github=_github(environ),
            cache=_cache(environ),
            ci=environ.get("CI", "").lower() in ("true", "1"),
            color=tty and "NO_COLOR" not in environ and environ.get("TERM") != "dumb",
            osv_url=environ.get("PRODREADY_OSV_URL", ""),
            history=_history(environ),
            slack=environ.get("SLACK_WEBHOOK_URL", ""),
            bybit_key=environ.get("PRODREADY_BYBIT_KEY", ""),
            bybit_secret=environ.get("PRODREADY_BYBIT_SECRET", ""),
            inputs={name: environ[_variable(name)] for name in (*INPUTS, *MORE) if environ.get(_variable(name))},
        )


INPUTS = ("profile", "stage", "path", "token", "org-token", "comment", "sarif", "out", "fail-on", "observe")
"""The root action's inputs, these ten and no more."""
MORE = ("check-run",)
"""What only the environment of a step says: ``PRODREADY_CHECK_RUN``."""


def _variable(name: str) -> str:
    return "PRODREADY_" + name.upper().replace("-", "_")


def _history(environ: Mapping[str, str]) -> Path | None:
    """The user's own file; a job of Actions begins without one, and keeps none unless told where."""
    chosen = environ.get("PRODREADY_HISTORY", "")
    if chosen:
        return None if chosen == "off" else Path(chosen)
    if environ.get("GITHUB_ACTIONS") == "true":
        return None
    home = environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
    return Path(environ.get("XDG_STATE_HOME") or Path(home) / ".local" / "state") / "prodready" / "history.sqlite"


def _cache(environ: Mapping[str, str]) -> Path:
    if chosen := environ.get("PRODREADY_CACHE"):
        return Path(chosen)
    if shared := environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "prodready"
    home = environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
    return Path(home) / ".cache" / "prodready"


def _github(environ: Mapping[str, str]) -> GitHubSettings:
    return GitHubSettings(
        actions=environ.get("GITHUB_ACTIONS") == "true",
        api_url=environ.get("GITHUB_API_URL") or "https://api.github.com",
        server_url=environ.get("GITHUB_SERVER_URL") or "https://github.com",
        repository=environ.get("GITHUB_REPOSITORY", ""),
        event_name=environ.get("GITHUB_EVENT_NAME", ""),
        event_path=environ.get("GITHUB_EVENT_PATH", ""),
        sha=environ.get("GITHUB_SHA", ""),
        base_ref=environ.get("GITHUB_BASE_REF", ""),
        run_id=environ.get("GITHUB_RUN_ID", ""),
        run_attempt=environ.get("GITHUB_RUN_ATTEMPT", ""),
        job=environ.get("GITHUB_JOB", ""),
        step_summary=environ.get("GITHUB_STEP_SUMMARY", ""),
        output=environ.get("GITHUB_OUTPUT", ""),
        fence=environ.get("PRODREADY_FENCE", ""),
        token=environ.get("PRODREADY_TOKEN", ""),
        org_token=environ.get("PRODREADY_ORG_TOKEN", ""),
    )
