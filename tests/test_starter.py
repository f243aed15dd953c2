"""Items of the profile ``starter`` on what is met in repositories that people look after: no false alarm, and no fault missed beside it."""

import pytest

from programs import prodready, repository, statuses

DENY = """\
data "aws_iam_policy_document" "endpoint" {
  statement {
    effect    = "Deny"
    actions   = ["*"]
    resources = ["*"]
  }
}
"""
ALLOW = DENY.replace("Deny", "Allow")
LATE = 'data "aws_iam_policy_document" "p" {\n  statement {\n    actions = ["*"]\n    effect = "Deny"\n  }\n}\n'
IMPLIED = 'data "aws_iam_policy_document" "p" {\n  statement {\n    actions = ["*"]\n  }\n}\n'
PROBE = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: desk\n          readinessProbe:\n"
IMAGE = "FROM python:3.13-slim\nUSER app\n"
HEALTH = f"{IMAGE}HEALTHCHECK CMD true\n"


def held(folder, item, files):
    """The status of one item in a repository of these files."""
    repository(folder / "repo", files)
    ended = prodready("run", folder / "repo", "--only", item, "--offline", "--out", folder / "out")
    assert ended.code in (0, 1, 3), ended.everything
    return statuses(folder / "out")[item]


@pytest.mark.parametrize(("text", "status"), [(DENY, "passed"), (ALLOW, "failed"), (LATE, "passed"), (IMPLIED, "failed"), (DENY + ALLOW, "failed")])
def test_a_policy_that_forbids_everything_opens_no_door(tmp_path, text, status):
    assert status == held(tmp_path, "infrastructure.public", {"main.tf": text})


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"Dockerfile": IMAGE}, "failed"),
        ({"Dockerfile": IMAGE, "kubernetes-manifests/desk.yaml": PROBE}, "passed"),
        ({"Dockerfile": IMAGE, "helm-chart/templates/desk.yaml": PROBE}, "passed"),
        ({"Dockerfile": IMAGE, "docs/probes.md": PROBE}, "failed"),
        ({"Dockerfile": IMAGE, ".github/workflows/x.yml": "jobs:\n  healthcheck:\n"}, "failed"),
        ({"compose.yaml": "services: {desk: {image: 'desk:1'}}\n", "docker/dockerfile": HEALTH}, "passed"),
    ],
)
def test_health_may_be_told_in_any_of_the_usual_places(tmp_path, files, status):
    assert status == held(tmp_path, "containers.health", files)
