"""The rights that each query needs, and nothing more: the policy to grant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "identity": ("iam:GetAccountSummary",),
    "instances": ("ec2:DescribeInstances", "ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices"),
    "autoscaling": (
        "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribePolicies",
        "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
    ),
    "load_balancers": tuple(f"elasticloadbalancing:Describe{what}" for what in ("LoadBalancers", "Listeners", "TargetGroups", "TargetHealth")),
    "security_groups": ("elasticloadbalancing:DescribeLoadBalancers", "ec2:DescribeSecurityGroups", "ec2:DescribeFlowLogs", "ec2:DescribeVpcs"),
    "budgets": ("budgets:ViewBudget", "ce:GetAnomalyMonitors"),
    "secrets": ("secretsmanager:ListSecrets",),
    "secret_age": ("secretsmanager:ListSecrets",),
    "audit_trail": ("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors", "s3:GetLifecycleConfiguration"),
    "role_sessions": ("iam:ListRoles", "iam:ListUsers", "iam:ListAccessKeys"),
    "encryption": ("rds:DescribeDBInstances", "s3:ListAllMyBuckets", "s3:GetEncryptionConfiguration", "logs:DescribeLogGroups", "ec2:DescribeVolumes"),
    "snapshots": ("rds:DescribeDBInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"),
}  # fmt: skip
"""None of them reads the value of a secret, or an object of a bucket."""


def policy(actions: Iterable[str]) -> str:
    """A policy in JSON that grants these actions. They read lists of an account, which AWS grants on ``*`` only."""
    statement = {"Sid": "ProdreadyReads", "Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
