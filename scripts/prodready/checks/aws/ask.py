"""Asks an AWS account for facts and prints them as JSON: ``ask.py QUESTION``. Reads only. Runs in the environment of ``tool.toml``, not in prodready's.

QUESTION is JSON: ``{"query": …, "region": …, "endpoint": …}``; the credentials come by boto3's own variables. Each fact is a row: ``{"kind": …, "id": …, …}``.
An attribute that may not be read is null, and the right that it needs is among ``denied``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MOST = 5000
"""Members of one list that are read."""
REFUSED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthorizationErrorException", "403")
ABSENT = ("NoSuchLifecycleConfiguration", "ServerSideEncryptionConfigurationNotFoundError")
ACTIONS = {
    "s3:ListBuckets": "s3:ListAllMyBuckets", "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration", "budgets:DescribeBudgets": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget", "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
}  # fmt: skip
"""Calls whose right is not called as they are."""


class Account:
    """An account as it is asked: what may not be read is written down and reads as nothing."""

    def __init__(self, region: str, endpoint: str) -> None:
        import boto3
        from botocore.config import Config

        self.session = boto3.Session(region_name=region or None)
        self.config = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2, "mode": "standard"}, user_agent_extra="prodready")
        self.endpoint, self.number = endpoint or None, ""
        self.used: dict[str, None] = {}
        self.denied: dict[str, None] = {}
        self.cut: list[str] = []

    def client(self, service: str) -> Any:
        return self.session.client(service, config=self.config, endpoint_url=self.endpoint)

    def ask(self, service: str, call: str, **words: Any) -> Row | None:
        """One answer; empty where there is none, None where it may not be read."""
        from botocore.exceptions import ClientError

        client = self.client(service)
        with_caps = next(name for name in client.meta.service_model.operation_names if name.lower() == call.replace("_", ""))
        action = f"{'elasticloadbalancing' if service == 'elbv2' else service}:{with_caps}"
        action = ACTIONS.get(action, action)
        self.used[action] = None
        try:
            if not client.can_paginate(call):
                return dict(getattr(client, call)(**words))
            pages = client.get_paginator(call).paginate(**words, PaginationConfig={"MaxItems": MOST}).build_full_result()
            if "NextToken" in pages:
                self.cut.append(f"{call} has more than {MOST} members")
            return dict(pages)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ABSENT:
                return {}
            if code not in REFUSED:
                raise
            self.denied[action] = None
            return None

    def rows(self, service: str, call: str, key: str, **words: Any) -> list[Row]:
        """The members of a list."""
        return list((self.ask(service, call, **words) or {}).get(key) or [])


def answer(asked: Row) -> Row:
    """The facts, or ``{"failed": …}`` where the account did not answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    sys.path.insert(0, str(Path(__file__).parent))  # a program of its own: beside it, not in prodready's package
    from queries import QUERIES

    try:
        aws = Account(asked["region"], asked["endpoint"])
        aws.number = aws.client("sts").get_caller_identity()["Account"]
        rows = list(next(each for each in QUERIES if each.__name__ == asked["query"])(aws)) if asked["account"] in ("", aws.number) else []
    except ClientError as error:
        return {"failed": f"{error.response['Error']['Code']}: {error.response['Error'].get('Message', '')}"}
    except BotoCoreError as error:
        return {"failed": f"{type(error).__name__}: {error}"}
    except Exception as error:  # noqa: BLE001 - an answer of another shape, or half of one
        return {"failed": f"it did not answer as AWS does ({type(error).__name__}: {error})"}
    return {"account": aws.number, "rows": rows, "denied": list(aws.denied), "used": list(aws.used), "cut": aws.cut}


if __name__ == "__main__":
    if sys.argv[1] == "--version":
        import boto3

        sys.stdout.write(f"boto3 {boto3.__version__}\n")
    else:
        sys.stdout.write(json.dumps(answer(json.loads(sys.argv[1])), default=lambda when: when.isoformat()))
