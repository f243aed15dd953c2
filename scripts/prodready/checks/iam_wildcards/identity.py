"""Rules for what identities may do: stars among resources and actions, passed roles, exceptions used as grants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from prodready.checks.iam_wildcards import authorization, grants, narrowing, patterns
from prodready.checks.iam_wildcards.authorization import LIST, PERMISSIONS, READ, WRITE, Action
from prodready.checks.iam_wildcards.denials import Denials
from prodready.checks.iam_wildcards.grants import PASS_ROLE, Grants
from prodready.checks.iam_wildcards.narrowing import Reach
from prodready.checks.iam_wildcards.policy import Policy, Statement
from prodready.checks.iam_wildcards.verdicts import Verdicts, arns, fill_in, listed, names, narrower
from prodready.model import Severity
from prodready.terraform import marks


def judge(policy: Policy, statement: Statement, denials: Denials, now: datetime, out: Verdicts) -> None:
    """Everything there is to say about one Allow statement of an identity policy."""
    bounds = narrowing.of(statement.conditions, now)
    if bounds.reach is Reach.NOWHERE:
        out.say(policy, statement, "grants nothing any more: its conditions ask for a moment that is over")
        return
    if denials.take("*", statement.resources, all_resources=statement.not_resource):
        out.say(policy, statement, "grants nothing: a Deny of the same holder covers it")
        return
    if statement.unknown:
        out.gap(policy, statement, statement.unknown)
    if not statement.resources and not statement.not_resource:
        out.find(policy, statement, "IAM-UNREADABLE", Severity.MEDIUM, "an Allow without Resource is refused by AWS", "name the resources")
        return
    if statement.not_action:
        _exceptions(policy, statement, bounds.reach, out)
        return
    granted = grants.of(statement, denials)
    if out.explain:
        out.say(policy, statement, _evaluation(statement, granted, bounds))
    _missing(policy, statement, granted, out)
    _whole(policy, statement, granted, bounds, out)
    _verbs(policy, statement, granted, bounds, out)
    _resources(policy, statement, granted, bounds, out)
    _pass_role(policy, statement, granted, denials, bounds, out)
    _worst(policy, statement, granted, bounds, out)


def _evaluation(statement: Statement, granted: Grants, bounds: narrowing.Narrowing) -> str:
    unavoidable = tuple(action for action in granted.named if not action.formats)
    reach = {Reach.FULL: "nothing narrows it", Reach.NARROWED: "a condition narrows it", Reach.SCOPED: "a condition names the resources"}[bounds.reach]
    words = [f"Allow on {listed(statement.resources) or 'nothing'}; {reach}"]
    words += [f"not counted: {why}" for why in bounds.idle]
    words += [f"{pattern} is {len(found)} actions" for pattern, found in granted.by_verb]
    if unavoidable:
        words.append(f"can only be granted on *: {listed(names(unavoidable), 20)}")
    return "; ".join(words)


def _missing(policy: Policy, statement: Statement, granted: Grants, out: Verdicts) -> None:
    for name in granted.missing:
        out.find(
            policy, statement, "IAM-UNKNOWN-ACTION", Severity.LOW, f"AWS has no action {name}: it grants nothing, or something newer than the data",
            "correct the name, or remove it", name,
        )  # fmt: skip


def _exceptions(policy: Policy, statement: Statement, reach: Reach, out: Verdicts) -> None:
    """Allow with NotAction: everything else is granted, also what AWS adds tomorrow."""
    known = [name for name in statement.actions if marks.is_unknown(name) or authorization.expand(name)]
    everything = any(authorization.is_everything(name) for name in statement.actions)
    if everything:
        return
    severity = Severity.CRITICAL if not known else Severity.HIGH
    if reach is Reach.SCOPED or not (statement.not_resource or _wide(statement.resources)):
        severity = Severity.MEDIUM
    but = listed(statement.actions) if known else f"{listed(statement.actions)}, which do not exist"
    out.find(
        policy, statement, "IAM-NOT-ACTION", severity, f"Allow with NotAction grants every action but {but} on {_on(statement)}",
        "list the actions that are needed under Action", "notaction",
    )  # fmt: skip


def _wide(resources: Iterable[str]) -> bool:
    return any(patterns.is_all(given) or given.count("*") + given.count(":") >= len(given.strip().removeprefix("arn:aws")) for given in resources)


def _on(statement: Statement, stars: Sequence[str] = ()) -> str:
    return listed(stars) if stars else (f"everything but {listed(statement.resources)}" if statement.not_resource else listed(statement.resources))


def _whole(policy: Policy, statement: Statement, granted: Grants, bounds: narrowing.Narrowing, out: Verdicts) -> None:
    wide = statement.not_resource or grants.any_star(statement.resources)
    idle = f" ({bounds.idle[0]})" if bounds.idle and bounds.reach is Reach.FULL else ""
    for pattern in granted.everything:
        severity = (Severity.CRITICAL if bounds.reach is Reach.FULL else Severity.HIGH) if wide else Severity.HIGH
        out.find(
            policy, statement, "IAM-ADMIN", severity, f"Action {pattern} on {_on(statement)} is the power of an administrator{idle}",
            'list the actions the holder calls under "Action", and their ARNs under "Resource"', "admin",
        )  # fmt: skip
    for pattern in granted.services:
        reached = wide or any(grants.stars(statement, action) for action in _restrictable(pattern))
        severity = Severity.HIGH if reached and bounds.reach is Reach.FULL else Severity.MEDIUM
        powers, instead = _service(pattern)
        out.find(policy, statement, "IAM-ACTION-STAR", severity, f"Action {pattern} on {_on(statement)} grants {powers}{idle}", instead, pattern.lower())


@lru_cache(maxsize=1_000)
def _restrictable(pattern: str) -> tuple[Action, ...]:
    """One action for each set of ARN formats that those of the pattern can be restricted to."""
    return tuple({action.formats: action for action in authorization.expand(pattern) if action.formats}.values())


@lru_cache(maxsize=1_000)
def _service(pattern: str) -> tuple[str, str]:
    """What the pattern of a whole service grants, and what to write instead."""
    found = authorization.expand(pattern)
    powers = [action for action in found if action.level == PERMISSIONS] or [action for action in found if action.changes] or found
    instead = narrower(tuple([action for action in found if action.formats][:3] or found[:3]))
    return f"all {len(found)} actions of the service, among them {listed(names(tuple(powers)), 4)}", f"{instead}, for the actions that are called"


def _verbs(policy: Policy, statement: Statement, granted: Grants, bounds: narrowing.Narrowing, out: Verdicts) -> None:
    for pattern, found in granted.by_verb:
        powers, changes = _changing(found)
        if not changes:
            continue
        wide = tuple(action for action in changes if not action.formats or grants.stars(statement, action))
        severity = Severity.MEDIUM if powers or (wide and bounds.reach is not Reach.SCOPED) else Severity.LOW
        worst = powers or wide or changes
        kind = "permissions" if powers else "things"
        stands = (
            f"is {worst[0].name}, which changes {kind}"
            if len(found) == 1
            else f"stands for {len(found)} actions and {len(worst)} of them change {kind}: {listed(names(worst), 5)}"
        )
        out.find(
            policy, statement, "IAM-ACTION-WILDCARD", severity,
            f"Action {pattern} {stands}",
            f"name the actions that are called instead of {pattern}, for example {narrower(changes[:2])}", pattern.lower(),
        )  # fmt: skip


@lru_cache(maxsize=1_000)
def _changing(found: tuple[Action, ...]) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """Those of the actions that change permissions, and those that change anything."""
    return tuple(action for action in found if action.level == PERMISSIONS), tuple(action for action in found if action.changes)


def _resources(policy: Policy, statement: Statement, granted: Grants, bounds: narrowing.Narrowing, out: Verdicts) -> None:
    if bounds.reach is Reach.SCOPED:
        return
    for severity, found, actions in _starred(granted.each, statement.resources, statement.not_resource, bounds.reach):
        idle = f"; {bounds.idle[0]}" if bounds.idle and bounds.reach is Reach.FULL else ""
        narrowed = " under a condition that narrows it" if bounds.reach is Reach.NARROWED else ""
        every = listed(found) if statement.not_resource else f"every resource ({listed(found, 3)})"
        out.find(
            policy, statement, "IAM-RESOURCE-STAR", severity,
            f"{listed(names(actions))} on {every}{narrowed}, which can be restricted to {listed(arns(actions), 2)}{idle}", narrower(actions),
            ",".join(names(actions))[:300],
        )  # fmt: skip


@lru_cache(maxsize=1_000)
def _starred(
    each: tuple[tuple[Action, bool], ...], resources: tuple[str, ...], spared: bool, reach: Reach
) -> tuple[tuple[Severity, tuple[str, ...], tuple[Action, ...]], ...]:
    """The actions that reach every resource though they need not: how grave, through which patterns, which."""
    groups: dict[tuple[Severity, tuple[str, ...]], list[Action]] = defaultdict(list)
    for action, named in each:
        if action.id != PASS_ROLE and action.formats and (found := grants.reach(resources, action, spared=spared)):
            groups[_severity(action, reach, named=named), found].append(action)
    return tuple((severity, found, tuple(actions)) for (severity, found), actions in groups.items())


def _severity(action: Action, reach: Reach, *, named: bool) -> Severity:
    if reach is Reach.NARROWED or action.disputed:
        return Severity.LOW
    if action.secret or action.level == PERMISSIONS or (named and action.level == WRITE):
        return Severity.HIGH
    return Severity.MEDIUM if named or action.level not in (READ, LIST) else Severity.LOW


def _pass_role(policy: Policy, statement: Statement, granted: Grants, denials: Denials, bounds: narrowing.Narrowing, out: Verdicts) -> None:
    if not granted.passes_roles or bounds.reach is Reach.SCOPED or denials.take(PASS_ROLE, statement.resources):
        return
    pass_role = authorization.expand(PASS_ROLE)[0]
    roles = grants.stars(statement, pass_role, account_matters=False)
    if roles:
        severity = Severity.LOW if bounds.reach is Reach.NARROWED else Severity.HIGH
        limit = " only under a condition" if bounds.reach is Reach.NARROWED else " to any service"
        out.find(
            policy, statement, "IAM-PASS-ROLE", severity,
            f"iam:PassRole on {_on(statement, roles)} hands any role of the account{limit}, also an administrator's",
            f'write "Resource": "{fill_in(pass_role.formats[0])}" and the condition "StringEquals": {{"iam:PassedToService": "<service>.amazonaws.com"}}',
            "passrole",
        )  # fmt: skip


def _worst(policy: Policy, statement: Statement, granted: Grants, bounds: narrowing.Narrowing, out: Verdicts) -> None:
    """A resource or a condition that is not known, and that would make a star, is never passed."""
    if bounds.unknown and any(action.formats and grants.stars(statement, action) for action, _ in granted.each):
        out.gap(policy, statement, bounds.unknown)
    unsure = [text for text in statement.resources if marks.is_unknown(text)]
    if not unsure or bounds.reach is Reach.SCOPED or statement.not_resource:
        return
    if any(action.formats and len(grants.stars(statement, action, worst=True)) > len(grants.stars(statement, action)) for action, _ in granted.each):
        out.gap(policy, statement, unsure)
    elif granted.services or granted.everything:
        out.say(policy, statement, f"not known: {listed(unsure)}")
