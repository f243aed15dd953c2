"""How each role stands, given everybody's words; pure. One person signs for one role, as well as the people there are can be spread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from prodready.names import few
from prodready.signoffs.nouns import Role, Signoff, Source, Word
from prodready.signoffs.signature import Signature

MAINTAINER = "another maintainer"
"""Who signs a weaker gate where the policy names nobody."""
WEAKER = "a weaker gate"


class Words(Struct, frozen=True, kw_only=True):
    """All that was said, and what could not be heard."""

    given: tuple[Signature, ...] = ()
    approvals: tuple[tuple[str, Signature], ...] = ()
    """(environment, word)."""
    teams: Mapping[str, frozenset[int] | str] = field(default_factory=dict)
    """Account numbers of the members by team; or why they could not be read."""
    unheard: tuple[str, ...] = ()
    """Sources that could not be read, each with the reason."""


def rows(needed: Sequence[str], roles: Mapping[str, Role], words: Words, *, distinct: bool, head: str, about: str = "") -> tuple[Signoff, ...]:
    """A row for each role."""
    return tuple(word.row for word in standing(needed, roles, words, distinct=distinct, head=head, about=about))


def standing(needed: Sequence[str], roles: Mapping[str, Role], words: Words, *, distinct: bool, head: str, about: str = "") -> tuple[Word, ...]:
    """How each role stands, on the commit ``head`` or on what ``about`` names."""
    able = {name: [one for one in _meant(name, roles, words) if not one.void] for name in needed}
    chosen = _spread(able) if distinct else {name: few_[0] for name, few_ in able.items() if few_}
    return tuple(_word(name, roles, words, chosen.get(name), able[name], head, about) for name in needed)


def _word(name: str, roles: Mapping[str, Role], words: Words, one: Signature | None, able: list[Signature], head: str, about: str) -> Word:
    row = _row(name, roles, words, one, able, head, about)
    if one:
        return Word(row=row, until=one.until)
    void = [other for other in _meant(name, roles, words) if other.void]
    return Word(row=row, lapsed=any(other.lapsed for other in void), against=any(other.against for other in void))


def _meant(name: str, roles: Mapping[str, Role], words: Words) -> list[Signature]:
    """What people of that role said for it, whether it counts or not."""
    if name == MAINTAINER:
        return [one for one in words.given if one.maintainer]
    role = roles.get(name)
    if role is None:
        return []
    here = [one for place, one in words.approvals if role.environment and place == role.environment]
    spoken = [one for one in words.given if one.roles is None or name.casefold() in {meant.casefold() for meant in one.roles}]
    return [one for one in (*spoken, *here) if _holds(one, role, words)]


def _holds(one: Signature, role: Role, words: Words) -> bool:
    if one.how is Source.SSH:  # one that does not hold is shown all the same, with the reason
        return one.who in role.ssh or bool(one.void)
    teams = (words.teams.get(team, "") for team in role.teams)
    return one.account is not None and (one.account in role.people.values() or any(one.account in team for team in teams if not isinstance(team, str)))


def _spread(able: Mapping[str, list[Signature]]) -> dict[str, Signature]:
    """Roles to different people, as many as can be (augmenting paths in a bipartite graph)."""
    taken: dict[object, tuple[str, Signature]] = {}

    def seat(name: str, tried: set[object]) -> bool:
        for one in able[name]:
            if one.person not in tried:
                tried.add(one.person)
                if one.person not in taken or seat(taken[one.person][0], tried):
                    taken[one.person] = (name, one)
                    return True
        return False

    for name in able:
        seat(name, set())
    return dict(taken.values())


def _row(name: str, roles: Mapping[str, Role], words: Words, one: Signature | None, able: list[Signature], head: str, about: str) -> Signoff:
    if one:
        return Signoff(role=name, who=one.who, how=one.how.value, commit=one.commit, at=one.at, about=about)
    role = roles.get(name)
    if role is None and name != MAINTAINER:
        named = f"roles: {{{name}: {{people: {{LOGIN: NUMBER}}}}}}"
        return Signoff(role=name, about=about, commit=head, missing=f"nobody is named for it: write '{named}' in .prodready.yml")
    teams = {team: words.teams.get(team, "they were not asked for") for team in (role.teams if role else ())}
    untold = (*(f"the members of {team} could not be read: {why}" for team, why in teams.items() if isinstance(why, str)), *words.unheard)
    said = [f"the word of {other.who} ({other.how}) {other.void}" for other in _meant(name, roles, words) if other.void]
    if able:
        said.append(f"{few([other.who for other in able])} signed for another role; one person signs for one role")
    missing = "; ".join((*(f"unverifiable: {line}" for line in untold), *said)) or f"waits for {_whom(role, about)}"
    return Signoff(role=name, about=about, commit=head, missing=missing, untold=bool(untold))


def _whom(role: Role | None, about: str) -> str:
    if role is None:
        return "the approval of a maintainer who is no author of the change"
    ways = [*role.people, *(f"the team {team}" for team in role.teams), *(f"the key of {principal}" for principal in role.ssh)]
    subject = "this very commit" if about in ("", WEAKER) else f"what {about!r} names"
    return f"{few(ways)}, for {subject}" if ways else "somebody: the role names no people, teams or keys"


def heard(sources: Iterable[Source], given: Iterable[Signature]) -> tuple[Signature, ...]:
    """The words of those sources that the policy admits."""
    admitted = frozenset(sources)
    return tuple(one for one in given if one.how in admitted)
