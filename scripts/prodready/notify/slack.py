"""A message to a Slack channel through an incoming webhook (or anything that takes the same JSON). The address is a secret."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from prodready.check import CannotTell
from prodready.context import Http, HttpRequest
from prodready.evidence.record import Notification

VARIABLE = "SLACK_WEBHOOK_URL"
DEADLINE = 15.0
_MOST = 3000
"""Characters; Slack cuts longer messages."""


def send(http: Http, url: str, text: str) -> Notification:
    """Posts the text; never raises. Only an answer of 2xx counts as delivered; a webhook that moves is not the one that was meant."""
    body = json.dumps({"text": text[:_MOST]}).encode()
    request = HttpRequest(url=url, method="POST", body=body, headers={"Content-Type": "application/json"}, follow=False, deadline=DEADLINE)
    try:
        status = http.send(request).status
    except CannotTell as silent:
        # The path of the address is the secret.
        detail = silent.reason.replace(urlsplit(url).path, "/…") if len(urlsplit(url).path) > 1 else silent.reason
        return Notification(channel="slack", delivered=False, detail=detail)
    return Notification(channel="slack", delivered=200 <= status < 300, detail=f"it answered {status}")
