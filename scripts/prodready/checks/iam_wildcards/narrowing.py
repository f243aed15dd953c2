"""Whether conditions really narrow a grant: the key, the operator and the values all have to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache

from msgspec import Struct

from prodready.checks.iam_wildcards import tables
from prodready.checks.iam_wildcards.policy import Condition
from prodready.terraform import marks

_WILD = re.compile("[*?]")
_ANY_ARN = re.compile(r"^arn:[^:]*:[^:]*:[^:]*:\*?:(?:[\w-]+[/:])?\**$")
"""An ARN that names neither an account nor a resource."""
_IDS = frozenset((
    "aws:principalorgid", "aws:principalaccount", "aws:sourceorgid", "aws:sourceaccount", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce",
    "aws:vpceaccount", "aws:vpceorgid", "kms:calleraccount", "s3:dataaccesspointaccount",
))  # fmt: skip
"""Keys whose values AWS gives out: with a wildcard in it, a value is that of strangers too (``vpc-*``, ``o-a*``)."""
_HEADS = {"aws:principalorgpaths": "/", "aws:sourceorgpaths": "/", "aws:vpceorgpaths": "/", "aws:userid": ":"}
"""Keys of which this is true up to the separator: behind ``o-1234567890/`` and ``AROA…:`` all are one's own."""
_ARNS = frozenset(("aws:principalarn", "aws:sourcearn"))


class Reach(IntEnum):
    """How far a statement still reaches under its conditions."""

    FULL = 0
    NARROWED = 1
    SCOPED = 2
    NOWHERE = 3
    """The conditions cannot be met any more."""


class Narrowing(Struct, frozen=True):
    """What the conditions do, and why those that do nothing do nothing."""

    reach: Reach
    idle: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Conditions whose value is not known and that would narrow, were it not ``*``."""


_NOTHING = Narrowing(Reach.FULL)


def of(conditions: tuple[Condition, ...], now: datetime) -> Narrowing:
    """What the conditions do to the resources an identity policy reaches."""
    return _of(conditions, now) if conditions else _NOTHING


@lru_cache(maxsize=20_000)
def _of(conditions: tuple[Condition, ...], now: datetime) -> Narrowing:
    return _judge(conditions, now, {"resource_scope": Reach.SCOPED, "narrows": Reach.NARROWED})


@lru_cache(maxsize=20_000)
def of_principal(conditions: tuple[Condition, ...], now: datetime) -> Narrowing:
    """What the conditions do to the callers a resource or trust policy admits."""
    return _judge(conditions, now, {"limits_principal": Reach.SCOPED}, strangers=True)


def _judge(conditions: tuple[Condition, ...], now: datetime, uses: dict[str, Reach], *, strangers: bool = False) -> Narrowing:
    reach, idle, unknown = Reach.FULL, [], []
    for condition in conditions:
        if expired(condition, now):
            return Narrowing(Reach.NOWHERE)
        gain = next((reach for use, reach in uses.items() if is_key(condition.key, use)), Reach.FULL)
        why = idleness(condition, conditions) if gain else f"{condition.key} does not say which resources or callers"
        if not why and strangers and (value := next((value for value in condition.values if _of_strangers(condition.key.lower(), value)), "")):
            why = f"{condition.key} may be {marks.shown(value)}, which is in the reach of any account"
        if why:
            idle.append(why)
        elif any(_idle_value(marks.worst(value)) for value in condition.values):
            unknown.append(f"the value of {condition.key}")
        else:
            reach = max(reach, gain)
    return Narrowing(reach, tuple(idle), tuple(unknown) if reach is Reach.FULL else ())


def is_key(key: str, use: str) -> bool:
    """Whether the condition key does what the named table says."""
    name, known = key.lower(), tables.condition_keys(use)
    below = name[: name.find("/") + 1] if "/" in name else ""
    return name in known or (bool(below) and below in known) or any(name.startswith(word) for word in known if word.endswith(":/"))


def idleness(condition: Condition, among: Iterable[Condition]) -> str:
    """Why the condition holds back nobody, in words; empty when it does."""
    kind, operator, optional = parts(condition.operator)
    if "not" in operator or operator == "null":
        return f"{condition.operator} on {condition.key} names what is left out, not what is let in"
    required = any(parts(other.operator)[1] == "null" and other.key.lower() == condition.key.lower() and set(other.values) == {"false"} for other in among)
    if optional and not required:
        return f"{condition.operator} lets everything through that carries no {condition.key}"
    if kind == "forallvalues" and not required:
        return f"ForAllValues is true when {condition.key} is absent"
    wide = next((value for value in condition.values if _idle_value(value)), None)
    if wide is not None:
        return f"{condition.key} may be {marks.shown(wide)}, which is anything"
    if operator == "ipaddress" and _all_addresses(condition.values):
        return f"the networks of {condition.key} make up every address"
    return "" if condition.values else f"{condition.key} has no value"


@lru_cache(maxsize=4_000)
def parts(operator: str) -> tuple[str, str, bool]:
    """The set word, the plain operator and whether it ends in IfExists; all in lower case."""
    head, colon, tail = operator.strip().lower().partition(":")
    kind, plain = (head, tail) if colon else ("", head)
    return kind, plain.removesuffix("ifexists"), plain.endswith("ifexists")


def _idle_value(value: str) -> bool:
    bare = value.strip().lower()
    if bare.startswith("arn:"):
        return not bare[4:].replace("aws", "", 1).strip("*:?") or bool(_ANY_ARN.match(bare))
    return not bare.strip("*?") or bare.endswith("/0")


def _of_strangers(key: str, value: str) -> bool:
    """Whether callers from accounts that are not named can have the value."""
    if key in _ARNS:
        parts = value.split(":", 5)
        # A bucket's ARN has no account, and its name is nobody else's.
        return bool(_WILD.search(":".join(parts[4:5]) if len(parts) > 4 else value)) and parts[2:3] != ["s3"]
    if key in _IDS:
        return bool(_WILD.search(value))
    return key in _HEADS and bool(_WILD.search(value.partition(_HEADS[key])[0]))


def _all_addresses(values: Iterable[str]) -> bool:
    import ipaddress  # here, since few conditions name networks

    fourth: list[ipaddress.IPv4Network] = []
    sixth: list[ipaddress.IPv6Network] = []
    for value in values:
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            continue
        if isinstance(network, ipaddress.IPv4Network):
            fourth.append(network)
        else:
            sixth.append(network)
    whole = [network.prefixlen == 0 for network in ipaddress.collapse_addresses(fourth)]
    return any(whole) or any(network.prefixlen == 0 for network in ipaddress.collapse_addresses(sixth))


def expired(condition: Condition, now: datetime) -> bool:
    """Whether the condition asks for a moment that is over: a grant that no request can use any more."""
    _, operator, optional = parts(condition.operator)
    if optional or not operator.startswith(("datelessthan", "numericlessthan", "dateequals")) or not condition.values:
        return False
    if condition.key.lower() not in ("aws:currenttime", "aws:tokenissuetime", "aws:epochtime"):
        return False
    moments = [_moment(value) for value in condition.values]
    return all(moment is not None and moment < now for moment in moments)


def _moment(value: str) -> datetime | None:
    try:
        if value.isdigit() and len(value) < 12:
            return datetime.fromtimestamp(int(value), UTC)
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
