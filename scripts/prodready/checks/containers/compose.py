"""What a compose file lets a container do, and what it leaves out: rights, limits, health, pins and secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from prodready.checks.containers.structure import LATEST, TAG
from prodready.checks.containers.words import Rule, names_secret, pinning
from prodready.model import Finding, Severity
from prodready.yamltext import Document, Path, read

PRIVILEGED = Rule(
    id="service-privileged",
    severity=Severity.CRITICAL,
    message="{} may do whatever the host may",
    fix="remove it; add the one capability that is needed with cap_add",
)
SOCKET = Rule(
    id="service-holds-docker",
    severity=Severity.CRITICAL,
    message="{} holds the Docker socket, and with it the host",
    fix="use a socket proxy that allows the one call that is needed",
)
HOST = Rule(id="service-in-host-namespace", severity=Severity.HIGH, message="{} shares it with the host", fix="remove it; publish the ports that are needed")
LITERAL = Rule(
    id="secret-in-compose",
    severity=Severity.HIGH,
    message="{} is written in the file for everyone who can read it",
    fix="take it from the environment (`NAME: ${NAME:?}`) or from `secrets:`, and revoke what was written",
)
HEALTH = Rule(
    id="service-without-healthcheck",
    severity=Severity.MEDIUM,
    message="nothing tells whether {} answers",
    fix="add `healthcheck:` with a test that asks the service itself",
)
LIMIT = Rule(
    id="service-without-memory-limit",
    severity=Severity.MEDIUM,
    message="{} may take all the memory of the host, and take its neighbours down",
    fix="add `deploy: {resources: {limits: {memory: 512M}}}` (or mem_limit)",
)
_TRIVIAL = re.compile(r"(?:exit 0|true|:|/bin/true)")
_POWERS = frozenset(("ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH"))
_VARIABLE = re.compile(r"\$\{?\w")


class Service(Struct, frozen=True, kw_only=True):
    """One service of a compose file."""

    path: str
    name: str
    data: Mapping[str, Any]
    document: Document
    checked: bool
    """Whether its image has a health check of its own."""

    def line(self, *below: str | int) -> int:
        place: Path = ("services", self.name, *below)
        return self.document.line(place)

    def at(self, rule: Rule, *below: str | int, what: str = "") -> Finding:
        """The finding at a key of the service."""
        return rule.at(self.path, self.line(*below), what or self.name)


def services(text: str, path: str, *, checked: bool) -> tuple[Service, ...]:
    """The services of a compose file. Raises YamlError."""
    document = read(text, name=path)
    told = document.data.get("services") if isinstance(document.data, Mapping) else None
    rows = told.items() if isinstance(told, Mapping) else ()
    return tuple(
        Service(path=path, name=str(name), data=data, document=document, checked=checked and "build" in data)
        for name, data in rows
        if isinstance(data, Mapping)
    )


def faults(service: Service) -> Iterator[Finding]:
    """Everything that is wrong with a service."""
    for rule in RULES:
        yield from rule(service)


def _powers(service: Service) -> Iterator[Finding]:
    if service.data.get("privileged") is True:
        yield service.at(PRIVILEGED, "privileged")
    for index, power in enumerate(_list(service.data.get("cap_add"))):
        if str(power).upper().removeprefix("CAP_") in _POWERS:
            yield service.at(PRIVILEGED, "cap_add", index, what=f"{service.name} with {power}")
    for key in ("network_mode", "pid", "ipc", "userns_mode"):
        if service.data.get(key) == "host":
            yield service.at(HOST, key, what=f"{service.name} has {key}: host: it")


def _socket(service: Service) -> Iterator[Finding]:
    for index, volume in enumerate(_list(service.data.get("volumes"))):
        source = str(volume.get("source")) if isinstance(volume, Mapping) else str(volume).partition(":")[0]
        if source.endswith("docker.sock"):
            yield service.at(SOCKET, "volumes", index)


def _secrets(service: Service) -> Iterator[Finding]:
    told = service.data.get("environment")
    pairs = dict(told) if isinstance(told, Mapping) else {str(one).partition("=")[0]: str(one).partition("=")[2] for one in _list(told)}
    for name, value in pairs.items():
        if value not in (None, "") and names_secret(str(name)) and not _VARIABLE.search(str(value)):
            yield service.at(LITERAL, "environment", str(name), what=f"the value of {name} of {service.name}")


def _health(service: Service) -> Iterator[Finding]:
    check = service.data.get("healthcheck")
    if isinstance(check, Mapping) and not check.get("disable"):
        test = check.get("test")
        words = " ".join(str(word) for word in test if word not in ("CMD", "CMD-SHELL")) if isinstance(test, list) else str(test)
        if words.strip() != "NONE" and not _TRIVIAL.fullmatch(words.strip()):
            return
    elif check is None and service.checked:
        return
    if service.data.get("restart") != "no" or check is not None:
        yield service.at(HEALTH, *(("healthcheck",) if check is not None else ()))


def _limit(service: Service) -> Iterator[Finding]:
    data: Any = service.data
    for key in ("deploy", "resources", "limits", "memory"):
        data = data.get(key) if isinstance(data, Mapping) else None
    if not data and not service.data.get("mem_limit"):
        yield service.at(LIMIT)


def _pins(service: Service) -> Iterator[Finding]:
    image = service.data.get("image")
    rule = {"latest": LATEST, "version": TAG}.get(pinning(image)) if isinstance(image, str) and "build" not in service.data else None
    if rule:
        yield service.at(rule, "image", what=str(image))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


RULES: tuple[Callable[[Service], Iterator[Finding]], ...] = (_powers, _socket, _secrets, _health, _limit, _pins)
