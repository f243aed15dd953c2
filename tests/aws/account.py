"""Fills an account of a running moto as a careful team would, or with a fault in each part: ``account.py ENDPOINT {good,bad}``. Prints what tests need."""

import io
import json
import sys
import zipfile
from functools import partial

import boto3

ENDPOINT, HOW = sys.argv[1:]
GOOD = HOW == "good"
client = partial(boto3.client, endpoint_url=ENDPOINT, region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
TAGS = [{"Key": "Env", "Value": "prod"}, {"Key": "Owner", "Value": "desk"}] if GOOD else []
ec2, s3, iam = client("ec2"), client("s3"), client("iam")


def network():
    """A VPC with flow logs and a group that only a balancer opens, or one that opens SSH to the world."""
    for group in ec2.describe_security_groups()["SecurityGroups"]:  # AWS makes them with a rule, moto without
        if not GOOD:
            own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group["GroupId"]}]}
            ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[own])
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    group = ec2.create_security_group(GroupName="front", Description="front", VpcId=vpc)["GroupId"]
    port = 443 if GOOD else 22
    world = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[world])
    if GOOD:
        s3.create_bucket(Bucket="flow", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="s3", LogDestination="arn:aws:s3:::flow")
    return vpc, subnets, group


def machines(vpc, subnets, group):
    """An instance behind a balancer, and a group that scales."""
    spec = [{"ResourceType": "instance", "Tags": TAGS}] if TAGS else []
    image = ec2.describe_images()["Images"][0]["ImageId"]
    disk = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 8, "Encrypted": GOOD}}]
    asked = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "SubnetId": subnets[0], "TagSpecifications": spec, "BlockDeviceMappings": disk}
    machine = ec2.run_instances(**asked)["Instances"][0]["InstanceId"]
    elb = client("elbv2")
    arn = elb.create_load_balancer(Name="front", Subnets=subnets, SecurityGroups=[group])["LoadBalancers"][0]["LoadBalancerArn"]
    target = elb.create_target_group(Name="desk", Protocol="HTTP", Port=8080, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    forward = {"Type": "forward", "TargetGroupArn": target}
    redirect = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}
    elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[redirect if GOOD else forward])
    if GOOD:
        certificate = client("acm").request_certificate(DomainName="desk.example.com")["CertificateArn"]
        elb.create_listener(LoadBalancerArn=arn, Protocol="HTTPS", Port=443, Certificates=[{"CertificateArn": certificate}], DefaultActions=[forward])
        elb.register_targets(TargetGroupArn=target, Targets=[{"Id": machine}])
    scaling = client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="desk", ImageId=image, InstanceType="t3.micro")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="desk", LaunchConfigurationName="desk", MinSize=0, MaxSize=3 if GOOD else 0, VPCZoneIdentifier=subnets[0]
    )
    if GOOD:
        track = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": 60.0}
        scaling.put_scaling_policy(AutoScalingGroupName="desk", PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingConfiguration=track)


def stores():
    """Databases, buckets, logs, and their backups."""
    client("rds").create_db_instance(
        DBInstanceIdentifier="books", DBInstanceClass="db.t3.micro", Engine="postgres", MasterUsername="desk", MasterUserPassword="not-a-secret",
        AllocatedStorage=20, StorageEncrypted=GOOD, BackupRetentionPeriod=7 if GOOD else 0,
    )  # fmt: skip
    logs = client("logs")
    for group in logs.describe_log_groups()["logGroups"]:  # that of the function, which moto makes without a key
        logs.delete_log_group(logGroupName=group["logGroupName"])
    logs.create_log_group(logGroupName="desk", **({"kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1"} if GOOD else {}))
    usual = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}  # which AWS sets by itself, and moto does not
    for bucket in s3.list_buckets()["Buckets"] if GOOD else []:
        s3.put_bucket_encryption(Bucket=bucket["Name"], ServerSideEncryptionConfiguration=usual)
    volumes = [each["VolumeId"] for each in ec2.describe_volumes()["Volumes"]]
    if GOOD:
        for volume in volumes:
            ec2.create_snapshot(VolumeId=volume)
    else:
        snapshot = ec2.create_snapshot(VolumeId=volumes[0])["SnapshotId"]
        ec2.modify_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"])


def keys():
    """Secrets, who reads them, and roles."""
    secrets = client("secretsmanager")
    for name in ("prod/ibkr", "paper/ibkr"):
        secrets.create_secret(Name=name, SecretString="nothing")
    if GOOD:
        role = iam.create_role(RoleName="rotation", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("rotate.py", "")
        made = client("lambda").create_function(
            FunctionName="rotate", Runtime="python3.12", Role=role, Handler="rotate.handler", Code={"ZipFile": code.getvalue()}
        )
        for name in ("prod/ibkr", "paper/ibkr"):
            secrets.rotate_secret(SecretId=name, RotationLambdaARN=made["FunctionArn"], RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False)
    else:
        secrets.delete_secret(SecretId="paper/ibkr")
        iam.create_role(RoleName="desk", AssumeRolePolicyDocument="{}", MaxSessionDuration=43200)
        iam.create_user(UserName="robot")
        iam.create_access_key(UserName="robot")
    s3.create_bucket(Bucket="trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    rule = {"ID": "end", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 731 if GOOD else 90}}
    s3.put_bucket_lifecycle_configuration(Bucket="trail", LifecycleConfiguration={"Rules": [rule]})
    trails = client("cloudtrail")
    trails.create_trail(Name="all", S3BucketName="trail", IsMultiRegionTrail=GOOD, EnableLogFileValidation=GOOD)
    if GOOD:
        trails.start_logging(Name="all")


def money():
    """A budget, and somebody who is told."""
    budget = {"BudgetName": "month", "BudgetLimit": {"Amount": "100", "Unit": "USD"}, "TimeUnit": "MONTHLY", "BudgetType": "COST"}
    money = client("budgets")
    money.create_budget(AccountId="123456789012", Budget=budget)
    if GOOD:
        told = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80}
        heard = [{"SubscriptionType": "EMAIL", "Address": "ops@example.com"}]
        money.create_notification(AccountId="123456789012", BudgetName="month", Notification=told, Subscribers=heard)
        rule = {"Value": "desk", "Rule": {"Tags": {"Key": "Owner", "Values": ["desk"]}}}
        client("ce").create_cost_category_definition(Name="desk", RuleVersion="CostCategoryExpression.v1", Rules=[rule])


def users():
    """Two users with keys, once no other key is looked for: one may do all, of the other the test says what it may read."""
    made = {}
    for name in ("admin", "gate"):
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        made[name] = [key["AccessKeyId"], key["SecretAccessKey"]]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=json.dumps(everything))
    return made


vpc, subnets, group = network()
machines(vpc, subnets, group)
keys()
stores()
money()
if GOOD:
    iam.create_virtual_mfa_device(VirtualMFADeviceName="root")
    print(json.dumps(users()))
