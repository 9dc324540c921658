"""Real, unmodified `sam` against the local AWS: what someone with a SAM template does all day."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from lambdastream.client import race, shape
from lambdastream.control import connect, supervisor
from lambdastream.control.profile import WINS_OVER_A_PROFILE, Profile
from lambdastream.control.project import Project

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
PATIENCE = 50
URL = re.compile(r"http://127\.0\.0\.1:\d+/?")

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: RUNTIME
      FunctionUrlConfig: {AuthType: NONE, InvokeMode: BUFFERED}
      Events:
        EveryRequest: {Type: HttpApi}
Outputs:
  Url: {Value: !GetAtt GreeterUrl.FunctionUrl}
  ApiUrl: {Value: !GetAtt ServerlessHttpApi.ApiEndpoint}
"""
UNSUPPORTED = """
  Cluster:
    Type: AWS::MemoryDB::ACL
    DependsOn: GreeterUrl
    Properties: {ACLName: nobody}
Outputs:
"""
HANDLER = """
import sys

def handler(event, context):
    path = event.get("rawPath", "")
    print("asked for", path)
    print("aside for", path, file=sys.stderr)
    return {"statusCode": 200, "cookies": ["a=1; Path=/", "b=2"], "body": "GREETING from " + path}
"""


@dataclass(frozen=True)
class Workspace:
    """A project in a folder of its own, and `sam` as its shell would run it."""

    folder: Path

    @property
    def project(self) -> Project:
        return Project(self.folder)

    def run(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of the project's environment to its end, with the profile's variables."""
        clean = {name: value for name, value in os.environ.items() if name not in WINS_OVER_A_PROFILE}
        path = os.pathsep.join((str(BIN), os.environ["PATH"]))
        return subprocess.run(
            [BIN / command[0], *command[1:]],
            cwd=cwd or self.folder,
            env=clean | Profile(self.project).variables() | {"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def sam(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run `sam`, which must succeed; returns what it prints."""
        done = self.run("sam", *arguments, cwd=cwd)
        assert done.returncode == 0, done.stdout + done.stderr + self.said()
        return done.stdout

    def write(self, greeting: str) -> None:
        (self.folder / "src").mkdir(exist_ok=True)
        (self.folder / "src" / "app.py").write_text(HANDLER.replace("GREETING", greeting), encoding="utf-8")
        (self.folder / "template.yaml").write_text(TEMPLATE.replace("RUNTIME", RUNTIME), encoding="utf-8")

    def deploy(self, stack: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        options = ("--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset")
        return self.run("sam", "deploy", "--stack-name", stack, *options, *arguments)

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a stack, as `sam` lists them."""
        told = json.loads(self.sam("list", "stack-outputs", "--stack-name", stack, "--output", "json"))
        return {each["OutputKey"]: each["OutputValue"] for each in told}

    def functions(self) -> set[str]:
        """The names of the functions that run."""
        return {each["name"] for each in connect(self.project).status()["functions"]}

    def said(self) -> str:
        """What the local AWS has printed."""
        return "".join(path.read_text(encoding="utf-8") for path in sorted(self.project.state.glob("*.log")))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A project that has nothing to do with this one, whose local AWS runs. Its function is built."""
    made = Workspace(tmp_path_factory.mktemp("sam"))
    made.write("hello")
    try:
        assert made.run("lambdastream", "up", "--detach", "--port", "0").returncode == 0, made.said()
        made.sam("build")
        yield made
    finally:
        supervisor.stop(made.project)


@pytest.fixture(scope="module")
def hello(workspace: Workspace) -> dict[str, str]:
    """The outputs of the deployed stack `hello`."""
    done = workspace.deploy("hello")
    assert done.returncode == 0, done.stdout + done.stderr + workspace.said()
    outputs = workspace.outputs("hello")
    assert all(value in done.stdout for value in outputs.values()), "deploy prints the outputs"
    return outputs


def test_the_outputs_are_addresses_here(hello: dict[str, str]) -> None:
    assert set(hello) == {"Url", "ApiUrl"}
    assert all(URL.fullmatch(value) for value in hello.values()), hello
    assert hello["Url"].rstrip("/") != hello["ApiUrl"].rstrip("/")


@pytest.mark.parametrize("output", ["Url", "ApiUrl"])
def test_both_addresses_answer_with_their_cookies(hello: dict[str, str], output: str) -> None:
    answer = httpx.get(f"{hello[output].rstrip('/')}/a/b")
    assert (answer.status_code, answer.text) == (200, "hello from /a/b")
    assert answer.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]


def test_the_same_again_is_no_change(workspace: Workspace, hello: dict[str, str]) -> None:
    refused, accepted = workspace.deploy("hello"), workspace.deploy("hello", "--no-fail-on-empty-changeset")
    assert refused.returncode == 1
    assert "No changes to deploy" in refused.stdout + refused.stderr
    assert accepted.returncode == 0, accepted.stderr
    assert workspace.outputs("hello") == hello


def test_the_resources_of_a_template_and_of_its_stack(workspace: Workspace, hello: dict[str, str]) -> None:
    del hello
    listed = json.loads(workspace.sam("list", "resources", "--stack-name", "hello", "--output", "json"))
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}
    assert set(physical) >= {"Greeter", "GreeterRole", "GreeterUrl", "ServerlessHttpApi"}
    assert physical["Greeter"] in workspace.functions()


