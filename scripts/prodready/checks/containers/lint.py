"""hadolint over copies of the Dockerfiles, each with a fault at its end: a file that was not read to its end shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, json_of, objects, want
from prodready.tools.scan import TREE, Bench, Scan, Scanned, bench, scan

CONFIG = Path(__file__).parent / "hadolint.yaml"
CODES = {0: Says.EITHER, 1: Says.SOMETHING}
CANARY_RULE = "DL3004"
UNPARSED = "DL1000"
SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW, "style": Severity.NOTE}
_IGNORE = re.compile(r"#\s*hadolint\s+(?P<all>global\s+)?ignore\s*=\s*(?P<rules>[\w, ]+)", re.IGNORECASE)


def lint(ctx: Context, texts: Mapping[str, str]) -> Scanned:
    """Lints the Dockerfiles. Raises CannotTell."""
    made = bench(ctx, tuple(texts))
    for path, text in texts.items():
        (made.folder / TREE / path).write_text(f"{text}\n{_fault(made)}", "utf-8", errors="surrogateescape")
    canary = made.plant("Dockerfile", f"FROM scratch\n{_fault(made)}")
    args = ("--config", str(CONFIG), "--disable-ignore-pragma", "--format", "json", "--no-color", *(f"{TREE}/{path}" for path in texts), canary)
    manner = Manner(codes=CODES, parse=_reader(made, texts), inputs=made.inputs, canary=Canary(faults={canary: CANARY_RULE}))
    return scan(ctx.run, Scan(tool="hadolint", args=args, cwd=made.folder, manner=manner))


def _fault(made: Bench) -> str:
    return f"RUN sudo canary-{made.mark}\n"


def _reader(made: Bench, texts: Mapping[str, str]) -> Callable[[Output], Reading]:
    def read(output: Output) -> Reading:
        found, proven, unread = list[Finding](), set[str](), dict[str, str]()
        for entry in objects(json_of(output.report)):
            path, line, rule = made.where(want(entry, "file", str)), want(entry, "line", int), want(entry, "code", str)
            if rule == UNPARSED:
                unread[path] = f"hadolint cannot parse it (line {line})"
            elif path in texts and line > texts[path].count("\n") + 1:
                proven |= {path} if rule == CANARY_RULE else set()
            else:
                found.append(_finding(entry, path, line, rule, texts.get(path, "")))
        return Reading(findings=tuple(found), scanned=proven, unread=unread)

    return read


def _finding(entry: Mapping[str, object], path: str, line: int, rule: str, text: str) -> Finding:
    level = want(entry, "level", str)
    if level not in SEVERITIES:
        raise Malformed("a level is none that hadolint knows")
    where = "https://www.shellcheck.net/wiki/" if rule.startswith("SC") else "https://github.com/hadolint/hadolint/wiki/"
    return Finding(
        rule=rule,
        message=want(entry, "message", str),
        severity=SEVERITIES[level],
        path=path,
        line=line,
        fix=f"the better way is shown at {where}{rule}",
        suppressed="hadolint ignore" if rule in _ignored(text, line) else "",
    )


def _ignored(text: str, line: int) -> Iterator[str]:
    """The rules that a comment above the instruction, or one for the whole file, would switch off."""
    lines = text.splitlines()
    above = min(line - 2, len(lines) - 1)
    while above >= 0 and lines[above].lstrip().startswith("#"):
        above -= 1
    for number, words in enumerate(lines):
        if (match := _IGNORE.search(words)) and (match["all"] or above < number < line - 1):
            yield from (rule.strip() for rule in match["rules"].split(","))
