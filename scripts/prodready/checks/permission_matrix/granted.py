"""What the policies of a role grant, held against what is written down."""

from __future__ import annotations

from collections.abc import Iterator

from prodready.check import CannotTell
from prodready.checks.iam_wildcards import authorization, denials, documents, grants
from prodready.checks.iam_wildcards.policy import Policy
from prodready.checks.iam_wildcards.verdicts import listed
from prodready.checks.permission_matrix.matrix import Matrix, Role
from prodready.context import Repo
from prodready.model import Finding, Severity
from prodready.readers.located import read_json, read_yaml
from prodready.readers.structured import Unreadable


def differences(repo: Repo, matrix: Matrix) -> Iterator[Finding]:
    """Roles whose policies grant another set of actions than is written. Raises CannotTell for a policy that cannot be read or evaluated."""
    for role in matrix.roles:
        if not role.policies:
            if role.actions:
                message = f"the role {role.name} lists actions and names no policy that grants them"
                yield matrix.find("MATRIX-POLICY", Severity.MEDIUM, message, "name the files below policies:", role.line)
            continue
        given = _granted([policy for path in role.policies for policy in _policies(repo, path)], role)
        wanted = {action.name for pattern in role.actions for action in authorization.expand(pattern)}
        for names, words in ((given - wanted, "grant what is not written down"), (wanted - given, "do not grant what is written down")):
            if names:
                message = f"the policies of the role {role.name} {words}: {listed(sorted(names))}"
                yield matrix.find("MATRIX-POLICY", Severity.HIGH, message, "make the list of actions and the policies one", role.line)


def _policies(repo: Repo, path: str) -> list[Policy]:
    text = repo.text(path)
    try:
        read = [read_json(text, path)] if path.endswith(".json") else read_yaml(text, path)
    except Unreadable as error:
        raise CannotTell(f"the policy cannot be read: {error}", "correct the document") from None
    found = [policy for document in read for policy in documents.embedded(document)]
    if not found or any(policy.flaws or policy.unknown for policy in found):
        raise CannotTell(f"{path} holds no policy that can be read in full", "name a file with a policy document, in JSON or YAML")
    return found


def _granted(policies: list[Policy], role: Role) -> set[str]:
    """The actions that all documents together grant on any resource, less those denied on all of them."""
    statements = [statement for policy in policies for statement in policy.statements]
    denied, names = denials.certain(statements), set[str]()
    for statement in (each for each in statements if each.allow):
        if statement.not_action or statement.unknown:
            raise CannotTell(f"a policy of the role {role.name} grants by NotAction, or by a value that is not known", "list the actions under Action")
        found = grants.of(statement, denied)
        everything = authorization.everything() if found.everything else ()
        whole = [action for pattern in found.services for action in authorization.expand(pattern)]
        names |= {action.name for action in (*everything, *whole, *found.named, *(each for _, group in found.by_verb for each in group))}
    return names