def test_remote_invoke_prints_the_result(workspace: Workspace, hello: dict[str, str]) -> None:
    del hello
    event = ("--event", '{"rawPath": "/remote"}')
    done = workspace.run("sam", "remote", "invoke", "Greeter", "--stack-name", "hello", *event)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.strip().splitlines()[-1])["body"] == "hello from /remote"


def test_logs_prints_what_the_function_printed(
    workspace: Workspace, hello: dict[str, str], eventually: Callable[[Callable[[], object]], object]
) -> None:
    httpx.get(f"{hello['Url'].rstrip('/')}/logged").raise_for_status()

    def printed() -> bool:
        said = workspace.run("sam", "logs", "--stack-name", "hello", "--name", "Greeter").stdout
        return "asked for /logged" in said and "aside for /logged" in said and "REPORT RequestId" in said

    eventually(printed)


def test_two_stacks_are_deployed_at_once_and_deleted(workspace: Workspace, hello: dict[str, str]) -> None:
    before = workspace.functions()
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(workspace.deploy, ("one", "other")))
        assert [each.returncode for each in done] == [0, 0], "".join(each.stdout + each.stderr for each in done)
        one, other = pool.map(workspace.outputs, ("one", "other"))
    urls = {*hello.values(), *one.values(), *other.values()}
    assert len(urls) == 6
    assert {httpx.get(f"{url.rstrip('/')}/x").text for url in urls} == {"hello from /x"}

    for stack, gone in (("one", one), ("other", other)):
        workspace.sam("delete", "--stack-name", stack, "--no-prompts")
        for url in gone.values():
            with pytest.raises(httpx.ConnectError):
                httpx.get(url)
    assert workspace.functions() == before
    assert httpx.get(hello["Url"]).text == "hello from /"


def test_a_type_that_is_not_simulated_fails_by_name_and_leaves_nothing(
    workspace: Workspace, hello: dict[str, str]
) -> None:
    del hello
    before = workspace.functions()
    template = workspace.folder / "unsupported.yaml"
    built = TEMPLATE.replace("RUNTIME", RUNTIME).replace("\nOutputs:\n", UNSUPPORTED)
    template.write_text(built, encoding="utf-8")
    done = workspace.deploy("unsupported", "--template-file", str(template), "--on-failure", "DELETE")
    assert done.returncode == 1
    assert "AWS::MemoryDB::ACL" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr + workspace.said()
    assert workspace.functions() == before


def test_a_change_answers_at_the_same_address(workspace: Workspace, hello: dict[str, str]) -> None:
    workspace.write("good day")
    workspace.sam("build")
    done = workspace.deploy("hello")
    assert done.returncode == 0, done.stdout + done.stderr + workspace.said()
    assert workspace.outputs("hello") == hello
    assert {httpx.get(f"{url.rstrip('/')}/x").text for url in hello.values()} == {"good day from /x"}


def test_the_template_of_this_project_streams_behind_the_adapter_alone(workspace: Workspace, tmp_path: Path) -> None:
    """The main claim: one app, deployed twice with `sam`. What comes from Mangum comes at once, the adapter's streams."""
    for name in ("template.yaml", "samconfig.toml", "app"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    parameters = ("--parameter-overrides", f"PythonRuntime={RUNTIME} AuthType=NONE")
    workspace.sam("build", *parameters, cwd=tmp_path)
    workspace.sam("deploy", *parameters, cwd=tmp_path)
    outputs = workspace.outputs("streaming-chat")
    lanes = {"mangum": outputs["ChatMangumUrl"], "api": outputs["ChatApiUrl"], "lwa": outputs["ChatLwaUrl"]}
    for url in lanes.values():
        assert httpx.get(url, timeout=PATIENCE).json() == {"message": "Hello World!"}
    run = race({name: f"{url.rstrip('/')}/stream" for name, url in lanes.items()})
    assert {name: shape(each) for name, each in run.recordings.items()} == {
        "mangum": "at once",
        "api": "at once",
        "lwa": "streamed",
    }, str(run)


def test_deleted_it_is_gone_and_down_leaves_nothing(
    workspace: Workspace, hello: dict[str, str], eventually: Callable[[Callable[[], object]], object]
) -> None:
    workspace.sam("delete", "--stack-name", "hello", "--no-prompts")
    for url in hello.values():
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
    assert all(not name.startswith("hello-") for name in workspace.functions())

    endpoint = connect(workspace.project).endpoint
    done = workspace.run("lambdastream", "down")
    assert (done.returncode, done.stdout) == (0, "The local AWS has stopped.\n")
    with pytest.raises(httpx.ConnectError):
        httpx.get(endpoint)
    mark = os.fsencode(workspace.folder)
    eventually(lambda: not [path for path in Path("/proc").glob("[0-9]*") if mark in _told(path)])


def _told(process: Path) -> bytes:
    try:
        return (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    except OSError:
        return b""
