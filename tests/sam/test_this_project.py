"""The template of this project, whole: one app twice, its APIs, and the agent."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from lambdastream.client import race, shape
from lambdastream.client.signing import SignedByProfile

# The preflight's test makes the main claim without a folder of its own.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
EVERYTHING = {
    "PythonRuntime": RUNTIME,
    "AuthType": "NONE",
    "OpenToEveryone": "at-my-expense",
    "StreamingApi": "yes",
    "WithAgent": "yes",
}


@pytest.fixture(scope="module")
def outputs(local_aws):
    return local_aws.sam_deploy(ROOT / "template.yaml", stack="streaming-chat", parameters=EVERYTHING).outputs


def test_it_streams_behind_the_adapter_alone(outputs):
    """The main claim. What comes from Mangum comes at once, through whichever door; the adapter's streams."""
    lanes = {
        "mangum": outputs["ChatMangumUrl"],
        "api": f"{outputs['ChatApiUrl']}/",
        "lwa": outputs["ChatLwaUrl"],
        "stream api": outputs["ChatStreamApiUrl"],
    }
    for url in lanes.values():
        assert httpx.get(url, timeout=20).json() == {"message": "Hello World!"}
    run = race({name: f"{url}stream" for name, url in lanes.items()})
    assert {name: shape(each) for name, each in run.recordings.items()} == {
        "mangum": "at once",
        "api": "at once",
        "lwa": "streamed",
        "stream api": "streamed",
    }, str(run)


def test_status_shows_the_apis(local_aws, outputs):
    command = [Path(sys.executable).with_name("lambdastream"), "status"]
    told = subprocess.run(command, cwd=local_aws.folder, capture_output=True, text=True, check=True).stdout.splitlines()
    apis = {tuple(line.split()[2:]) for line in told if line.startswith("api ")}
    assert apis == {(f"{outputs['ChatApiUrl']}/", "HTTP"), (outputs["ChatStreamApiUrl"], "REST")}


def test_the_streaming_api_is_under_its_stage(outputs):
    base = httpx.URL(outputs["ChatStreamApiUrl"])
    assert base.path == "/prod/"
    assert httpx.get(base.join("/tasks")).status_code == 403
    assert httpx.get(base.join("tasks")).json()[0] == {"id": "ptvWZ3", "text": "hello!"}
    with httpx.stream("POST", base.join("stream/chat"), params={"query": "why"}, timeout=20) as answer:
        pieces = answer.iter_text()
        assert "[END]" not in next(pieces), "the first comes while the last is to come"
        assert "[END]" in "".join(pieces)


def test_the_agents_steps_come_one_by_one(outputs):
    seen = []
    with httpx.stream("POST", f"{outputs['AgentUrl']}agent", json={"topic": "tides"}, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("event: ") and (not seen or seen[-1] != line):
                seen.append(line)
    assert seen[:4] == ["event: token", "event: step"] * 2
    assert seen[-1] == "event: done"


@pytest.fixture(scope="module")
def create(local_aws, outputs):
    """Create a stack by boto3, from the template that `sam deploy` has uploaded; returns the stack."""
    client = local_aws.client("cloudformation")
    template = client.get_template(StackName="streaming-chat", TemplateStage="Original")["TemplateBody"]

    def run(name, **parameters):
        client.create_stack(
            StackName=name,
            TemplateBody=template if isinstance(template, str) else json.dumps(template),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in {"PythonRuntime": RUNTIME, **parameters}.items()
            ],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        return client.describe_stacks(StackName=name)["Stacks"][0]

    with contextlib.closing(client):
        yield run


def test_by_default_it_is_the_chat_alone_and_every_door_wants_a_signature(create, local_aws_environment):
    stack = create("closed", StreamingApi="yes")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    urls = {name: value for name, value in outputs.items() if name.endswith("Url")}
    assert set(urls) == {"ChatMangumUrl", "ChatLwaUrl", "ChatApiUrl", "ChatStreamApiUrl"}
    assert {name: httpx.get(url).status_code for name, url in urls.items()} == dict.fromkeys(urls, 403)
    signed = {name: SignedByProfile("execute-api" if "Api" in name else "lambda") for name in urls}
    answers = {name: httpx.get(url, auth=signed[name], timeout=20).status_code for name, url in urls.items()}
    assert answers == dict.fromkeys(urls, 200)


def test_openness_without_a_word_of_consent_is_refused(create, local_aws):
    with pytest.raises(ClientError, match="If you mean it, add OpenToEveryone=at-my-expense"):
        create("open", AuthType="NONE")
    assert not any(name.startswith("open-") for name in {each["name"] for each in local_aws.status()["functions"]})
