"""Speaks as TruffleHog 3.97.0 does when it scans folders, for machines that cannot have it: results on standard output, a log of JSON on standard error.

Its words were recorded from the real program. It knows GitHub tokens, private keys and addresses; a key whose value ends in `live` works, one that ends in
`dead` is refused, and of all others it cannot tell, when it is let verify.
"""

import json
import re
import sys
from pathlib import Path

DETECTORS = {
    "Github": re.compile(r"ghp_\w{36,}"),
    "PrivateKey": re.compile(r"-----BEGIN[^-]*KEY-----[^-]*-----END[^-]*-----"),
    "URI": re.compile(r"\w+://\w+:\w+@\w+"),
}


def main(args: list[str]) -> int:
    if args == ["--version"]:
        print("trufflehog 3.97.0", file=sys.stderr)
        return 0
    folders = [word for word in args[1:] if not word.startswith("-")]
    say("info-0", "running source", with_units=True)
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    results = [result for path in files for result in found(path, "--no-verification" not in args)]
    for result in results:
        print(json.dumps(result))
    say("info-0", "finished scanning", chunks=len(files), bytes=1, verified_secrets=0, unverified_secrets=len(results))
    return 183 if results and "--fail" in args else 0


def found(path, verify):
    name = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    say("info-3", "scanning file", path=name)
    text = path.read_bytes().decode("utf-8", "replace")
    for detector, pattern in DETECTORS.items():
        for match in pattern.finditer(text):
            raw = match[0]
            if "trufflehog:ignore" in text[match.end() :].partition("\n")[0]:
                continue  # as its engine does, whatever its options
            unsure = {} if raw.endswith(("live", "dead")) or not verify else {"VerificationError": "dial tcp: i/o timeout"}
            place = {"Filesystem": {"file": name, "line": text.count("\n", 0, match.start()) + 1}}
            yield {"SourceMetadata": {"Data": place}, "DetectorName": detector, "DecoderName": "PLAIN",
                   "Verified": verify and raw.endswith("live"), "Raw": raw, "RawV2": "", "Redacted": "", **unsure}  # fmt: skip


def say(level, words, **more):
    print(json.dumps({"level": level, "ts": "2026-01-31T12:00:00Z", "logger": "trufflehog", "msg": words, **more}), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
