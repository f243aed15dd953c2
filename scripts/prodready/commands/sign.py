"""Sign for a role, with an SSH key; or check a signed statement, offline.

Examples:
  prodready sign CTO --key ~/.ssh/id_ed25519 --pr 12            writes .prodready/signoffs/….json and its .sig
  prodready sign 'Risk Officer' --about risk-policy              attests the files that the items of that statement name
  prodready sign --verify .prodready/signoffs/cto.json --base main

"""

from __future__ import annotations

import argparse
import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prodready import people, plan, policy
from prodready.checks import attestation
from prodready.context import Repo
from prodready.decode import nearest
from prodready.errors import Exit, ProdreadyError
from prodready.evidence.signature import NAMESPACE, BadSignature, sign, verify
from prodready.model import Checklist
from prodready.names import few, shown
from prodready.settings import Settings
from prodready.signoffs import ssh
from prodready.signoffs.statement import LIMIT, SCHEMA, Statement, parse
from prodready.world.origin import repository_name
from prodready.world.repo import open_repo


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``sign``."""
    parser.add_argument("role", nargs="?", default="", help="the role, as .prodready.yml names it")
    parser.add_argument("--path", type=Path, default=Path(), help="the checkout (default: the current one)")
    parser.add_argument("--key", type=Path, default=Path("~/.ssh/id_ed25519"), help="private key, or public key of one that the agent holds")
    parser.add_argument("--base", default="", help="branch whose policy holds")
    parser.add_argument("--profile", default="", help="as for 'prodready run'")
    parser.add_argument("--commit", default="", help="the commit that is signed (default: HEAD)")
    parser.add_argument("--pr", type=int, help="the pull request it is for")
    parser.add_argument("--repository", default="", metavar="OWNER/NAME", help="default: what the remote origin says")
    parser.add_argument("--days", type=int, default=30, help="how long it holds (default: 30)")
    parser.add_argument("--says", default="", help="a sentence of your own")
    parser.add_argument("--about", default="", metavar="STATEMENT", help="attest the files of this statement, instead of signing the commit")
    parser.add_argument("--evidence", type=Path, action="append", default=[], metavar="FILE", help="a file you have read; its sha256 is signed too")
    parser.add_argument("--out", type=Path, help=f"folder to write to (default: {ssh.FOLDER} of the checkout)")
    parser.add_argument("--verify", type=Path, metavar="STATEMENT", help="check a statement against the allowed signers instead of making one")


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Signs or verifies. Exit 0 done or good, 1 not good."""
    if args.verify:
        return _verified(args)
    if not args.role:
        raise ProdreadyError("which role?", "prodready sign CTO, or prodready sign --verify STATEMENT")
    repo = open_repo(args.path)
    if repo.history is None or not repo.history.head:
        raise ProdreadyError("there is no commit to sign here", "run it in the checkout of the change")
    held = policy.choose(repo, profile=args.profile, base=args.base)
    if args.role not in held.checklist.roles:
        named = ", ".join(held.checklist.roles) or "none: write roles: in .prodready.yml"
        raise ProdreadyError(f"the policy names no role {shown(args.role)!r}", f"it names {named}")
    commit = args.commit or repo.history.head
    read = {**_attested(repo, held.checklist, args.about, args.role), **{path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in args.evidence}}
    statement = _statement(args, args.repository or settings.github.repository or repository_name(repo.root), commit, held.checklist.sha256, read)
    path = _write(statement, sign(statement.text().encode(), args.key.expanduser()), args.out or repo.history.toplevel / ssh.FOLDER)
    what = f"{statement.about} ({few(list(read)) or 'no files'})" if statement.about else commit[:12]
    print(f"signed {statement.role} for {shown(what)} of {statement.repository}, until {statement.expires[:10]}: {path}")
    print("commit it to the branch (and nothing else in that commit), or give its folder to the gate by --evidence")
    return Exit.READY


def _attested(repo: Repo, held: Checklist, about: str, role: str) -> dict[str, str]:
    """The files that the items of a statement name for a role, with their hashes. Raises ProdreadyError where no item asks for it."""
    if not about:
        return {}
    asked = {item.id: plan.parameters(item, held.settings) for item in held.items if item.check == "attestation"}
    names = {one.statement for one in asked.values() if isinstance(one, attestation.Params) and role in one.roles}
    if about not in names:
        raise ProdreadyError(f"no item of the policy asks {shown(role)} for {shown(about)!r}; {nearest(about, sorted(names - {''}))}", "'prodready list items'")
    patterns = [pattern for one in asked.values() if isinstance(one, attestation.Params) and one.statement == about for pattern in one.files]
    return {path: repo.sha256(path) for path in repo.files(*patterns)} if patterns else {}


def _statement(args: argparse.Namespace, repository: str, commit: str, sha256: str, evidence: dict[str, str]) -> Statement:
    now = datetime.now(UTC).replace(microsecond=0)
    return Statement(
        schema=SCHEMA, role=args.role, repository=repository, commit=commit, signed=now.isoformat(), expires=(now + timedelta(days=args.days)).isoformat(),
        about=args.about, pr=args.pr, policy=sha256, evidence=evidence, says=args.says,
    )  # fmt: skip


def _write(statement: Statement, signature: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", f"{statement.role} {statement.about}".casefold()).strip("-") or "role"
    path = folder / f"{name}-{statement.commit[:12]}.json"
    path.write_text(statement.text(), "utf-8")
    path.with_suffix(".sig").write_text(signature, "ascii")
    return path


def _verified(args: argparse.Namespace) -> int:
    repo = open_repo(args.path)
    trust = people.trust(repo, policy.choose(repo, profile=args.profile, base=args.base))
    if trust is None:
        remedy = f"write one line for each person: PRINCIPAL namespaces='{NAMESPACE}' KEY"
        raise ProdreadyError(f"there is no {people.SIGNERS}, so nobody's key counts", remedy)
    try:
        raw = args.verify.read_bytes()[: LIMIT + 1]
        statement, signature = parse(raw), args.verify.with_suffix(".sig").read_text("ascii")
        who = verify(raw, signature, trust, now=datetime.now(UTC))
    except (OSError, ValueError, BadSignature) as bad:
        print(f"{shown(str(args.verify))}: not good: {bad}")
        return Exit.NOT_READY
    late = statement.until <= datetime.now(UTC)
    words = f"{shown(who)} signed {shown(statement.role)} for {shown(statement.about or statement.commit[:12])}, until {statement.expires[:10]}"
    print(f"{shown(str(args.verify))}: {'expired' if late else 'good'}: {words}")
    return Exit.NOT_READY if late else Exit.READY
