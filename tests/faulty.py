"""A scanner with a fault: speaks as in ``speaking.py`` and spoils what it leaves, or leaves nothing. ``script`` writes it as a program of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import speaking
from speaking import FOUND, TO_FILE, Asked, Spoken

KEPT_CODE = 42
"""How a program ends that found nothing of the repository to obey."""
LINK_CODE = 43
"""How it ends when what it was given leads out of its folder."""
CONFIGS: Mapping[str, Sequence[tuple[str, str]]] = {
    "gitleaks": ((".gitleaks.toml", "--config"), (".gitleaksignore", "--gitleaks-ignore-path")),
    "detect-secrets": ((".secrets.baseline", "always"),),
    "bandit": ((".bandit", "--ini"), ("pyproject.toml", "")),
    "semgrep": ((".semgrepignore", "--x-ignore-semgrepignore-files"),),
    "zizmor": (("zizmor.yml", "--no-config"),),
    "hadolint": ((".hadolint.yaml", "--config"),),
    "checkov": ((".checkov.yaml", ""), (".checkov.baseline", "")),
    "trivy": (("trivy.yaml", "--config"), (".trivyignore", "--ignorefile")),
    "syft": ((".syft.yaml", "--config"),),
    "uv": (("uv.toml", "--no-config"),),
    "npm": ((".npmrc", ""),),
    "safety": ((".safety-policy.yml", "--policy-file"),),
    "snyk": ((".snyk", "--ignore-policy"),),
}
"""Tool -> the files of a repository that it obeys, each with the option that keeps it from that (empty: none does, so it must not see the file)."""
COMMENTS: Mapping[str, tuple[str, str]] = {
    "gitleaks": ("gitleaks:allow", "--ignore-gitleaks-allow"),
    "trufflehog": ("trufflehog:ignore", ""),
    "bandit": ("# nosec", "--ignore-nosec"),
    "semgrep": ("nosemgrep", "--disable-nosem"),
    "zizmor": ("# zizmor: ignore[", "--no-ignores"),
    "hadolint": ("hadolint ignore=", "--disable-ignore-pragma"),
    "checkov": ("checkov:skip=", ""),
    "trivy": ("trivy:ignore", ""),
}
"""Tool -> the words in a file that it obeys, likewise."""
LEAK = f"{'ghp'}_kT7xQ2mV9bL4wR8nY3cF6zH1pJ5dS0gA2eU7"
"""Looks like a token, and is none of anybody."""


class Play:
    """One run of the program."""

    def __init__(self, asked: Asked, kept: str) -> None:
        self.asked, self.kept = asked, Path(kept)

    @property
    def found_code(self) -> int:
        return FOUND[self.asked.tool]

    def say(self, inputs: Sequence[str] | None = None, found: Mapping[str, str] | None = None) -> Spoken:
        seen, planted = speaking.see(self.asked)
        return speaking.say(self.asked, list(seen if inputs is None else inputs), dict(planted if found is None else found))

    def with_text(self, change: Callable[[str], str], code: int | None = None) -> Spoken:
        said = self.say()
        return Spoken(report=change(said.report), log=said.log, code=said.code if code is None else code)

    def with_flaw(self) -> Spoken:
        """With something found in an input, for a program that does not know what is planted."""
        inputs, planted = speaking.see(self.asked)
        return self.say(inputs, planted or {inputs[0]: "flaw"})


def hang(play: Play) -> Spoken:
    """Half of its report is out, and no more comes."""
    sys.stdout.write(play.say().report[:20])
    sys.stdout.flush()
    time.sleep(600)
    return Spoken(report="", code=0)


def hang_on(play: Play) -> Spoken:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return hang(play)


def die(play: Play) -> Spoken:
    os.kill(os.getpid(), signal.SIGKILL)
    return Spoken(report="", code=0)


def stale(play: Play) -> Spoken:
    """What the first run left, whatever run this is."""
    said = play.say()
    if not play.kept.exists():
        play.kept.write_text(json.dumps([said.report, said.log, said.code]), "utf-8")
    report, log, code = json.loads(play.kept.read_text("utf-8"))
    return Spoken(report=report, log=log, code=code)


def drop(play: Play, *, odd: bool = False) -> Spoken:
    """An input is left out without a word: any, or that whose name is unusual."""
    inputs, planted = speaking.see(play.asked)
    kept = [path for path in inputs if not _odd(path)] if odd else inputs[1:]
    said = speaking.say(play.asked, kept, planted)
    if odd and len(kept) == len(inputs):
        return Spoken(report="there was no such name", code=99)
    return Spoken(report=said.report, log=said.log, code=said.code)


def _odd(path: str) -> bool:
    return re.fullmatch(r"[\w./@=-]+", path, re.ASCII) is None


def obey_files(play: Play) -> Spoken:
    """It is silenced by any file that it obeys; a program that nothing silences says so by failing."""
    seen = {name for _, _, names in os.walk(".") for name in names}
    obeyed = [name for name, kept in CONFIGS[play.asked.tool] if name in seen and (not kept or kept not in play.asked.args)]
    if play.asked.tool == "detect-secrets":
        obeyed = [word for word in play.asked.args if word == "--baseline"]
    return play.say() if obeyed else Spoken(report="", code=KEPT_CODE)


def obey_comments(play: Play) -> Spoken:
    words, kept = COMMENTS[play.asked.tool]
    if kept in play.asked.args:
        return Spoken(report="", code=KEPT_CODE)
    folders = [".", *(word for word in play.asked.args if word.startswith("/") and Path(word).is_dir())]
    texts = (path.read_bytes() for folder in folders for path in Path(folder).rglob("*") if path.is_file())
    return play.say() if any(words.encode() in text for text in texts) else Spoken(report="", code=KEPT_CODE)


def follow(play: Play) -> Spoken:
    """It reports on what lies elsewhere, as it would when it followed a link."""
    if any(Path(folder, name).is_symlink() for folder, folders, names in os.walk(".") for name in (*folders, *names)):
        return Spoken(report="", code=LINK_CODE)
    inputs, planted = speaking.see(play.asked)
    elsewhere = "elsewhere==1.0" if play.asked.tool in ("pip-audit", "uv", "npm", "safety", "snyk") else "/etc/passwd"
    return speaking.say(play.asked, inputs, {**planted, elsewhere: next(iter(planted.values()))})


def flood(play: Play) -> Spoken:
    """Its report is right, and has no end."""
    sys.stdout.write(" " * 4 * 1024 * 1024)
    return play.say()


def shout(play: Play) -> Spoken:
    """Its report is right, and longer than the file that is read."""
    return play.with_text(lambda text: text + " " * 100_000)


def leak(play: Play) -> Spoken:
    sys.stdout.write(f"key: {LEAK}\n")
    return Spoken(report=f"key: {LEAK}\n", log=f"Traceback: cannot use the key {LEAK}\n", code=1)


def other(play: Play) -> Spoken:
    """The planted fault is not found."""
    return play.say(found={})


def contradicting(play: Play, code: int, *, found: bool) -> Spoken:
    said = play.with_flaw() if found else play.say(found={})
    return Spoken(report=said.report, log=said.log, code=code)


def shortened(text: str) -> str:
    """Without its last character where it is JSON, and without its last line where it is lines."""
    return text.rstrip()[:-1] if text.startswith(("{", "[")) else "".join(text.splitlines(keepends=True)[:-1])


TRACEBACK = "Traceback (most recent call last):\nOSError: it broke\n"
FAULTS: Mapping[str, Callable[[Play], Spoken]] = {
    "has no fault": lambda play: play.say(),
    "ends with 126": lambda play: Spoken(report="", log="cannot execute binary file\n", code=126),
    "ends with 127": lambda play: Spoken(report="", log="not found\n", code=127),
    "hangs": hang,
    "hangs and takes no hint": hang_on,
    "is killed": die,
    "ends with 137": lambda play: Spoken(report="", code=137),
    "prints nothing": lambda play: Spoken(report="", code=0),
    "prints blanks": lambda play: Spoken(report=" \n", code=0),
    "is cut off": lambda play: play.with_text(lambda text: text[: len(text) // 2], 0),
    "is cut off before its last word": lambda play: play.with_text(shortened, 0),
    "changes its format": lambda play: play.with_text(lambda text: '{"version": 99, "runs": {"all": 1}}'),
    "prints a list of numbers": lambda play: play.with_text(lambda text: "[1, 2]"),
    "prints garbage": lambda play: play.with_text(lambda text: "\udcff\udcfe not a report"),
    "prints a banner first": lambda play: play.with_text(lambda text: f"A new version is available!\n{text}"),
    "prints two documents": lambda play: play.with_text(lambda text: f"{text}\n{text}"),
    "saw nothing": lambda play: Spoken(**{**vars(play.say([], {})), "code": 0}),
    "crashes": lambda play: Spoken(report="", log=TRACEBACK, code=1),
    "says it found something and leaves nothing": lambda play: Spoken(report="", code=play.found_code),
    "says it found something and lists nothing": lambda play: contradicting(play, play.found_code, found=False),
    "says it found nothing and lists something": lambda play: contradicting(play, 0, found=True),
    "cannot reach its service": lambda play: Spoken(report='{"error": {"code": "ECONNREFUSED"}}', log="ConnectionError: connection refused\n", code=1),
    "skips what it cannot look up": lambda play: Spoken(report=skipping(play), code=0),
    "leaves the report of an earlier run": stale,
    "drops an input": drop,
    "obeys a file of the repository": obey_files,
    "obeys a comment": obey_comments,
    "has its exit code swallowed": lambda play: Spoken(report="OSError: it broke\n", log=TRACEBACK, code=0),
    "drops an input with an unusual name": lambda play: drop(play, odd=True),
    "reports on what a link leads to": follow,
    "shows a secret": leak,
    "prints without an end": flood,
    "leaves a report without an end": shout,
    "loses the planted fault": other,
}


def skipping(play: Play) -> str:
    """As pip-audit does where its service does not know a package."""
    inputs, planted = speaking.see(play.asked)
    rows = [{"name": pin.partition("==")[0], "skip_reason": "Dependency not found"} for pin in (*inputs, *planted)]
    return json.dumps({"dependencies": rows, "fixes": []})


def script(path: Path, *, tool: str, fault: str, only: str = "", rules: Mapping[str, str] | None = None) -> Path:
    """The program; where ``only`` is not its first argument it has no fault."""
    setting = json.dumps({"tool": tool, "fault": fault, "only": only, "rules": dict(rules or {}), "kept": f"{path}.kept"})
    body = f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nimport faulty\nfaulty.main(**{setting})\n"
    path.write_text(f"#!{sys.executable} -ISB\n{body}", encoding="utf-8")
    path.chmod(0o755)
    return path


UNSTARTABLE = ("is missing", "is not executable", "is for another machine", "is a folder")


def unstartable(path: Path, kind: str) -> Path:
    """What lies where the program should, so that it cannot start."""
    if kind == "is not executable":
        path.write_text("#!/bin/sh\n")
    elif kind == "is for another machine":
        path.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(64))
        path.chmod(0o755)
    elif kind == "is a folder":
        path.mkdir()
    return path


def main(tool: str, fault: str, only: str, rules: dict[str, str], kept: str) -> None:
    """Behaves as the fault says, and ends."""
    asked = Asked(tool=tool, args=sys.argv[1:], rules=rules)
    said = FAULTS[fault if not only or asked.args[:1] == [only] else "has no fault"](Play(asked, kept))
    if tool in TO_FILE and TO_FILE[tool] in asked.args:
        if said.report:
            Path(asked.option(TO_FILE[tool]).rpartition("=")[2]).write_text(said.report, "utf-8", errors="surrogateescape")
    else:
        sys.stdout.buffer.write(said.report.encode(errors="surrogateescape"))
    sys.stdout.flush()
    sys.stderr.write(said.log)
    sys.stderr.flush()
    os._exit(said.code)
