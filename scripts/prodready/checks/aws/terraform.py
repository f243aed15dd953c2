"""The same facts as Terraform states them: HCL and plans become the rows that an account would tell, but for what only a running account knows."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from prodready.check import CannotTell
from prodready.checks.aws.planned import planned
from prodready.context import Repo
from prodready.readers import structured
from prodready.terraform import blocks as terraform_blocks
from prodready.terraform import bodies as terraform_bodies
from prodready.terraform import json_blocks, marks
from prodready.terraform.hcl_syntax import HclError
from prodready.terraform.known import Either, Unknown
from prodready.terraform.modules import Folder, Module, Modules
from prodready.terraform.resource import Resource

Row = dict[str, Any]


def rows(repo: Repo, paths: Sequence[str], query: str) -> tuple[list[Row], list[str]]:
    """The rows of a query, each with its file and line, and what could not be read."""
    gaps: list[str] = []
    found = [resource for resource in (*written(repo, paths, gaps), *planned(repo, paths, gaps)) if not resource.data]
    all_of = All(found)
    made = [
        {"id": resource.name, "path": resource.path, "line": resource.line, **row}
        for resource in found
        if (rule := KINDS.get((query, resource.kind))) and (row := rule(resource.body, resource, all_of))
    ]
    return made, gaps


def written(repo: Repo, paths: Sequence[str], gaps: list[str]) -> Iterator[Resource]:
    """The resources of HCL and of its form in JSON, with the values that are known before a deployment."""
    folders: dict[str, Folder] = {}
    for path in paths:
        if path.endswith((".tf", ".tofu", ".tfvars", ".tf.json")):
            place = posixpath.dirname(path) or "."
            try:
                _file(repo.text(path, limit=4_000_000), path, folders.setdefault(place, Folder(place)))
            except (HclError, structured.Unreadable, CannotTell) as error:
                gaps.append(f"{path} cannot be read: {error}")
    modules = Modules(repo, folders)
    called = {modules.target(folder.path, terraform_blocks.source(block)) for folder in folders.values() for block in folder.blocks if block.type == "module"}
    waiting = [Module(modules, folder) for folder in folders.values() if folder.path not in called]
    while waiting:
        module = waiting.pop()
        yield from _resources(module)
        for block in module.folder.blocks:
            if block.type == "module" and block.labels:
                child = module.child(block.labels[0])
                waiting += [child] if child else []
                if not child:
                    gaps.append(f"{block.path}:{block.line}: the module {block.labels[0]} is not in the repository: give a plan instead")


def _file(text: str, path: str, folder: Folder) -> None:
    if path.endswith(".tfvars"):
        folder.values |= terraform_blocks.values(text)
    else:
        folder.blocks += (json_blocks if path.endswith(".json") else terraform_blocks).parse(text, path)


def _resources(module: Module) -> Iterator[Resource]:
    for block in module.folder.blocks:
        if block.type == "resource" and len(block.labels) == 2 and block.labels[0] in WANTED:
            for each in terraform_bodies.instances(module.evaluator, block):
                body = terraform_bodies.read(module.evaluator, block.body, each, block)
                yield Resource(kind=block.labels[0], name=".".join(block.labels), body=body, path=block.path, line=block.line, planned=False)


class All:
    """Every resource, to see which name which."""

    def __init__(self, found: Sequence[Resource]) -> None:
        self.found = found

    def naming(self, kind: str, attribute: str, resource: Resource) -> list[Resource]:
        """The resources of a kind whose attribute refers to this one."""
        return [each for each in self.found if each.kind == kind and _refers(each.body.get(attribute), resource)]


def _refers(value: Any, resource: Resource) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_refers(each, resource) for each in value)
    if not isinstance(value, str):
        return False
    bare = resource.name.partition("[")[0]
    return any(name == bare or name.startswith(f"{bare}.") for name in marks.referred(value)) or value in _names(resource)


def _names(resource: Resource) -> set[str]:
    return {str(resource.body[key]) for key in ("name", "id", "arn", "bucket", "resource_id") if isinstance(resource.body.get(key), str)}


def known(value: Any) -> Any:
    """The value where it is known before a deployment, else None."""
    if isinstance(value, (Unknown, Either)) or (isinstance(value, str) and marks.is_unknown(value)):
        return None
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def flag(body: Mapping[str, Any], key: str, *, usual: bool = False) -> bool | None:
    """Whether it is on; None where that is not known."""
    value = known(body.get(key, usual))
    return usual if value is None and key not in body else None if value is None else bool(value)


def number(body: Mapping[str, Any], key: str, usual: int) -> int | None:
    """The whole number; None where it is not known."""
    value = known(body[key]) if body.get(key) is not None else usual
    return int(value) if isinstance(value, (int, float)) or (isinstance(value, str) and value.isdecimal()) else None


def blocks(body: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The nested blocks of that name."""
    return [each for each in body.get(key) or [] if isinstance(each, Mapping)]


