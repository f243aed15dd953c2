"""What a Dockerfile lacks as a whole, which no line of it tells: user, health check, stages, pins, and secrets that stay in the image."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from prodready.checks.containers.words import Rule, names_secret, pinning
from prodready.model import Finding, Severity
from prodready.readers.dockerfile import Instruction, instructions

ROOT = Rule(
    id="image-runs-as-root",
    severity=Severity.HIGH,
    message="the last stage sets no user: unless its base image does, the service runs as root",
    fix="add `RUN useradd --system --uid 10001 app` and `USER 10001` to the last stage",
)
HEALTH = Rule(
    id="image-without-healthcheck",
    severity=Severity.MEDIUM,
    message="nothing tells the platform whether the service answers: no HEALTHCHECK, and no probe",
    fix='add `HEALTHCHECK CMD ["/app/healthcheck"]`, a `healthcheck:` in compose, or a readinessProbe',
)
BUILDER = Rule(
    id="build-tools-in-image",
    severity=Severity.MEDIUM,
    message="the image that ships holds what built it: {}",
    fix="build in a stage of its own (`FROM … AS build`) and `COPY --from=build` the result into a slim one",
)
LATEST = Rule(
    id="image-unpinned",
    severity=Severity.MEDIUM,
    message="{} means another image tomorrow",
    fix="name a version, better its digest too: `python:3.13-slim@sha256:…`",
)
TAG = Rule(
    id="image-without-digest",
    severity=Severity.LOW,
    message="the tag of {} can be moved to another image",
    fix="add the digest (`docker buildx imagetools inspect IMAGE` tells it), and let Dependabot or Renovate keep it fresh",
)
SECRET = Rule(
    id="secret-at-build-time",
    severity=Severity.HIGH,
    message="{} stays in the image or its history for everyone who can pull it",
    fix="inject it when the service starts; where the build needs it, use `RUN --mount=type=secret`",
)
CONTEXT = Rule(
    id="whole-context-copied",
    severity=Severity.MEDIUM,
    message="the whole folder is copied and no .dockerignore says what stays out: .git and .env go into the image",
    fix="name what is copied, or add a .dockerignore with `.git`, `.env*` and the like",
)
REMOTE = Rule(
    id="remote-code-piped",
    severity=Severity.MEDIUM,
    message="a script from the network runs in the build, whatever it says that day",
    fix="download a version of it, compare its sha256, then run it",
)
_BUILD_IMAGE = re.compile(r"(?:^|/)(?:golang|rust|maven|gradle|gcc|buildpack-deps|[\w.-]*sdk)(?:[:@]|$)|/dotnet/sdk", re.IGNORECASE)
_BUILD_PACKAGE = re.compile(
    r"(?:apt(?:-get)?|apk|yum|dnf|microdnf)\b[^&|;]*\b(?:install|add)\b[^&|;]*?\s"
    r"(?P<tool>build-essential|gcc|g\+\+|clang|cmake|make|build-base)\b"
)
_REMOVED = re.compile(r"\b(?:apt(?:-get)?\s+(?:-\S+\s+)*(?:purge|remove|autoremove)|apk\s+(?:--\S+\s+)*del)\b")
_PIPED = re.compile(r"\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+)?(?:\S*/)?(?:ba|z|da)?sh\b")
_FROM = re.compile(r"(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?(\w+)(?::?-([^}]*))?\}?")
_PAIR = re.compile(r"(?P<name>[A-Za-z_]\w*)=(?P<value>\"[^\"]*\"|'[^']*'|\S*)")


class Stage(Struct, frozen=True, kw_only=True):
    """One FROM and what follows."""

    image: str
    name: str
    line: int
    body: tuple[Instruction, ...]


class Build(Struct, frozen=True, kw_only=True):
    """A Dockerfile in stages."""

    path: str
    stages: tuple[Stage, ...]
    lineage: tuple[Stage, ...]
    """The last stage behind those of the file that it starts from."""
    probed: bool
    """Whether something beside the image tells its health."""
    ignoring: bool
    """Whether a .dockerignore belongs to it."""

    def last(self, name: str) -> Instruction | None:
        """The last instruction of that name that holds in the image."""
        return next((one for stage in reversed(self.lineage) for one in reversed(stage.body) if one.name == name), None)


def build(text: str, path: str, *, probed: bool = False, ignoring: bool = False) -> Build:
    """The stages. Raises Unreadable for what is no Dockerfile."""
    stages, arguments = list[Stage](), dict[str, str]()
    body: list[Instruction] = []
    for one in instructions(text, name=path):
        if one.name == "FROM" and (match := _FROM.fullmatch(one.arguments)):
            body = []
            stages.append(Stage(image=_resolved(match["image"], arguments), name=(match["name"] or str(len(stages))).lower(), line=one.line, body=()))
        elif stages:
            body.append(one)
            stages[-1] = Stage(image=stages[-1].image, name=stages[-1].name, line=stages[-1].line, body=tuple(body))
        elif one.name == "ARG":
            arguments |= {pair["name"]: pair["value"].strip("\"'") for pair in _PAIR.finditer(one.arguments)}
    return Build(path=path, stages=tuple(stages), lineage=_lineage(stages), probed=probed, ignoring=ignoring)


def _resolved(image: str, arguments: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda match: arguments.get(match[1]) or match[2] or match[0], image)


def _lineage(stages: list[Stage]) -> tuple[Stage, ...]:
    chain = stages[-1:]
    while chain and (below := next((one for one in stages[: stages.index(chain[0])] if one.name == chain[0].image.lower()), None)):
        chain.insert(0, below)
    return tuple(chain)


def faults(made: Build) -> Iterator[Finding]:
    """Everything that is wrong with the structure."""
    for rule in RULES:
        yield from rule(made)


def _user(made: Build) -> Iterator[Finding]:
    user = made.last("USER")
    if user is None or user.arguments.partition(":")[0].strip("\"'") in ("root", "0"):
        yield ROOT.at(made.path, user.line if user else made.lineage[-1].line)


def _health(made: Build) -> Iterator[Finding]:
    check = made.last("HEALTHCHECK")
    absent = check is None or check.arguments.strip().upper() == "NONE"
    if absent and not made.probed:
        yield HEALTH.at(made.path, check.line if check else made.lineage[-1].line)


def _builder(made: Build) -> Iterator[Finding]:
    if _BUILD_IMAGE.search(made.lineage[0].image):
        yield BUILDER.at(made.path, made.lineage[0].line, f"it starts from {made.lineage[0].image}")
    for one in (one for stage in made.lineage for one in stage.body if one.name == "RUN"):
        if (match := _BUILD_PACKAGE.search(one.arguments)) and not _REMOVED.search(one.arguments):
            yield BUILDER.at(made.path, one.line, match["tool"])


def _pins(made: Build) -> Iterator[Finding]:
    own = {stage.name for stage in made.stages}
    for stage in made.stages:
        if stage.image.lower() not in own and stage.image != "scratch":
            rule = {"latest": LATEST, "version": TAG}.get(pinning(stage.image))
            yield from [rule.at(made.path, stage.line, stage.image)] if rule else []


def _secrets(made: Build) -> Iterator[Finding]:
    for stage in made.stages:
        for one in stage.body:
            if one.name in ("ARG", "ENV"):
                yield from (SECRET.at(made.path, one.line, f"{one.name} {name}") for name in _set(one) if names_secret(name))


def _set(one: Instruction) -> Iterator[str]:
    """The variables that an instruction sets to something; ARG takes its value from whoever builds."""
    pairs = list(_PAIR.finditer(one.arguments))
    yield from (pair["name"] for pair in pairs if pair["value"].strip("\"'") or one.name == "ARG")
    if not pairs:
        name, _, value = one.arguments.partition(" ")
        yield from [name] if one.name == "ARG" or value.strip() else []


def _context(made: Build) -> Iterator[Finding]:
    for one in (one for stage in made.stages for one in stage.body if one.name in ("COPY", "ADD")):
        words = [word for word in one.arguments.split() if not word.startswith("--")]
        if not made.ignoring and "--from" not in one.arguments and words[:1] in (["."], ["./"]):
            yield CONTEXT.at(made.path, one.line)
            return


def _piped(made: Build) -> Iterator[Finding]:
    for one in (one for stage in made.stages for one in stage.body if one.name == "RUN"):
        if _PIPED.search(one.arguments):
            yield REMOTE.at(made.path, one.line, str(one.line))


RULES: tuple[Callable[[Build], Iterator[Finding]], ...] = (_user, _health, _builder, _pins, _secrets, _context, _piped)
