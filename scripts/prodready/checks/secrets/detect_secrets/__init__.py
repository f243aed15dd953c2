"""detect-secrets, the second voice: how its sweep is called and read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from prodready.checks.secrets.canary import planted
from prodready.checks.secrets.passing import passed_over
from prodready.checks.secrets.question import Question
from prodready.context import Context
from prodready.model import Finding, Severity
from prodready.tools.classify import Canary, Malformed, Manner, Output, Reading, Says, each, json_of, want
from prodready.tools.scan import TREE, Bench, Scan, Scanned, scan

CANARY_RULE = "github-token"
KINDS = {
    **dict.fromkeys(("AWS Access Key", "Azure Storage Account access key", "IBM Cloud IAM Key", "IBM COS HMAC Credentials", "Private Key"), Severity.CRITICAL),
    **dict.fromkeys(("Artifactory Credentials", "Cloudant Credentials", "Discord Bot Token", "GitHub Token", "GitLab Token", "JSON Web Token"), Severity.HIGH),
    **dict.fromkeys(("Mailchimp Access Key", "NPM tokens", "OpenAI Token", "PyPI Token", "SendGrid API Key", "Slack Token"), Severity.HIGH),
    **dict.fromkeys(("SoftLayer Credentials", "Square OAuth Secret", "Stripe Access Key", "Telegram Bot Token", "Twilio API Key"), Severity.HIGH),
    **dict.fromkeys(("Secret Keyword", "Basic Auth Credentials"), Severity.LOW),
}
"""Its kinds of secrets. The last two go by a word beside the value, or by the shape of an address: hints that are mostly examples and tests."""
BODY = re.compile(rb"[A-Za-z0-9+/]{48}")
"""A line of a key, as it is encoded for text."""


def scan_bench(ctx: Context, asked: Question) -> Scanned:
    """Sweeps the copies on a bench. Raises CannotTell."""
    made = asked.bench
    canary = planted(made)
    manner = Manner(
        codes={0: Says.EITHER},
        parse=_Reader(bench=made).read,
        inputs=made.inputs,
        canary=Canary(faults={canary: CANARY_RULE}),
        quotable=False,
    )
    return scan(ctx.run, Scan(tool="detect-secrets", args=(TREE, canary.partition("/")[0]), cwd=made.folder, manner=manner, deadline=asked.deadline))


class _Reader(Struct, frozen=True, kw_only=True):
    bench: Bench

    def read(self, output: Output) -> Reading:
        """What was found where, and which files were read. Raises Malformed."""
        told = json_of(output.report)
        scanned = frozenset(self.bench.where(str(name)) for name in want(told, "scanned", list))
        passed = {self.bench.where(name): why for name, why in _words(told, "passed").items()}
        unread = {self.bench.where(name): f"detect-secrets stumbled over it ({why})" for name, why in _words(told, "unread").items()}
        findings = dict.fromkeys(self._finding(one) for one in each(told, "results"))  # each once: several plugins may see the same
        return Reading(findings=tuple(findings), scanned=scanned | passed.keys(), unread=unread, notes=passed_over(passed))

    def _finding(self, one: Mapping[str, object]) -> Finding:
        kind = want(one, "type", str)
        if kind not in KINDS:
            raise Malformed("a kind of secret is none that detect-secrets knows")
        path, line = self.bench.where(want(one, "path", str)), want(one, "line", int)
        severity = Severity.LOW if kind == "Private Key" and not self._has_body(path, line) else KINDS[kind]
        return Finding(
            rule=kind.lower().replace(" ", "-"),
            message=_message(kind, hint=severity is Severity.LOW),
            severity=severity,
            path=path,
            line=line,
            fix="if it is a real one, revoke it first, then read it from a secret store; removing the line alone does not help, history keeps it",
        )

    def _has_body(self, path: str, line: int) -> bool:
        """Whether a key follows: it goes by the first line alone, which stands in many a program that reads keys."""
        copy = self.bench.folder / TREE / path
        after = copy.read_bytes().split(b"\n")[line - 1 : line + 8] if copy.is_file() else []
        return any(BODY.search(key.partition(b"-----END ")[0]) for key in b"\n".join(after).split(b"-----BEGIN "))


def _words(told: object, key: str) -> Mapping[str, str]:
    return {str(name): str(why) for name, why in want(told, key, dict).items()}


def _message(kind: str, *, hint: bool) -> str:
    if hint:
        return f"this may be a secret ({kind.lower()}): a value stands where one would"
    return f"a secret ({kind}) is in the file for everyone who can read it"
