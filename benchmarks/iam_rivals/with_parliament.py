"""Run inside an environment of parliament: prints file -> its findings of any weight, as JSON; a document it crashes on counts as not found."""

import json
import pathlib
import sys

import parliament

found = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    try:
        policy = parliament.analyze_policy_string(path.read_text(), include_community_auditors=True)
        found[path.name] = sorted({finding.issue for finding in map(parliament.enhance_finding, policy.findings) if finding.severity != "MUTE"})
    except Exception as error:  # noqa: BLE001 a crash is a result here
        found[path.name] = []
        print(f"{path.name}: {type(error).__name__}", file=sys.stderr)
print(json.dumps(found))
