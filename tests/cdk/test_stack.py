"""The template that the CDK makes of `stack.py`."""

import copy
import json
import os
from pathlib import Path

import pytest

from lambdastream.lint import lint

pytestmark = pytest.mark.slow

SNAPSHOT = Path(__file__).with_name("template.json")
OPEN = {"AuthType": "NONE", "OpenToEveryone": "at-my-expense", "OpenConcurrency": "7"}
OTHER = {"PythonRuntime": "python3.14", "Architecture": "arm64", "AllowedOrigins": "https://chat.example"}
FUNCTIONS = ["ChatMangum", "ChatLwa"]


def without_hashes(template):
    """A template without what changes with the app's code."""
    masked = copy.deepcopy(template)
    for resource in masked["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"]["S3Key"] = "HASH.zip"
    return masked


def test_it_is_as_it_was(synthesize):
    """`UPDATE_SNAPSHOT=1` writes it anew, when it is meant to change."""
    made = json.dumps(without_hashes(synthesize().template), indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_SNAPSHOT"):
        SNAPSHOT.write_text(made, encoding="utf-8")
    assert made == SNAPSHOT.read_text(encoding="utf-8")


def test_one_function_is_a_handler_and_the_other_a_program_behind_the_adapter(synthesize):
    from aws_cdk.assertions import Match

    found = synthesize(**OTHER).assertions
    found.resource_count_is("AWS::Lambda::Function", 2)
    shared = {"Runtime": "python3.14", "Architectures": ["arm64"], "MemorySize": 256}
    origins = {"ALLOWED_ORIGINS": "https://chat.example"}
    mangum = {"Handler": "handler.handler", "Layers": Match.absent(), "Environment": {"Variables": origins}}
    found.has_resource_properties("AWS::Lambda::Function", shared | mangum)
    adapter = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "AWS_LWA_INVOKE_MODE": "response_stream", "PORT": "8000"}
    found.has_resource_properties(
        "AWS::Lambda::Function", shared | {"Handler": "run.sh", "Environment": {"Variables": origins | adapter}}
    )


@pytest.mark.parametrize(("context", "layer"), [({}, "X86"), (OTHER, "Arm64")], ids=["x86_64", "arm64"])
def test_the_adapters_layer_is_that_of_the_architecture(synthesize, context, layer):
    [function] = synthesize(**context).properties("AWS::Lambda::Function", "ChatLwa")
    [arn] = function["Layers"]
    assert arn["Fn::Join"][1][-1] == f":753240598075:layer:LambdaAdapterLayer{layer}:27"
    assert {"Ref": "AWS::Region"} in arn["Fn::Join"][1]


@pytest.mark.parametrize(("context", "auth_type"), [({}, "AWS_IAM"), (OPEN, "NONE")], ids=["by default", "open"])
def test_the_url_streams(synthesize, context, auth_type):
    [url] = synthesize(**context).properties("AWS::Lambda::Url")
    assert (url["AuthType"], url["InvokeMode"]) == (auth_type, "RESPONSE_STREAM")
    [function] = url["TargetFunctionArn"]["Fn::GetAtt"][:1]
    assert function.startswith("ChatLwa")


