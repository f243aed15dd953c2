"""What counts as infrastructure as code, and how a copy of it is made so that a scanner must show that it read all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from msgspec import Struct

TERRAFORM = """
resource "aws_security_group" "prodready_canary_{mark}" {{
  ingress {{
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }}
}}
"""
KUBERNETES = """
---
apiVersion: v1
kind: Pod
metadata: {{name: prodready-canary-{mark}}}
spec: {{containers: [{{name: canary, image: canary, securityContext: {{privileged: true}}}}]}}
"""
CLOUDFORMATION = """AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Canary{mark}:
    Type: AWS::S3::Bucket
    Properties: {{AccessControl: PublicRead}}
"""
ARM = """{{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": [
{{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2021-04-01", "name": "canary{mark}", "properties": {{"supportsHttpsTrafficOnly": false}}}}]}}
"""


class Kind(Struct, frozen=True, kw_only=True):
    """One language of infrastructure, in the words of the scanner."""

    framework: str
    names: tuple[str, ...]
    """Endings of its files."""
    sign: re.Pattern[str]
    """What a file of that ending has when it declares something."""
    canary: str
    """A file with a fault; ``{mark}`` is filled in."""
    rule: str
    """Which rule of checkov finds it."""
    trivy: str
    """Which rule of Trivy finds it."""
    appends: bool = False
    """Whether the canary may follow other declarations in one file: then each file gets its own, and a file that was not read to its end shows."""


KINDS = (
    Kind(
        framework="terraform", names=(".tf",), sign=re.compile(r"(?m)^[ \t]*(?:resource|data|module|provider)\b"), canary=TERRAFORM, rule="CKV_AWS_24",
        trivy="AWS-0107", appends=True,
    ),
    Kind(
        framework="kubernetes", names=(".yaml", ".yml"), sign=re.compile(r"(?m)^apiVersion:(?s:.)*^kind:|^kind:(?s:.)*^apiVersion:"), canary=KUBERNETES,
        rule="CKV_K8S_16", trivy="KSV-0017", appends=True,
    ),
    Kind(
        framework="cloudformation", names=(".yaml", ".yml", ".json", ".template"),
        sign=re.compile(r"AWSTemplateFormatVersion|(?m:^Resources:|^[ \t]*\"Resources\"[ \t]*:)(?s:.)*AWS::"), canary=CLOUDFORMATION, rule="CKV_AWS_20",
        trivy="AWS-0092",
    ),
    Kind(
        framework="arm", names=(".json",), sign=re.compile(r"schema\.management\.azure\.com/schemas/[^\"]*deploymentTemplate"), canary=ARM,
        rule="CKV_AZURE_3", trivy="AZU-0059",
    ),
)  # fmt: skip
HELPERS = (".tfvars",)
"""Endings of files that are no declarations and that declarations need to be understood."""
_TEMPLATED = re.compile(r"^[ \t]*(?:-[ \t]+)?(?:[\w./-]+:[ \t]+)?\{\{", re.MULTILINE)
"""A line that begins with braces, or gives a key a value that does: neither is YAML before it is rendered."""
_SKIP = re.compile(r"(?:checkov|bridgecrew|cortex):skip=|checkov\.io/skip|(?:trivy|tfsec):ignore", re.IGNORECASE)
_SKIPS = re.compile(
    r"(?:(?:checkov|bridgecrew|cortex):skip=|checkov\.io/skip\d*[\"']?[ \t]*:[ \t]*[\"']?|(?:trivy|tfsec):ignore:(?:AVD-)?)[ \t]*(?P<rule>[A-Z][A-Z0-9_-]+)",
    re.IGNORECASE,
)


def kind_of(path: str, text: str) -> Kind | None:
    """The language of a file; None when it declares no infrastructure."""
    suffix = PurePosixPath(path).suffix
    return next((kind for kind in KINDS if suffix in kind.names and kind.sign.search(text)), None)


def unrendered(text: str) -> bool:
    """Whether it is a template that only its own program makes into a declaration, such as a chart's."""
    return _TEMPLATED.search(text) is not None


def copy(text: str, kind: Kind, mark: str) -> str:
    """The text for the scanner: comments that switch rules off no longer do, and a canary follows where one may."""
    plain = _SKIP.sub(lambda match: match[0].replace(":", ";").replace("/", "|"), text)
    return plain + kind.canary.format(mark=mark) if kind.appends else plain


def skips(text: str) -> Iterator[tuple[int, str]]:
    """Line and rule of each comment or annotation that would switch a rule off."""
    for number, line in enumerate(text.splitlines(), start=1):
        for match in _SKIPS.finditer(line):
            yield number, match["rule"]
