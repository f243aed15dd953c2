"""How many people have reviewed a change."""

from __future__ import annotations

from prodready.check import CannotTell
from prodready.context import Forge
from prodready.model import Evidence, Measured
from prodready.names import few
from prodready.signoffs import signature
from prodready.signoffs.authors import on_pull


def approvals(forge: Forge) -> Measured:
    """The people other than its authors who approved the head of a pull request. Raises CannotTell."""
    pull = forge.pull or _merged(forge)
    head = str(forge.get(f"/pulls/{pull}")["head"]["sha"])
    barred = on_pull(forge, pull).barred
    given = [barred(one) for one in signature.reviews(forge.pages(f"/pulls/{pull}/reviews"), head)]
    good = {one.account: one for one in given if not one.void and one.maintainer}
    passed_over = [f"the review of {one.who} {one.void or 'is of somebody who may not write here'}" for one in given if one.void or not one.maintainer]
    who = few([one.who for one in good.values()]) or "nobody"
    return Measured(value=len(good), evidence=Evidence(source=f"pull request #{pull} at {head[:12]}: {who}"), notes=tuple(passed_over))


def _merged(forge: Forge) -> int:
    """The pull request that brought the commit under the gate."""
    if not forge.head:
        raise CannotTell("it is not known which commit this is about", "gate a git checkout")
    merged = [pull for pull in forge.get(f"/commits/{forge.head}/pulls") if pull["merged_at"]]
    if not merged:
        raise CannotTell(f"no pull request brought {forge.head[:12]}, so nobody has reviewed it", "change the branch through pull requests only")
    return int(merged[0]["number"])
