"""A local AWS that is killed and starts again: what was deployed is there, as it was, and goes on from there."""

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

from lambdastream.control.forgetting import SNAPSHOT
from lambdastream.control.profile import REGION, Profile
from lambdastream.runtime.interpreter import own_runtime

Eventually = Callable[[Callable[[], object]], object]

BUCKET = "code-bucket"
HANDLER = """
import os
import layered

def handler(event, context):
    print("a word for the log")
    return {"statusCode": 200, "body": os.environ["GREETING"] + layered.NAME}
"""
INVOCATIONS = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Web.Arn}/invocations"
TEMPLATE = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {"Greeting": {"Type": "String", "Default": "hello "}},
    "Resources": {
        "Layer": {
            "Type": "AWS::Serverless::LayerVersion",
            "Properties": {"ContentUri": {"Bucket": BUCKET, "Key": "layer.zip"}},
        },
        "Web": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": own_runtime(),
                "Handler": "app.handler",
                "CodeUri": {"Bucket": BUCKET, "Key": "code.zip"},
                "Layers": [{"Ref": "Layer"}],
                "Environment": {"Variables": {"GREETING": {"Ref": "Greeting"}}},
                "FunctionUrlConfig": {"AuthType": "NONE"},
                "Events": {
                    "Http": {"Type": "HttpApi", "Properties": {"Path": "/", "Method": "GET"}},
                    "Rest": {"Type": "Api", "Properties": {"Path": "/rest", "Method": "GET"}},
                },
            },
        },
        "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 3}},
        # As the CDK has them.
        "Pieces": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": {"Ref": "AWS::StackName"}}},
        "Path": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {
                "RestApiId": {"Ref": "Pieces"},
                "ParentId": {"Fn::GetAtt": ["Pieces", "RootResourceId"]},
                "PathPart": "{proxy+}",
            },
        },
        "Method": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": {"Ref": "Pieces"},
                "ResourceId": {"Ref": "Path"},
                "HttpMethod": "ANY",
                "AuthorizationType": "NONE",
                "Integration": {
                    "Type": "AWS_PROXY",
                    "IntegrationHttpMethod": "POST",
                    "Uri": {"Fn::Sub": INVOCATIONS},
                },
            },
        },
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": "Method",
            "Properties": {"RestApiId": {"Ref": "Pieces"}},
        },
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {
                "RestApiId": {"Ref": "Pieces"},
                "DeploymentId": {"Ref": "Deployment"},
                "StageName": "prod",
            },
        },
    },
    "Outputs": {
        "Url": {"Value": {"Fn::GetAtt": ["WebUrl", "FunctionUrl"]}},
        "Http": {"Value": {"Fn::Sub": "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com/"}},
        "Rest": {
            "Value": {"Fn::Sub": "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/rest"}
        },
        "Pieces": {"Value": {"Fn::Sub": "https://${Pieces}.execute-api.${AWS::Region}.amazonaws.com/prod/pieces"}},
    },
}


