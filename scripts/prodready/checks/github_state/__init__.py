"""What GitHub says of the repository: who reviewed, what a branch requires, how workflows ended, what was tagged, released and deployed.

Reads only. What the token may not see, what GitHub does not answer and an answer that is cut short leave the item unknown, with the permission that
the job needs; none of them is taken for "there is none". What each ``measure`` gives:

- ``reviews``: how many people other than the authors approved the very head of the pull request; after the merge, of the one that brought the commit.
  Only people who may write to the repository count.
- ``required_checks``: whether ``branch`` requires every status of ``checks`` (any one, without ``checks``) before a merge.
- ``required_reviews``: how many approvals the rules of ``branch`` ask for.
- ``workflow_run``: how the newest finished run of ``workflow`` on ``branch`` ended; without ``workflow``, the worst among all workflows there. Runs of
  pull requests do not count, for a fork may call its branch as it likes; nor do those of the files of ``without``, such as the gate's own. How old the
  run may be, the item's ``max_age`` says.
- ``success_rate``: the share of the newest ``last`` runs that ended well; cancelled and skipped ones are passed over.
- ``tag``: whether ``tag`` stands on the commit under the gate; ``signed: true`` asks for a signature that GitHub verified.
- ``release_asset``: whether the release of ``tag`` (the newest one, without it) has a file named like ``asset``.
- ``deployment``: the state of the newest deployment to ``environment``.
- ``environment_reviewers``: how many people or teams may let a deployment into ``environment``.

An item that uses it:

    - id: ci.green
      title: The main branch is green, and was today
      check: github_state
      params: {measure: workflow_run, workflow: ci.yml, branch: main}
      expect: is success
      max_age: 24 h
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.checks.github_state import branches, reviews, runs, shipped
from prodready.context import Context, Forge
from prodready.model import Measured

Measure = Literal[
    "reviews", "required_checks", "required_reviews", "workflow_run", "success_rate", "tag", "release_asset", "deployment", "environment_reviewers"
]


class Params(Struct, frozen=True, kw_only=True):
    """What is asked."""

    measure: Measure
    """What is measured; see above."""
    branch: str = "main"
    """The branch that is meant."""
    checks: tuple[str, ...] = ()
    """Names of statuses or check runs that must be required."""
    workflow: str = ""
    """The file of a workflow below .github/workflows; empty for all."""
    without: tuple[str, ...] = ()
    """Files of workflows that are passed over where all are meant: the gate's own."""
    last: int = 20
    """How many runs the success rate is of."""
    tag: str = ""
    """The name of a tag."""
    signed: bool = False
    """Whether the tag must be signed."""
    asset: str = "*"
    """The name of a file of a release; ``*`` stands for any characters."""
    environment: str = "production"
    """The environment of deployments."""

    def __post_init__(self) -> None:
        if self.measure == "tag" and not self.tag:
            raise ValueError("tag: name the tag")
        if not 1 <= self.last <= runs.MOST:
            raise ValueError(f"last is between 1 and {runs.MOST}")


class Question(Struct, frozen=True):
    """How one measure is taken."""

    ask: Callable[[Forge, Params], Measured]
    needs: str
    """The permission of the job."""
    bound: str
    """What holds when the item names no bound."""


QUESTIONS = MappingProxyType({
    "reviews": Question(lambda forge, _: reviews.approvals(forge), "pull-requests: read", ">= 1"),
    "required_checks": Question(lambda forge, asked: branches.required_checks(forge, asked.branch, asked.checks), "contents: read", "is true"),
    "required_reviews": Question(lambda forge, asked: branches.required_reviews(forge, asked.branch), "contents: read", ">= 1"),
    "workflow_run": Question(lambda forge, asked: runs.newest(forge, asked.branch, asked.workflow, asked.without), "actions: read", "is success"),
    "success_rate": Question(lambda forge, asked: runs.success_rate(forge, asked.branch, asked.workflow, asked.last), "actions: read", ">= 95 %"),
    "tag": Question(lambda forge, asked: shipped.tag(forge, asked.tag, signed=asked.signed), "contents: read", "is true"),
    "release_asset": Question(lambda forge, asked: shipped.asset(forge, asked.tag, asked.asset), "contents: read", "is true"),
    "deployment": Question(lambda forge, asked: shipped.deployment(forge, asked.environment), "deployments: read", "is success"),
    "environment_reviewers": Question(lambda forge, asked: shipped.environment_reviewers(forge, asked.environment), "actions: read", ">= 1"),
})  # fmt: skip


def observe(ctx: Context, params: Params) -> Measured:
    """Asks GitHub. Raises CannotTell."""
    if ctx.forge is None:
        raise CannotTell("GitHub is not asked here", "run the whole gate: 'prodready run'")
    question = QUESTIONS[params.measure]
    try:
        return question.ask(ctx.forge, params)
    except CannotTell as unable:
        raise CannotTell(unable.reason, unable.remedy.replace("the permission that it needs", f"'{question.needs}'")) from None
    except (AttributeError, KeyError, TypeError, ValueError) as odd:
        raise CannotTell(f"GitHub's answer is not what its documentation promises ({type(odd).__name__})", "run the gate again") from None


CHECK = Check(params=Params, observe=observe, expect="is true", domain="github", github=True, bound=lambda params: QUESTIONS[params.measure].bound)
