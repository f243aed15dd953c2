"""Lint, types and tests, started by ``scripts/test`` inside the environment of the tests.

All tests run on two workers, since most wait more than they compute; with pytest options only those tests run, in one process.
On Debian as root the programs that integration tests need are installed first.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEBIAN = {
    "node": "nodejs", "npm": "npm", "git": "git",
    "nginx": "nginx-light", "gnutls-serv": "gnutls-bin", "openssl": "openssl", "caddy": "caddy", "pebble": "pebble",
    "redis-server": "redis-server", "pg_ctlcluster": "postgresql", "supervisord": "supervisor", "dockerd": "docker.io",
    "docker-compose": "docker-compose", "kubectl": "kubernetes-client", "docker-registry": "docker-registry", "busybox": "busybox", "systemctl": "systemd",
    "wg": "wireguard-tools", "wireguard-go": "wireguard-go", "ip": "iproute2", "nft": "nftables", "shellcheck": "shellcheck",
    "chromium": "chromium", "pdftotext": "poppler-utils",
    "prometheus": "prometheus", "prometheus-alertmanager": "prometheus-alertmanager", "prometheus-pushgateway": "prometheus-pushgateway",
    "java": "default-jre-headless", "mvn": "maven", "go": "golang-go", "dnsmasq": "dnsmasq-base",
}  # fmt: skip
"""Program -> Debian package that brings it."""
ALL = ["-q", "--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder", "--durations=20", "--durations-min=10"]
"""How pytest runs all tests; ``conftest.py`` says which files begin."""


def main(options: list[str]) -> int:
    install_programs()
    steps = [] if options else [["ruff", "check", "--quiet"], ["mypy"]]
    failed = [step[0] for step in [*steps, ["pytest", *(options or ALL)]] if run(step)]
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def run(step: list[str]) -> int:
    # The environment the tests see is a user's, but for byte code, which stays out of the checkout.
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME")}
    environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix or ""
    # The environment's own programs come first, and nothing is imported from the folder we stand in (-P).
    environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environ.get("PATH", os.defpath)))
    if not os.environ.get("CI"):
        print(f"· {step[0]}", flush=True)
    return subprocess.run([sys.executable, "-P", "-m", *step], cwd=ROOT, env=environ, check=False).returncode


def install_programs() -> None:
    """Installs what is missing; where that is not possible the tests that need it are skipped by name."""
    missing = sorted({package for program, package in DEBIAN.items() if not shutil.which(program)})
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing]):
        ended = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if ended.returncode:
            print(f"could not install {', '.join(missing)}: {ended.stderr.strip()[-300:]}", flush=True)
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
