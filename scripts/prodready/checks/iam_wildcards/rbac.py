"""Kubernetes RBAC: what roles allow, and to whom the strongest are bound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready.checks.iam_wildcards import tables
from prodready.checks.iam_wildcards.verdicts import Verdicts, listed
from prodready.model import Finding, Severity
from prodready.readers.located import At, Plain

_SYSTEM = ("system:", "kubeadm:")
_STEALS = {
    "secrets": ("get", "list", "watch", "*"),
    "pods/exec": ("create", "get", "*"),
    "pods/attach": ("create", "get", "*"),
    "serviceaccounts/token": ("create", "*"),
    "nodes/proxy": ("get", "create", "*"),
}
_STRONG = frozenset(("cluster-admin", "admin", "edit", "system:masters"))
"""Names that are no limit for who may bind or impersonate them."""
_BECOMES = {
    "certificatesigningrequests/approval": (("update", "patch", "*"), "can sign a certificate for any name"),
    "mutatingwebhookconfigurations": (("create", "update", "patch", "*"), "can read and change whatever is written to the API server, secrets included"),
    "validatingwebhookconfigurations": (("create", "update", "patch", "*"), "can read whatever is written to the API server, secrets included"),
}
"""Ways up that the RBAC good practices of Kubernetes name beside those that steal."""
_RAISED = frozenset(("roles", "clusterroles", "users", "groups"))
"""Resources that may be escalated, bound or impersonated: every verb on them is those as well."""
_CREATES = ("pods", "deployments", "daemonsets", "statefulsets", "jobs", "cronjobs", "replicasets")


def read(document: Plain, out: Verdicts) -> int:
    """Judges the roles and bindings of a document; how many there were."""
    count = 0
    for at, item in _items(document.data, ()):
        if str(item.get("apiVersion", "")).startswith("rbac.authorization.k8s.io"):
            count += 1
            _Manifest(document, at, item, out).judge()
    return count


def _items(data: Any, at: At) -> Iterator[tuple[At, dict[str, Any]]]:
    if isinstance(data, dict) and isinstance(data.get("items"), list) and str(data.get("kind", "")).endswith("List"):
        for index, item in enumerate(data["items"]):
            yield from _items(item, (*at, "items", index))
    elif isinstance(data, dict):
        yield at, data


class _Manifest:
    def __init__(self, document: Plain, at: At, item: dict[str, Any], out: Verdicts) -> None:
        self.document, self.at, self.item, self.out = document, at, item, out
        meta = item.get("metadata")
        self.name = str(meta.get("name", "")) if isinstance(meta, dict) else ""
        self.kind = str(item.get("kind", ""))

    def judge(self) -> None:
        if self.kind in ("Role", "ClusterRole"):
            for index, rule in enumerate(_list(self.item.get("rules"))):
                if isinstance(rule, dict):
                    self.rule(rule, (*self.at, "rules", index))
                else:
                    self.find("RBAC-UNREADABLE", Severity.MEDIUM, "a rule must be an object", "correct the manifest", (*self.at, "rules", index))
            if self.item.get("aggregationRule"):
                self.aggregation()
        elif self.kind in ("RoleBinding", "ClusterRoleBinding"):
            self.binding()

    def rule(self, rule: dict[str, Any], at: At) -> None:
        verbs, resources, groups = (_texts(rule.get(key)) for key in ("verbs", "resources", "apiGroups"))
        urls, names = _texts(rule.get("nonResourceURLs")), _texts(rule.get("resourceNames"))
        unknown = [text for text in (*verbs, *resources, *groups) if "{{" in text or "$(" in text or "${" in text]
        if unknown:
            self.out.gaps[f"{self.document.path}:{self.document.line(at, rule)}: UNRESOLVED {listed(unknown)} in {self.kind} {self.name}"] = None
        star = [word for word, values in (("verbs", verbs), ("resources", resources)) if "*" in values]
        if len(star) == 2 and "*" in groups:
            self.find(
                "RBAC-ADMIN", Severity.CRITICAL, "every verb on every resource of every API group is cluster-admin",
                "list the groups, resources and verbs that are needed", at,
            )  # fmt: skip
        elif star:
            self.star(star, verbs, resources, groups, names, at)
        elif "*" in groups and resources:
            self.find("RBAC-WILDCARD", Severity.LOW, f"apiGroups * lets {listed(resources)} be those of any API", 'name the API groups, "" for the core', at)
        if {"*", "/*"} & set(urls) and not set(verbs) <= {"get", "head", "options"}:
            self.find(
                "RBAC-WILDCARD", Severity.MEDIUM, "nonResourceURLs * reaches every endpoint of the API server", "name the paths, for example /metrics", at
            )
        self.powers(set(verbs), resources, names, at)

    def star(self, star: list[str], verbs: list[str], resources: list[str], groups: list[str], names: list[str], at: At) -> None:
        reads = "verbs" not in star and set(verbs) <= {"get", "list", "watch"}
        core = bool({"", "*"} & set(groups))
        severity = Severity.HIGH if "resources" in star and (core or not reads) else Severity.MEDIUM
        every = (
            f"{listed(verbs)} on every resource{', secrets included' if reads else ''}" if core else f"{listed(verbs)} on every resource of {listed(groups)}"
        )
        what = f"every verb on {listed(resources)}" if star == ["verbs"] else every
        self.find("RBAC-WILDCARD", severity, f"grants {what}", f"list the {' and '.join(star)} that are needed", at)

    def powers(self, verbs: set[str], resources: list[str], names: list[str], at: At) -> None:
        raising = verbs & {"bind", "escalate", "impersonate"} or (verbs & {"*"} if _RAISED & set(resources) else set())
        limited = bool(names) and not _STRONG & set(names)
        if raising and not limited:
            self.find(
                "RBAC-ESCALATION", Severity.HIGH, f"{', '.join(sorted(raising))} on {listed(resources)} lets the holder become somebody stronger",
                "name the roles under resourceNames, or remove the verb", at,
            )  # fmt: skip
        for resource, dangerous in _STEALS.items():
            if _named(resource, resources) and verbs & set(dangerous) and not names:
                severity = Severity.MEDIUM if self.kind == "Role" or resource != "secrets" else Severity.HIGH
                self.find(
                    "RBAC-SECRETS" if resource == "secrets" else "RBAC-ESCALATION", severity,
                    f"{', '.join(sorted(verbs & set(dangerous)))} on {resource} of the whole {self.reach()}", "name the objects under resourceNames", at,
                )  # fmt: skip
        for resource, (does, gains) in _BECOMES.items():
            if _named(resource, resources) and verbs & set(does) and not names:
                self.find(
                    "RBAC-ESCALATION", Severity.MEDIUM, f"who may {', '.join(sorted(verbs & set(does)))} {resource} {gains}",
                    "leave it to the controller that needs it, or name the objects under resourceNames", at,
                )  # fmt: skip
        makes = [resource for resource in _CREATES if resource in resources]
        if makes and verbs & {"create", "patch", "update"} and self.kind == "ClusterRole" and "*" not in verbs:
            self.find(
                "RBAC-WORKLOADS", Severity.LOW, f"who can create {listed(makes)} in every namespace can run as any service account",
                "use a Role in the namespace", at,
            )  # fmt: skip

    def reach(self) -> str:
        return "namespace" if self.kind == "Role" else "cluster"

    def aggregation(self) -> None:
        rule = self.item["aggregationRule"]
        selectors = _list(rule.get("clusterRoleSelectors")) if isinstance(rule, dict) else []
        if any(not selector for selector in selectors):
            self.find(
                "RBAC-AGGREGATION", Severity.HIGH, "an empty selector collects the rules of every ClusterRole", "select by a label of your own",
                (*self.at, "aggregationRule"),
            )  # fmt: skip

    def binding(self) -> None:
        ref = self.item.get("roleRef")
        role = str(ref.get("name", "")) if isinstance(ref, dict) else ""
        known = tables.grants("kubernetes")
        for index, subject in enumerate(_list(self.item.get("subjects"))):
            name = str(subject.get("name", "")) if isinstance(subject, dict) else str(subject)
            at = (*self.at, "subjects", index)
            if name in known["anyone"] and not (name == "system:authenticated" and role.startswith(_SYSTEM)):
                self.find(
                    "RBAC-ANYONE", Severity[known["anyone"][name].upper()], f"{name} holds {role}: everyone who reaches the API server has it",
                    "bind the role to a service account or a group of yours", at,
                )  # fmt: skip
            elif role in known["admin"] and name != "system:masters":
                severity = Severity[known["admin"][role].upper()]
                if self.kind == "RoleBinding" and role != "cluster-admin":
                    severity = Severity.LOW
                self.find(
                    "RBAC-ADMIN", severity, f"{subject.get('kind', '') if isinstance(subject, dict) else ''} {name} holds {role}",
                    "bind a role with the verbs that are needed", at,
                )  # fmt: skip
            elif name == "system:masters":
                self.find("RBAC-ADMIN", Severity.HIGH, "system:masters passes every authorization check and cannot be revoked", "bind a group of yours", at)

    def find(self, rule: str, severity: Severity, message: str, fix: str, at: At) -> None:
        line = self.document.line(at, None)
        self.out.add(Finding(rule=rule, message=f"{self.kind} {self.name}: {message}", severity=severity, path=self.document.path, line=line, fix=fix))


def _named(resource: str, resources: list[str]) -> bool:
    """Whether the rule names the resource; ``*/exec`` is that part of all resources, and ``pods/*`` is nothing to Kubernetes."""
    return resource in resources or ("/" in resource and f"*/{resource.partition('/')[2]}" in resources)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [str(each) for each in _list(value)] if not isinstance(value, str) else [value]
