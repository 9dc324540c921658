"""The template of this project, whole: one app twice, its APIs, and the agent."""

import json
import shutil
import sys
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from lambdastream.client import race, shape
from lambdastream.control import connect
from lambdastream.control.profile import REGION, Profile

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


def overrides(parameters):
    return ("--parameter-overrides", " ".join(f"{name}={value}" for name, value in parameters.items()))


@pytest.fixture(scope="module")
def workspace(start_workspace):
    made = start_workspace()
    for name in ("template.yaml", "samconfig.toml", "app"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, made.folder / name)
    made.sam("build", *overrides(EVERYTHING))
    return made


@pytest.fixture(scope="module")
def outputs(workspace):
    return workspace.deployed("streaming-chat", *overrides(EVERYTHING)).outputs


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


def test_status_shows_the_apis(workspace, outputs):
    told = workspace.run("lambdastream", "status").stdout.splitlines()
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
def create(workspace, outputs):
    """Create a stack by boto3, from the template that `sam deploy` has uploaded; returns the client."""
    keys = Profile(workspace.project).keys()
    client = boto3.client(
        "cloudformation",
        endpoint_url=connect(workspace.project).endpoint,
        region_name=REGION,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )
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

    yield run
    client.close()


def signed(url, service, keys):
    """The status of a signed GET."""
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), service, REGION).add_auth(request)
    return httpx.get(url, headers=dict(request.headers), timeout=20).status_code


def test_by_default_it_is_the_chat_alone_and_every_door_wants_a_signature(create, workspace):
    stack = create("closed", StreamingApi="yes")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    urls = {name: value for name, value in outputs.items() if name.endswith("Url")}
    assert set(urls) == {"ChatMangumUrl", "ChatLwaUrl", "ChatApiUrl", "ChatStreamApiUrl"}
    assert {name: httpx.get(url).status_code for name, url in urls.items()} == dict.fromkeys(urls, 403)
    keys = Profile(workspace.project).keys()
    services = {name: "execute-api" if "Api" in name else "lambda" for name in urls}
    assert {name: signed(url, services[name], keys) for name, url in urls.items()} == dict.fromkeys(urls, 200)


def test_openness_without_a_word_of_consent_is_refused(create, workspace):
    with pytest.raises(ClientError, match="If you mean it, add OpenToEveryone=at-my-expense"):
        create("open", AuthType="NONE")
    assert not any(name.startswith("open-") for name in workspace.functions())
