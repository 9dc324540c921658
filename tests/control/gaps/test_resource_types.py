"""Which types of resources a stack may have."""

import pytest

from lambdastream.control.data_plane_client import ISOLATION
from lambdastream.control.gaps.not_simulated import not_simulated


@pytest.mark.parametrize(
    "resource_type",
    [
        "AWS::Bedrock::Agent",
        "Custom::Thing",
        "AWS::CloudFormation::CustomResource",
        "AWS::Lambda::EventSourceMapping",
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGatewayV2::Authorizer",
    ],
)
def test_an_unsupported_type_fails_its_stack_with_its_name(control_plane, resource_type):
    name = "unsupported-" + resource_type.replace(":", "")
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Odd": {"Type": resource_type}}}
    assert control_plane.create(name, template) == "ROLLBACK_COMPLETE"
    failed = [(of, reason) for of, status, reason in control_plane.events(name) if status == "CREATE_FAILED"]
    assert failed[0][0] == "Odd"
    assert resource_type in failed[0][1]
    assert control_plane["cloudformation"].describe_stack_resources(StackName=name)["StackResources"] == []


def test_an_unsupported_type_under_a_condition_that_does_not_hold_is_no_matter(control_plane):
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Odd": {"Type": "AWS::Bedrock::Agent", "Condition": "Never"},
        },
    }
    assert control_plane.create("conditional", template) == "CREATE_COMPLETE"


def test_an_unsupported_type_in_an_update_is_rolled_back(control_plane):
    before = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    after = {"Resources": {**before["Resources"], "Odd": {"Type": "AWS::Bedrock::Agent"}}}
    control_plane.create("odd-update", before)
    assert control_plane.update("odd-update", after) == "UPDATE_ROLLBACK_COMPLETE"


def test_types_without_an_effect_are_accepted(control_plane):
    policy = {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": []}}
    template = {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": policy},
            "Metadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2"}},
            "Account": {"Type": "AWS::ApiGateway::Account"},
        }
    }
    assert control_plane.create("no-effect", template) == "CREATE_COMPLETE"
    reasons = {of: reason for of, status, reason in control_plane.events("no-effect") if status == "CREATE_COMPLETE"}
    assert "not simulated" in reasons["Policy"]


def test_names_are_as_short_as_aws_wants_them(control_plane, function, role):
    logical = "AThingWithANameThatIsLongerThanWhatIsAllowed"
    web = function(Role={"Fn::GetAtt": [f"{logical}Role", "Arn"]})
    template = {"Resources": {f"{logical}Role": role, f"{logical}Web": web}}
    assert control_plane.create("a-stack-with-a-long-name", template) == "CREATE_COMPLETE"
    found = control_plane["cloudformation"].describe_stack_resources(StackName="a-stack-with-a-long-name")
    names = [it["PhysicalResourceId"] for it in found["StackResources"]]
    assert [len(name) for name in names] == [64, 64]
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("resource_type", "properties", "told"),
    [
        ("AWS::Lambda::Function", {"VpcConfig": {"SubnetIds": ["a"]}, "KmsKeyArn": "b"}, "KmsKeyArn, VpcConfig"),
        ("AWS::Lambda::Function", {"TracingConfig": {"Mode": "Active"}}, "TracingConfig"),
        ("AWS::Lambda::Function", {"Timeout": 3}, None),
        ("AWS::Lambda::Function", {"VpcConfig": {}}, None),
        ("AWS::SNS::Topic", {"VpcConfig": "no such property"}, None),
        (
            "AWS::ApiGateway::RestApi",
            {"Body": {"x-amazon-apigateway-policy": {}}},
            "its resource policy (whoever it keeps out may call here)",
        ),
        ("AWS::ApiGateway::RestApi", {"Body": {"paths": {}}}, None),
        ("AWS::ApiGateway::Method", {"RequestValidatorId": "a"}, "RequestValidatorId"),
        (
            "AWS::Lambda::Function",
            {"LoggingConfig": {"LogFormat": "JSON"}},
            "LogFormat JSON (Lambda's own lines are text here)",
        ),
        ("AWS::Lambda::Function", {"LoggingConfig": {"LogGroup": "own"}}, None),
    ],
    ids=[
        "two",
        "tracing",
        "all simulated",
        "empty",
        "another type",
        "a policy within",
        "no policy",
        "a validator",
        "JSON",
        "a log group",
    ],
)
def test_properties_that_change_nothing_are_named(resource_type, properties, told):
    assert not_simulated(resource_type, properties) == (told and f"not simulated: {told}")


@pytest.mark.parametrize(
    ("isolation", "told"),
    [
        ("namespaces", None),
        ("paths", "not simulated: EphemeralStorage (without mount namespaces /tmp is as large as the disk)"),
        (None, "not simulated: EphemeralStorage (without mount namespaces /tmp is as large as the disk)"),
    ],
)
def test_the_size_of_tmp_changes_something_where_functions_have_mount_namespaces(monkeypatch, isolation, told):
    monkeypatch.setenv(ISOLATION, isolation or "")
    assert not_simulated("AWS::Lambda::Function", {"EphemeralStorage": {"Size": 1024}}) == told
