"""Publish the verdict on somebody else's pull request, from a ``workflow_run`` that may write: what the other run says is never believed.

The pull request is looked up by its commit, its files are fetched as data and gated anew with the policy of the base branch, and what the other
run reported is only held beside that. Without the files nothing is verified, and then nothing passes.

Example (a step of a workflow on 'workflow_run'):
  prodready publish --workflow .github/workflows/prodready.yml

"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from msgspec.structs import replace

from prodready import request
from prodready.errors import Exit, ProdreadyError
from prodready.github.artefact import Claim, claimed
from prodready.github.behalf import Behalf, NothingToPublish, of
from prodready.github.client import GitHubError, GitHubPort
from prodready.model import Report
from prodready.names import shown
from prodready.request import Request
from prodready.settings import Settings

WORKFLOW = ".github/workflows/prodready.yml"
ARTEFACT = "prodready"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of ``publish``: those of ``run``, and where the other run is."""
    parser.add_argument("--workflow", default=WORKFLOW, help=f"path of the workflow whose runs are published (default: {WORKFLOW})")
    parser.add_argument("--artefact", default=ARTEFACT, help=f"name of the artefact it uploads (default: {ARTEFACT})")
    parser.add_argument("--rescan", choices=("true", "false"), default="true", help="false: post what the other run says as unverified; it never passes")
    parser.add_argument("--path", help="folder to gate, below the repository")
    request.configure(parser)


def main(args: argparse.Namespace, settings: Settings) -> int:
    """Publishes; the exit code is the decision's, and 0 where there is nothing to publish."""
    from prodready.github.publish import port_of

    port = port_of(settings)
    if port is None:
        raise ProdreadyError("there is no token or no repository to publish to", "run it as the action org/prodready/actions/publish")
    try:
        behalf = of(settings, port, args.workflow)
    except NothingToPublish as nothing:
        print(f"nothing to publish: {nothing}")
        return Exit.READY
    except GitHubError as error:
        remedy = "give the job 'permissions: {pull-requests: write}', or run it again"
        raise ProdreadyError(f"the pull request could not be looked up: {error}", remedy) from None
    with tempfile.TemporaryDirectory(prefix="prodready-publish-") as scratch:
        return _publish(args, behalf, behalf.settings(settings, Path(scratch)), port)


def _publish(args: argparse.Namespace, behalf: Behalf, settings: Settings, port: GitHubPort) -> int:
    from prodready import delivery

    try:
        claim, wish = claimed(port, behalf.run, args.artefact), Request.of(args, settings)
        report = beside(_rescanned(wish, behalf, settings), claim) if args.rescan == "true" else _unverified(claim)
        return delivery.deliver(report, wish, settings)
    except Exception as error:
        # Nothing was verified, so the status of the pull request must not stay what it was.
        from prodready.github.publish import after_error

        print("\n".join(after_error(Exit.USAGE if isinstance(error, ProdreadyError) else Exit.BUG, settings)))
        raise


def _rescanned(wish: Request, behalf: Behalf, settings: Settings) -> Report:
    from prodready import assembly, delivery
    from prodready.world.foreign import Wanted, checkout

    event, github = behalf.event, settings.github
    url = f"{github.server_url}/{github.repository}"
    with checkout(Wanted(url=url, token=github.token, pull=event.pr or 0, head=event.head, base=event.base_ref)) as folder:
        place = replace(wish, path=request.inside(folder, wish.path), base=event.base_ref)
        return assembly.gate(place, settings, delivery.progress(settings))


def beside(report: Report, claim: Claim) -> Report:
    """The verdict from trusted inputs, with what the other run claimed beside it; a forged claim blocks whatever was seen."""
    from prodready.gate import tampered

    if claim.hostile:
        return replace(report, decision=tampered(report.decision, f"the report of the pull request's own run is not believed: {claim.hostile}"))
    if claim.report is None:
        return replace(report, notes=(*report.notes, f"nothing is known of the pull request's own run: {claim.absent}"))
    theirs = claim.report
    claims = "ready" if theirs.decision.ready else "not ready"
    told = f"the pull request's own run says: {claims}, score {theirs.score.value:.1f}; this verdict was made anew from the files and does not rest on it"
    return replace(report, notes=(*report.notes, told))


def _unverified(claim: Claim) -> Report:
    """What the other run says, which is never a pass: whoever wrote the change could have written it."""
    from prodready.model import Decision

    if claim.report is None:
        raise ProdreadyError(f"the other run's report is not believed: {shown(claim.hostile or claim.absent)}", "leave 'rescan' at true")
    reason = "unverified: this is what the pull request's own run says of itself, and it could say anything; with 'rescan: true' it is made anew"
    return replace(claim.report, decision=Decision(ready=False, exit_code=Exit.UNKNOWN, reasons=(reason, *claim.report.decision.reasons)))
