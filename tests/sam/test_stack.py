"""The life of one stack: deployed, looked at, changed, changed for the worse, deleted."""

import json
import re
import sys

import httpx
import pytest

pytestmark = pytest.mark.slow

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
URL = re.compile(r"http://127\.0\.0\.1:\d+/?")
TEMPLATE = f"""
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Name: {{Type: String, Default: reader}}
  Wrong: {{Type: String, Default: nothing, AllowedValues: [nothing, version, type]}}
Conditions:
  WrongVersion: !Equals [!Ref Wrong, version]
  WrongType: !Equals [!Ref Wrong, type]
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: {RUNTIME}
      Environment: {{Variables: {{NAME: !Ref Name}}}}
      FunctionUrlConfig: {{AuthType: NONE}}
      Events:
        EveryRequest: {{Type: HttpApi}}
  NoSuchVersion:
    Type: AWS::Lambda::Alias
    Condition: WrongVersion
    DependsOn: GreeterUrl
    Properties: {{Name: wrong, FunctionName: !Ref Greeter, FunctionVersion: "999"}}
  NotSimulated:
    Type: AWS::MemoryDB::ACL
    Condition: WrongType
    DependsOn: GreeterUrl
    Properties: {{ACLName: nobody}}
Outputs:
  Url: {{Value: !GetAtt GreeterUrl.FunctionUrl}}
  ApiUrl: {{Value: !GetAtt ServerlessHttpApi.ApiEndpoint}}
"""
HANDLER = """
import os

def handler(event, context):
    return {"cookies": ["a=1; Path=/", "b=2"], "statusCode": 200, "body": f"GREETING, {os.environ['NAME']}"}
"""


def build(workspace, greeting):
    workspace.write("template.yaml", TEMPLATE)
    workspace.write("src/app.py", HANDLER.replace("GREETING", greeting))
    workspace.sam("build")


@pytest.fixture(scope="module")
def workspace(start_workspace):
    made = start_workspace()
    build(made, "hello")
    return made


@pytest.fixture(scope="module")
def hello(workspace):
    """The outputs of the stack `hello`."""
    return workspace.deployed("hello").outputs


def greetings(outputs):
    return {httpx.get(url).text for url in outputs.values()}


def test_the_outputs_are_addresses_here(workspace, hello):
    assert set(hello) == {"Url", "ApiUrl"}
    assert all(URL.fullmatch(value) for value in hello.values()), hello
    assert hello["Url"].rstrip("/") != hello["ApiUrl"].rstrip("/")
    listed = json.loads(workspace.sam("list", "stack-outputs", "--stack-name", "hello", "--output", "json"))
    assert {each["OutputKey"]: each["OutputValue"] for each in listed} == hello


@pytest.mark.parametrize("output", ["Url", "ApiUrl"])
def test_both_addresses_answer_with_their_cookies(hello, output):
    answer = httpx.get(hello[output])
    assert (answer.status_code, answer.text) == (200, "hello, reader")
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]


def test_its_resources_are_listed(workspace, hello):
    listed = json.loads(workspace.sam("list", "resources", "--stack-name", "hello", "--output", "json"))
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}
    assert set(physical) >= {"Greeter", "GreeterRole", "GreeterUrl", "ServerlessHttpApi"}
    assert physical["Greeter"] in workspace.functions()


def test_the_same_again_is_no_change(workspace, hello):
    again = workspace.deploy("hello")
    assert again.returncode == 1
    assert "No changes to deploy" in again.text
    assert greetings(hello) == {"hello, reader"}


def test_an_update_that_fails_is_rolled_back_and_the_next_one_works(workspace, hello):
    build(workspace, "good day")
    failed = workspace.deploy("hello", "--parameter-overrides", "Wrong=version Name=writer")
    assert (failed.returncode, failed.status) == (1, "UPDATE_ROLLBACK_COMPLETE"), failed.text
    assert "999" in failed.reasons["NoSuchVersion"]
    assert ("Greeter", "UPDATE_COMPLETE") in [(each["logical_id"], each["status"]) for each in failed.events]
    assert greetings(hello) == {"hello, reader"}

    mended = workspace.deployed("hello", "--parameter-overrides", "Name=writer")
    assert mended.outputs == hello
    assert greetings(hello) == {"good day, writer"}


def test_a_type_that_is_not_simulated_fails_by_name_and_its_stack_can_only_be_deleted(workspace, hello):
    before = workspace.functions()
    failed = workspace.deploy("failed", "--parameter-overrides", "Wrong=type")
    assert (failed.returncode, failed.status) == (1, "ROLLBACK_COMPLETE"), failed.text
    assert "AWS::MemoryDB::ACL" in failed.reasons["NotSimulated"]
    assert workspace.functions() == before

    again = workspace.deploy("failed")
    assert again.returncode == 1
    assert "is in ROLLBACK_COMPLETE state and can not be updated" in again.text
    assert "Traceback" not in again.text + workspace.said()


def test_deleted_it_is_gone(workspace, hello, is_closed):
    assert "Deleted successfully" in workspace.sam("delete", "--stack-name", "hello", "--no-prompts")
    assert all(is_closed(url) for url in hello.values())
    assert workspace.functions() == set()
