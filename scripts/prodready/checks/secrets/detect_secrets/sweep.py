"""The sensor of detect-secrets: sweeps every file below the given folders and prints what it read, what it passed over and where it found what.

It runs in an environment of its own and judges nothing. The program itself would leave out what is not in git, what carries a `pragma: allowlist
secret`, and silently whatever it cannot read; its exit code is 0 all the same. Values, and hashes of them, are not printed.
"""

from __future__ import annotations

import bisect
import json
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path
from urllib.parse import unquote

from detect_secrets.core.plugins import Plugin
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.scan import _get_lines_from_file, _is_filtered_out, _scan_line  # its inner loop, at the pinned version
from detect_secrets.filters import heuristic
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.keyword import DENYLIST
from detect_secrets.settings import get_plugins, transient_settings
from detect_secrets.util.code_snippet import get_code_snippet

PLUGINS = (
    *("ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector", "DiscordBotTokenDetector"),
    *("GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector", "IbmCosHmacDetector", "JwtTokenDetector", "KeywordDetector"),
    *("MailchimpDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector"),
    *("SoftlayerDetector", "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector"),
)
"""All but the two that take any mixed text for a secret, and the one for addresses."""
FILTERS = (
    *("is_indirect_reference", "is_likely_id_string", "is_not_alphanumeric_string", "is_potential_uuid"),
    *("is_prefixed_with_dollar_sign", "is_sequential_string", "is_templated_secret"),
)
"""Those that look at a value. The inline marker is not among them, and whole files are passed over below, for all to see."""
PASSED_OVER = (
    (heuristic.is_lock_file, "of kinds that detect-secrets never reads: lock files"),
    (heuristic.is_swagger_file, "of kinds that detect-secrets never reads: descriptions of APIs"),
    (heuristic.is_non_text_file, "of kinds that detect-secrets never reads: images, archives"),
)


GUESSED = ("Secret Keyword", "Basic Auth Credentials")
"""Kinds that go by what stands beside a value, whatever the value is."""
MADE_UP = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[^\s,;:`<>(){}\[\]]{8,}")
"""A value that somebody made up or drew: beside a word like "password" mostly stands an example, a name, or the rest of a sentence."""


def worth_telling(secret: PotentialSecret) -> bool:
    """Whether it may be a secret. Passwords that are words are not seen here, but in settings, where they are no examples."""
    return secret.type not in GUESSED or bool(MADE_UP.fullmatch(unquote(secret.secret_value or "")))


def files(folders: list[str]) -> list[str]:
    """Every plain file below the folders, in a fixed order."""
    paths = (Path(parent, name) for folder in folders for parent, _, names in os.walk(folder) for name in names)
    return sorted(str(path) for path in paths if path.is_file() and not path.is_symlink())


def readable(path: str) -> str:
    """Why the file is no text that detect-secrets reads; empty when it is."""
    try:
        Path(path).read_text("utf-8")
    except UnicodeDecodeError:
        return "that hold no text"
    return ""


def hints(plugin: Plugin) -> tuple[re.Pattern[str], ...]:
    """Patterns of which one matches wherever the plugin finds something: they are run over whole files, which is ten times as fast as plugin by line."""
    if isinstance(plugin, RegexBasedDetector):
        return tuple(re.compile(pattern.pattern, pattern.flags | re.MULTILINE) for pattern in plugin.denylist)
    return (re.compile("|".join(DENYLIST), re.IGNORECASE),)


@cache
def searched() -> tuple[tuple[Plugin, tuple[re.Pattern[str], ...]], ...]:
    """The plugins with their hints, made once: to make them for each file takes as long as to read it."""
    return tuple((plugin, hints(plugin)) for plugin in get_plugins())


def candidates(patterns: tuple[re.Pattern[str], ...], text: str, starts: list[int]) -> set[int]:
    """The indices of the lines that a plugin with these hints must look at."""
    spans = (match.span() for hint in patterns for match in hint.finditer(text))
    return {line for start, end in spans for line in range(bisect.bisect_right(starts, start) - 1, bisect.bisect_right(starts, max(start, end - 1)))}


def secrets_in(path: str, lines: list[str]) -> Iterator[PotentialSecret]:
    """Each secret, as detect-secrets itself would find them."""
    text = "\n".join(line.rstrip() for line in lines)
    split = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in split[:-1]), initial=0))
    for plugin, patterns in searched():
        for index in sorted(candidates(patterns, text, starts)):
            line, context = split[index], get_code_snippet(split, index + 1)
            if not _is_filtered_out(["line"], filename=path, line=line, context=context):
                yield from _scan_line(plugin, filename=path, line=line, line_number=index + 1, context=context)


def found(path: str) -> list[PotentialSecret]:
    """What is in the file: as it is written, or else with its values quoted."""
    for lines in _get_lines_from_file(path):
        if secrets := list(secrets_in(path, lines)):
            return secrets
    return []


def sweep(folders: list[str]) -> dict[str, object]:
    """What is printed."""
    scanned, passed, unread, results = list[str](), dict[str, str](), dict[str, str](), list[dict[str, object]]()
    for path in files(folders):
        name = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        try:
            why = next((words for test, words in PASSED_OVER if test(path)), "") or readable(path)
            if why:
                passed[name] = why
                continue
            results += [{"path": name, "line": secret.line_number, "type": secret.type} for secret in found(path) if worth_telling(secret)]
            scanned.append(name)
        except Exception as error:  # noqa: BLE001 (one file that it stumbles over is told, and leaves the others)
            unread[name] = type(error).__name__
    return {"version": version("detect-secrets"), "scanned": scanned, "passed": passed, "unread": unread, "results": results}


def main(args: list[str]) -> None:
    """Prints the version, or one JSON document about the folders in ``args``."""
    if args == ["--version"]:
        sys.stdout.write(f"detect-secrets {version('detect-secrets')}\n")
        return
    filters = [{"path": f"{heuristic.__name__}.{name}"} for name in FILTERS]
    with transient_settings({"plugins_used": [{"name": name} for name in PLUGINS], "filters_used": filters}):
        json.dump(sweep(args), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
