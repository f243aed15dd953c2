"""Logging calls that are handed a secret, by the names in their arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from prodready.model import Finding, Severity

LEVELS = frozenset(("debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "msg"))
LOGGERS = re.compile(r"(?i)(?:^|[._])(?:log|logger|logging|audit_log|_log|structlog)(?:$|\.|\()|get_?logger\(")
SECRET = re.compile(
    r"(?i)^(?!.*(?:_(?:id|ids|type|name|names|count|len|length|ttl|expiry|expires|path|file|url|hash|digest|kind|ok|set|present|policy|field|masked|redacted)$))"
    r"(?:.*_)?(?:password|passwd|pwd|passphrase|secret|secret_?key|api_?key|private_?key|access_?token|refresh_?token|auth_?token|bearer|token|authorization"
    r"|cookie|credentials?|otp|pin_code|ssn|card_number|cvv)$"
)
HARMLESS = re.compile(r"(?i)(?:^|[._])(?:len|bool|type|id|isinstance|(?:mask|redact|scrub|sanitize|censor|fingerprint|hash)\w*|sha256|hexdigest)$")
"""Functions whose result tells no secret."""


def logged(tree: ast.Module, path: str) -> Iterator[Finding]:
    """A finding for each call that logs or prints something named like a secret."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _logs(node):
            names = sorted({name for argument in (*node.args, *(word.value for word in node.keywords)) for name in _secrets(argument)})
            if names:
                yield _finding(path, node.lineno, names[0])


def _logs(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in ("print", "pprint")
    return isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS and bool(LOGGERS.search(ast.unparse(call.func.value)))


def _secrets(node: ast.AST) -> Iterator[str]:
    """The names of secrets whose value the expression passes on."""
    match node:
        case ast.Call(func=func) if HARMLESS.search(ast.unparse(func)):
            return
        case ast.Compare() | ast.Lambda():
            return
        case ast.IfExp(body=body, orelse=other):
            yield from (*_secrets(body), *_secrets(other))
            return
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))) if SECRET.match(name.replace("-", "_")):
            yield name
            return
        case ast.Dict(keys=keys, values=values):
            named = [(key.value, value) for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            yield from (name for name, value in named if SECRET.match(name.replace("-", "_")) and not isinstance(value, ast.Constant) and any(_plain(value)))
    for child in ast.iter_child_nodes(node):
        yield from _secrets(child)


def _plain(value: ast.expr) -> Iterator[bool]:
    """Whether the value beside a telling key is passed on as it is."""
    if not (isinstance(value, ast.Call) and HARMLESS.search(ast.unparse(value.func))) and not isinstance(value, ast.Compare):
        yield True


def _finding(path: str, line: int, name: str) -> Finding:
    return Finding(
        rule="logged-secret",
        message=f"{name} is written to the log, and everyone who reads logs reads it",
        severity=Severity.HIGH,
        path=path,
        line=line,
        fix="leave it out, or log what tells it apart and not what it is, such as its last four characters or the id of the key",
    )