def _instance(body: Row, *_: Any) -> Row:
    return {"kind": "instance", "tags": known(body.get("tags") or {})}


def _scaling(least: str, most: str, policy: str, by: str) -> Callable[..., Row]:
    def row(body: Row, own: Resource, every: All) -> Row:
        return {"kind": "scaling", "least": number(body, least, 0) or 0, "most": number(body, most, 0), "policies": len(every.naming(policy, by, own))}

    return row


def _balancer(body: Row, own: Resource, every: All) -> Row:
    heard = [each.body for kind in ("aws_lb_listener", "aws_alb_listener") for each in every.naming(kind, "load_balancer_arn", own)]
    plain = [number(each, "port", 0) for each in heard if each.get("protocol", "HTTP") == "HTTP" and not any(map(_redirects, blocks(each, "default_action")))]
    groups = [each.body for each in every.found if each.kind in ("aws_lb_target_group", "aws_alb_target_group")]
    secure = any(each.get("protocol") in ("HTTPS", "TLS") for each in heard)
    return {"kind": "load_balancer", "secure": secure, "plain": plain, "looks": all(blocks(each, "health_check") for each in groups)}


def _redirects(action: Mapping[str, Any]) -> bool:
    return action.get("type") == "redirect" and any(each.get("protocol", "#{protocol}") == "HTTPS" for each in blocks(action, "redirect"))


def _group(body: Row, own: Resource, every: All) -> Row:
    apart = [each.body for each in every.naming("aws_security_group_rule", "security_group_id", own) if each.body.get("type") == "ingress"]
    apart += [each.body for each in every.naming("aws_vpc_security_group_ingress_rule", "security_group_id", own)]
    inside = [*blocks(body, "ingress"), *apart]
    opened = [found for each in inside if (found := _opened(each)) != []]
    public = bool(every.naming("aws_lb", "security_groups", own) or every.naming("aws_alb", "security_groups", own))
    told = None if None in opened else opened
    return {"kind": "security_group", "default": own.kind == "aws_default_security_group", "public": public, "open": told, "rules": len(inside)}


def _opened(rule: Mapping[str, Any]) -> list[int] | None:
    """The ports that the whole world may reach; none, or None where the sources are not known."""
    keys = ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6")
    listed = [each for key in keys for each in (rule[key] if isinstance(rule.get(key), (list, tuple)) else [rule.get(key)])]
    if any(each is not None and known(each) is None for each in listed):
        return None
    if not any(_world(str(each)) for each in listed if each is not None):
        return []
    if str(rule.get("protocol", rule.get("ip_protocol"))) in ("-1", "all"):
        return [0, 65535]
    first, last = number(rule, "from_port", 0), number(rule, "to_port", 65535)
    return None if first is None or last is None else [first, last]


def _world(source: str) -> bool:
    """Whether the network is a good part of the world; a reference to another group is none."""
    try:
        return ip_network(source, strict=False).prefixlen < 8
    except ValueError:
        return False


def _budget(body: Row, *_: Any) -> Row:
    keys = ("subscriber_email_addresses", "subscriber_sns_topic_arns")
    return {"kind": "budget", "subscribers": sum(len(each.get(key) or []) for each in blocks(body, "notification") for key in keys)}


def _secret(body: Row, own: Resource, every: All) -> Row:
    rotations = [each.body for each in every.naming("aws_secretsmanager_secret_rotation", "secret_id", own)]
    days = [number(each, "automatically_after_days", 0) for one in rotations for each in blocks(one, "rotation_rules")]
    every_days = None if None in days else max(filter(None, days), default=0)
    return {"kind": "secret", "id": known(body.get("name")) or own.name, "rotates": bool(rotations), "every": every_days}


