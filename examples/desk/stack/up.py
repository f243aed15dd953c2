"""Starts the desk with all that it runs beside, on loopback: ``python3 stack/up.py [--run FOLDER] [--without NAME] [-- COMMAND …]``.

With a command, that runs over the stack, ``@run@`` in it standing for the folder of the run, and its exit code is the script's. Without, the stack runs
until it is interrupted. Everything it starts ends with it. Standard library only; Maven brings Kafka and the package index moto, each once.

    python3 stack/up.py -- prodready run @run@/repo --stage release
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PRODREADY = ROOT / "scripts" / "prodready"
sys.path.insert(0, str(ROOT / "scripts"))  # the launcher and the ports need nothing installed
PATIENCE = 180.0
"""Seconds that a service may take to start."""
SECRETS = {
    "PRODREADY_BYBIT_KEY": "desk", "PRODREADY_BYBIT_SECRET": "stand-in", "PRODREADY_VAULT_TOKEN": "gate",
    "PRODREADY_AWS_ACCESS_KEY_ID": "testing", "PRODREADY_AWS_SECRET_ACCESS_KEY": "testing",
}  # fmt: skip
"""Of the stand-ins; there is nothing behind them."""
DEBIAN = "apt-get install redis-server prometheus prometheus-alertmanager dnsmasq-base default-jre-headless maven"


def main(argv: list[str]) -> int:
    """Starts, runs the command or waits, and stops."""
    options, _, command = _split(argv)
    args = _parser().parse_args(options)
    plan = tomllib.loads((HERE / "stack.toml").read_text("utf-8"))
    services = [one for one in plan["service"] if one["name"] not in args.without]
    needed = [program for one in services for program in (one["command"][0], *one.get("needs", ())) if not program.startswith("@")]
    if missing := [program for program in needed if not shutil.which(program)]:
        print(f"not installed: {', '.join(missing)}; on Debian: {DEBIAN}", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        run = args.run or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="desk-")))
        fill = _filler(run.resolve())
        for name in ("config", "repo"):
            laid(HERE / name, run / name, fill)
        started = {one["name"]: start(one, run, fill, stack) for one in services if one.get("slow")}
        for one in (*(one for one in services if not one.get("slow")), *(one for one in services if one.get("slow"))):
            wait(one, started.get(one["name"]) or start(one, run, fill, stack), run, fill)
        if not args.without:
            settle(fill(f"http://127.0.0.1:@{plan['settled']['service']}@/api/v1/query?{urlencode({'query': plan['settled']['query']})}"))
        print(f"the desk runs: {run}", flush=True)
        if command:
            return subprocess.run([fill(word) for word in command], env={**os.environ, **SECRETS}, check=False).returncode
        signal.pause()
    return 0


def start(service: dict[str, Any], run: Path, fill: Callable[[str], str], stack: ExitStack) -> subprocess.Popen[bytes]:
    """Starts one service, which ends with the stack."""
    log = run / f"{service['name']}.log"
    with log.open("wb") as out:
        words = [fill(word) for word in service["command"]]
        process = subprocess.Popen(words, cwd=HERE.parent, env={**os.environ, **SECRETS}, stdout=out, stderr=out, start_new_session=True)
    stack.callback(stop, process)
    (run / f"{service['name']}.pid").write_text(str(process.pid))
    return process


def wait(service: dict[str, Any], process: subprocess.Popen[bytes], run: Path, fill: Callable[[str], str]) -> None:
    """Waits until it is there, and runs what comes after. Raises SystemExit with its last words when it does not come."""
    log = run / f"{service['name']}.log"
    end = time.monotonic() + PATIENCE
    while not there(int(fill(f"@{service['name']}@")), service.get("ready", "")):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"{service['name']} did not start: {log.read_text('utf-8', 'replace')[-600:]}")
        time.sleep(0.05)
    if "after" in service:
        subprocess.run([fill(word) for word in service["after"]], check=True, stdout=subprocess.DEVNULL)


def settle(url: str) -> None:
    """Waits until the query gives something. Raises SystemExit when it never does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with urllib.request.urlopen(url, timeout=10) as answer:
            if json.load(answer)["data"]["result"]:
                return
        time.sleep(0.2)
    raise SystemExit("the stack runs, and Prometheus never saw all of it")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a service with all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def there(port: int, path: str) -> bool:
    """Whether it answers."""
    try:
        if not path:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return True
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def laid(source: Path, target: Path, fill: Callable[[str], str]) -> None:
    """Copies a folder of templates with the ports of this run in them."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(fill(path.read_text("utf-8")), "utf-8")


@functools.cache
def moto() -> str:
    """The Python of an environment with moto, which is made when it is first wanted."""
    import launch

    return launch.python_of(launch.environment(str(ROOT / "tests" / "aws" / "moto.lock")))


def _ports() -> Any:
    from prodready.ports import Ports

    return Ports()


def _filler(run: Path) -> Callable[[str], str]:
    """What puts a value in the place of each ``@name@``; a port is taken when it is first asked for, and stays."""
    free, ports = _ports(), dict[str, str]()
    fixed = {"run": lambda: str(run), "python": lambda: sys.executable, "prodready": lambda: str(PRODREADY), "root": lambda: str(ROOT), "moto": moto}

    def port(name: str) -> str:
        return ports.get(name) or ports.setdefault(name, str(free.take()))

    def fill(text: str) -> str:
        return re.sub(r"@([a-z]+)@", lambda found: fixed[found[1]]() if found[1] in fixed else port(found[1]), text)

    return fill


def _split(argv: list[str]) -> tuple[list[str], str, list[str]]:
    at = argv.index("--") if "--" in argv else len(argv)
    return argv[:at], "--", argv[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a folder for configurations, logs and data (default: one that is removed)")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", help="a service to leave out, to see what the gate says")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
