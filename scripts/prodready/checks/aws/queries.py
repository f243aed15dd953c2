"""What is asked of an account, a function per query. Runs in the environment of ``tool.toml`` beside ``ask.py``, which hands in the account."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prodready.checks.aws.ask import Account

Row = dict[str, Any]
HALF = 8
"""Networks with a shorter prefix are a good part of the world: two halves of it are the world too."""


def tags(found: list[Row]) -> Row:
    """Tags, however the service writes them."""
    return {str(tag.get("Key", tag.get("key"))): tag.get("Value", tag.get("value")) for tag in found}


def identity(aws: Account) -> Iterator[Row]:
    """The account, and how its root user is guarded."""
    summary = (aws.ask("iam", "get_account_summary") or {}).get("SummaryMap")
    root_mfa = bool(summary["AccountMFAEnabled"]) if summary else None
    yield {"kind": "account", "id": aws.number, "root_mfa": root_mfa, "root_keys": bool(summary["AccountAccessKeysPresent"]) if summary else None}


def instances(aws: Account) -> Iterator[Row]:
    """EC2 instances and ECS services."""
    for group in aws.rows("ec2", "describe_instances", "Reservations"):
        for one in group["Instances"]:
            if one["State"]["Name"] != "terminated":
                yield {"kind": "instance", "id": one["InstanceId"], "running": one["State"]["Name"] == "running", "tags": tags(one.get("Tags", []))}
    for cluster in aws.rows("ecs", "list_clusters", "clusterArns"):
        names = aws.rows("ecs", "list_services", "serviceArns", cluster=cluster)
        for start in range(0, len(names), 10):
            found = aws.rows("ecs", "describe_services", "services", cluster=cluster, services=names[start : start + 10], include=["TAGS"])
            for one in found:
                whole = one["runningCount"] >= one["desiredCount"] > 0
                yield {"kind": "instance", "id": one["serviceName"], "running": whole, "tags": tags(one.get("tags", []))}


def autoscaling(aws: Account) -> Iterator[Row]:
    """Groups and services that scale."""
    groups = aws.rows("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
    policies = aws.rows("autoscaling", "describe_policies", "ScalingPolicies") if groups else []
    for one in groups:
        count = sum(each["AutoScalingGroupName"] == one["AutoScalingGroupName"] for each in policies)
        yield {"kind": "scaling", "id": one["AutoScalingGroupName"], "least": one["MinSize"], "most": one["MaxSize"], "policies": count}
    for one in aws.rows("application-autoscaling", "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs"):
        found = aws.rows("application-autoscaling", "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs", ResourceId=one["ResourceId"])
        yield {"kind": "scaling", "id": one["ResourceId"], "least": one["MinCapacity"], "most": one["MaxCapacity"], "policies": len(found)}


def load_balancers(aws: Account) -> Iterator[Row]:
    """Balancers, what they listen to and how their targets are."""
    for one in aws.rows("elbv2", "describe_load_balancers", "LoadBalancers"):
        arn = one["LoadBalancerArn"]
        heard = aws.rows("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
        plain = [each for each in heard if each.get("Protocol") == "HTTP" and not any(map(redirects, each.get("DefaultActions", [])))]
        groups = aws.rows("elbv2", "describe_target_groups", "TargetGroups", LoadBalancerArn=arn)
        found = [aws.rows("elbv2", "describe_target_health", "TargetHealthDescriptions", TargetGroupArn=each["TargetGroupArn"]) for each in groups]
        states = [each["TargetHealth"]["State"] for part in found for each in part]
        secure = any(each.get("Protocol") in ("HTTPS", "TLS") for each in heard)
        yield {
            "kind": "load_balancer", "id": one["LoadBalancerName"], "secure": secure, "plain": [each["Port"] for each in plain],
            "backends": len(states), "unhealthy": sum(state != "healthy" for state in states),
        }  # fmt: skip


def redirects(action: Row) -> bool:
    """Whether the action of a listener sends to HTTPS."""
    return action.get("Type") == "redirect" and action.get("RedirectConfig", {}).get("Protocol") == "HTTPS"


def security_groups(aws: Account) -> Iterator[Row]:
    """Groups with what the world may reach, and VPCs."""
    balanced = {group for one in aws.rows("elbv2", "describe_load_balancers", "LoadBalancers") for group in one.get("SecurityGroups", [])}
    for one in aws.rows("ec2", "describe_security_groups", "SecurityGroups"):
        yield {
            "kind": "security_group", "id": f"{one['GroupId']} ({one['GroupName']})", "default": one["GroupName"] == "default",
            "public": one["GroupId"] in balanced, "open": list(opened(one)), "rules": len(one.get("IpPermissions", [])),
        }  # fmt: skip
    logged = {one.get("ResourceId") for one in aws.rows("ec2", "describe_flow_logs", "FlowLogs") if one.get("FlowLogStatus") == "ACTIVE"}
    known = "ec2:DescribeFlowLogs" not in aws.denied
    for one in aws.rows("ec2", "describe_vpcs", "Vpcs"):
        yield {"kind": "vpc", "id": one["VpcId"], "logged": one["VpcId"] in logged if known else None}


def opened(group: Row) -> Iterator[list[int]]:
    """The ranges of ports that the whole world may reach."""
    for rule in group.get("IpPermissions", []):
        sources = [*(each["CidrIp"] for each in rule.get("IpRanges", [])), *(each["CidrIpv6"] for each in rule.get("Ipv6Ranges", []))]
        if any(ip_network(source, strict=False).prefixlen < HALF for source in sources):
            yield [0, 65535] if rule["IpProtocol"] == "-1" else [rule.get("FromPort", 0), rule.get("ToPort", 65535)]


def budgets(aws: Account) -> Iterator[Row]:
    """Budgets with who is told, and monitors of anomalies."""
    for one in aws.rows("budgets", "describe_budgets", "Budgets", AccountId=aws.number):
        asked = {"AccountId": aws.number, "BudgetName": one["BudgetName"]}
        told = aws.rows("budgets", "describe_notifications_for_budget", "Notifications", **asked)
        heard = [aws.rows("budgets", "describe_subscribers_for_notification", "Subscribers", **asked, Notification=each) for each in told]
        yield {"kind": "budget", "id": one["BudgetName"], "subscribers": sum(map(len, heard)), "notifications": len(told)}
    for one in aws.rows("ce", "get_anomaly_monitors", "AnomalyMonitors"):
        yield {"kind": "anomaly_monitor", "id": one["MonitorName"]}


def secrets(aws: Account) -> Iterator[Row]:
    """Secrets, their age and rotation; never their values."""
    for one in aws.rows("secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True):
        when = one.get("LastRotatedDate") or one.get("LastChangedDate") or one.get("CreatedDate")
        days = (one.get("RotationRules") or {}).get("AutomaticallyAfterDays")
        deleted = "DeletedDate" in one
        yield {"kind": "secret", "id": one["Name"], "deleted": deleted, "changed": when, "rotates": bool(one.get("RotationEnabled")), "every": days}


def audit_trail(aws: Account) -> Iterator[Row]:
    """Trails, what they hold and for how long."""
    for one in aws.rows("cloudtrail", "describe_trails", "trailList"):
        logging = aws.ask("cloudtrail", "get_trail_status", Name=one["TrailARN"])
        chosen = aws.ask("cloudtrail", "get_event_selectors", TrailName=one["TrailARN"])
        yield {
            "kind": "trail", "id": one["Name"], "logging": bool(logging["IsLogging"]) if logging else None, "every_region": bool(one.get("IsMultiRegionTrail")),
            "validated": bool(one.get("LogFileValidationEnabled")), "reads": None if chosen is None else reads(chosen), "kept": kept(aws, one["S3BucketName"]),
        }  # fmt: skip


def reads(chosen: Row) -> bool:
    """Whether the trail holds who read a secret: management events, reads among them. Nothing chosen is all of them."""
    plain, fields = chosen.get("EventSelectors") or [], [each["FieldSelectors"] for each in chosen.get("AdvancedEventSelectors") or []]
    if not plain and not fields:
        return True
    if any(each.get("IncludeManagementEvents", True) and each.get("ReadWriteType", "All") in ("All", "ReadOnly") for each in plain):
        return True
    whole = [part for part in fields if not any(one["Field"] in ("readOnly", "eventSource") for one in part)]
    return any(["Management"] in [one.get("Equals") for one in part] for part in whole)


def kept(aws: Account, bucket: str) -> int | None:
    """Days after which the bucket deletes what is in it; -1 never."""
    told = aws.ask("s3", "get_bucket_lifecycle_configuration", Bucket=bucket)
    if told is None:
        return None
    ends = [rule["Expiration"]["Days"] for rule in told.get("Rules", []) if rule.get("Status") == "Enabled" and "Days" in rule.get("Expiration", {})]
    return min(ends, default=-1)


def role_sessions(aws: Account) -> Iterator[Row]:
    """Roles with their longest session, and users with their keys."""
    for one in aws.rows("iam", "list_roles", "Roles"):
        if not one["Path"].startswith("/aws-service-role/"):
            yield {"kind": "role", "id": one["RoleName"], "session": one.get("MaxSessionDuration", 3600)}
    for user in aws.rows("iam", "list_users", "Users"):
        keys = aws.ask("iam", "list_access_keys", UserName=user["UserName"])
        active = None if keys is None else sum(key["Status"] == "Active" for key in keys["AccessKeyMetadata"])
        yield {"kind": "user", "id": user["UserName"], "keys": active}


def encryption(aws: Account) -> Iterator[Row]:
    """What is stored, and whether it is encrypted."""
    for one in aws.rows("rds", "describe_db_instances", "DBInstances"):
        yield {"kind": "database", "id": one["DBInstanceIdentifier"], "encrypted": bool(one.get("StorageEncrypted"))}
    for one in aws.rows("s3", "list_buckets", "Buckets"):
        told = aws.ask("s3", "get_bucket_encryption", Bucket=one["Name"])
        yield {"kind": "bucket", "id": one["Name"], "encrypted": None if told is None else bool(told)}
    for one in aws.rows("logs", "describe_log_groups", "logGroups"):
        yield {"kind": "log_group", "id": one["logGroupName"], "encrypted": bool(one.get("kmsKeyId"))}
    for one in aws.rows("ec2", "describe_volumes", "Volumes"):
        yield {"kind": "volume", "id": one["VolumeId"], "encrypted": bool(one.get("Encrypted"))}


def snapshots(aws: Account) -> Iterator[Row]:
    """Backups of databases and volumes, and snapshots that anybody may restore."""
    for one in aws.rows("rds", "describe_db_instances", "DBInstances"):
        latest = one.get("LatestRestorableTime")
        yield {"kind": "database", "id": one["DBInstanceIdentifier"], "backups": one.get("BackupRetentionPeriod", 0), "newest": latest}
    newest: dict[str, Any] = {}
    for one in aws.rows("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"]):
        if one.get("State") == "completed":
            newest[one["VolumeId"]] = max(newest.get(one["VolumeId"], one["StartTime"]), one["StartTime"])
    for one in aws.rows("ec2", "describe_volumes", "Volumes", Filters=[{"Name": "status", "Values": ["in-use"]}]):
        yield {"kind": "volume", "id": one["VolumeId"], "newest": newest.get(one["VolumeId"], "")}
    for one in aws.rows("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], RestorableByUserIds=["all"]):
        yield {"kind": "shared_snapshot", "id": one["SnapshotId"]}


QUERIES = (identity, instances, autoscaling, load_balancers, security_groups, budgets, secrets, audit_trail, role_sessions, encryption, snapshots)
