"""A copy of this project in a folder of its own, and the tools that someone deploys it with."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import command
from benchmarks.aws_client import client, session
from benchmarks.command import Meanwhile
from benchmarks.local_aws import saving_processes
from lambdastream.control import supervisor
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.runtime.interpreter import own_runtime
from lambdastream.runtime.processes.watchdog import Watchdog

BIN: Final = Path(sys.executable).parent
COPIED: Final = ("template.yaml", "samconfig.toml", "app")
STACK: Final = "streaming-chat"
PARAMETERS: Final = {"PythonRuntime": own_runtime(), "AuthType": "NONE", "OpenToEveryone": "at-my-expense"}


@dataclass(frozen=True, slots=True)
class Workspace:
    """The project in ``folder``. What runs in it is also on the watchdog's list."""

    folder: Path
    watchdog: Watchdog
    session: Any

    @property
    def project(self) -> Project:
        """The project, for its local AWS."""
        return Project(self.folder)

    def run(self, program: str, *arguments: str, meanwhile: Meanwhile | None = None) -> str:
        """Run a program of this environment, as a shell after ``lambdastream env``. Raises ``LocalAwsError``.

        ``meanwhile`` is called while it runs, see ``command.run``.
        """
        line = [str(BIN / program), *arguments]
        return command.run(line, self.folder, self._variables(), self.watchdog, meanwhile=meanwhile)

    def sam(self, verb: str, *options: str, meanwhile: Meanwhile | None = None) -> None:
        """Run ``sam build`` or ``sam deploy``, with the parameters of the local stack. Raises ``LocalAwsError``."""
        parameters = (f"{name}={value}" for name, value in PARAMETERS.items())
        self.run("sam", verb, *options, "--parameter-overrides", *parameters, meanwhile=meanwhile)

    def up(self) -> None:
        """Start the local AWS on a free port, in the background. Raises ``LocalAwsError``."""
        self.run("lambdastream", "up", "--detach", "--port", "0")
        pid = self.project.running().pid
        for each in (pid, *saving_processes(pid)):
            self.watchdog.watch_group(each)

    def client(self, service: str) -> Any:
        """boto3's client of a service of the local AWS that runs."""
        return client(self.session, self.project, service)

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """A block that starts without any state; the local AWS that it starts ends with it, and its state is removed."""
        try:
            yield
        finally:
            if self.project.state.is_dir():
                supervisor.stop(self.project)
                shutil.rmtree(self.project.state)

    def _variables(self) -> Mapping[str, str]:
        profile = Profile(self.project).environment(os.environ)
        # SAM keeps notes in the user's home, unless it is told otherwise.
        own = {"__SAM_CLI_APP_DIR": str(self.folder / ".sam"), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        return {**profile, **own}


def copy_project(original: Project, folder: Path) -> None:
    """Copy what is deployed of the project."""
    for name in COPIED:
        copy = shutil.copytree if (original.root / name).is_dir() else shutil.copy
        copy(original.root / name, folder / name)


@contextmanager
def workspace(original: Project) -> Iterator[Workspace]:
    """A copy of the project's stack and app, for the time of a ``with`` block; what was started in it ends too."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambdastream-bench-")))
        # It ends what was started also when this process is killed.
        watchdog = Watchdog()
        stack.callback(watchdog.close)
        watchdog.watch_folder(folder)
        copy_project(original, folder)
        yield Workspace(folder, watchdog, session(warm=True))
