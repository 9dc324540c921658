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

import boto3
import botocore.session
from botocore.config import Config

from benchmarks import command
from lambdastream.control import supervisor
from lambdastream.control.profile import REGION, Profile
from lambdastream.control.project import Project
from lambdastream.runtime.interpreter import own_runtime
from lambdastream.runtime.watchdog import Watchdog

BIN: Final = Path(sys.executable).parent
COPIED: Final = ("template.yaml", "samconfig.toml", "app")
SERVICES: Final = ("cloudformation", "iam", "lambda", "s3")
STACK: Final = "streaming-chat"
PARAMETERS: Final = {"PythonRuntime": own_runtime(), "AuthType": "NONE"}
SETTINGS: Final = Config(
    retries={"total_max_attempts": 1}, read_timeout=60, proxies={}, s3={"addressing_style": "path"}
)


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

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of this environment, as a shell after ``lambdastream env``. Raises ``LocalAwsError``."""
        return command.run([BIN / program, *arguments], self.folder, self._variables(), self.watchdog)

    def sam(self, verb: str) -> None:
        """Run ``sam build`` or ``sam deploy``, with the parameters of the local stack. Raises ``LocalAwsError``."""
        self.run("sam", verb, "--parameter-overrides", *(f"{name}={value}" for name, value in PARAMETERS.items()))

    def up(self) -> None:
        """Start the local AWS on a free port, in the background. Raises ``LocalAwsError``."""
        self.run("lambdastream", "up", "--detach", "--port", "0")
        self.watchdog.watch_group(self.project.running().pid)

    def client(self, service: str) -> Any:
        """boto3's client of a service of the local AWS that runs."""
        keys = Profile(self.project).keys()
        return self.session.client(
            service,
            endpoint_url=self.project.running().endpoint,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            region_name=REGION,
            config=SETTINGS,
        )

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


@contextmanager
def workspace(original: Project) -> Iterator[Workspace]:
    """A copy of the project's stack and app, for the time of a ``with`` block; what was started in it ends too."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambdastream-bench-")))
        # It ends what was started also when this process is killed.
        watchdog = Watchdog()
        stack.callback(watchdog.close)
        watchdog.watch_folder(folder)
        for name in COPIED:
            copy = shutil.copytree if (original.root / name).is_dir() else shutil.copy
            copy(original.root / name, folder / name)
        yield Workspace(folder, watchdog, _session())


def _session() -> Any:
    """boto3 without the user's files. It has read its descriptions of the services: that is no part of what is measured."""
    core = botocore.session.get_session()
    for name, value in (("config_file", os.devnull), ("credentials_file", os.devnull), ("profile", None)):
        core.set_config_variable(name, value)
    session = boto3.Session(botocore_session=core)
    factory: Any = session.client
    for service in SERVICES:
        factory(service, REGION, aws_access_key_id="unused", aws_secret_access_key="unused").close()  # noqa: S106 - no key
    return session
