"""A day in a SAM project that knows nothing of this one: an app that streams, a plain function, and what is around them.

The tests are one story, in this order: built, deployed, called, its logs read, used by another stack, and put away.
"""

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from lambdastream.control import connect

pytestmark = pytest.mark.slow  # the notebooks' stacks are deployed, called and deleted with sam in make test

WEB = Path(__file__).parents[1] / "functions" / "web"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ADAPTER = {"x86_64": "LambdaAdapterLayerX86", "aarch64": "LambdaAdapterLayerArm64"}[platform.machine()]
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
TEMPLATE = f"""
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{Runtime: {RUNTIME}, Architectures: [{ARCHITECTURE}], Timeout: 20}}
Parameters:
  Stage: {{Type: String, Default: dev, AllowedValues: [dev, prod]}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  Words:
    Type: AWS::Serverless::LayerVersion
    Properties: {{ContentUri: words}}
  Plain:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: plain
      Handler: app.handler
      Layers: [!Ref Words]
      Environment: {{Variables: {{STAGE: !If [IsProd, live, trial]}}}}
      LoggingConfig: {{LogGroup: !Ref PlainLogs}}
      VpcConfig: {{SubnetIds: [subnet-1], SecurityGroupIds: [sg-1]}}
      KmsKeyArn: arn:aws:kms:us-east-1:123456789012:key/a
      FunctionUrlConfig: {{AuthType: NONE}}
      Events:
        EveryRequest: {{Type: HttpApi}}
  PlainLogs:
    Type: AWS::Logs::LogGroup
    Properties: {{LogGroupName: !Sub "/aws/lambda/${{AWS::StackName}}-plain", RetentionInDays: 7}}
  Web:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: web
      Handler: run.sh
      Layers: [!Sub "arn:aws:lambda:${{AWS::Region}}:753240598075:layer:{ADAPTER}:27"]
      Environment:
        Variables: {{AWS_LAMBDA_EXEC_WRAPPER: /opt/bootstrap, AWS_LWA_INVOKE_MODE: response_stream, PORT: "8000"}}
      Tracing: Active
      FunctionUrlConfig: {{AuthType: NONE, InvokeMode: RESPONSE_STREAM}}
      Events:
        EveryRequest:
          Type: Api
          Properties: {{Path: "/{{proxy+}}", Method: ANY, ResponseTransferMode: RESPONSE_STREAM}}
  Inline:
    Type: AWS::Lambda::Function
    Properties:
      Handler: index.handler
      Runtime: {RUNTIME}
      Role: !GetAtt PlainRole.Arn
      Code:
        ZipFile: |
          def handler(event, context):
              return "inline"
  Alarms:
    Type: AWS::SNS::Topic
    Condition: IsProd
Outputs:
  PlainUrl: {{Value: !GetAtt PlainUrl.FunctionUrl}}
  HttpApi: {{Value: !GetAtt ServerlessHttpApi.ApiEndpoint}}
  WebUrl: {{Value: !GetAtt WebUrl.FunctionUrl}}
  RestApi: {{Value: !Sub "https://${{ServerlessRestApi}}.execute-api.${{AWS::Region}}.amazonaws.com/Prod/"}}
  Logs: {{Value: !Ref PlainLogs, Export: {{Name: !Sub "${{AWS::StackName}}-logs"}}}}
"""
HANDLER = """
import os, sys
from words import GREETING

def handler(event, context):
    path = event.get("rawPath", "")
    print("asked for", path)
    print("aside for", path, file=sys.stderr)
    return {"statusCode": 200, "cookies": ["a=1; Path=/", "b=2"], "body": f"{GREETING} {os.environ['STAGE']} {path}"}
"""
OTHER = """
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Project: {Type: String}
Resources:
  Where:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: {"Fn::ImportValue": !Sub "${Project}-logs"}}
Outputs:
  Imported: {Value: !GetAtt Where.Value}
"""


@pytest.fixture(scope="module")
def workspace(start_workspace):
    made = start_workspace()
    made.write("template.yaml", TEMPLATE)
    made.write("other.yaml", OTHER)
    made.write("plain/app.py", HANDLER)
    made.write("words/python/words.py", "GREETING = 'hello from a layer,'")
    shutil.copytree(WEB, made.folder / "web")
    (made.folder / "web" / "run.sh").chmod(0o755)
    made.sam("build")
    return made


@pytest.fixture(scope="module")
def project(workspace):
    """The deployment of the stack `project`."""
    return workspace.deployed("project")


def test_what_changes_nothing_here_is_accepted_and_said(project):
    told = {name: reason for name, reason in project.reasons.items() if name in {"Plain", "Web", "Inline"}}
    assert set(told) == {"Plain", "Web"}
    assert "not simulated" in told["Plain"]
    assert "VpcConfig" in told["Plain"]
    assert "KmsKeyArn" in told["Plain"]
    assert told["Web"] == "not simulated: TracingConfig"


