"""Passwords that stand in configuration and dotfiles as plain words: too short and too orderly for scanners that look for keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready.check import CannotTell
from prodready.context import Repo
from prodready.model import Finding, Severity

FILES = (
    *("*.cfg", "*.cnf", "*.conf", "*.config", "*.env", "*.ini", "*.json", "*.plist", "*.properties", "*.toml", "*.xml", "*.yaml", "*.yml", "*.tfvars"),
    *(".*rc", ".env*", ".*profile", ".zshenv", ".gitconfig", ".authinfo", ".curlrc", ".npmrc", "Caddyfile", "sshd_config", "Jenkinsfile"),
)
"""Where people write settings (gitignore patterns)."""
NOT_SETTINGS = (
    *("*lock*.json", "*.lock", "**/*openapi*", "**/*swagger*", "**/*schema*"),
    *("**/locales/**", "**/locale/**", "**/i18n/**", "**/lang/**", "**/package.json"),
)
"""Files of the same endings that hold no settings: locks, descriptions of APIs, translations."""
LIMIT = 256 * 1024
"""Bytes of a settings file; a larger one is data."""
_WORD = r"(?:pass(?:word|wd|phrase|wort)?|pwd|requirepass|masterauth|_auth)"
_VALUE = r"""(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<bare>[^\s"'#;,<>{}\[\]]+))"""
_SETTING = re.compile(rf"""(?i)(?<![\w$])["']?(?P<key>[\w.-]*{_WORD}\d?)["']?\s*(?:=>|=|:(?P<colon>)(?=[\s"'])|\s(?=["']))\s*{_VALUE}""")
_PLAIN_WORDS = re.compile(rf"(?i)^\s*(?:set\s+)?(?P<key>\w*{_WORD})\s+{_VALUE}\s*$")
_ELEMENT = re.compile(rf"(?i)<(?P<key>[\w.:-]*{_WORD})(?:\s[^<>]*)?>(?P<bare>[^<>\n]+)</")
_ATTRIBUTES = re.compile(rf"""(?i)(?:key|name)=["'](?P<key>[\w.:-]*{_WORD})["']\s+value=["'](?P<double>[^"'\n]+)["']""")
_CONNECTION = re.compile(r"(?i)[;\"'](?P<key>password|pwd)\s*=\s*(?P<bare>[^;\"'\s]+)")
_ADDRESS = re.compile(r"(?P<key>[a-z][a-z0-9+.-]{2,20}://[^\s:@/\"']{1,64}):(?P<bare>[^\s:@/\"']{3,128})@(?P<host>[\w.-]+)")
_TUNNEL = re.compile(r"^\s*(?P<key>PrivateKey|PresharedKey)\s*=\s*(?P<bare>[A-Za-z0-9+/]{40,44}=*)\s*$")
SHAPES = (_SETTING, _ELEMENT, _ATTRIBUTES, _CONNECTION, _ADDRESS, _TUNNEL)
SPOKEN = (".msmtprc", ".esmtprc", ".fetchmailrc", ".mailrc", ".authinfo", ".curlrc", ".wgetrc", ".lftprc", "redis.conf", "*.ftprc")
"""Files in which a blank stands between a name and its value."""
_NONE = re.compile(
    r"""(?ix) ^(?:
        | [*.x_•-]+ | null | none | nil | undefined | true | false | yes | no | on | off | string | required | optional | prompt | ask
        | .*(?: \$[({\w] | \{\{ | %[({\w] | <[\w-] | \}\} | \$\$ ).*
        | (?:env|vault|secret|secrets|ssm|sops|op|file|ref|arn|kms|enc|crypt|aws|gcp|azure)[:\[(/].* | !\w+.* | \(.*
        | .*(?: change.?(?:me|it|this) | example | sample | placeholder | your | insert | replace | todo | fixme | redacted | dummy | xxx ).*
        | [~^]?\d+(?:\.\d+)+[\w.-]* | [\w]+(?:\.\w+)+(?::\w+)?
        | (?:/|\./|~/|[a-z]:\\)[\w./\\-]+ | [\w.]+\([^)]*\) | (?:os\.|process\.|config\.|settings\.|self\.|this\.|var\.|local\.|data\.|module\.)[\w.\[\]"']+
    )$"""
)
"""What is written where a password would stand, and is none: nothing, a reference, a template, a word that asks for one."""
WEAK = frozenset((
    "admin", "changeit", "default", "demo", "dev", "develop", "guest", "local", "mysql", "pass", "passwd", "password", "postgres", "pwd", "root", "secret",
    "test", "testing", "user", "1234", "12345", "123456",
))  # fmt: skip
"""The passwords of nobody: of a database that a test starts. They are shown, and weigh little."""
LOOPBACK = ("localhost", "127.0.0.1", "host.docker.internal")


def plain(repo: Repo) -> Iterator[Finding]:
    """A finding for each password in settings. Files that cannot be read are the scanners' to tell."""
    spoken = frozenset(repo.files(*SPOKEN))
    for path in repo.files(*FILES, *(f"!{pattern}" for pattern in NOT_SETTINGS)):
        try:
            content = repo.raw(path, limit=LIMIT)
        except CannotTell:
            continue
        yield from passwords(content.decode("utf-8", "replace"), path, spoken=path in spoken)


def passwords(text: str, path: str, *, spoken: bool = False) -> Iterator[Finding]:
    """The passwords in a text, the first of each line."""
    shapes = (*SHAPES, _PLAIN_WORDS) if spoken else SHAPES
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) < 1000 and not line.lstrip().startswith(("#", "// ", ";")):
            weight = max((_weight(match) for shape in shapes for match in shape.finditer(line)), default=None)
            if weight:  # NOTE is none at all
                yield _finding(path, number, weight)


def _weight(match: re.Match[str]) -> Severity:
    groups = match.groupdict()
    value = next((groups[name] for name in ("double", "single", "bare") if groups.get(name)), "").strip()
    key = re.sub(r"\W|_", "", groups["key"]).lower()
    sentence = groups.get("colon") is not None and groups.get("bare") and re.match(r"\s+\w", match.string[match.end() :])
    if sentence or len(value) < 3 or " " in value or _NONE.match(value) or re.sub(r"\W|_", "", value).lower() in (key, ""):
        return Severity.NOTE
    host = groups.get("host") or ""
    if value.lower() in WEAK or host in LOOPBACK or "example" in host or host.endswith((".test", ".local", ".invalid")):
        return Severity.LOW
    return Severity.MEDIUM


def _finding(path: str, line: int, severity: Severity) -> Finding:
    return Finding(
        rule="plain-password",
        message="a password stands here in plain words, for everyone who can read the repository",
        severity=severity,
        path=path,
        line=line,
        fix="change it where it is used, then read it from the environment or a secret store when the service starts",
    )