def _trail(body: Row, own: Resource, every: All) -> Row:
    selectors = blocks(body, "event_selector")
    holding = [each for each in selectors if flag(each, "include_management_events", usual=True)]
    reads = not selectors or any(each.get("read_write_type", "All") != "WriteOnly" for each in holding)
    buckets = [each for each in every.found if each.kind == "aws_s3_bucket" and _refers(body.get("s3_bucket_name"), each)]
    found = [each.body for bucket in buckets for each in every.naming("aws_s3_bucket_lifecycle_configuration", "bucket", bucket)]
    ends = [number(end, "days", -1) for one in found for rule in blocks(one, "rule") if rule.get("status") == "Enabled" for end in blocks(rule, "expiration")]
    kept = None if not buckets or None in ends else min(filter(None, ends), default=-1)
    return {
        "kind": "trail", "logging": flag(body, "enable_logging", usual=True), "every_region": flag(body, "is_multi_region_trail"),
        "validated": flag(body, "enable_log_file_validation"), "reads": reads, "kept": kept,
    }  # fmt: skip


def _encrypted(kind: str, key: str) -> Callable[..., Row]:
    """A key of one's own may be a name that only a deployment makes: that there is one is known."""
    return lambda body, *_: {"kind": kind, "encrypted": bool(body.get(key)) if key == "kms_key_id" else flag(body, key)}


KINDS: Mapping[tuple[str, str], Callable[[Row, Resource, All], Row]] = {
    ("instances", "aws_instance"): _instance,
    ("instances", "aws_ecs_service"): _instance,
    ("autoscaling", "aws_autoscaling_group"): _scaling("min_size", "max_size", "aws_autoscaling_policy", "autoscaling_group_name"),
    ("autoscaling", "aws_appautoscaling_target"): _scaling("min_capacity", "max_capacity", "aws_appautoscaling_policy", "resource_id"),
    ("load_balancers", "aws_lb"): _balancer,
    ("load_balancers", "aws_alb"): _balancer,
    ("security_groups", "aws_security_group"): _group,
    ("security_groups", "aws_default_security_group"): _group,
    ("security_groups", "aws_vpc"): lambda body, own, every: {"kind": "vpc", "logged": bool(every.naming("aws_flow_log", "vpc_id", own))},
    ("budgets", "aws_budgets_budget"): _budget,
    ("budgets", "aws_ce_anomaly_monitor"): lambda *_: {"kind": "anomaly_monitor"},
    ("secrets", "aws_secretsmanager_secret"): lambda body, own, every: {**_secret(body, own, every), "deleted": False},
    ("secret_age", "aws_secretsmanager_secret"): _secret,
    ("audit_trail", "aws_cloudtrail"): _trail,
    ("role_sessions", "aws_iam_role"): lambda body, *_: {"kind": "role", "session": number(body, "max_session_duration", 3600)},
    ("role_sessions", "aws_iam_access_key"): lambda *_: {"kind": "user", "keys": 1},
    ("encryption", "aws_db_instance"): _encrypted("database", "storage_encrypted"),
    ("encryption", "aws_rds_cluster"): _encrypted("database", "storage_encrypted"),
    ("encryption", "aws_cloudwatch_log_group"): _encrypted("log_group", "kms_key_id"),
    ("encryption", "aws_ebs_volume"): _encrypted("volume", "encrypted"),
    ("encryption", "aws_s3_bucket"): lambda *_: {"kind": "bucket", "encrypted": True},  # S3 encrypts by itself since 2023
    ("snapshots", "aws_db_instance"): lambda body, *_: {"kind": "database", "backups": number(body, "backup_retention_period", 0)},
    ("snapshots", "aws_rds_cluster"): lambda body, *_: {"kind": "database", "backups": number(body, "backup_retention_period", 1)},
}
"""Query and resource -> the row."""
NAMING = (
    "aws_autoscaling_policy", "aws_appautoscaling_policy", "aws_lb_listener", "aws_alb_listener", "aws_lb_target_group", "aws_alb_target_group",
    "aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_flow_log", "aws_secretsmanager_secret_rotation",
    "aws_s3_bucket_lifecycle_configuration",
)  # fmt: skip
WANTED = frozenset((*(kind for _, kind in KINDS), *NAMING))
