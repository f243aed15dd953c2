"""CloudFormation, SAM, CDK output and the Serverless Framework: every policy of a template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from prodready.checks.iam_wildcards import managed, statements
from prodready.checks.iam_wildcards.intrinsics import Template
from prodready.checks.iam_wildcards.policy import Kind, Policy
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.model import Finding, Severity
from prodready.readers.located import At, Plain
from prodready.terraform import marks
from prodready.terraform.known import Either, Unknown

_HOLDERS = ("Role", "User", "Group")
_RESOURCE = (
    "PolicyDocument",
    "KeyPolicy",
    "ResourcePolicy",
    "RepositoryPolicyText",
    "FileSystemPolicy",
    "AccessPolicies",
    "BackupVaultPolicy",
    "AccessPolicy",
    "Policy",
    "PolicyText",
    "RegistryPolicy",
)


def is_template(data: dict[Any, Any]) -> bool:
    """Whether the data is a CloudFormation template."""
    found = data.get("Resources")
    return isinstance(found, dict) and any(isinstance(each, dict) and isinstance(each.get("Type"), str) and "::" in each["Type"] for each in found.values())


def is_serverless(data: dict[Any, Any]) -> bool:
    """Whether the data is a Serverless Framework service."""
    provider = data.get("provider")
    return "service" in data and isinstance(provider, dict) and provider.get("name") == "aws"


def read(document: Plain, out: Verdicts) -> list[Policy]:
    """Every policy of the template; managed policies that are only named are judged at once."""
    serverless = is_serverless(document.data)
    template = Template(document, serverless=serverless)
    root: At = ("resources", "Resources") if serverless else ("Resources",)
    reader = _Reader(template, out)
    found = [
        policy
        for name, resource in template.section("Resources").items()
        if isinstance(resource, dict)
        for policy in reader.resource(str(name), resource, (*root, str(name)))
    ]
    if serverless:
        found += reader.service(document.data)
    return [policy.of(Kind.BOUNDARY) if policy.name.rpartition(" ")[2] in reader.boundaries and not policy.subjects else policy for policy in found]


class _Reader:
    def __init__(self, template: Template, out: Verdicts) -> None:
        self.template, self.out = template, out
        self.boundaries: set[str] = set()
        self.attached: dict[str, list[str]] = {}
        for name, resource in template.section("Resources").items():
            if isinstance(resource, dict) and isinstance(resource.get("Properties"), dict):
                self.link(str(name), resource)

    def link(self, name: str, resource: dict[str, Any]) -> None:
        """Which policies of the template a role refers to."""
        given = resource["Properties"]
        self.boundaries |= set(marks.referred(self.template.word(given.get("PermissionsBoundary", ""))))
        for key in ("ManagedPolicyArns", "ManagedPolicies"):
            for arn in self.words(given.get(key)):
                for policy in marks.referred(arn):
                    self.attached.setdefault(policy, []).append(name)

    def resource(self, name: str, resource: dict[str, Any], at: At) -> Iterator[Policy]:
        kind, given = str(resource.get("Type", "")), resource.get("Properties")
        if not isinstance(given, dict):
            return
        at = (*at, "Properties")
        for policy in self.policies(name, kind, given, at):
            if "Condition" in resource:
                yield replace(policy, statements=tuple(replace(statement, maybe=True) for statement in policy.statements))
            else:
                yield policy

    def policies(self, name: str, kind: str, given: dict[str, Any], at: At) -> Iterator[Policy]:
        service = kind.split("::")[1].lower() if kind.count("::") > 1 else ""
        label = f"{kind} {name}"
        if kind in ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"):
            yield from self.identity(name, label, given, at)
        elif kind.startswith("AWS::Serverless::"):
            yield from self.sam(name, label, given, at)
        elif kind.startswith(("AWS::IAM::", "AWS::IoT::Policy")) and "PolicyDocument" in given:
            yield self.document(given, "PolicyDocument", at, label, Kind.IDENTITY, subjects=self.holders(name, given))
        elif kind == "AWS::Organizations::Policy" and "Content" in given:
            yield self.document(given, "Content", at, label, Kind.CEILING)
        elif kind == "AWS::SSO::PermissionSet":
            yield from self.permission_set(name, label, given, at)
        elif kind == "AWS::Lambda::Permission":
            self.permission(label, given, at)
        else:
            key = next((key for key in _RESOURCE if key in given and not isinstance(given[key], str)), "")
            if key:
                yield self.document(given, key, at, label, Kind.ENDPOINT if kind == "AWS::EC2::VPCEndpoint" else Kind.RESOURCE, service=service)

    def document(self, given: dict[str, Any], key: str, at: At, label: str, kind: Kind, *, subjects: tuple[str, ...] = (), service: str = "") -> Policy:
        return statements.read(given[key], (*at, key), self.template, kind=kind, name=label, service=service, subjects=subjects)

    def identity(self, name: str, label: str, given: dict[str, Any], at: At) -> Iterator[Policy]:
        if "AssumeRolePolicyDocument" in given:
            yield self.document(given, "AssumeRolePolicyDocument", at, label, Kind.TRUST)
        yield from self.inline(name, label, given.get("Policies"), (*at, "Policies"))
        self.named(given.get("ManagedPolicyArns"), (*at, "ManagedPolicyArns"), label)

    def inline(self, name: str, label: str, value: Any, at: At) -> Iterator[Policy]:
        for each, where in self.members(value, at):
            if isinstance(each, Unknown):
                self.unresolved(each.name, label, where)
            elif isinstance(each, dict) and "PolicyDocument" in each:
                yield self.document(each, "PolicyDocument", where, label, Kind.IDENTITY, subjects=(name,))

    def sam(self, name: str, label: str, given: dict[str, Any], at: At) -> Iterator[Policy]:
        if "AssumeRolePolicyDocument" in given:
            yield self.document(given, "AssumeRolePolicyDocument", at, label, Kind.TRUST)
        address = given.get("FunctionUrlConfig")
        if isinstance(address, dict) and self.template.word(address.get("AuthType", "")) == "NONE":
            managed.open_url(label, "AuthType", self.template.path, self.template.line((*at, "FunctionUrlConfig"), None), self.out)
        for each, where in self.members(given.get("Policies"), (*at, "Policies")):
            if isinstance(each, Unknown):
                self.unresolved(each.name, label, where)
            elif isinstance(each, str):
                managed.judge(each, self.template.path, self.template.line(where, each), label, self.out)
            elif isinstance(each, dict) and len(each) == 1 and str(next(iter(each))).endswith("Policy"):
                self.sam_template(each, where, label)
            elif isinstance(each, dict) and any(str(key).lower() == "statement" for key in each):
                yield statements.read(each, where, self.template, kind=Kind.IDENTITY, name=label, subjects=(name,))

    def sam_template(self, each: dict[str, Any], at: At, label: str) -> None:
        """A policy template of SAM names the resource it is for: as narrow as that name."""
        self.out.named += 1
        name, given = next(iter(each.items()))
        for key, value in given.items() if isinstance(given, dict) else ():
            text = self.template.word(value)
            if marks.is_unknown(text):
                self.unresolved(text, label, at)
            elif text.strip() and not text.strip("*?"):
                self.out.add(
                    Finding(
                        rule="IAM-RESOURCE-STAR", message=f"{label}: {name} for {key} {text} is for every resource of the account", severity=Severity.HIGH,
                        path=self.template.path, line=self.template.line((*at, name), None), fix=f"name the one resource: {key}: !Ref …",
                    )
                )  # fmt: skip

    def permission_set(self, name: str, label: str, given: dict[str, Any], at: At) -> Iterator[Policy]:
        if "InlinePolicy" in given and not isinstance(given["InlinePolicy"], str):
            yield self.document(given, "InlinePolicy", at, label, Kind.IDENTITY, subjects=(name,))
        self.named(given.get("ManagedPolicies"), (*at, "ManagedPolicies"), label)

    def permission(self, label: str, given: dict[str, Any], at: At) -> None:
        if self.template.word(given.get("Principal", "")) == "*" and not {"SourceArn", "SourceAccount", "PrincipalOrgID"} & given.keys():
            self.out.add(
                Finding(
                    rule="IAM-ANYONE", message=f"{label}: Principal * lets anyone invoke the function", severity=Severity.HIGH, path=self.template.path,
                    line=self.template.line((*at, "Principal"), None), fix="name the service or account, and SourceArn or SourceAccount",
                )
            )  # fmt: skip

    def holders(self, name: str, given: dict[str, Any]) -> tuple[str, ...]:
        found = [
            holder
            for key in (*(f"{word}s" for word in _HOLDERS), *(f"{word}Name" for word in _HOLDERS))
            for text in self.words(given.get(key))
            for holder in marks.referred(text) or (text,)
        ]
        return tuple(dict.fromkeys([*found, *self.attached.get(name, ())]))

    def named(self, value: Any, at: At, label: str) -> None:
        for each, where in self.members(value, at):
            text = marks.unknown(each.name) if isinstance(each, Unknown) else each if isinstance(each, str) else ""
            if text and not marks.referred(text):
                managed.judge(text, self.template.path, self.template.line(where, each), label, self.out)

    def words(self, value: Any) -> list[str]:
        return [marks.unknown(each.name) if isinstance(each, Unknown) else str(each) for each, _ in self.members(value, ())]

    def members(self, value: Any, at: At) -> Iterator[tuple[Any, At]]:
        """The members of a list or the one value, functions evaluated; both branches of a choice."""
        found = self.template.resolve(value)
        if isinstance(found, Either):
            for option in found.options:
                yield from self.members(option, at)
        elif isinstance(found, list):
            for index, each in enumerate(found):
                yield from self.members(each, (*at, index))
        elif found is not None:
            yield found, at

    def unresolved(self, name: str, label: str, at: At) -> None:
        self.out.gaps[f"{self.template.path}:{self.template.line(at, None) or 1}: UNRESOLVED {marks.shown(name)} in {label}"] = None

    def service(self, data: dict[str, Any]) -> list[Policy]:
        """The statements that the Serverless Framework turns into roles."""
        provider = data["provider"]
        role = provider["iam"].get("role") if isinstance(provider.get("iam"), dict) else None
        spots: list[tuple[Any, At, str]] = [(provider.get("iamRoleStatements"), ("provider", "iamRoleStatements"), "provider")]
        if isinstance(role, dict):
            spots.append((role.get("statements"), ("provider", "iam", "role", "statements"), "provider"))
            self.named(role.get("managedPolicies"), ("provider", "iam", "role", "managedPolicies"), "provider")
        functions = data.get("functions")
        for name, function in functions.items() if isinstance(functions, dict) else ():
            if isinstance(function, dict):
                spots.append((function.get("iamRoleStatements"), ("functions", str(name), "iamRoleStatements"), f"function {name}"))
        self.named(provider.get("iamManagedPolicies"), ("provider", "iamManagedPolicies"), "provider")
        return [
            statements.read(
                {"Statement": value}, at[:-1] if at[-1] != "Statement" else at, _At(self.template, at), kind=Kind.IDENTITY, name=name, subjects=(name,)
            )
            for value, at, name in spots
            if value is not None
        ]


class _At:
    """A list of statements that stands where a document would."""

    literal = False

    def __init__(self, template: Template, at: At) -> None:
        self.template, self.at = template, at

    @property
    def path(self) -> str:
        return self.template.path

    def line(self, at: At, value: object) -> int | None:
        rest = at[len(self.at) - 1 :]
        return self.template.line((*self.at, *(rest[1:] if rest[:1] == ("Statement",) else rest)), value)

    def resolve(self, value: Any) -> Any:
        return self.template.resolve(value)
