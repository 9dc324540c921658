"""Types that change nothing locally, but that sam and cdk put into every stack.

moto's CloudFormation lacks them. Of a bucket's policy it could keep the text; nothing here would heed it.
"""

from __future__ import annotations

from lambdastream.control.gaps.resource_types import LocalResource, local_type


@local_type
class BucketPolicy(LocalResource):
    """Who may do what with a bucket."""

    TYPE = "AWS::S3::BucketPolicy"


@local_type
class CdkMetadata(LocalResource):
    """What the cdk tells AWS about itself."""

    TYPE = "AWS::CDK::Metadata"


@local_type
class ApiGatewayAccount(LocalResource):
    """The role with which API Gateway writes logs."""

    TYPE = "AWS::ApiGateway::Account"
    ATTRIBUTES = ("Id",)

    def attributes(self) -> dict[str, str]:
        return {"Id": self.physical_resource_id}


@local_type
class WaitConditionHandle(LocalResource):
    """An address for signals; on its own it stands for nothing, and some templates need one resource."""

    TYPE = "AWS::CloudFormation::WaitConditionHandle"
