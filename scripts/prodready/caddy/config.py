"""A configuration as the real Caddy reads it: adapted to JSON, with what plugins would do put aside and remembered."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, field

from prodready.caddy.caddyfile import PLUGINS, RETIRED, Directive, put_aside
from prodready.caddy.shape import misshapen
from prodready.check import CannotTell
from prodready.context import Completed, Context, Ended
from prodready.names import shown
from prodready.tools.classify import Malformed, json_of, want

MOST_DIRECTIVES = 50
MOST_FILES = 2000
_PLACES = (
    re.compile(r"(?P<file>[^\s,:\"']+):(?P<line>\d+): unrecognized directive: (?P<name>[\w.-]+)"),
    re.compile(r"(?P<file>[^\s,:\"']+):(?P<line>\d+) - Error during parsing: (?P<name>[\w.-]+) is not a registered directive$"),
    re.compile(r"(?P<name>[\w.-]+) is not a registered directive, at (?P<file>[^\s,:\"']+):(?P<line>\d+)"),
    re.compile(r"unrecognized directive: (?P<name>[\w.-]+), at (?P<file>[^\s,:\"']+):(?P<line>\d+)"),
    re.compile(r"the on_demand_tls '(?P<name>interval|burst)' option is no longer supported.*, at (?P<file>[^\s,:\"']+):(?P<line>\d+)"),
    re.compile(r"expected at least one config parameter for (?P<name>on_demand_tls), at (?P<file>[^\s,:\"']+):(?P<line>\d+)"),
)
"""How versions of Caddy name a directive they do not know."""
Json = Mapping[str, Any]


class Config(Struct, frozen=True, kw_only=True):
    """A configuration in JSON, and the directives that were put aside, by number."""

    path: str
    version: str
    """Of the Caddy that read it."""
    data: Json
    directives: tuple[Directive, ...] = ()
    folder: Path = field(default_factory=Path)
    """Where the copies lie."""

    @property
    def servers(self) -> Mapping[str, Json]:
        """The HTTP servers by name."""
        return _mapping(self.data, "apps", "http", "servers")

    @property
    def policies(self) -> tuple[Json, ...]:
        """The automation policies, the first that fits a name counts."""
        return tuple(_list(_mapping(self.data, "apps", "tls", "automation"), "policies"))

    @property
    def on_demand(self) -> Json:
        """The ``on_demand_tls`` block."""
        return _mapping(self.data, "apps", "tls", "automation", "on_demand")

    @property
    def permission(self) -> str:
        """The module that is asked for permission: ``http``, a plugin's, or empty for none."""
        given = self.on_demand.get("permission")
        return str(given.get("module", "")) if isinstance(given, dict) else ("http" if self.on_demand.get("ask") else "")

    @property
    def endpoint(self) -> str:
        """The address that is asked; empty without one."""
        given = self.on_demand.get("permission")
        return str((given.get("endpoint") if isinstance(given, dict) else self.on_demand.get("ask")) or "")

    @property
    def ports(self) -> tuple[int, int]:
        """For HTTP and for HTTPS."""
        http = _mapping(self.data, "apps", "http")
        return int(http.get("http_port") or 80), int(http.get("https_port") or 443)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name that the routes or policies spell out, without wildcards, sorted."""
        named = {str(host) for policy in self.policies for host in _list(policy, "subjects")}
        named |= {str(host) for server in self.servers.values() for route in _list(server, "routes") for host in route_hosts(route)}
        return tuple(sorted(host for host in named if "*" not in host and "{" not in host))


def catch_all(policy: Json) -> bool:
    """Whether a policy issues on demand for names nobody wrote down."""
    subjects = _list(policy, "subjects")
    return bool(policy.get("on_demand")) and (not subjects or any("*" in str(subject) for subject in subjects))


def internal(policy: Json) -> bool:
    """Whether only Caddy's own authority issues."""
    issuers = _list(policy, "issuers")
    return bool(issuers) and all(issuer.get("module") == "internal" for issuer in issuers)


def listens(server: Json) -> tuple[int, ...]:
    """The TCP ports of a server."""
    return tuple(int(match[1]) for address in _list(server, "listen") if (match := re.search(r":(\d+)(?:-\d+)?$", str(address))))


def route_hosts(route: Json) -> tuple[str, ...]:
    """The hosts a route is for; none when it is for all."""
    return tuple(str(host) for matcher in _list(route, "match") for host in _list(matcher, "host"))


def handlers(route: Json, depth: int = 0) -> Iterator[Json]:
    """Every handler of a route and of those nested in it."""
    for handler in _list(route, "handle"):
        yield handler
        if depth < 32:
            for inner in _list(handler, "routes"):
                yield from handlers(inner, depth + 1)


def _mapping(data: Any, *keys: str) -> Json:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _list(data: Json, key: str) -> Sequence[Any]:
    found = data.get(key)
    return found if isinstance(found, list) else ()