def zip_of(**files: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
        # So large that it has a file of its own.
        archive.writestr("padding", os.urandom(100_000))
    return target.getvalue()


class Aws:
    """boto3's clients of a project's local AWS as it runs now, and what they say of stacks."""

    def __init__(self, sandbox: Any) -> None:
        self._sandbox = sandbox
        self._made: dict[str, Any] = {}

    def __getitem__(self, service: str) -> Any:
        keys = Profile(self._sandbox.project).keys()
        if service not in self._made:
            self._made[service] = boto3.client(
                service,
                endpoint_url=self._sandbox.project.running().endpoint,
                region_name=REGION,
                aws_access_key_id=keys.access_key_id,
                aws_secret_access_key=keys.secret_access_key,
                config=Config(retries={"total_max_attempts": 1}, read_timeout=60, s3={"addressing_style": "path"}),
            )
        return self._made[service]

    def close(self) -> None:
        """Close the connections: the next calls go to the local AWS that runs then."""
        for client in self._made.values():
            client.close()
        self._made.clear()

    def deploy(self, name: str, change: str = "create", **parameters: str) -> None:
        formation = self["cloudformation"]
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        getattr(formation, f"{change}_stack")(StackName=name, TemplateBody=json.dumps(TEMPLATE), Parameters=given)
        formation.get_waiter(f"stack_{change}_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    def urls(self, name: str) -> dict[str, str]:
        (stack,) = self["cloudformation"].describe_stacks(StackName=name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def everything(self) -> dict[str, Any]:
        """What there is, with its ids and times."""
        formation, functions = self["cloudformation"], self["lambda"]
        stacks = formation.describe_stacks()["Stacks"]
        names = [function["FunctionName"] for function in functions.list_functions()["Functions"]]
        return {
            "stacks": stacks,
            "events": [formation.describe_stack_events(StackName=it["StackName"])["StackEvents"] for it in stacks],
            "resources": [
                formation.describe_stack_resources(StackName=it["StackName"])["StackResources"] for it in stacks
            ],
            "functions": [functions.get_function(FunctionName=name)["Configuration"] for name in names],
            "urls": [functions.get_function_url_config(FunctionName=name)["FunctionUrl"] for name in names],
            "layers": functions.list_layers()["Layers"],
            "roles": self["iam"].list_roles()["Roles"],
            "http": self["apigatewayv2"].get_apis()["Items"],
            "rest": self["apigateway"].get_rest_apis()["items"],
            "objects": self["s3"].list_objects_v2(Bucket=BUCKET)["Contents"],
            "groups": [
                {key: value for key, value in it.items() if key != "storedBytes"}
                for it in self["logs"].describe_log_groups()["logGroups"]
            ],
        }

    def log(self, function: str) -> list[str]:
        found = self["logs"].filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        return [event["message"] for event in found]


@pytest.fixture
def aws(sandbox: Any) -> Iterator[Aws]:
    made = Aws(sandbox)
    yield made
    made.close()


def answers(urls: dict[str, str]) -> set[str]:
    return {httpx.get(url, trust_env=False).text for url in urls.values()}


def deploy_two_at_once(aws: Aws) -> tuple[dict[str, str], dict[str, str]]:
    """The stacks `one` and `other`: their addresses."""
    aws["s3"].create_bucket(Bucket=BUCKET)
    aws["s3"].put_object(Bucket=BUCKET, Key="code.zip", Body=zip_of(app=HANDLER))
    aws["s3"].put_object(Bucket=BUCKET, Key="layer.zip", Body=zip_of(python__layered="NAME = 'world'"))
    aws["cloudformation"]
    with ThreadPoolExecutor() as pool:
        list(pool.map(aws.deploy, ("one", "other")))
    one, other = aws.urls("one"), aws.urls("other")
    assert len({*one.values(), *other.values()}) == 8
    assert answers(one) == answers(other) == {"hello world"}
    return one, other


@pytest.mark.slow
def test_what_was_deployed_is_there_when_it_was_killed_and_gone_when_it_starts_fresh(
    sandbox: Any, aws: Aws, eventually: Eventually
) -> None:
    keys = Profile(sandbox.project).keys()
    with sandbox.up() as (process, _):
        one, other = deploy_two_at_once(aws)
        name = aws["lambda"].list_functions()["Functions"][0]["FunctionName"]
        aws["lambda"].create_alias(
            FunctionName=name, Name="live", FunctionVersion=aws["lambda"].publish_version(FunctionName=name)["Version"]
        )
        session = aws["sts"].get_session_token()["Credentials"]
        eventually(lambda: "a word for the log" in saved_text(sandbox))
        before = aws.everything()
        process.kill()
        process.communicate(timeout=60)
    aws.close()

    with sandbox.up():
        assert aws.everything() == before
        assert answers(one) == answers(other) == {"hello world"}
        assert "a word for the log" in aws.log(name)
        assert who_is(sandbox, session)
        assert b"hello world" in aws["lambda"].invoke(FunctionName=name, Qualifier="live")["Payload"].read()
        aws.deploy("one", "update", Greeting="good day ")
        assert aws.urls("one") == one
        assert answers(one) == {"good day world"}
        aws["cloudformation"].delete_stack(StackName="other")
        for url in other.values():
            with pytest.raises(httpx.ConnectError):
                httpx.get(url, trust_env=False)
        refused = sandbox.run("up", "--detach", "--fresh")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "lambdastream down" in refused.stderr
    aws.close()

    assert sandbox.run("up", "--detach", "--port", "0", "--fresh").returncode == 0
    stacks = aws["cloudformation"].describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["aws-sam-cli-managed-default"]
    kept = {path.name for path in sandbox.project.state.iterdir()}
    assert kept.isdisjoint({"functions", "layers", "logs", "ports.json"})
    assert Profile(sandbox.project).keys() == keys


def saved_text(sandbox: Any) -> str:
    """What the saved state holds."""
    return (sandbox.project.state / SNAPSHOT / "snapshot").read_bytes().decode("latin-1")


def who_is(sandbox: Any, session: dict[str, str]) -> str:
    """The account that temporary keys belong to."""
    client = boto3.client(
        "sts",
        endpoint_url=sandbox.project.running().endpoint,
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        account: str = client.get_caller_identity()["Account"]
    finally:
        client.close()
    return account
