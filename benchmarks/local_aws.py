"""A local AWS of a temporary project, as a process, for what is measured on it. One that runs already is left alone."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from benchmarks.aws_client import client, session
from benchmarks.http_client import Address
from benchmarks.process import running, wait_for
from benchmarks.process_figures import command_line, descendants
from lambdastream.control import FunctionDescription, LocalAws, connect, control_plane
from lambdastream.control.interrupts import uninterrupted
from lambdastream.control.limit_options import changed_limits
from lambdastream.control.local_aws import DeployedFunction
from lambdastream.control.project import Project, Running
from lambdastream.errors import NotRunningError, SetupError
from lambdastream.runtime.limits import LIFTED, Limits
from lambdastream.runtime.processes.watchdog import Watchdog

FIRST_ANSWER_SECONDS: Final = 60
# Without Lambda's own pace: what is measured is what the local AWS can do.
UNPACED: Final = Limits(stream_rate=LIFTED, stream_payload=LIFTED)


@dataclass(frozen=True, slots=True)
class MeasuredAws:
    """The local AWS in ``folder``; ``pid`` is its data plane. What else is started for it is on the watchdog's list."""

    folder: Path
    watchdog: Watchdog
    pid: int

    @property
    def project(self) -> Project:
        """Its project."""
        return Project(self.folder)

    @property
    def local_aws(self) -> LocalAws:
        """What deploys functions to it."""
        return connect(self.project)

    def deploy(self, description: FunctionDescription) -> Address:
        """Deploy a function and wait for its cold start; returns its URL's address. Raises ``SetupError``."""
        function = self.local_aws.deploy(description)
        self._warm(function)
        return address(function.at("/"))

    def settle(self) -> None:
        """Wait until the control plane has started, which takes a core for seconds."""
        with closing(client(session(), self.project, "cloudformation")) as cloudformation:
            cloudformation.list_stacks()

    def _warm(self, function: DeployedFunction) -> None:
        url = function.at("/?count=1&size=1")
        try:
            httpx.get(url, timeout=FIRST_ANSWER_SECONDS, trust_env=False).raise_for_status()
        except httpx.HTTPError as error:
            log = (self.project.logs / f"{function.name}.log").read_text(encoding="utf-8")
            raise SetupError(
                f"The function {function.name} does not answer as it should: {error}\nIts log:\n{log}",
                next_step="Mend that first.",
            ) from error


@contextmanager
def temporary_local_aws(limits: Limits = UNPACED) -> Iterator[MeasuredAws]:
    """Start one, with nothing deployed; everything ends with the block. Raises ``LambdastreamError``."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambdastream-bench-")))
        # It ends the servers also when this process is killed.
        watchdog = Watchdog()
        stack.callback(watchdog.close)
        watchdog.watch_folder(folder)
        yield MeasuredAws(folder, watchdog, stack.enter_context(_started(Project(folder), limits, watchdog)))


def address(url: str) -> Address:
    """Where the server of a function URL listens."""
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 80)


@contextmanager
def _started(project: Project, limits: Limits, watchdog: Watchdog) -> Iterator[int]:
    """The local AWS in the foreground of a process of its own: its pid."""
    options = [f"--limit={name}={value}" for name, value in changed_limits(limits).items()]
    command = [sys.executable, "-P", "-m", "lambdastream", "up", "--port", "0", *options]
    log = project.make_state() / "up.log"
    with running(command, folder=project.root, variables=os.environ, log=log, watchdog=watchdog) as process:
        with uninterrupted():  # one that is ended while it starts leaves its temporary folder behind
            wait_for(lambda: _record(project), process, log)
        saving = saving_processes(process.pid)
        for pid in saving:
            watchdog.watch_group(pid)
        yield process.pid
    for pid in saving:
        watchdog.leave_group(pid)


def saving_processes(pid: int) -> list[int]:
    """The control plane of the data plane ``pid``.

    It saves its state into the project's folder when the data plane is gone: whoever removes that folder ends both.
    """
    return [each for each in descendants(pid) if control_plane.__name__.encode() in command_line(each)]


def _record(project: Project) -> Running | None:
    with suppress(NotRunningError):
        return project.running()
    return None
