"""The checks of notebook 07."""

import re

import pytest

from lambdastream.workshop.checks import deploy

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:streaming-chat-ChatLwa-ABC123"
URL, INVOKE = deploy.ACTIONS
MENDED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Chat:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: app/chat
      Handler: run.sh
      Runtime: python3.13
      Timeout: 60
      ReservedConcurrentExecutions: 5
      Layers: [!Sub "arn:aws:lambda:${AWS::Region}:753240598075:layer:LambdaAdapterLayerX86:27"]
      Environment:
        Variables:
          AWS_LAMBDA_EXEC_WRAPPER: /opt/bootstrap
          AWS_LWA_INVOKE_MODE: response_stream
          PORT: "8000"
      FunctionUrlConfig:
        AuthType: NONE
        InvokeMode: RESPONSE_STREAM
"""


def allow(action, resource=ARN, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        pytest.param(allow("lambda:*", "*"), "✗ Not yet. lambda:* allows much more", id="the starter"),
        pytest.param(allow([URL, "lambda:Invoke*"]), "✗ Not yet. lambda:Invoke* allows much more", id="some wild"),
        pytest.param(allow(URL), "✗ Not yet. lambda:InvokeFunction is missing", id="URL alone"),
        pytest.param(allow([INVOKE]), "✗ Not yet. lambda:InvokeFunctionUrl is missing", id="function alone"),
        pytest.param(
            allow([URL, INVOKE, "lambda:GetFunction"]), "✗ Not yet. A call does not need lambda:GetFunction", id="more"
        ),
        pytest.param(allow([URL, INVOKE], "*"), "✗ Not yet. It allows more", id="all functions"),
        pytest.param(allow([URL, INVOKE], f"{ARN}*"), "✗ Not yet. It allows more", id="functions that begin so"),
        pytest.param(allow([URL, INVOKE], [ARN, f"{ARN}2"]), "✗ Not yet. It allows more", id="two functions"),
        pytest.param(allow([URL, INVOKE], Effect="Deny"), "✗ Not yet. The statement allows nothing", id="deny"),
        pytest.param(allow([URL, INVOKE], Principal="*"), "✗ Not yet. A person's policy", id="principal"),
        pytest.param({}, "✗ Not yet. The statement allows nothing", id="empty"),
        pytest.param(allow([URL, INVOKE]), "✓ Two actions", id="right"),
        pytest.param(allow([INVOKE, URL], [ARN]), "✓ Two actions", id="another order, a list"),
    ],
)
def test_may_call(statement, says):
    assert repr(deploy.may_call(statement, ARN)).startswith(says)


def without(*lines):
    return re.sub(rf"^ *({'|'.join(lines)}).*\n", "", MENDED, flags=re.MULTILINE)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder with the function's script."""
    (tmp_path / "app" / "chat").mkdir(parents=True)
    script = tmp_path / "app" / "chat" / "run.sh"
    script.write_text("#!/bin/bash\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("template", "says"),
    [
        pytest.param(
            without("Reserved", "AWS_LAMBDA", "InvokeMode"), "✗ Not yet. The lint has 3 to tell.", id="the starter"
        ),
        pytest.param(without("Reserved"), "✗ Not yet. The lint has 1 to tell. The first, in line 17: W9508", id="cap"),
        pytest.param(
            without("InvokeMode"), "✗ Not yet. The lint has 1 to tell. The first, in line 18: E9502", id="URL"
        ),
        pytest.param(
            without("AWS_LAMBDA"), "✗ Not yet. The lint has 1 to tell. The first, in line 14: E9503", id="exec"
        ),
        pytest.param(
            without("FunctionUrl", "AuthType", "InvokeMode"),
            "✗ Not yet. The lint is silent, but the template has lost its function URL",
            id="no URL",
        ),
        pytest.param(
            without("InvokeMode", "AWS_LWA"),
            "✗ Not yet. The lint is silent, but the template has lost the adapter's mode",
            id="nothing streams",
        ),
        pytest.param(
            MENDED.replace("AuthType: NONE", "AuthType: AWS_IAM"),
            "✗ Not yet. The lint is silent, but the template has lost the AuthType",
            id="closed",
        ),
        pytest.param("Resources: [", "✗ Not yet. The lint has 1 to tell.", id="no YAML"),
        pytest.param(MENDED, "✓ The lint is silent", id="right"),
        pytest.param(MENDED.replace("response_stream", '"response_stream"'), "✓ The lint is silent", id="quoted"),
    ],
)
def test_mended(workspace, template, says):
    assert repr(deploy.mended(template)).startswith(says)
    assert [path.name for path in workspace.iterdir()] == ["app"]


def of(pattern, line):
    return float(re.search(pattern + r": ([\d.]+)", line)[1])


def dollars(line, *, time="Billed Duration", memory="Memory Size", milliseconds=1000, megabytes=1024, request=1):
    seconds = of(time, line) / milliseconds
    return request * deploy.REQUEST + seconds * of(memory, line) / megabytes * deploy.GB_SECOND


@pytest.mark.parametrize(
    ("work", "hint"),
    [
        pytest.param(lambda line: deploy.REQUEST, "That is the request. The time comes on top", id="the starter"),
        pytest.param(lambda line: dollars(line, request=0), "That is the time", id="no request"),
        pytest.param(lambda line: dollars(line, megabytes=1000), "A GB has 1024 MB", id="1000 MB"),
        pytest.param(lambda line: dollars(line, time=r"\tDuration"), "Billed Duration counts", id="Duration"),
        pytest.param(lambda line: dollars(line, memory="Max Memory Used"), "What is reserved counts", id="used"),
        pytest.param(lambda line: dollars(line, milliseconds=1), "The line has milliseconds", id="milliseconds"),
        pytest.param(lambda line: dollars(line, megabytes=1), "The line has MB", id="MB"),
        pytest.param(lambda line: 1.0, "Seconds times GB", id="anything"),
    ],
)
def test_cost_that_is_wrong(work, hint):
    said = repr(deploy.cost(work))
    assert said.startswith("✗ Not yet. 1000 ms with 1024 MB cost $0.0000168667")
    assert f"Hint: {hint}" in said


def test_cost_that_is_right():
    assert repr(deploy.cost(dollars)) == "✓ A million chats of 2.3 seconds cost $9.97."
