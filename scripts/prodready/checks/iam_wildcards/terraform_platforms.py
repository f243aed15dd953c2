"""Terraform resources of Google Cloud, Azure and Kubernetes."""

from __future__ import annotations

from msgspec.structs import replace

from prodready.checks.iam_wildcards import azure, google, pools, rbac
from prodready.checks.iam_wildcards.told import Spot
from prodready.checks.iam_wildcards.verdicts import Verdicts
from prodready.readers.located import Plain
from prodready.terraform.hcl_functions import text_of
from prodready.terraform.resource import Resource, members, words


def cloud(resource: Resource, out: Verdicts) -> None:
    """Judges a role or binding of Google Cloud or Azure."""
    kind, body, spot = resource.kind, resource.body, Spot(resource.path, resource.line, out)
    level = next((word for word in ("project", "folder", "organization") if kind.startswith(f"google_{word}_iam_")), "resource")
    if kind.endswith(("_iam_member", "_iam_binding")):
        google.binding(text_of(body.get("role")), words(body.get("member", body.get("members"))), spot, level)
    elif kind == "google_iam_policy":
        for each in members(body.get("binding")):
            if isinstance(each, dict):
                google.binding(text_of(each.get("role")), words(each.get("members")), replace(spot, line=getattr(each, "line", resource.line)))
    elif kind.endswith("_iam_custom_role"):
        google.role(words(body.get("permissions")), spot)
    elif kind == "google_iam_workload_identity_pool_provider":
        pools.provider(resource, spot)
    elif kind == "azurerm_role_definition":
        blocks = [each for each in members(body.get("permissions")) if isinstance(each, dict)]
        parts = [{key.replace("_", ""): words(each.get(key)) for key in ("actions", "not_actions", "data_actions")} for each in blocks]
        azure.role({"permissions": parts, "assignableScopes": words(body.get("assignable_scopes")) or words(body.get("scope"))}, spot)
    elif kind == "azurerm_role_assignment":
        keys = {"roleDefinitionName": "role_definition_name", "roleDefinitionId": "role_definition_id", "scope": "scope"}
        azure.assignment({name: "".join(words(body.get(key))) for name, key in keys.items()}, spot)


def kubernetes(resource: Resource, out: Verdicts) -> None:
    """Judges a role or binding of Kubernetes."""
    kind, body = resource.kind.removesuffix("_v1"), resource.body
    if kind == "kubernetes_manifest":
        rbac.read(Plain(path=resource.path, data=body.get("manifest"), known={(): resource.line}), out)
        return
    word = {
        "kubernetes_role": "Role",
        "kubernetes_cluster_role": "ClusterRole",
        "kubernetes_role_binding": "RoleBinding",
        "kubernetes_cluster_role_binding": "ClusterRoleBinding",
    }.get(kind)
    if not word:
        return
    names = {"api_groups": "apiGroups", "resource_names": "resourceNames", "non_resource_urls": "nonResourceURLs", "resources": "resources", "verbs": "verbs"}
    rules = [{names[key]: words(value) for key, value in rule.items() if key in names} for rule in members(body.get("rule")) if isinstance(rule, dict)]
    subjects = [{"kind": text_of(each.get("kind")), "name": text_of(each.get("name"))} for each in members(body.get("subject")) if isinstance(each, dict)]
    ref = next((each for each in members(body.get("role_ref")) if isinstance(each, dict)), {})
    data = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": word,
        "metadata": {"name": resource.name},
        "rules": rules,
        "subjects": subjects,
        "roleRef": {"name": text_of(ref.get("name", ""))},
    }
    rbac.read(Plain(path=resource.path, data=data, known={(): resource.line}), out)
