"""Posts to a Slack channel through an incoming webhook (or anything that takes the same JSON). The address is a secret."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from prodready.check import CannotTell
from prodready.context import Http, HttpRequest
from prodready.evidence.record import Notification
from prodready.notify.message import Message, payload

VARIABLE = "SLACK_WEBHOOK_URL"
DEADLINE = 15.0
ATTEMPTS = 2
"""How often one message is posted; a refusal that stays (4xx) is not repeated."""


def send(http: Http, url: str, message: Message) -> Notification:
    """Posts it; never raises. Only an answer of 2xx counts as delivered; a webhook that moves is not the one that was meant."""
    body = json.dumps(payload(message)).encode()
    request = HttpRequest(url=url, method="POST", body=body, headers={"Content-Type": "application/json"}, follow=False, deadline=DEADLINE)
    told = Notification(channel="slack", delivered=False, detail="")
    for _ in range(ATTEMPTS):
        told, again = _post(http, request)
        if not again:
            break
    return told


def _post(http: Http, request: HttpRequest) -> tuple[Notification, bool]:
    """How it went, and whether another attempt may help."""
    try:
        status = http.send(request).status
    except CannotTell as silent:
        # The path of the address is the secret.
        path = urlsplit(request.url).path
        return Notification(channel="slack", delivered=False, detail=silent.reason.replace(path, "/…") if len(path) > 1 else silent.reason), True
    return Notification(channel="slack", delivered=200 <= status < 300, detail=f"it answered {status}"), status == 429 or status >= 500
