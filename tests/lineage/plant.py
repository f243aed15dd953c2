"""Runs of MLflow and objects of a bucket, made by the vendors' own clients. Started in the environment of the servers; reads a plan, prints run ids."""

import json
import sys
from pathlib import Path


def main(plan):
    import boto3
    from mlflow.tracking import MlflowClient

    s3 = boto3.client("s3", endpoint_url=plan["s3"], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    s3.create_bucket(Bucket="features")
    s3.put_bucket_versioning(Bucket="features", VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket="features", Key=key, Body=text.encode())["VersionId"] for key, text in plan["objects"]]
    client = MlflowClient(plan["mlflow"])
    experiment = client.create_experiment("desk")
    runs = {}
    for name, tags in plan["runs"].items():
        run = client.create_run(experiment).info.run_id
        for key, value in tags.items():
            client.set_tag(run, key, versions[value] if isinstance(value, int) else value)
        runs[name] = run
    artifact = Path("features.csv")
    artifact.write_text(plan["artifact"])
    client.log_artifact(runs["artifact"], str(artifact))
    client.delete_run(runs["deleted"])
    print(json.dumps(runs))


main(json.load(sys.stdin))
