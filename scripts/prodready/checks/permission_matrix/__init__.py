"""The roles of people and services, their permissions and their limits are defined, documented, and what the policies grant.

One file defines who may what:

    roles:
      trader:
        permissions: [orders:submit, orders:cancel]
        session: 1 h                          # at most, for credentials that are lent
      service:
        permissions: [orders:submit]
        actions: [sqs:SendMessage]            # what its policies grant, action by action
        policies: [deploy/iam/service.json]
    jit: {approval_window: 15 min, grant: 1 h, default: deny}

Found is: a role that is missing or not expected, a role without permissions, one that may both request and approve the same thing, a session longer
than allowed, a window for approvals that is another, a grant without an end, a matrix in the document that says something else than the file, and
policies that grant another set of actions than is written down, Deny subtracted and wildcards expanded. Live accounts are not asked. A matrix that is
documented, and names no policy that grants it, is held against nothing: that is unknown, unless ``granted_elsewhere`` says that no policy lies here.

An item that uses it:

    - id: security.permission-matrix
      title: The permission matrix is documented and equal to the policies
      check: permission_matrix
      params: {roles: [trader, devops, qa, service, governance], document: IAM_POLICY_FRAMEWORK.md, session: 1 h, approval_window: 15 min}
      expect: no findings
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from prodready.check import CannotTell, Check
from prodready.context import Context
from prodready.model import Evidence, Finding, Found

ALONE = "no role names below 'policies:' what grants it, so the matrix was held against no policy"


class Params(Struct, frozen=True, kw_only=True):
    """Which file, and what must be in it; what is left empty is not asked for."""

    files: tuple[str, ...] = ("config/rbac.yml", "config/rbac.yaml", "rbac.yml", "deploy/rbac.yml")
    """Where the file may be; the first that exists is taken."""
    roles: tuple[str, ...] = ()
    """The roles there must be, no more and no fewer; letter case does not matter."""
    document: str = ""
    """The document that holds the matrix as a Markdown table: a row a permission, a column a role. Some role must then name its policies."""
    granted_elsewhere: bool = False
    """Whether what grants the permissions is in no file of the repository: the table is then held against the matrix alone, and the report says so."""
    session: str = ""
    """The longest session of any role, such as ``1 h``; every role must then state its own."""
    approval_window: str = ""
    """The window for approvals of lent access, such as ``15 min``; access must then be denied by default, and grants must end."""
    grant: str = "8 h"
    """The longest grant of lent access."""


def observe(ctx: Context, params: Params) -> Found:
    """Everything that differs. Raises CannotTell when there is no file, or it cannot be read."""
    from prodready.checks.permission_matrix import documented, granted, limits, matrix

    path = next((path for path in params.files if path in ctx.repo.files(*params.files)), "")
    if not path:
        raise CannotTell(f"none of {', '.join(params.files)} exists", "define the roles in config/rbac.yml, or name the file in 'files'")
    defined = matrix.read(ctx.repo.text(path), path)

    def found() -> Iterator[Finding]:
        yield from limits.roles(defined, params.roles)
        yield from limits.conflicts(defined)
        if params.session:
            yield from limits.sessions(defined, params.session)
        if params.approval_window:
            yield from limits.lent(defined, params.approval_window, params.grant)
        if params.document:
            yield from documented.differences(defined, ctx.repo.text(params.document), params.document)
        yield from granted.differences(ctx.repo, defined)

    findings = tuple(found())
    cells = len(defined.roles) * len({permission for role in defined.roles for permission in role.permissions})
    alone = params.document and not any(role.policies for role in defined.roles)
    notes = (ALONE,) if alone and params.granted_elsewhere else ()
    gaps = (f"{path}: {ALONE}; name the files there, or set 'granted_elsewhere: true'",) if alone and not params.granted_elsewhere else ()
    evidence = Evidence(source=f"{path}: {len(defined.roles)} roles, {cells} cells")
    return Found(examined=cells, findings=findings, gaps=gaps, notes=notes, evidence=evidence)


CHECK = Check(params=Params, observe=observe, expect="no findings", domain="iam")
__all__ = ["CHECK", "Params"]
