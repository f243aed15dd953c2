"""Run by the service's own Python: sets up its logging and logs secrets that never were ones, each in a way of its own. Imports nothing of prodready."""

import importlib
import json
import logging
from pathlib import Path


def main() -> None:
    """Says what ``say.json`` asks for."""
    ask = json.loads(Path("say.json").read_text("utf-8"))
    module, _, function = ask["entry"].partition(":")
    getattr(importlib.import_module(module), function)()
    log, secret = logging.getLogger(ask["logger"] or None), ask["secrets"]
    log.info("login of ada, password=%s", secret["argument"])
    log.info(f"calling the broker with token={secret['message']}")  # noqa: G004 (careless lines are the point)
    log.warning("Authorization: Bearer %s", secret["header"])
    log.info("login of ada", extra={"password": secret["extra"], "api_key": secret["extra"]})
    log.error({"user": "ada", "password": secret["object"]})
    try:
        raise ValueError(f"refused: password={secret['exception']}")  # noqa: TRY301
    except ValueError:
        log.exception("the login failed")
    log.info("connecting to postgresql://desk:%s@db.example.org/orders", secret["address"])
    log.info("all is well, %s", ask["control"])
    logging.shutdown()


main()
