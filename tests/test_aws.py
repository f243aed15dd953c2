"""The check of AWS on moto's server, which holds each call against the policy that the check says to grant; and on Terraform that states the same."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

import answers
import launch
import servers
from live import seen
from prodready.checks.aws import grants

GRANT = """
import boto3, sys
url, key, secret, policy = sys.argv[1:]
iam = boto3.client("iam", endpoint_url=url, region_name="eu-west-1", aws_access_key_id=key, aws_secret_access_key=secret)
iam.put_user_policy(UserName="gate", PolicyName="gate", PolicyDocument=policy)
"""
HERE = Path(__file__).parent / "aws"
MOTO = ("budgets:Describe*", "s3:ListBucket*", "s3:GetBucket*")
"""Rights that moto calls as their calls, and AWS does not."""
FAULTS = {
    "identity": ["root-without-mfa"],
    "instances": ["missing-tags"],
    "autoscaling": ["no-policy", "no-room"],
    "load_balancers": ["no-backend", "no-https", "plain-http"],
    "security_groups": ["default-group-open", "no-flow-logs", "open-to-the-world"],
    "budgets": ["no-anomaly-monitor", "nobody-is-told"],
    "secrets": ["deleted-secret", "missing-secret"],
    "secret_age": ["no-rotation"],
    "audit_trail": ["kept-too-short", "not-logging", "not-validated", "one-region"],
    "role_sessions": ["long-lived-key", "long-session"],
    "encryption": ["bucket-not-encrypted", "database-not-encrypted", "log-group-not-encrypted", "volume-not-encrypted"],
    "snapshots": ["no-backups", "public-snapshot"],
}
"""What the account with a fault in each part shows."""


@pytest.fixture(scope="module")
def python():
    return launch.python_of(launch.environment(str(HERE / "moto.lock")))


@pytest.fixture
def account(python, tmp_path):
    """A moto, and how to fill it; ``ask`` looks at one part of it."""
    port = servers.port()
    url = f"http://127.0.0.1:{port}"
    keys = {"gate": ["testing", "testing"]}

    def filled(how):
        ended = subprocess.run([python, HERE / "account.py", url, how], capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 0, ended.stderr
        keys.update(json.loads(ended.stdout or "{}"))

    def ask(query, number="123456789012", **params):
        target = {"account": number, "region": "eu-west-1", "endpoint": url}
        environ = {"PRODREADY_AWS_ACCESS_KEY_ID": keys["gate"][0], "PRODREADY_AWS_SECRET_ACCESS_KEY": keys["gate"][1]}
        return seen("aws", tmp_path / query, targets={"aws": target}, environ=environ, query=query, **params)

    with servers.running([python, HERE / "serve.py", str(port)], tmp_path / "moto", lambda: servers.answers(f"{url}/moto-api/data.json")):
        yield SimpleNamespace(url=url, keys=keys, filled=filled, ask=ask)


def granted(python, account, actions):
    """From now on the gate has this policy."""
    subprocess.run([python, "-c", GRANT, account.url, *account.keys["admin"], grants.policy(actions)], check=True, timeout=60)


def rules(outcome):
    return sorted({finding.rule for finding in getattr(outcome.observation, "findings", ())})


def at_once(ask):
    with ThreadPoolExecutor(3) as pool:
        return dict(zip(FAULTS, pool.map(ask, FAULTS), strict=True))


@pytest.mark.integration
def test_a_careful_account_passes_with_the_policy_that_is_told_and_without_it_is_unknown(python, account):
    account.filled("good")
    held = urllib.request.Request(f"{account.url}/moto-api/reset-auth", data=b"0", method="POST", headers={"Content-Type": "text/plain"})
    urllib.request.urlopen(held, timeout=10).close()
    blind = account.ask("encryption")
    assert ("unknown", True) == (blind.status, grants.policy(grants.ACTIONS["encryption"]) in blind.observation.remedy), blind.summary
    granted(python, account, {*(action for actions in grants.ACTIONS.values() for action in actions), *MOTO})
    ended = at_once(account.ask)
    wanted = dict.fromkeys(FAULTS, "passed") | {"role_sessions": "failed"}
    assert wanted == {query: outcome.status for query, outcome in ended.items()}, [outcome.summary for outcome in ended.values()]
    assert ["long-lived-key"] == rules(ended["role_sessions"])  # the keys of the gate itself


@pytest.mark.integration
def test_each_planted_fault_of_an_account_is_found(account):
    account.filled("bad")
    ended = at_once(lambda query: account.ask(query, **({"names": ["prod/ibkr", "prod/bybit"]} if query == "secrets" else {})))
    assert FAULTS == {query: rules(outcome) for query, outcome in ended.items()}
    wrong = account.ask("secrets", "999999999999")
    assert ("unknown", True) == (wrong.status, "of the account 123456789012, not of 999999999999" in wrong.summary)
    assert "wrong-account" in rules(account.ask("identity", "999999999999"))


DENIED = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>The token is invalid.</Message></Error></ErrorResponse>"
THROTTLED = DENIED.replace("InvalidClientTokenId", "Throttling")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"status": 403, "text": DENIED}, "InvalidClientTokenId"), ({"status": 429, "text": THROTTLED}, "Throttling"), ({"status": 500}, "500"),
        ({"text": "<html>sign in</html>"}, "as AWS does"), ({"text": DENIED, "cut": True}, "as AWS does"), ({"text": ""}, "did not answer"),
    ],
    ids=["refused", "throttled", "failing", "a page", "half an answer", "nothing"],
)  # fmt: skip
def test_an_account_that_cannot_be_believed_is_unknown(tmp_path, said, says):
    with answers.serving({"POST /": said}) as server:
        outcome = at(server.url, tmp_path)
    assert ("unknown", True) == (outcome.status, says in outcome.summary), outcome.summary


def test_an_account_that_is_down_is_unknown_and_bound_keys_go_nowhere_else(tmp_path):
    assert ("unknown", True) == ((down := at("http://127.0.0.1:1", tmp_path)).status, "EndpointConnectionError" in down.summary)
    with answers.serving({}) as server:
        bound = at(server.url, tmp_path, PRODREADY_AWS_ACCESS_KEY_ID_HOST="amazonaws.com")
    assert ("unknown", [], True) == (bound.status, server.asked, "was not sent to 127.0.0.1" in bound.summary)


def at(url, folder, **environ):
    target = {"account": "123456789012", "region": "eu-west-1", "endpoint": url}
    keys = {"PRODREADY_AWS_ACCESS_KEY_ID": "testing", "PRODREADY_AWS_SECRET_ACCESS_KEY": "testing", **environ}
    return seen("aws", folder / "looks", targets={"aws": target}, environ=keys, query="encryption")
