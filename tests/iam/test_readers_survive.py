"""Whatever stands in a file, the check ends with findings, gaps or nothing: never with an exception. What cannot be read is said, with its line.

More than the suite runs: ``python tests/iam/test_readers_survive.py 100000`` writes that many documents in each format, or in those that are named behind
the number, and prints how many of them held a file that is no JSON.
"""

import json
import random
import re
import sys
from pathlib import Path

import pytest
import yaml

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2] / "scripts")]

from iam.renderers import RENDERERS  # noqa: E402 found by the lines above when run as a program
from iam.worlds import seen  # noqa: E402

HERE = Path(__file__).parent
STATEMENTS = [label["statement"] for label in yaml.safe_load((HERE / "statements.yml").read_text())]
WRITTEN = [label["files"] for label in yaml.safe_load((HERE / "documents.yml").read_text())]
SPEAKS = re.compile(r"PolicyDocument|Statement(?=.{0,400}Effect)", re.DOTALL)
KINDS = {"kubernetes": "rbac.authorization", "clouds": "google_", "azure": "AssignableScopes"}
ODD = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "*",
    "**",
    "?",
    ":",
    "${",
    "${a",
    "arn:",
    "arn:aws:::::",
    [],
    {},
    [[]],
    {"": ""},
    {"Ref": []},
    {"Fn::If": [1]},
    {"Fn::Sub": [[]]},
    "\ue000",
    "\ue001x\ue001",
    "é" * 50,
    "x" * 5000,
]
SNIPS = [
    "{",
    "}",
    "[",
    "]",
    '"',
    "${",
    "%{",
    "<<EOF\n",
    "EOF\n",
    "\n",
    ",",
    "=",
    ":",
    "?",
    "!",
    "*",
    "\\",
    "#",
    "/*",
    "for x in",
    "...",
    "\x00",
    "&",
    "- ",
    "!Ref ",
    "\t",
]


def mutated(value, dice):
    """The value with some members replaced, removed or doubled."""
    if dice.random() < 0.08:
        return dice.choice(ODD)
    if isinstance(value, dict):
        return {
            (dice.choice(["Statement", "Effect", "Action", "", "*"]) if dice.random() < 0.03 else key): mutated(member, dice) for key, member in value.items()
        }
    if isinstance(value, list):
        return [mutated(member, dice) for member in value for _ in range(dice.choice([1, 1, 1, 2]))]
    return value


def spoiled(text, dice):
    """The text with pieces cut out, put in or moved."""
    for _ in range(dice.randint(1, 4)):
        at, to = sorted((dice.randint(0, len(text)), dice.randint(0, len(text))))
        piece = dice.choice(SNIPS)
        text = dice.choice([text[:at] + text[min(to, at + 5) :], text[:at] + piece + text[at:], text[:at] + text[at:to] * 2 + text[to:], text[:at]])[:20_000]
    return text


def one(written, dice):
    """A repository in the format, near to what it should be."""
    if written in RENDERERS:
        statement = mutated(dice.choice(STATEMENTS), dice)
        try:
            files = RENDERERS[written](statement)
        except (TypeError, KeyError, AttributeError, ValueError):
            files = RENDERERS[written](dice.choice(STATEMENTS))
    else:
        files = dice.choice([files for files in WRITTEN if any(KINDS[written] in text for text in files.values())])
    return {path: spoiled(text, dice) if dice.random() < 0.6 else text for path, text in files.items()}


def broken(files):
    """The files that speak of permissions and are no JSON, by Python's own reader."""
    return [path for path, text in files.items() if path.endswith(".json") and SPEAKS.search(text) and not is_json(text)]


def is_json(text):
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def held(files, found):
    """The laws that a reading of any files must hold."""
    for finding in found.findings:
        assert finding.path in files
        assert 1 <= finding.line <= files[finding.path].count("\n") + 1, finding
    for path in broken(files):
        said = [*(each.path for each in found.findings if each.rule == "IAM-UNREADABLE"), *(gap.partition(":")[0] for gap in found.gaps)]
        assert path in said, f"nothing says that {path} cannot be read"


def run(written, count, seed=0):
    """Writes and reads ``count`` repositories, and counts those with a file that is no JSON; the first that breaks the check is printed."""
    unreadable = 0
    for number in range(count):
        files = one(written, random.Random(f"{written} {seed} {number}"))
        try:
            held(files, seen(files))
        except Exception:
            print(f"{written} {number}: {json.dumps(files)}")
            raise
        unreadable += bool(broken(files))
    return unreadable


@pytest.mark.parametrize("written", [*RENDERERS, *KINDS])
def test_no_document_breaks_the_check(written):
    run(written, 150)


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for chosen in sys.argv[2:] or [*RENDERERS, *KINDS]:
        unread = run(chosen, wanted, seed=1)
        print(f"{chosen}: {wanted} documents, no crash; {unread} with a file that is no JSON, each of them named with its line", flush=True)
