"""The control plane as a process: its start and end, its doors, and functions that really run behind it."""

import http.client
import json
import os
import socket
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from lambdastream.runtime.interpreter import own_runtime

COMMAND = [sys.executable, "-m", "lambdastream.control.control_plane"]
BOOTSTRAP = Path(__file__).parents[1] / "functions" / "custom" / "bootstrap"
TRUST = '{"Version": "2012-10-17", "Statement": []}'


def environment(state: Path, data_plane: str, token: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "LAMBDASTREAM_DATA_PLANE": data_plane,
        "LAMBDASTREAM_DATA_PLANE_TOKEN": token,
        "LAMBDASTREAM_STATE": str(state),
    }


@contextmanager
def started(place: list[str], variables: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A control plane; gives the process and the words of its line."""
    with subprocess.Popen(
        [*COMMAND, *place], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables
    ) as process:
        try:
            yield process, process.stdout.readline().split()
        finally:
            process.kill()


class Caller(http.client.HTTPConnection):
    """HTTP with paths as they are, over a unix domain socket if one is given."""

    def __init__(self, host: str = "localhost", port: int = 80, *, path: Path | None = None) -> None:
        super().__init__(host, port)
        self._path = path

    def connect(self) -> None:
        if self._path is None:
            super().connect()
        else:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(str(self._path))

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        self.request(method, path, body=json.dumps(body) if body is not None else None)
        response = self.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content[:1] == b"{" else content


@pytest.fixture(scope="module")
def endpoint(local, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A control plane with a real data plane behind it. It ends when it gets a signal."""
    state = tmp_path_factory.mktemp("state")
    variables = environment(state, local.endpoint_url, local.plane.token)
    with started(["--port", "0"], variables) as (process, words):
        yield f"http://127.0.0.1:{words[1]}"
        process.terminate()
        assert process.wait(60) == 0


@pytest.fixture
def caller(endpoint: str) -> Iterator[Caller]:
    """A connection to the control plane."""
    connection = Caller("127.0.0.1", int(endpoint.rpartition(":")[2]))
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def client(endpoint: str) -> Iterator[Callable[[str], Any]]:
    """boto3's clients of the control plane."""
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
    made: dict[str, Any] = {}

    def get(service: str) -> Any:
        return made.setdefault(service, boto3.client(service, endpoint_url=endpoint, config=config, **keys))

    yield get
    for one in made.values():
        one.close()


@pytest.mark.conformance("logs-order")
def test_log_events_reach_cloudwatch(caller):
    now = int(time.time() * 1000)
    events = [{"timestamp": now + 1, "message": "two"}, {"timestamp": now, "message": "one"}]
    batch = {"group": "/aws/lambda/web", "stream": "2026/[$LATEST]a", "events": events}
    for _ in range(2):
        assert caller.call("POST", "/_lambdastream/log-events", batch) == (200, {"events": 2})


@pytest.mark.parametrize("batch", [{}, [], {"group": "a", "stream": "b", "events": [{}]}])
def test_what_is_no_batch_is_refused(caller, batch):
    status, told = caller.call("POST", "/_lambdastream/log-events", batch)
    assert status == 400
    assert told["message"].startswith("This is not a batch of log events")


@pytest.mark.parametrize(
    "path",
    [
        "/moto-api/reset",
        "/moto%2Dapi/reset",
        "/%5Flambdastream/credentials/AKID",
        "/latest/meta-data/iam/security-credentials/",
    ],
)
def test_paths_that_are_not_open_to_callers(caller, path):
    assert caller.call("POST", path)[0] == 403


@pytest.mark.parametrize(
    ("service", "call"),
    [
        pytest.param("cloudtrail", "lookup_events", id="JSON"),
        pytest.param("cloudformation", "describe_account_limits", id="Query"),
    ],
)
def test_a_call_that_is_not_simulated_says_so_and_is_not_worth_a_second_try(client, service, call):
    with pytest.raises(ClientError, match="not simulated by the local AWS") as caught:
        getattr(client(service), call)()
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_the_managed_bucket_is_there(client):
    stack = client("cloudformation").describe_stacks(StackName="aws-sam-cli-managed-default")["Stacks"][0]
    assert stack["Tags"] == [{"Key": "ManagedStackSource", "Value": "AwsSamCli"}]
    (bucket,) = [output["OutputValue"] for output in stack["Outputs"] if output["OutputKey"] == "SourceBucket"]
    client("s3").head_bucket(Bucket=bucket)


def test_its_socket_is_for_this_user_alone_and_goes_with_its_parent(tmp_path):
    path = tmp_path / "control.sock"
    with started(["--socket", str(path)], environment(tmp_path, "http://127.0.0.1:9", "token")) as (process, words):
        assert words == ["READY"]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        caller = Caller(path=path)
        assert caller.call("GET", "/_lambdastream/credentials/AKIDNONE")[0] == 404
        caller.close()
        process.stdin.close()
        assert process.wait(60) == 0
        assert not path.exists()


def test_it_says_what_it_is_missing(tmp_path):
    variables = environment(tmp_path, "http://127.0.0.1:9", "token")
    del variables["LAMBDASTREAM_DATA_PLANE_TOKEN"]
    done = subprocess.run([*COMMAND, "--port", "0"], capture_output=True, text=True, env=variables, check=False)
    assert done.returncode == 2
    assert "LAMBDASTREAM_DATA_PLANE_TOKEN is not set" in done.stderr


def role(client) -> str:
    try:
        return client("iam").get_role(RoleName="functions")["Role"]["Arn"]
    except client("iam").exceptions.NoSuchEntityException:
        return client("iam").create_role(RoleName="functions", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]


def archive(text: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        opened.writestr("handler.py", text)
    return target.getvalue()


def create(client, name: str, answer: str) -> None:
    code = {"ZipFile": archive(f"def handler(event, context):\n    return {answer!r}\n")}
    settings = {"Runtime": own_runtime(), "Handler": "handler.handler", "Role": role(client)}
    client("lambda").create_function(FunctionName=name, Code=code, **settings)


def test_a_function_that_boto3_creates_answers_at_its_url(client):
    create(client, "answering", "first")
    url = client("lambda").create_function_url_config(FunctionName="answering", AuthType="NONE")["FunctionUrl"]
    assert httpx.get(url, trust_env=False).text == "first"
    code = archive("def handler(event, context):\n    return 'second'\n")
    client("lambda").update_function_code(FunctionName="answering", ZipFile=code)
    assert httpx.get(url, trust_env=False).text == "second"
    client("lambda").delete_function(FunctionName="answering")
    with pytest.raises(httpx.TransportError):
        httpx.get(url, trust_env=False)


def test_a_runtime_that_is_not_here_is_said_to_the_caller(client):
    code = {"ZipFile": archive("")}
    with pytest.raises(ClientError, match=r"python3\.99"):
        client("lambda").create_function(
            FunctionName="no-runtime", Code=code, Runtime="python3.99", Handler="handler.handler", Role=role(client)
        )


def test_a_bootstrap_that_boto3_uploads_streams_at_its_url(client):
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        opened.write(BOOTSTRAP, "bootstrap")
    settings = {
        "Runtime": "provided.al2023",
        "Handler": "any.text",
        "Role": role(client),
        "Environment": {"Variables": {"PATH": f"{Path(sys.executable).parent}:{os.defpath}"}},
    }
    aws = client("lambda")
    made = aws.create_function(FunctionName="custom", Code={"ZipFile": target.getvalue()}, **settings)
    assert (made["Runtime"], made["State"]) == ("provided.al2023", "Active")
    url = aws.create_function_url_config(FunctionName="custom", AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    answer = httpx.get(f"{url['FunctionUrl']}http", trust_env=False)
    assert (answer.status_code, answer.text) == (201, "one two three")
    with pytest.raises(ClientError, match=r"there is no nodejs24\.x in the local AWS"):
        aws.update_function_configuration(FunctionName="custom", Runtime="nodejs24.x")
    assert aws.get_function_configuration(FunctionName="custom")["Runtime"] == "provided.al2023"
    aws.delete_function(FunctionName="custom")


def test_a_stack_with_a_runtime_that_is_not_here_says_what_is(client, eventually):
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Code": {"ZipFile": "exports.handler = async () => 1"},
            "Handler": "index.handler",
            "Runtime": "nodejs24.x",
            "Role": role(client),
        },
    }
    formation = client("cloudformation")
    formation.create_stack(StackName="not-here", TemplateBody=json.dumps({"Resources": {"Web": function}}))
    events = eventually(
        lambda: [
            event
            for event in formation.describe_stack_events(StackName="not-here")["StackEvents"]
            if event["ResourceStatus"] == "CREATE_FAILED" and event["LogicalResourceId"] == "Web"
        ]
    )
    for words in ("there is no nodejs24.x in the local AWS", own_runtime(), "provided.al2023", "/opt/bootstrap"):
        assert words in events[0]["ResourceStatusReason"]


def test_five_stacks_at_once(client, local):
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "InlineCode": "def handler(event, context):\n    return context.function_name\n",
            "Handler": "index.handler",
            "Runtime": own_runtime(),
            "FunctionUrlConfig": {"AuthType": "NONE"},
        },
    }
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Web": function},
        "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["WebUrl", "FunctionUrl"]}}},
    }
    client("cloudformation")

    def deploy(name: str) -> str:
        formation = client("cloudformation")
        formation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        return formation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"][0]["OutputValue"]

    names = [f"parallel-{number}" for number in range(5)]
    with ThreadPoolExecutor(5) as pool:
        urls = list(pool.map(deploy, names))
    assert len(set(urls)) == 5
    for name, url in zip(names, urls, strict=True):
        assert httpx.get(url, trust_env=False).text.startswith(f"{name}-Web-")
    for name in names:
        client("cloudformation").delete_stack(StackName=name)
    deployed = [function["name"] for function in local.loop.call(local.plane.status)["functions"]]
    assert not any(name.startswith("parallel-") for name in deployed)
