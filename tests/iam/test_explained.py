"""``explain`` tells how each statement was read: what it allows, what narrows it, and which Deny counts."""

import json

from iam.worlds import seen

ALLOW = {"Effect": "Allow", "Action": ["s3:GetObject", "ec2:DescribeInstances"], "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}


def explained(*statements):
    notes = seen({"p.json": json.dumps({"Statement": list(statements)})}, explain=True).notes
    return [note.removeprefix("p.json:1: ") for note in notes if note.startswith("p.json")]


def test_what_a_statement_allows_and_what_does_not_narrow_it():
    (told,) = explained(ALLOW)
    assert told.split("; ") == [
        "Allow s3:GetObject, ec2:DescribeInstances on *", "nothing narrows it", "not counted: aws:SecureTransport does not say which resources or callers",
        "can only be granted on *: ec2:DescribeInstances",
    ]  # fmt: skip


def test_whether_a_deny_counts():
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    unsure = {**deny, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    assert explained({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, deny) == [
        "Allow s3:GetObject on *; nothing narrows it", "Deny s3:* is taken from what its holder is allowed",
    ]  # fmt: skip
    assert explained(unsure) == ["Deny s3:* is not counted: a condition decides whether it applies"]
