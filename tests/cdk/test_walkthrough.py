"""The real `cdk`, unmodified, against the local AWS: from `bootstrap` to `destroy`."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.control.supervisor import stop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CDK = Path(__file__).parents[2] / "cdk"
BIN = Path(sys.executable).parent
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
STACK = "StreamingChatCdk"
# What `npx cdk` starts.
COMMAND = CDK / "node_modules" / ".bin" / "cdk"


@dataclass(frozen=True)
class Workspace:
    """A project whose local AWS runs, and the commands as its shell would run them, in the folder `cdk`."""

    folder: Path

    @property
    def project(self) -> Project:
        return Project(self.folder)

    @property
    def assembly(self) -> Path:
        return self.folder / "cdk.out"

    def run(self, *command: str | Path, cwd: Path) -> str:
        """Run a command, which must succeed; returns what it prints."""
        own = {"PATH": os.pathsep.join((str(BIN), os.environ["PATH"])), "CDK_HOME": str(self.folder / "cdk-home")}
        environment = Profile(self.project).environment(os.environ) | own
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr + self.said()
        return done.stdout + done.stderr

    def up(self) -> None:
        self.run("lambdastream", "up", "--detach", "--port", "0", cwd=self.folder)

    def cdk(self, command: str, *options: str) -> str:
        """Run `cdk` on the assembly that `synth` has made."""
        return self.run(COMMAND, command, "--app", str(self.assembly), *options, cwd=CDK)

    def said(self) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in sorted(self.project.state.glob("*.log")))

    def client(self, service: str):
        """A client of boto3 with the profile."""
        import boto3

        keys = Profile(self.project).keys()
        return boto3.client(
            service,
            endpoint_url=self.project.running().endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
        )


@pytest.fixture(scope="module")
def command_line() -> None:
    """The CDK's command line in `cdk/node_modules`, as `npm ci` installs it."""
    if not shutil.which("npm"):
        pytest.skip("There is no Node.js on this machine; the CDK's command line needs it, 20 or later.")
    wanted, installed = CDK / "package-lock.json", CDK / "node_modules" / ".package-lock.json"
    with (CDK / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
            subprocess.run(["npm", "ci"], cwd=CDK, check=True, capture_output=True, timeout=120)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, command_line: None) -> Iterator[Workspace]:
    """A project whose local AWS runs."""
    made = Workspace(tmp_path_factory.mktemp("cdk"))
    (made.folder / "template.yaml").touch()
    try:
        made.up()
        yield made
    finally:
        stop(made.project)


def test_from_bootstrap_to_destroy(workspace: Workspace, sign: Callable[..., dict[str, str]]) -> None:
    said = workspace.run(COMMAND, "bootstrap", cwd=CDK)
    assert "bootstrapped" in said

    runtime = ("-c", f"PythonRuntime={RUNTIME}")
    workspace.run(COMMAND, "synth", "--quiet", *runtime, "--output", workspace.assembly, cwd=CDK)
    template = workspace.assembly / f"{STACK}.template.json"
    # W3005: the CDK says a dependency twice.
    rules = ("--ignore-checks", "W3005", "--append-rules", CDK.parent / "src" / "lambdastream" / "lint")
    assert workspace.run("cfn-lint", *rules, "--", template, cwd=CDK) == ""

    outputs_file = workspace.folder / "outputs.json"
    workspace.cdk("deploy", "--require-approval", "never", "--outputs-file", str(outputs_file))
    outputs = json.loads(outputs_file.read_text(encoding="utf-8"))[STACK]
    assert outputs["ChatApiUrl"].startswith("http://127.0.0.1:")

    changed = template.read_text(encoding="utf-8").replace('"MemorySize": 256', '"MemorySize": 512')
    template.write_text(changed, encoding="utf-8")
    said = workspace.cdk("diff")
    assert "[~] AWS::Lambda::Function ChatLwa" in said
    # Else it compares the templates alone.
    assert "Could not create a change set" not in said

    keys = Profile(workspace.project).keys()
    with httpx.Client(timeout=30, trust_env=False) as client:
        for path, answer in (
            ("", {"message": "Hello World!"}),
            ("tasks", [{"id": "ptvWZ3", "text": "hello!"}, {"id": "cqDUr3", "text": "another!"}]),
        ):
            url = outputs["ChatApiUrl"] + path
            assert client.get(url).status_code == 403
            assert client.get(url, headers=sign(keys, "GET", url, service="execute-api")).json() == answer
        url = outputs["ChatLwaUrl"] + "stream"
        assert client.get(url).status_code == 403
        with client.stream("GET", url, headers=sign(keys, "GET", url)) as response:
            pieces = list(response.iter_raw())
        assert b"".join(pieces) == b"This is streaming from Lambda"
        assert len(pieces) > 10

    workspace.cdk("destroy", "--force")
    assert what_is_left(workspace) == {"stacks": set(), "functions": [], "apis": [], "log groups": [], "roles": set()}


def what_is_left(workspace: Workspace) -> dict[str, object]:
    """What there is in the local AWS, besides what `lambdastream up` and `cdk bootstrap` have made."""
    stacks = {stack["StackName"] for stack in workspace.client("cloudformation").describe_stacks()["Stacks"]}
    roles = {role["RoleName"] for role in workspace.client("iam").list_roles()["Roles"]}
    return {
        "stacks": stacks - {"aws-sam-cli-managed-default", "CDKToolkit"},
        "functions": workspace.client("lambda").list_functions()["Functions"],
        "apis": workspace.client("apigateway").get_rest_apis()["items"],
        "log groups": workspace.client("logs").describe_log_groups()["logGroups"],
        "roles": {name for name in roles if not name.startswith("cdk-")},
    }
