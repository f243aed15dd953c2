"""Which Terraform resources carry policies, roles and bindings, once their values are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from prodready.checks.iam_wildcards import managed, statements, terraform_calls, terraform_platforms
from prodready.checks.iam_wildcards.policy import Kind, Policy, Unparsed
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.model import Finding, Severity
from prodready.readers.located import At, Plain, read_json
from prodready.readers.structured import Unreadable
from prodready.terraform import marks
from prodready.terraform.hcl_functions import Encoded
from prodready.terraform.known import Either, Unknown
from prodready.terraform.resource import Resource, address, members, words

_IDENTITY = {
    "aws_iam_policy": "policy",
    "aws_iam_role_policy": "policy",
    "aws_iam_user_policy": "policy",
    "aws_iam_group_policy": "policy",
    "aws_iot_policy": "policy",
    "aws_ssoadmin_permission_set_inline_policy": "inline_policy",
}
_RESOURCE = ("policy", "resource_policy", "access_policy", "access_policies", "policy_text", "inline_policy", "bucket_policy", "policy_document")
_ATTACHED = re.compile(r"^aws_iam_(?:(?:role|user|group)_)?policy_attachment$")
_SERVICE = {
    "cloudwatch_log": "logs",
    "elasticsearch_domain": "es",
    "opensearch_domain": "es",
    "secretsmanager_secret": "secretsmanager",
    "efs_file": "elasticfilesystem",
}
_NO_POLICY = frozenset(
    ("aws_ecr_lifecycle_policy", "aws_dlm_lifecycle_policy", "aws_autoscaling_policy", "aws_appautoscaling_policy", "aws_networkfirewall_firewall_policy")
)


class Evaluated:
    """Evaluated values as a source of documents."""

    literal = False

    def __init__(self, path: str, start: int) -> None:
        self.path, self.start = path, start

    def line(self, at: At, value: object) -> int | None:
        """The line the value was written on, or that of the resource."""
        found = getattr(value, "line", None)
        return found if isinstance(found, int) else self.start

    def resolve(self, value: Any) -> Any:
        """The data behind an encoded text."""
        return value.data if isinstance(value, Encoded) else value


def policies(resources: Sequence[Resource], out: Verdicts) -> list[Policy]:
    """Every policy of the resources; roles and bindings of other platforms are judged at once."""
    reader = _Reader(resources, out)
    found = [policy for resource in resources for policy in reader.resource(resource)]
    return [reader.used(policy) for policy in found]


class _Reader:
    def __init__(self, resources: Sequence[Resource], out: Verdicts) -> None:
        self.out = out
        self.holders: dict[str, list[str]] = {}
        self.boundaries: set[str] = set()
        self.ends = {each.name: end for each in resources if (end := _end(each))}
        for each in resources:
            self.boundaries |= {address(text) for text in words(each.body.get("permissions_boundary"))}
            if _ATTACHED.match(each.kind):
                self.attach(each)
            for arn in words(each.body.get("managed_policy_arns")) if each.kind == "aws_iam_role" else ():
                self.holders.setdefault(address(arn), []).append(each.name)

    def attach(self, resource: Resource) -> None:
        who = [address(text) for key in ("role", "user", "group", "roles", "users", "groups") for text in words(resource.body.get(key))]
        for arn in words(resource.body.get("policy_arn")):
            self.holders.setdefault(address(arn), []).extend(who)

    def used(self, policy: Policy) -> Policy:
        """The policy with its holders, or as the boundary it is."""
        key = policy.name
        if policy.kind is Kind.IDENTITY and key in self.boundaries and key not in self.holders:
            return policy.of(Kind.BOUNDARY)
        if policy.kind is not Kind.IDENTITY:
            return policy
        subjects = tuple(dict.fromkeys(self.holders[key])) if key in self.holders else policy.subjects
        return policy.of(policy.kind, subjects=subjects, own=tuple(self.ends[name] for name in (key, *subjects) if name in self.ends))

    def resource(self, resource: Resource) -> Iterator[Policy]:
        kind, body = resource.kind, resource.body
        if kind.startswith("aws_"):
            yield from self.aws(resource, kind, body)
        elif kind == "module":
            yield from (self.document(resource, given, None) for given in terraform_calls.documents(body, resource.line))
        elif kind.startswith(("google_", "azurerm_")):
            terraform_platforms.cloud(resource, self.out)
        elif kind.startswith("kubernetes_"):
            terraform_platforms.kubernetes(resource, self.out)

    def aws(self, resource: Resource, kind: str, body: dict[str, Any]) -> Iterator[Policy]:
        if resource.data:
            if kind == "aws_iam_policy_document" and "json" in body:
                yield self.document(resource, body["json"], None)
        elif kind in _IDENTITY:
            if _IDENTITY[kind] in body:
                holder = [address(text) for key in ("role", "user", "group") for text in words(body.get(key))]
                yield self.document(resource, body[_IDENTITY[kind]], Kind.IDENTITY, subjects=tuple(holder))
        elif kind in ("aws_iam_role", "aws_iam_user", "aws_iam_group"):
            yield from self.role(resource, body)
        elif _ATTACHED.match(kind) or kind == "aws_ssoadmin_managed_policy_attachment":
            self.named(resource, body.get("policy_arn", body.get("managed_policy_arn")))
        elif kind == "aws_organizations_policy":
            if str(body.get("type", "SERVICE_CONTROL_POLICY")) in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
                yield self.document(resource, body.get("content"), Kind.CEILING)
        else:
            yield from self.others(resource, kind, body)

    def others(self, resource: Resource, kind: str, body: dict[str, Any]) -> Iterator[Policy]:
        if kind == "aws_lambda_permission":
            self.permission(resource)
        elif kind == "aws_lambda_function_url":
            self.function_url(resource, words(body.get("authorization_type")))
        elif kind not in _NO_POLICY:
            yield from self.guarded(resource, kind, body)

    def role(self, resource: Resource, body: dict[str, Any]) -> Iterator[Policy]:
        if body.get("assume_role_policy") is not None:
            yield self.document(resource, body["assume_role_policy"], Kind.TRUST)
        for inline in members(body.get("inline_policy")):
            if isinstance(inline, Unknown):
                self.gap(resource, inline.name)
            elif isinstance(inline, dict) and inline.get("policy") is not None:
                yield self.document(resource, inline["policy"], Kind.IDENTITY, subjects=(resource.name,))
        self.named(resource, body.get("managed_policy_arns"))

    def guarded(self, resource: Resource, kind: str, body: dict[str, Any]) -> Iterator[Policy]:
        key = next((key for key in _RESOURCE if body.get(key) is not None and not isinstance(body[key], (list, bool))), "")
        if key and (isinstance(body[key], (Encoded, Unknown, Either, dict)) or "{" in str(body[key]) or marks.is_unknown(str(body[key]))):
            service = next((short for long, short in _SERVICE.items() if long in kind), kind.split("_")[1])
            yield self.document(resource, body[key], Kind.ENDPOINT if "vpc_endpoint" in kind else Kind.RESOURCE, service=service)

    def document(self, resource: Resource, value: Any, kind: Kind | None, *, subjects: tuple[str, ...] = (), service: str = "") -> Policy:
        path, line = getattr(value, "path", "") or resource.path, getattr(value, "line", None) or resource.line
        source: Any = Evaluated(path, line)
        if isinstance(value, str):
            value, source = _parsed(value, path, line)
        return statements.read(value, (), source, kind=kind, name=resource.name, service=service, subjects=subjects)

    def named(self, resource: Resource, value: Any) -> None:
        for text in words(value):
            if not (resource.planned and marks.is_unknown(text)) and not marks.referred(text):
                managed.judge(text, resource.path, resource.line, resource.name, self.out)

    def gap(self, resource: Resource, name: str) -> None:
        self.out.gaps[f"{resource.path}:{resource.line}: UNRESOLVED {marks.shown(name)} in {resource.name}"] = None

    def function_url(self, resource: Resource, given: list[str]) -> None:
        if "NONE" in given:
            managed.open_url(resource.name, "authorization_type", resource.path, resource.line, self.out)
        for text in filter(marks.is_unknown, given):
            self.gap(resource, text)

    def permission(self, resource: Resource) -> None:
        if resource.body.get("principal") == "*" and not any(resource.body.get(key) for key in ("source_arn", "source_account", "principal_org_id")):
            self.out.add(
                Finding(
                    rule="IAM-ANYONE", message=f"{resource.name}: principal * lets anyone invoke the function", severity=Severity.HIGH, path=resource.path,
                    line=resource.line, fix="name the service or account, and source_arn or source_account",
                )
            )  # fmt: skip


def _parsed(text: str, path: str, line: int) -> tuple[Any, Any]:
    """JSON written as a text: the data, and a source that knows where the text begins."""
    if (marks.wholly_unknown(text.strip()) or marks.referred(text)) and not text.lstrip().startswith("{"):
        return Unknown(marks.shown(text.strip())), Evaluated(path, line)
    try:
        found = read_json(text, path)
    except Unreadable as error:
        if marks.is_unknown(text):
            return Unknown("a text that is put together from what is not known"), Evaluated(path, line)
        return Unparsed(str(error).partition(": ")[2]), Evaluated(path, line)
    step = getattr(text, "line", None)
    if isinstance(step, int):
        return found.data, Plain(path=path, data=found.data, text=found.text, begins=line)
    return found.data, Plain(path=path, data=found.data, known={(): line})


def _end(resource: Resource) -> str:
    """The end of the ARN of a policy, role, user or group; empty where its name is not known before a deployment."""
    kind, name, path = resource.kind.removeprefix("aws_iam_"), resource.body.get("name"), resource.body.get("path", "/")
    known = kind in ("policy", "role", "user", "group") and isinstance(name, str) and isinstance(path, str) and not marks.is_unknown(name + path)
    return f"{kind}{path}{name}" if known else ""
