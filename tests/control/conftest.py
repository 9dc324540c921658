"""Projects in folders of their own, and everything that runs for them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from lambdastream.control import FunctionDescription, FunctionUrlConfig, supervisor
from lambdastream.control.profile import REGION, Profile
from lambdastream.control.project import Project
from lambdastream.runtime.interpreter import own_runtime

COMMAND = Path(sys.executable).with_name("lambdastream")
PATIENCE = 60

HANDLER = """
import subprocess, time

def handler(event, context):
    path = event["rawPath"]
    print("asked for", path, flush=True)
    if path == "/busy":
        subprocess.Popen(["sleep", "300"])
        print("busy now", flush=True)
        time.sleep(300)
    return {"statusCode": 200, "body": "GREETING"}
"""


@dataclass(frozen=True)
class Sandbox:
    """A project below ``folder``. Each of its processes has the folder's path in its environment: that tells them."""

    folder: Path

    @property
    def project(self) -> Project:
        return Project(self.folder / "project")

    @property
    def temporary(self) -> Path:
        """What the processes take for ``/tmp``."""
        return self.folder / "tmp"

    @contextmanager
    def start(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs in the project, killed in the end if it still does."""
        with subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.project.root,
            env={**os.environ, "TMPDIR": str(self.temporary), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project to its end."""
        with self.start(*arguments) as process:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    @contextmanager
    def up(self) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """``up`` in the foreground: the process, and the first line that it prints, which says that it answers."""
        with self.start("up", "--port", "0") as process:
            try:
                assert process.stdout is not None
                assert process.stderr is not None
                line = process.stdout.readline()
                assert line, f"It does not start:\n{process.stderr.read()}"
                yield process, line
            finally:
                process.terminate()
                process.wait(PATIENCE)

    def function(self, name: str = "greeter", greeting: str = "hello") -> FunctionDescription:
        """A function with a URL, which greets; at ``/busy`` it and a child of its do not end."""
        code = self.folder / f"{name}-{greeting}"
        code.mkdir(exist_ok=True)
        (code / "app.py").write_text(HANDLER.replace("GREETING", greeting), encoding="utf-8")
        url = FunctionUrlConfig(auth_type="NONE")
        return FunctionDescription(name, code, "app.handler", own_runtime(), timeout=600, url=url)

    def log(self, name: str) -> str:
        """What the function's log holds by now."""
        path = self.project.logs / f"{name}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def pids(self) -> set[int]:
        """The processes that belong to the project now."""
        mark = os.fsencode(self.folder)
        return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and mark in _told(entry)}

    def account(self) -> str:
        """The account that the control plane says it is. Who asks at once waits until it is ready."""
        keys = Profile(self.project).keys()
        client = boto3.client(
            "sts",
            endpoint_url=self.project.running().endpoint,
            region_name=REGION,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            account: str = client.get_caller_identity()["Account"]
        finally:
            client.close()
        return account

    def left(self) -> list[object]:
        """Everything that should not outlive the local AWS: processes, temporary folders, the record."""
        record = self.project.state / "running.json"
        return [*self.pids(), *self.temporary.iterdir(), *([record] if record.exists() else [])]


def _told(process: Path) -> bytes:
    try:
        # A function in a mount namespace knows of the folder by its mounts alone.
        return b"".join((process / name).read_bytes() for name in ("environ", "cmdline", "mountinfo"))
    except OSError:
        return b""


def make_sandbox(folder: Path) -> Sandbox:
    """A project without anything in it."""
    sandbox = Sandbox(folder)
    sandbox.project.root.mkdir()
    sandbox.temporary.mkdir()
    (sandbox.project.root / "template.yaml").touch()
    return sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A project whose local AWS is not started."""
    made = make_sandbox(tmp_path)
    yield made
    supervisor.stop(made.project)
    for pid in made.pids():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A project whose local AWS runs, for all tests that only use one. Each deploys functions of its own names."""
    made = make_sandbox(tmp_path_factory.mktemp("running"))
    with made.up():
        yield made


@pytest.fixture(scope="session")
def listens() -> Callable[[str], bool]:
    """Whether something listens at an address such as http://127.0.0.1:4566/."""

    def ask(url: str) -> bool:
        port = int(url.rsplit(":", 1)[1].rstrip("/"))
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return ask
