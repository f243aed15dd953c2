"""What a matrix must hold by itself: its roles, duties kept apart, sessions and lent access with an end."""

from __future__ import annotations

from collections.abc import Iterator

from prodready.check import CannotTell
from prodready.checks.permission_matrix.matrix import Matrix
from prodready.expectation import ExpectationError, max_age_seconds
from prodready.model import Finding, Severity


def roles(matrix: Matrix, wanted: tuple[str, ...]) -> Iterator[Finding]:
    """Roles that are missing, not expected, or may nothing."""
    there = {role.name.lower(): role for role in matrix.roles}
    for name in wanted:
        if name.lower() not in there:
            yield matrix.find("MATRIX-ROLE", Severity.HIGH, f"the role {name} is not defined", "define it below roles:, and what it may", matrix.line("roles"))
    known = {name.lower() for name in wanted}
    for name, role in there.items():
        if wanted and name not in known:
            yield matrix.find("MATRIX-ROLE", Severity.MEDIUM, f"the role {role.name} is none of {', '.join(wanted)}", "fold it into one of them", role.line)
        if not role.permissions:
            yield matrix.find("MATRIX-EMPTY", Severity.HIGH, f"the role {role.name} has no permissions", "write what it may, or remove it", role.line)
        for star in (each for each in role.permissions if "*" in each):
            yield matrix.find("MATRIX-WILDCARD", Severity.HIGH, f"the role {role.name} may {star}, also what is added later", "name what it may", role.line)


def conflicts(matrix: Matrix) -> Iterator[Finding]:
    """Roles that may both ask for a thing and approve it."""
    for role in matrix.roles:
        asks, approves = ({each.rpartition(":")[0] for each in role.permissions if each.endswith(f":{word}")} for word in ("request", "approve"))
        for thing in sorted(asks & approves):
            message = f"the role {role.name} may request {thing} and approve it: nobody else has to agree"
            yield matrix.find("MATRIX-CONFLICT", Severity.HIGH, message, f"give {thing}:approve to another role", role.line)


def sessions(matrix: Matrix, longest: str) -> Iterator[Finding]:
    """Roles whose credentials live longer than allowed, or for ever."""
    limit = _seconds(longest, "session")
    for role in matrix.roles:
        fix = f"write 'session: {longest}', and MaxSessionDuration {limit:.0f} in its role"
        if not role.session:
            yield matrix.find("MATRIX-SESSION", Severity.MEDIUM, f"the role {role.name} does not say how long its sessions live", fix, role.line)
        elif _seconds(role.session, matrix.path) > limit:
            yield matrix.find("MATRIX-SESSION", Severity.HIGH, f"sessions of the role {role.name} live {role.session}, longer than {longest}", fix, role.line)


def lent(matrix: Matrix, window: str, longest: str) -> Iterator[Finding]:
    """Access that is lent for a while: asked for within the window, denied otherwise, and with an end."""
    line, given = matrix.line("jit"), {key: str(value) for key, value in matrix.jit.items()}
    if _seconds(given.get("approval_window", ""), matrix.path) != _seconds(window, "approval_window"):
        message = f"the window for approvals is {given.get('approval_window') or 'not set'}, and should be {window}"
        yield matrix.find("MATRIX-JIT", Severity.HIGH, message, f"write 'approval_window: {window}' below jit:", line)
    if given.get("default") != "deny":
        yield matrix.find("MATRIX-JIT", Severity.HIGH, "what nobody approved is not denied by default", "write 'default: deny' below jit:", line)
    if not 0 < _seconds(given.get("grant", ""), matrix.path) <= _seconds(longest, "grant"):
        message = f"a grant lasts {given.get('grant') or 'for ever'}, longer than {longest}"
        yield matrix.find("MATRIX-JIT", Severity.HIGH, message, f"write 'grant: 1 h', at most {longest}, below jit:", line)


def _seconds(text: str, where: str) -> float:
    """The length of a time; 0 where none is given. Raises CannotTell for what is none."""
    try:
        return max_age_seconds(text) or 0.0
    except ExpectationError as error:
        raise CannotTell(f"{where}: {error}", "write a duration, such as '15 min' or '1 h'") from None
