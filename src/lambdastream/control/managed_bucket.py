"""SAM's stack with the bucket for what it uploads, there from the start.

``sam deploy`` makes it when it is missing; several first deployments at once would all make it.
Source: aws-sam-cli, samcli/lib/bootstrap/bootstrap.py.
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.cloudformation.models import cloudformation_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from lambdastream.errors import LocalAwsError

NAME: Final = "aws-sam-cli-managed-default"
TAG: Final = {"Key": "ManagedStackSource", "Value": "AwsSamCli"}
_BUCKET: Final = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "SamCliSourceBucket"}]]}
_OBJECTS: Final = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "SamCliSourceBucket"}, "/*"]]}
_STATEMENTS: Final[list[dict[str, Any]]] = [
    {
        "Action": ["s3:GetObject"],
        "Effect": "Allow",
        "Resource": _OBJECTS,
        "Principal": {"Service": "serverlessrepo.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    },
    {
        "Action": ["s3:*"],
        "Effect": "Deny",
        "Resource": [_BUCKET, _OBJECTS],
        "Principal": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    },
]
TEMPLATE: Final[dict[str, Any]] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "Managed Stack for AWS SAM CLI",
    "Resources": {
        "SamCliSourceBucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "PublicAccessBlockConfiguration": {
                    "BlockPublicPolicy": "true",
                    "BlockPublicAcls": "true",
                    "IgnorePublicAcls": "true",
                    "RestrictPublicBuckets": "true",
                },
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
                    ]
                },
                "VersioningConfiguration": {"Status": "Enabled"},
                "Tags": [TAG],
            },
        },
        "SamCliSourceBucketBucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "SamCliSourceBucket"}, "PolicyDocument": {"Statement": _STATEMENTS}},
        },
    },
    "Outputs": {"SourceBucket": {"Value": {"Ref": "SamCliSourceBucket"}}},
}


def make_managed_bucket(region: str) -> None:
    """Create the stack in a region, unless it is there. Raises ``LocalAwsError`` when that fails."""
    backend = cloudformation_backends[DEFAULT_ACCOUNT_ID][region]
    if any(stack.name == NAME for stack in backend.stacks.values()):
        return
    stack = backend.create_stack(NAME, json.dumps(TEMPLATE), {}, tags={TAG["Key"]: TAG["Value"]})
    if stack.status != "CREATE_COMPLETE":
        reasons = [event.resource_status_reason for event in stack.events if event.resource_status_reason]
        raise LocalAwsError(
            f"The stack {NAME} cannot be made: {' '.join(reasons)}",
            next_step="Report it: this is a fault of the local AWS.",
        )