@pytest.mark.parametrize(("output", "path"), [("PlainUrl", "/a/b"), ("HttpApi", "/a/b")])
def test_the_plain_function_answers_with_its_layer_and_its_cookies(project, output, path):
    answer = httpx.get(project.outputs[output].rstrip("/") + path)
    assert (answer.status_code, answer.text) == (200, f"hello from a layer, trial {path}")
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]


@pytest.mark.parametrize("output", ["WebUrl", "RestApi"])
def test_the_app_streams_and_sets_cookies(workspace, project, output, tmp_path):
    url = project.outputs[output]
    answer = httpx.get(f"{url}cookies")
    assert (answer.status_code, answer.json()) == (201, "set")
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]
    with httpx.stream("GET", f"{url}words", params=words(workspace, tmp_path)) as stream:
        heard = []
        for line in stream.iter_lines():
            heard.append(line)
            let_through(workspace, tmp_path / f"after-{line}")
    assert heard == ["one", "after-one", "after-after-one"]


def words(workspace, gates):
    """What the app is to say, each word when the one before has been heard. It runs already."""
    let_through(workspace, gates / "one")
    return {"words": "one,after-one,after-after-one", "gates": str(gates)}


def let_through(workspace, gate):
    """Make the file, here and, in the mount namespaces of functions, where they look for it."""
    gate.touch()
    environments = [
        it for function in connect(workspace.project).status()["functions"] for it in function["environments"]
    ]
    for seen in [Path(f"/proc/{environment['pids'][-1]}/root{gate}") for environment in environments]:
        if not seen.exists():
            seen.parent.mkdir(parents=True, exist_ok=True)
            seen.touch()


def test_remote_invoke_prints_a_result(workspace, project):
    event = ("--event", '{"rawPath": "/remote"}')
    said = workspace.sam("remote", "invoke", "Plain", "--stack-name", "project", *event)
    assert json.loads(said.strip().splitlines()[-1])["body"] == "hello from a layer, trial /remote"


def test_remote_invoke_prints_a_stream_as_it_comes(workspace, project, tmp_path):
    request = {"method": "GET", "path": "/words", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "sam"}
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/words",
        "rawQueryString": str(httpx.QueryParams(words(workspace, tmp_path))),
        "headers": {"host": "localhost"},
        "requestContext": {"http": request, "requestId": "1", "stage": "$default", "timeEpoch": 0},
        "isBase64Encoded": False,
    }
    command = ("sam", "remote", "invoke", "Web", "--stack-name", "project", "--event", json.dumps(event))
    with workspace.start(*command) as invoke:
        first = invoke.stdout.readline()
        assert json.loads(first.removesuffix("one\n").replace("\0", ""))["statusCode"] == 200
        let_through(workspace, tmp_path / "after-one")
        assert invoke.stdout.readline() == "after-one\n"
        let_through(workspace, tmp_path / "after-after-one")
        assert "after-after-one\n" in invoke.communicate()[0]
    assert invoke.returncode == 0


def test_logs_are_followed_until_ctrl_c(workspace, project, interrupt):
    ask = project.outputs["PlainUrl"].rstrip("/")
    httpx.get(f"{ask}/before")
    command = ("sam", "logs", "--tail", "--stack-name", "project", "--name", "Plain")
    with workspace.start(*command, stderr=subprocess.DEVNULL) as tail:
        assert "/later" not in until("aside for /before", tail.stdout)
        httpx.get(f"{ask}/later")
        assert "asked for /later" in until("aside for /later", tail.stdout)
        assert interrupt(tail) == 0


def until(wanted, lines):
    """What is printed up to the line that says this."""
    said = ""
    for line in lines:
        said += line
        if wanted in line:
            return said
    pytest.fail(f"It ends without {wanted!r}: {said}")


def test_another_stack_imports_what_this_one_exports(workspace, project):
    options = ("--template-file", "other.yaml", "--parameter-overrides", "Project=project")
    assert workspace.deployed("other", *options).outputs == {"Imported": project.outputs["Logs"]}


def test_a_parameter_makes_what_its_condition_says(workspace, project):
    update = workspace.deployed("project", "--parameter-overrides", "Stage=prod")
    changed = {(each["logical_id"], each["status"]) for each in update.events if each["logical_id"] != "project"}
    assert {("Alarms", "CREATE_COMPLETE"), ("Plain", "UPDATE_COMPLETE")} <= changed
    assert not {"Web", "Inline", "PlainLogs"} & {name for name, _ in changed}
    assert httpx.get(project.outputs["PlainUrl"]).text == "hello from a layer, live /"


def test_down_leaves_nothing_running(workspace, project, is_closed, eventually):
    addresses = [value for value in project.outputs.values() if value.startswith("http://")]
    addresses.append(connect(workspace.project).endpoint)
    assert len(addresses) == 5
    assert workspace.processes()
    done = workspace.run("lambdastream", "down")
    assert (done.returncode, done.stdout) == (0, "The local AWS has stopped.\n")
    assert all(is_closed(address) for address in addresses)
    eventually(lambda: not workspace.processes())
    assert list(workspace.temporary.iterdir()) == []
