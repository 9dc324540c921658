"""The agent's own stack: built, pushed and deployed by the unmodified ``sam``, and streaming."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import boto3
import httpx
import pytest

from lambdastream.control import connect, supervisor
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.runtime.cache import cache_folder
from lambdastream.runtime.ports import Ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
REQUIREMENTS = ROOT / "requirements" / "agent.txt"
PATIENCE = 200
GREETING = {"message": "POST a topic to /agent."}
OPEN = ("AuthType=NONE", "OpenToEveryone=at-my-expense")


class Workspace:
    """A copy of what the stack is made of, with a local AWS of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.project = Project(folder)

    def run(self, *command):
        environment = Profile(self.project).environment(os.environ)
        more = {"PATH": os.pathsep.join((str(BIN), environment["PATH"])), "SAM_CLI_POLL_DELAY": "0.25"}
        return subprocess.run(
            [BIN / command[0], *command[1:]],
            cwd=self.folder / "container" if command[0] == "sam" else self.folder,
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
        )

    def sam(self, *arguments):
        done = self.run("sam", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def deploy(self, *arguments):
        """Deploy a stack; returns its outputs."""
        told = [
            json.loads(line)
            for line in self.sam("deploy", "--output", "json", *arguments).splitlines()
            if line[:1] == "{"
        ]
        return {each["key"]: each["value"] for line in told for each in line.get("stack_outputs", ())}

    def client(self, service):
        """A client of boto3 with the project's profile."""
        keys = Profile(self.project).keys()
        return boto3.client(
            service,
            endpoint_url=connect(self.project).endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
        )


def wheels():
    """The agent's packages as files, got once for all test runs of this machine."""
    folder = cache_folder() / "wheels" / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    if not folder.is_dir():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        pip = (
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
        )
        subprocess.run([*pip, "--dest", unfinished, "-r", REQUIREMENTS], check=True, timeout=PATIENCE)
        unfinished.rename(folder)
    return folder


@pytest.fixture(scope="module")
def workspace(docker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    for name in ("container", "app/agent"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / ".dockerignore", folder)
    # A link would not be followed.
    shutil.copytree(wheels(), folder / "wheels")
    made = Workspace(folder)
    (folder / "template.yaml").touch()
    try:
        assert made.run("lambdastream", "up", "--detach", "--port", "0").returncode == 0
        yield made
    finally:
        supervisor.stop(made.project)
        # Large, and pytest keeps what is in its folder.
        for name in ("wheels", ".lambdastream/images"):
            shutil.rmtree(folder / name)


@pytest.fixture(scope="module")
def parameters(base, adapter_image):
    return ("--parameter-overrides", " ".join((f"BaseImage={base}", f"AdapterImage={adapter_image}", *OPEN)))


@pytest.fixture(scope="module")
def repository(workspace):
    """The address of a repository that a stack made."""
    template = ("--template-file", "repository.yaml", "--stack-name", "agent-repository")
    return workspace.deploy(*template)["RepositoryUri"]


@pytest.fixture(scope="module")
def url(workspace, repository, parameters):
    workspace.sam("build", *parameters)
    return workspace.deploy("--image-repository", repository, *parameters)["AgentUrl"]


def steps(url):
    """When each of the agent's steps had run, in seconds."""
    began, arrivals = time.monotonic(), {}
    with httpx.stream("POST", f"{url}agent", json={"topic": "rivers"}, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        event = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            event = value if name == "event" else event
            if name == "data" and event == "step":
                arrivals[json.loads(value)["step"]] = time.monotonic() - began
    assert event == "done"
    return arrivals


def test_the_agent_in_its_container_tells_its_steps_one_by_one(url):
    arrivals = list(steps(url).values())
    assert len(arrivals) >= 3
    assert arrivals == sorted(arrivals)
    assert all(later - sooner > 0.1 for sooner, later in pairwise(arrivals)), arrivals


def test_its_image_is_a_plain_web_server_elsewhere(docker, url, eventually):
    port = Ports().take()
    container = docker(
        "run", "--detach", "--network", "host", "--env", f"PORT={port}", "--env", "HOST=127.0.0.1", "agent"
    )

    def answer():
        with contextlib.suppress(httpx.ConnectError):
            return httpx.get(f"http://127.0.0.1:{port}/")

    try:
        assert eventually(answer).json() == GREETING
        assert docker("exec", container, "python3", "-c", "import os; print(os.getuid())") == "993"
    finally:
        docker("rm", "--force", container)


def test_it_is_told_as_on_aws(workspace, url, repository):
    [function] = workspace.client("lambda").list_functions()["Functions"]
    told = workspace.client("lambda").get_function(FunctionName=function["FunctionName"])
    [image] = workspace.client("ecr").describe_images(repositoryName=repository.partition("/")[2])["imageDetails"]
    digest = image["imageDigest"]
    assert function["PackageType"] == "Image"
    assert function["CodeSha256"] == digest.removeprefix("sha256:")
    assert function.keys().isdisjoint({"Handler", "Runtime"})
    assert told["Code"] == {
        "RepositoryType": "ECR",
        "ImageUri": f"{repository}:{image['imageTags'][0]}",
        "ResolvedImageUri": f"{repository}@{digest}",
    }


def test_it_is_deployed_again_with_another_setting(workspace, url, repository, parameters):
    names, values = parameters
    outputs = workspace.deploy("--image-repository", repository, names, f"{values} ModelProfile=us")
    assert outputs["AgentUrl"] == url
    [function] = workspace.client("lambda").list_functions()["Functions"]
    assert function["Environment"]["Variables"]["BEDROCK_MODEL_ID"] == "us.amazon.nova-2-lite-v1:0"
    assert httpx.get(url, timeout=60).json() == GREETING


def test_its_containers_end_when_the_local_aws_is_killed_and_it_comes_back(workspace, docker, url, eventually):
    assert docker.containers() != []
    os.kill(workspace.project.running().pid, signal.SIGKILL)
    eventually(lambda: (docker.containers(), docker.volumes()) == ([], []))
    assert workspace.run("lambdastream", "up", "--detach", "--port", "0").returncode == 0
    # The function is there when the control plane answers.
    workspace.client("lambda").list_functions()
    assert httpx.get(url, timeout=60).json() == GREETING


def test_its_stack_and_its_images_are_removed(workspace, docker, repository):
    stacks = workspace.client("cloudformation")
    for name in ("streaming-agent", "agent-repository"):
        stacks.delete_stack(StackName=name)
        stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    assert workspace.client("lambda").list_functions()["Functions"] == []
    assert (docker.containers(), docker.volumes()) == ([], [])
    host, _, name = repository.partition("/")
    assert httpx.get(f"http://{host}/v2/{name}/tags/list").json().get("tags") is None
    assert workspace.run("lambdastream", "down").returncode == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{host}/v2/")
