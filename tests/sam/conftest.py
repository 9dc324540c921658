"""Real, unmodified `sam` in projects that have nothing to do with this one."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pexpect import EOF, TIMEOUT
from pexpect.fdpexpect import fdspawn

from lambdastream.control import connect, supervisor
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project

BIN = Path(sys.executable).parent
PATIENCE = 90


@dataclass(frozen=True)
class Deployment:
    """What `sam deploy` said."""

    returncode: int
    events: list[dict[str, Any]]
    outputs: dict[str, str]
    text: str

    @property
    def reasons(self) -> dict[str, str]:
        """What is said of resources, by their names."""
        return {each["logical_id"]: each["reason"] for each in self.events if each["reason"]}

    @property
    def status(self) -> str:
        """The last status of the stack."""
        return self.events[-1]["status"] if self.events else ""


@dataclass(frozen=True)
class Workspace:
    """A project in a folder of its own, and `sam` as its shell would run it."""

    folder: Path

    @property
    def project(self) -> Project:
        return Project(self.folder)

    @property
    def temporary(self) -> Path:
        """What the local AWS takes for `/tmp`."""
        return self.folder / "tmp"

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def up(self) -> None:
        """Start the local AWS."""
        self.temporary.mkdir()
        done = self.run("lambdastream", "up", "--detach", "--port", "0", TMPDIR=str(self.temporary))
        assert done.returncode == 0, done.stdout + done.stderr + self.said()

    @contextmanager
    def start(self, *command: str, cwd: Path | None = None, **options: Any) -> Iterator[subprocess.Popen[str]]:
        """Start a command of the project's environment, with the profile's variables. It is killed in the end."""
        variables = options.pop("variables", {})
        path = os.pathsep.join((str(BIN), os.environ["PATH"]))
        # `sam` asks oftener how a deployment goes than a reader needs: it is over in a second.
        more = {"PATH": path, "SAM_CLI_POLL_DELAY": "0.25", **variables}
        with subprocess.Popen(
            [BIN / command[0], *command[1:]],
            cwd=cwd or self.folder,
            env=Profile(self.project).environment(os.environ) | more,
            text=True,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        ) as process:
            # So that nobody waits for ever for a word of it.
            timer = threading.Timer(PATIENCE, process.kill)
            timer.start()
            try:
                yield process
            finally:
                timer.cancel()
                process.kill()

    def run(self, *command: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        with self.start(*command, cwd=cwd, variables=variables) as process:
            stdout, stderr = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    def sam(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run `sam`, which must succeed; returns what it prints."""
        done = self.run("sam", *arguments, cwd=cwd)
        assert done.returncode == 0, done.stdout + done.stderr + self.said()
        return done.stdout

    def deploy(self, stack: str, *arguments: str) -> Deployment:
        """Run `sam deploy`, whatever becomes of it."""
        options = ("--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--output", "json")
        done = self.run("sam", "deploy", "--stack-name", stack, *options, *arguments)
        told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        outputs = [each for line in told for each in line.get("stack_outputs", ())]
        return Deployment(
            done.returncode,
            [line for line in told if line.get("type") == "event"],
            {each["key"]: each["value"] for each in outputs},
            done.stdout + done.stderr,
        )

    def deployed(self, stack: str, *arguments: str) -> Deployment:
        """Run `sam deploy`, which must succeed."""
        done = self.deploy(stack, *arguments)
        assert done.returncode == 0, done.text + self.said()
        return done

    def answer(self, *command: str, answers: Mapping[str, str]) -> tuple[int, str]:
        """Run a command at a terminal, and answer its questions, each known by its beginning; how it ended, its words."""
        main, side = pty.openpty()
        with self.start(*command, stdin=side, stdout=side, stderr=side, start_new_session=True) as process:
            os.close(side)
            said = io.StringIO()
            terminal = fdspawn(main, encoding="utf-8", timeout=PATIENCE)
            terminal.logfile_read = said
            questions = [f"{question}[^\n]*]: " for question in answers]
            while (asked := terminal.expect([*questions, EOF, TIMEOUT])) < len(questions):
                terminal.sendline(list(answers.values())[asked])
            terminal.close()
            assert asked == len(questions), f"It waits for something: {said.getvalue()}"
            return process.wait(PATIENCE), said.getvalue()

    def functions(self) -> set[str]:
        """The names of the functions that run."""
        return {each["name"] for each in connect(self.project).status()["functions"]}

    def processes(self) -> list[Path]:
        """The processes that belong to the project."""
        mark = os.fsencode(self.folder)
        return [path for path in Path("/proc").glob("[0-9]*") if mark in _told(path)]

    def said(self) -> str:
        """What the local AWS has printed."""
        return "".join(path.read_text(encoding="utf-8") for path in sorted(self.project.state.glob("*.log")))


def _told(process: Path) -> bytes:
    try:
        # A function in a mount namespace knows of the folder by its mounts alone.
        return b"".join((process / name).read_bytes() for name in ("environ", "cmdline", "mountinfo"))
    except OSError:
        return b""


def interrupt(process: subprocess.Popen[str]) -> int:
    """End a process as Ctrl-C does; returns its exit code."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    return process.returncode


@pytest.fixture(scope="session", name="interrupt")
def _interrupt() -> Callable[[subprocess.Popen[str]], int]:
    """End a process as Ctrl-C does; returns its exit code."""
    return interrupt


@pytest.fixture(scope="module")
def start_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Workspace]]:
    """Make a folder whose local AWS runs, until the module's tests are over."""
    with ExitStack() as stack:

        def start() -> Workspace:
            made = Workspace(tmp_path_factory.mktemp("sam"))
            made.write("template.yaml", "")
            stack.callback(supervisor.stop, made.project)
            made.up()
            return made

        yield start


@pytest.fixture(scope="session")
def is_closed() -> Callable[[str], bool]:
    """Whether nothing answers at an address any more."""

    def ask(url: str) -> bool:
        try:
            httpx.get(url)
        except httpx.ConnectError:
            return True
        return False

    return ask
