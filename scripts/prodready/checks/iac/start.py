"""checkov with the languages that are asked for and no other: its own command line loads all forty, which takes longer than the scan of most repositories.

It takes the words of checkov's command line that this check uses, so that a checkov of the machine's own can take its place, and answers in its shape: one
report a language, in a list. checkov's documented Python interface does the work: ``Runner.run`` and ``Report.get_dict``. 0 says that nothing failed, 1 that
something did, 2 that a language could not be read.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from importlib import import_module
from typing import Any

gc.disable()  # nothing that is loaded is ever garbage, and looking for some takes a fifth of the time
from checkov.common.models.enums import ErrorStatus  # noqa: E402 without the garbage collector, see above
from checkov.common.parallelizer.parallel_runner import parallel_runner  # noqa: E402
from checkov.runner_filter import RunnerFilter  # noqa: E402
from checkov.version import version  # noqa: E402

TOLD = ("check_id", "check_name", "file_path", "file_line_range", "resource")
"""What the check reads of a record; the rest, above all the text of each resource, would be written for nobody."""


def main() -> int:
    """Scans the folder in each language, side by side."""
    words = _words().parse_args()
    runners = [import_module(f"checkov.{name}.runner").Runner() for name in words.framework]
    gc.freeze()
    gc.enable()
    wanted = RunnerFilter(framework=words.framework, download_external_modules=False, show_progress_bar=False)
    reports = list(parallel_runner.run_function(_report, [(runner, words.directory, wanted) for runner in runners], group_size=1))
    if sorted(report["check_type"] for report in reports) != sorted(words.framework):
        sys.stderr.write("a language has no report\n")
        return 2
    json.dump(sorted(reports, key=lambda report: words.framework.index(report["check_type"])), sys.stdout)
    return int(any(report["results"]["failed_checks"] for report in reports))


def _words() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="checkov", description=__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=version)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--framework", nargs="+", required=True, choices=("terraform", "kubernetes", "cloudformation", "arm"))
    parser.add_argument("--skip-download", action="store_true", required=True)
    parser.add_argument("--download-external-modules", choices=("false",), required=True)
    parser.add_argument("--compact", action="store_true", required=True)
    parser.add_argument("--output", choices=("json",), required=True)
    return parser


def _report(runner: Any, folder: str, wanted: RunnerFilter) -> dict[str, Any]:
    """What one language has. Raises when checkov itself says that it failed."""
    report = runner.run(folder, runner_filter=wanted)
    if report.error_status != ErrorStatus.SUCCESS:
        raise RuntimeError(f"checkov could not read the {report.check_type}")
    results: dict[str, Any] = {name: [_told(record) for record in getattr(report, name)] for name in ("passed_checks", "failed_checks")}
    return {"check_type": report.check_type, "results": {**results, "parsing_errors": [str(path) for path in report.parsing_errors]}}


def _told(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in TOLD}


if __name__ == "__main__":
    sys.exit(main())
