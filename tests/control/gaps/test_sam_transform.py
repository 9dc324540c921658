"""The SAM transform."""

import pytest
from botocore.exceptions import ClientError

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): ..."
      Handler: index.handler
      Runtime: python3.11
      AutoPublishAlias: live
      Policies: [AmazonS3ReadOnlyAccess]
      FunctionUrlConfig: {AuthType: NONE, InvokeMode: RESPONSE_STREAM}
Outputs:
  Url: {Value: !GetAtt WebUrl.FunctionUrl}
"""


def test_a_serverless_function_becomes_its_resources(control_plane):
    assert control_plane.create("sam", TEMPLATE) == "CREATE_COMPLETE"
    resources = control_plane["cloudformation"].describe_stack_resources(StackName="sam")["StackResources"]
    types = {resource["ResourceType"] for resource in resources}
    expected = {"Function", "Version", "Alias", "Url", "Permission"}
    assert types == {"AWS::IAM::Role", *(f"AWS::Lambda::{name}" for name in expected)}


def test_managed_policies_are_known_by_name():
    from lambdastream.control.gaps.sam_transform import ManagedPolicies  # here, since it imports moto: seconds

    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    assert ManagedPolicies().load()["AmazonS3ReadOnlyAccess"] == arn


def test_what_the_transform_refuses_is_a_400_with_its_words(control_plane):
    with pytest.raises(ClientError, match=r"Transform AWS::Serverless-2016-10-31 failed with.*Web") as refused:
        control_plane.create("bad-sam", TEMPLATE.replace("Handler: index.handler", "Handlr: x"))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError, match="does not exist"):
        control_plane.stack("bad-sam")


def test_an_unknown_transform_is_refused(control_plane):
    with pytest.raises(ClientError, match="No transform named AWS::LanguageExtensions"):
        control_plane.create("bad-transform", TEMPLATE.replace("AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"))