@pytest.mark.parametrize(("context", "auth_type"), [({}, "AWS_IAM"), (OPEN, "NONE")], ids=["by default", "open"])
def test_the_api_takes_every_path_and_is_throttled(synthesize, context, auth_type):
    stack = synthesize(**context)
    assert {it["PathPart"] for it in stack.properties("AWS::ApiGateway::Resource")} == {"{proxy+}"}
    methods = stack.properties("AWS::ApiGateway::Method")
    assert [(it["HttpMethod"], it["AuthorizationType"], it["Integration"]["Type"]) for it in methods] == [
        ("ANY", auth_type, "AWS_PROXY")
    ] * 2
    [stage] = stack.properties("AWS::ApiGateway::Stage")
    [limits] = stage["MethodSettings"]
    assert (stage["StageName"], limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == ("prod", 5, 10)


def permissions(stack):
    return [
        (it["Principal"], it["Action"], it["FunctionName"]["Fn::GetAtt"][0][:7])
        for it in stack.properties("AWS::Lambda::Permission")
    ]


def test_by_default_nobody_may_call_unsigned(synthesize):
    stack = synthesize()
    assert permissions(stack) == [("apigateway.amazonaws.com", "lambda:InvokeFunction", "ChatMan")] * 2
    assert all("ReservedConcurrentExecutions" not in function for function in stack.properties("AWS::Lambda::Function"))


def test_an_open_url_has_both_permissions_and_a_cap(synthesize):
    stack = synthesize(**OPEN)
    everyone = [it for it in stack.properties("AWS::Lambda::Permission") if it["Principal"] == "*"]
    assert {(it["Action"], it.get("FunctionUrlAuthType"), it.get("InvokedViaFunctionUrl")) for it in everyone} == {
        ("lambda:InvokeFunctionUrl", "NONE", None),
        ("lambda:InvokeFunction", None, True),
    }
    functions = stack.properties("AWS::Lambda::Function")
    assert [function["ReservedConcurrentExecutions"] for function in functions] == [7, 7]


def test_the_api_alone_may_call_mangum_at_its_stage(synthesize):
    sources = [it["SourceArn"]["Fn::Join"][1] for it in synthesize().properties("AWS::Lambda::Permission")]
    assert sorted(source[-1] for source in sources) == ["/*/", "/*/*"]
    for source in sources:
        assert [part["Ref"][:7] for part in source if isinstance(part, dict)][-2:] == ["ChatApi", "ChatApi"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_write_its_own_log_and_nothing_else(synthesize, function):
    stack = synthesize()
    [given] = stack.properties("AWS::Lambda::Function", function)
    role, group = given["Role"]["Fn::GetAtt"][0], given["LoggingConfig"]["LogGroup"]["Ref"]
    assert role.startswith(f"{function}Role")
    assert "ManagedPolicyArns" not in stack.template["Resources"][role]["Properties"]
    [trusted] = stack.template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert (trusted["Principal"], trusted["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")
    [policy] = stack.properties("AWS::IAM::Policy", f"{function}Role")
    assert policy["Roles"] == [{"Ref": role}]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Effect": "Allow",
            "Resource": {"Fn::GetAtt": [group, "Arn"]},
        }
    ]
    log = stack.template["Resources"][group]
    assert (log["Properties"]["RetentionInDays"], log["DeletionPolicy"]) == (14, "Delete")


def test_these_are_all_the_roles_and_policies_there_are(synthesize):
    found = synthesize(**OPEN).assertions
    for kind in ("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Logs::LogGroup"):
        found.resource_count_is(kind, 2)
    for kind in ("AWS::IAM::ManagedPolicy", "AWS::CDK::Metadata", "Custom::LogRetention", "AWS::ApiGateway::Account"):
        found.resource_count_is(kind, 0)


def test_outputs_name_what_a_reader_calls(synthesize):
    assert set(synthesize().template["Outputs"]) == {"ChatApiUrl", "ChatLwaUrl", "ChatMangumArn", "ChatLwaArn"}


@pytest.mark.parametrize("context", [{}, OPEN], ids=["by default", "open"])
def test_our_lint_has_nothing_to_say(synthesize, context):
    assert lint(synthesize(**context).path) == []


@pytest.mark.parametrize(
    ("right", "wrong", "rule"),
    [
        pytest.param('"response_stream"', '"buffered"', "E9501", id="mode"),
        pytest.param('"RESPONSE_STREAM"', '"BUFFERED"', "E9502", id="URL"),
        pytest.param('"ReservedConcurrentExecutions"', '"Description"', "W9508", id="cap"),
    ],
)
def test_our_lint_sees_each_change_for_the_worse(synthesize, tmp_path, right, wrong, rule):
    text = synthesize(**OPEN).path.read_text(encoding="utf-8")
    assert right in text
    changed = tmp_path / "template.json"
    changed.write_text(text.replace(right, wrong), encoding="utf-8")
    assert rule in {finding.rule for finding in lint(changed)}
