"""Writes one identity statement in every format the check reads: format -> the files of a repository."""

from __future__ import annotations

import json
from collections.abc import Callable

Statement = dict[str, object]


def document(statement: Statement) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def json_document(statement):
    return {"policy.json": json.dumps(document(statement), indent=2)}


def json_without_list(statement):
    return {"policy.json": json.dumps({"Version": "2012-10-17", "Statement": statement})}


def yaml_document(statement):
    return {"policy.yml": "Version: '2012-10-17'\nStatement:\n  - " + json.dumps(statement) + "\n"}


def hcl(value) -> str:
    """A value as an HCL expression; AWS's own variables are escaped."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {hcl(member)}" for key, member in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(hcl, value)) + "]"
    return json.dumps(value).replace("${", "$${")


def terraform_jsonencode(statement):
    return {"main.tf": f'resource "aws_iam_policy" "p" {{\n  name   = "p"\n  policy = jsonencode({hcl(document(statement))})\n}}\n'}


def terraform_heredoc(statement):
    text = json.dumps(document(statement), indent=2).replace("${", "$${")
    return {"main.tf": f'resource "aws_iam_role_policy" "p" {{\n  role   = aws_iam_role.r.id\n  policy = <<-EOF\n{text}\n  EOF\n}}\n'}


def terraform_document(statement):
    names = {"Action": "actions", "NotAction": "not_actions", "Resource": "resources", "NotResource": "not_resources"}
    lines = [f'    effect = "{statement["Effect"]}"']
    for key, name in names.items():
        if key in statement:
            given = statement[key] if isinstance(statement[key], list) else [statement[key]]
            lines.append(f"    {name} = {json.dumps(given).replace('${', '&{')}")
    for test, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            given = values if isinstance(values, list) else [values]
            lines.append(f"    condition {{\n      test = {json.dumps(test)}\n      variable = {json.dumps(key)}\n      values = {json.dumps(given)}\n    }}")
    body = "\n".join(lines)
    return {
        "document.tf": f'data "aws_iam_policy_document" "d" {{\n  statement {{\n{body}\n  }}\n}}\n',
        "main.tf": 'resource "aws_iam_policy" "p" {\n  policy = data.aws_iam_policy_document.d.json\n}\n',
    }


def terraform_json(statement):
    text = json.dumps(document(statement)).replace("${", "$${")
    return {"main.tf.json": json.dumps({"resource": {"aws_iam_policy": {"p": {"policy": text}}}})}


def terraform_plan(statement):
    resource = {"address": "aws_iam_policy.p", "mode": "managed", "type": "aws_iam_policy", "name": "p", "values": {"policy": json.dumps(document(statement))}}
    return {"plan.json": json.dumps({"format_version": "1.2", "planned_values": {"root_module": {"resources": [resource]}}})}


def cloudformation_yaml(statement):
    return {
        "template.yml": "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Statement:\n          - "
        + json.dumps(statement)
        + "\n"
    }


def cloudformation_role(statement):
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": document(statement)}]}}
    return {"cdk.out/App.template.json": json.dumps({"Resources": {"Role": role}}, indent=1)}


def sam(statement):
    head = "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies:\n"
    return {"template.yaml": f"{head}        - Statement: [{json.dumps(statement)}]\n"}


def serverless(statement):
    return {"serverless.yml": f"service: desk\nprovider:\n  name: aws\n  iam:\n    role:\n      statements:\n        - {json.dumps(statement)}\n"}


def account_snapshot(statement):
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": document(statement)}
    return {
        "account.json": json.dumps(
            {"UserDetailList": [], "RoleDetailList": [], "Policies": [{"PolicyName": "p", "Arn": "arn:aws:iam::1:policy/p", "PolicyVersionList": [version]}]}
        )
    }


RENDERERS: dict[str, Callable[[Statement], dict[str, str]]] = {
    renderer.__name__: renderer
    for renderer in (
        json_document, json_without_list, yaml_document, terraform_jsonencode, terraform_heredoc, terraform_document, terraform_json, terraform_plan,
        cloudformation_yaml, cloudformation_role, sam, serverless, account_snapshot,
    )
}  # fmt: skip
