"""How long a full grade of one server on loopback takes, beside sslyze's own time on it.

Run: ``python3 scripts/launch.py --help`` once, so that the environment is there, then ``python3 benchmarks/tls.py``.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


ROUNDS = 5
NAME = "desk.example.org"
FULL = "--http_headers --early_data --mozilla_config=intermediate --quiet"
"""sslyze's own full scan: what one runs without us."""
SAME = (
    "--sslv2 --sslv3 --tlsv1 --tlsv1_1 --tlsv1_2 --tlsv1_3 --certinfo --heartbleed --openssl_ccs --robot --compression --reneg --mozilla_config=disable --quiet"
)
"""The commands of it that a grade needs."""


def main() -> None:
    """Prints both times and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate, port = f"{folder}/key.pem", f"{folder}/cert.pem", free_port()
        names = f"subjectAltName=DNS:{NAME}"
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "9", "-subj", "/CN=desk"]
        subprocess.run([*make, "-addext", names], check=True, capture_output=True)
        Path(folder, "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl;"
            f"ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {certificate}; ssl_certificate_key {key}; location / {{ return 200 ok; }} }} }}\n"
        )
        server = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/log"])
        try:
            time.sleep(1)
            compare(port, certificate)
        finally:
            server.terminate()
            server.wait()


def compare(port: int, certificate: str) -> None:
    """Takes turns, so that a busy moment of the machine meets both."""
    params = [f"target=127.0.0.1:{port}", f"sni={NAME}", f"ca_file={certificate}"]
    words = [word for one in params for word in ("-p", one)]
    ours = [sys.executable, str(ROOT / "scripts" / "launch.py"), "check", "tls_grade", str(ROOT / "docs"), "--json", *words]
    timed(ours, (0, 1))  # installs
    full, same = (
        [str(python()), "-I", "-B", "-W", "ignore", "-m", "sslyze", *flags.split(), "--sni", NAME, "--json_out", "/dev/null", f"127.0.0.1:{port}"]
        for flags in (FULL, SAME)
    )
    rounds = [(graded(port, certificate), timed(full, (0, 1)), timed(same, (0,)), timed(ours, (0, 1))) for _ in range(ROUNDS)]
    grade, all_of_it, part, whole = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"a grade, inside a gate that runs               {grade:.2f} s")
    print(f"sslyze alone, its full scan                    {all_of_it:.2f} s   ratio {grade / all_of_it:.2f} (budget 1.30)")
    print(f"sslyze alone, the commands that a grade needs  {part:.2f} s   ratio {grade / part:.2f} (budget 1.30)")
    print(f"prodready check tls_grade, start-up and all    {whole:.2f} s")


def graded(port: int, certificate: str) -> float:
    """Seconds from the sensor's start to the letter."""
    asked = {"host": "127.0.0.1", "port": port, "name": NAME, "addresses": [], "most": 8, "starttls": "", "http": True, "ca_file": certificate}
    asked |= {"intermediates": "", "now": datetime.now(UTC).isoformat()}
    sys.path.insert(0, str(ROOT / "scripts"))
    program = str(python())
    begin = time.perf_counter()
    sensor = str(ROOT / "scripts" / "prodready" / "tls" / "sensor" / "sensor.py")
    raw = subprocess.run([program, "-I", "-B", sensor, json.dumps(asked)], capture_output=True, check=True).stdout
    from prodready.tls import rating, reading  # noqa: PLC0415 found by the line above

    (endpoint,) = reading.read(raw, name=NAME, now=datetime.now(UTC)).endpoints
    if rating.grade(endpoint).letter != "A":
        sys.exit("the server should earn an A")
    return time.perf_counter() - begin


def python() -> Path:
    """The Python of sslyze's environment."""
    listed = subprocess.run([sys.executable, str(ROOT / "scripts" / "launch.py"), "tools", "list"], capture_output=True, text=True, check=True).stdout
    found = sorted(Path.home().glob(".cache/prodready/tools/sslyze/*/bin/python"), key=lambda path: path.stat().st_mtime)
    if not found:
        sys.exit(f"sslyze is not installed:\n{listed}")
    return found[-1]


def timed(argv: list[str], codes: tuple[int, ...]) -> float:
    """Seconds of wall time."""
    begin = time.perf_counter()
    ended = subprocess.run(argv, capture_output=True, check=False)
    if ended.returncode not in codes:
        sys.exit(json.dumps([argv, ended.returncode, ended.stderr.decode()[-500:]]))
    return time.perf_counter() - begin


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    main()
