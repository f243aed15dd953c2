"""An OSV service (google.github.io/osv.dev/api): asked in batches, and believed only as far as it proves itself awake.

In each batch a version that is known to be vulnerable and a package that nobody ever published are asked for as well, one each for every package system:
a service that knows nothing of the first, or something of the second, is not believed about that system.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from prodready.check import CannotTell
from prodready.checks.dependencies.advice import Served, Told
from prodready.checks.dependencies.advisories import Record, is_record, speaks_of
from prodready.checks.dependencies.ecosystems import ECOSYSTEMS, canaries
from prodready.context import Answer, Context, HttpRequest
from prodready.names import shown
from prodready.readers.resolved import Key, Package

OSV = "https://api.osv.dev"
BATCH = 400
"""Packages in one request; the service takes a thousand."""
AT_ONCE = 8
MOST_PAGES = 50
DEADLINE = 30.0
"""Seconds for one exchange."""
MOST_NAMED = 300
"""Advisories that are asked for by name; of the others the severity stays unknown, and counts as high."""
PATIENCE = 3.0
"""Seconds to wait before the one repetition, when the service is busy."""


@dataclass(slots=True, kw_only=True)
class Service:
    """One service."""

    ctx: Context
    url: str
    """Without ``/v1/…``."""
    named_canaries: tuple[str, ...] = ()
    _asked: dict[str, Record | None] = field(default_factory=dict)

    @property
    def words(self) -> str:
        return shown(self.url.partition("://")[2].rpartition("@")[2])

    @property
    def collected(self) -> None:
        return None

    @property
    def gaps(self) -> tuple[str, ...]:
        return ()

    @property
    def _remedy(self) -> str:
        return f"see that this machine may reach {self.words}, name another service in PRODREADY_OSV_URL, or keep a copy: params: {{advisories: PATH}}"

    def about(self, packages: Sequence[Package]) -> Told:
        judged = [package for package in {one.key: one for one in packages}.values() if package.system in ECOSYSTEMS]
        systems = sorted({package.system for package in judged})
        known = {system: canaries(system, self.named_canaries) for system in systems}
        nobody = [Package(system=system, name=_unheard(system), version="1.0.0", path="") for system in systems]
        planted = [*nobody, *(one for some in known.values() for one in some)]
        hits = dict[Key, list[str]]()
        for start in range(0, len(judged), BATCH):
            hits |= self._batch([*judged[start : start + BATCH], *planted])
            deaf = {system: why for system in systems if (why := _doubt(system, hits, known[system], nobody, self.words))}
            if deaf and len(deaf) == len(systems):
                raise CannotTell(next(iter(deaf.values())), self._remedy)
        found = [package for package in judged if hits.get(package.key) and package.system not in deaf]
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            records = dict(zip([one.key for one in found], pool.map(lambda one: self._records(one, hits[one.key]), found), strict=True))
        return Told(records=records, deaf=deaf)

    def _batch(self, packages: Sequence[Package]) -> dict[Key, list[str]]:
        """The names of the advisories that the service has for each."""
        rows = _list(self._post("/v1/querybatch", {"queries": [_query(package) for package in packages]}), "results", self.words)
        if len(rows) != len(packages):
            raise CannotTell(f"{self.words} was asked about {len(packages)} packages and answered about {len(rows)}", self._remedy)
        return {package.key: _ids(row, self.words) for package, row in zip(packages, rows, strict=True)}

    def _records(self, package: Package, names: Sequence[str]) -> list[Record]:
        """The whole advisories of one package. Raises CannotTell when they are not those that the batch named, or of another package."""
        found = list(self._pages(package))
        if missing := set(names) - {record["id"] for record in found}:
            raise CannotTell(f"{self.words} named {shown(min(missing))} for {package.name} and then did not give it", self._remedy)
        if any(not speaks_of(record, package) for record in found):
            raise CannotTell(f"{self.words} answers with advisories of other packages than {package.name}", self._remedy)
        return [record for record in found if not record.get("withdrawn")]

    def _pages(self, package: Package) -> Iterator[Record]:
        query = _query(package)
        for _ in range(MOST_PAGES):
            answer = self._post("/v1/query", query)
            for record in _list(answer, "vulns", self.words, empty=True):
                if not is_record(record):
                    raise CannotTell(f"{self.words} answers with what is no advisory", self._remedy)
                yield record
            if not (token := answer.get("next_page_token")):
                return
            query = {**query, "page_token": token}
        raise CannotTell(f"{self.words} has more than {MOST_PAGES} pages about {package.name}", self._remedy)

    def named(self, name: str) -> Record | None:
        if name not in self._asked and len(self._asked) < MOST_NAMED:
            self._asked[name] = self._fetched(name)
        return self._asked.get(name)

    def _fetched(self, name: str) -> Record | None:
        try:
            answer = self.ctx.http.get(f"{self.url}/v1/vulns/{name}")
            record = json.loads(answer.body) if answer.status == 200 else None
        except (CannotTell, ValueError, RecursionError):
            return None
        return record if isinstance(record, dict) and is_record(record) else None

    def served(self, system: str) -> AbstractContextManager[Served]:
        return nullcontext(Served(url=self.url, canaries=canaries(system, self.named_canaries)))

    def _post(self, path: str, content: object) -> Mapping[str, Any]:
        headers = {"Content-Type": "application/json"}
        request = HttpRequest(url=self.url + path, method="POST", body=json.dumps(content).encode(), headers=headers, deadline=DEADLINE)
        try:
            answer = self.ctx.http.send(request)
            if answer.status == 429 or answer.status >= 500:
                self.ctx.wait(PATIENCE)
                answer = self.ctx.http.send(request)
        except CannotTell as unable:
            raise CannotTell(unable.reason, self._remedy) from None
        return self._object(answer)

    def _object(self, answer: Answer) -> Mapping[str, Any]:
        if answer.status != 200:
            raise CannotTell(f"{self.words} refused with status {answer.status}", self._remedy)
        try:
            data = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise CannotTell(f"{self.words} answered with no whole JSON document", self._remedy) from None
        if not isinstance(data, dict):
            raise CannotTell(f"{self.words} does not answer as OSV does", self._remedy)
        return data


def _query(package: Package) -> dict[str, Any]:
    ecosystem = ECOSYSTEMS[package.system]
    return {"package": {"name": package.name, "ecosystem": ecosystem.osv}, "version": ecosystem.plain(package.version)}


def _unheard(system: str) -> str:
    """A name that nobody has."""
    name = f"prodready-{token_hex(12)}"
    return {"maven": f"org.example:{name}", "golang": f"example.org/{name}"}.get(system, name)


def _doubt(system: str, hits: Mapping[Key, list[str]], known: Sequence[Package], nobody: Sequence[Package], who: str) -> str:
    if not any(hits.get(one.key) for one in known):
        return f"{who} does not know {known[0].name} {known[0].version} to be vulnerable, so its silence about {ECOSYSTEMS[system].osv} proves nothing"
    if any(hits.get(one.key) for one in nobody if one.system == system):
        return f"{who} has advisories for a package of {ECOSYSTEMS[system].osv} that does not exist, so its word proves nothing"
    return ""


def _list(data: Mapping[str, Any], key: str, who: str, *, empty: bool = False) -> list[Any]:
    rows = data.get(key, [] if empty else None)
    if not isinstance(rows, list):
        raise CannotTell(f"{who} does not answer as OSV does", "is PRODREADY_OSV_URL the address of an OSV service?")
    return rows


def _ids(row: Any, who: str) -> list[str]:
    rows = _list(row if isinstance(row, dict) else {"vulns": None}, "vulns", who, empty=True)
    if any(not isinstance(each, dict) or not isinstance(each.get("id"), str) for each in rows):
        raise CannotTell(f"{who} does not answer as OSV does", "is PRODREADY_OSV_URL the address of an OSV service?")
    return [each["id"] for each in rows]
