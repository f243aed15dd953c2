"""Opens pages in a headless Chromium and prints what it says of mixed content: ``browser.py '{"program": …, "urls": […]}'``. Standard library only.

It speaks the DevTools protocol over two pipes, so that no port is opened, and reads the browser's own issues (``MixedContentIssue``).
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from typing import Any

SETTLE = 1.0
"""Seconds without an event after which a page is taken to be done."""
PATIENCE = 30.0
"""Seconds one page may take."""
MOST_BYTES = 64 * 1024 * 1024


class Browser:
    """A running Chromium."""

    def __init__(self, asked: dict[str, Any], folder: str) -> None:
        flags = ["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions"]
        flags += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder}", "--host-resolver-rules=" + asked["resolve"]]
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has none for root
        self.commands, self.incoming = _pipes()
        quiet = subprocess.DEVNULL
        argv = [asked["program"], *flags, "about:blank"]
        self.process = subprocess.Popen(argv, pass_fds=(3, 4), stdin=quiet, stdout=quiet, stderr=quiet)
        os.close(3)
        os.close(4)
        self.buffer, self.number = b"", 0

    def send(self, method: str, session: str = "", **params: Any) -> int:
        """Sends a command; returns its number."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        return self.number

    def receive(self, seconds: float) -> dict[str, Any] | None:
        """The next message; None when there was none in time. Raises EOFError when the browser is gone."""
        until = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.incoming], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return None
            part = os.read(self.incoming, 65536)
            if not part or len(self.buffer) > MOST_BYTES:
                raise EOFError("the browser ended")
            self.buffer += part
        first, _, self.buffer = self.buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(first)
        return message

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """The result of a command. Raises TimeoutError or RuntimeError."""
        number, until = self.send(method, session, **params), time.monotonic() + PATIENCE
        while time.monotonic() < until:
            message = self.receive(until - time.monotonic())
            if message and message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error'].get('message')}")
                result: dict[str, Any] = message.get("result", {})
                return result
        raise TimeoutError(f"{method} got no answer")

    def close(self) -> None:
        """Ends it."""
        self.process.kill()
        self.process.wait()


def _pipes() -> tuple[int, int]:
    """Our ends of two pipes; the other ends are 3, where Chromium reads commands, and 4, where it writes events."""
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for pipe in (os.pipe(), os.pipe()) for end in pipe]
    os.dup2(ends[0], 3)
    os.dup2(ends[3], 4)
    os.close(ends[0])
    os.close(ends[3])
    return ends[1], ends[2]


def look(browser: Browser, url: str, *, trusting: bool) -> dict[str, Any]:
    """The issues of one page, and which of its requests failed."""
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    for domain in ("Network", "Page", "Audits"):
        browser.call(f"{domain}.enable", session)
    if trusting:
        browser.call("Security.setIgnoreCertificateErrors", session, ignore=True)
    browser.send("Page.navigate", session, url=url)
    seen: dict[str, Any] = {"url": url, "issues": [], "failed": [], "status": 0, "loaded": False, "failure": ""}
    addresses: dict[str, str] = {}
    until, quiet = time.monotonic() + PATIENCE, time.monotonic()
    while time.monotonic() < until and not (seen["loaded"] and time.monotonic() - quiet > SETTLE):
        message = browser.receive(SETTLE / 4)
        if message and message.get("sessionId") == session:
            quiet = time.monotonic()
            _note(message, seen, addresses)
    browser.call("Target.closeTarget", targetId=target)
    return seen


def _note(message: dict[str, Any], seen: dict[str, Any], addresses: dict[str, str]) -> None:
    params = message.get("params", {})
    match message.get("method"):
        case "Audits.issueAdded" if params["issue"]["code"] == "MixedContentIssue":
            details = params["issue"]["details"]["mixedContentIssueDetails"]
            seen["issues"].append({key: str(details.get(key, "")) for key in ("resolutionStatus", "resourceType", "insecureURL")})
        case "Network.requestWillBeSent":
            addresses[params["requestId"]] = params["request"]["url"]
        case "Network.responseReceived":
            status = params["response"]["status"]
            if params.get("type") == "Document" and not seen["status"]:
                seen["status"] = status
            elif status >= 400:
                seen["failed"].append(params["response"]["url"])
        case "Network.loadingFailed":
            seen["failed"].append(addresses.get(params["requestId"], ""))
            if params.get("type") == "Document" and not seen["status"]:
                seen["failure"] = params.get("errorText", "")
        case "Page.loadEventFired":
            seen["loaded"] = True


def main(words: str) -> None:
    """Prints the account of every page."""
    asked = json.loads(words)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(asked, folder)
        try:
            version = browser.call("Browser.getVersion")["product"]
            pages = [look(browser, url, trusting=asked["trusting"]) for url in asked["urls"]]
            sys.stdout.write(json.dumps({"version": version, "pages": pages}))
        finally:
            browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
