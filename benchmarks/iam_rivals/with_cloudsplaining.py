"""Run inside an environment of cloudsplaining: prints file -> its kinds of findings, as JSON."""

import contextlib
import io
import json
import pathlib
import sys

from cloudsplaining.command.scan_policy_file import scan_policy

found = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.json")):
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            result = scan_policy(json.loads(path.read_text()))
        except Exception as error:  # noqa: BLE001 a crash is a result here
            found[path.name] = []
            print(f"{path.name}: {type(error).__name__}", file=sys.stderr)
            continue
    found[path.name] = sorted(key for key, value in result.items() if isinstance(value, dict) and value.get("findings"))
print(json.dumps(found))