def stage(ctx: Context, name: str, **asked: object) -> dict[str, object]:
    """One step on the stage, as its account. Raises CannotTell when there is none."""
    ended = ctx.run.tool("caddy", json.dumps({"do": name, "caddy": "", **asked}), deadline=240.0)
    if ended.ended is not Ended.EXITED or ended.code:
        raise CannotTell(f"the step {name!r} with {ended.program} {_how(ended)}", "run it again; 'prodready doctor' looks at the program")
    try:
        account = json_of(ended.stdout)
        return {**want({"account": account}, "account", dict), "tool": ended.program}
    except Malformed as malformed:
        raise CannotTell(f"the account of {ended.program} is not understood: {malformed}", "run it again") from None


def _how(ended: Completed) -> str:
    last = ended.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"{ended.ended.value} with code {ended.code} after {ended.seconds:.0f} s{f': {shown(last)[:300]}' if last else ''}"


def read(ctx: Context, path: str, *, caddy: str = "", environment: Mapping[str, str] | None = None, whole: bool = False) -> Config:
    """The configuration at a path of the repository, of which the ``whole`` is copied beside it on demand. Raises CannotTell when Caddy cannot read it."""
    folder = _copies(ctx, path, whole=whole)
    if path.endswith(".json"):
        return Config(path=path, version="", data=_json(ctx, path), folder=folder)
    directives: list[Directive] = []
    for _ in range(MOST_DIRECTIVES):
        said = stage(ctx, "adapt", folder=str(folder), config=path, caddy=caddy, environment=dict(environment or {}))
        if said["code"] == 0:
            data = want({"": json_of(str(said["out"]).encode())}, "", dict)
            return Config(path=path, version=str(said["version"]), data=data, directives=tuple(directives), folder=folder)
        _without(folder, path, str(said["err"]), directives)
    raise CannotTell(f"{shown(path)} uses more than {MOST_DIRECTIVES} directives of plugins", "pass 'caddy': the program that serves in production")


def _json(ctx: Context, path: str) -> Json:
    """A configuration that is JSON already. Raises CannotTell when it is none that Caddy would take."""
    try:
        data: Json = want({"": json_of(ctx.repo.raw(path))}, "", dict)
        wrong = next(misshapen(data), "")
    except Malformed as malformed:
        wrong = str(malformed)
    if wrong:
        raise CannotTell(f"{shown(path)} is no Caddy configuration: {shown(wrong)}", "give a Caddyfile, or the JSON that 'caddy adapt' prints")
    return data


def _copies(ctx: Context, path: str, *, whole: bool) -> Path:
    """Copies of the configuration and what it may import: everything beside and below it, and every file that sounds like Caddy's."""
    beside = posixpath.dirname(path)
    near = [f"/{beside}/**"] if beside else ["/*"]
    paths = ctx.repo.files() if whole else ctx.repo.files(*near, "*Caddyfile*", "*.caddy", "*.caddyfile", "caddy/**")
    if path not in paths:
        ctx.repo.raw(path)  # says why not
        paths = (*paths, path)
    if len(paths) > MOST_FILES and not whole:
        paths = (path, *ctx.repo.files("*Caddyfile*", "*.caddy", "*.caddyfile"))
    folder = ctx.scratch()
    ctx.repo.stage(folder, tuple(dict.fromkeys(paths)))
    return folder


def _without(folder: Path, path: str, complaint: str, directives: list[Directive]) -> None:
    """Puts the directive aside that Caddy complains of. Raises CannotTell when it complains of anything else."""
    said = gist(complaint)
    match = next((match for pattern in _PLACES if (match := pattern.search(said))), None)
    if match is None or match["name"] not in PLUGINS | RETIRED:
        remedy = "mend it; for a directive or module of a plugin pass 'caddy': the program that serves in production"
        raise CannotTell(f"Caddy cannot read {shown(path)}: {shown(said)[:300]}", remedy)
    file = next((found for found in (folder / match["file"], folder / posixpath.dirname(path) / match["file"]) if found.is_file()), folder / path)
    text = file.read_text("utf-8", "surrogateescape")
    name = "order" if "registered" in said else match["name"]
    near = range(int(match["line"]), max(0, int(match["line"]) - 20), -1)  # of a block Caddy names the line where it ends
    parted = next((found for line in near if (found := put_aside(text, line, name, len(directives)))), None)
    if parted is None:
        raise CannotTell(f"Caddy complains of {match['name']} at {shown(match['file'])}:{match['line']}, and there is none", "pass 'caddy'")
    file.write_text(parted[0], "utf-8", "surrogateescape")
    directives.append(parted[1])


def gist(complaint: str) -> str:
    """What Caddy says last, in either of the ways its versions say it, less the modules it came by: they are loaded in no fixed order."""
    lines = [line for line in complaint.strip().splitlines() if line.strip()] or ["nothing"]
    errors = [line for line in lines if '"level":"error"' in line or line.startswith("Error:")]
    last = (errors or lines)[-1]
    try:
        said = str(json.loads(last)["msg"])
    except (ValueError, KeyError, TypeError):
        said = last.removeprefix("Error: ")
    return said.rpartition(" module: ")[2]


def local(endpoint: str) -> bool:
    """Whether an address is one of this machine."""
    host = urlsplit(endpoint).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")
