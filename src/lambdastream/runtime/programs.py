"""The programs of an execution environment, and how they are started: the extensions, and the runtime.

Those of a zip archive run as processes of this machine, behind a ``sandbox``; ``containers`` has those of an image.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lambdastream.runtime import layers
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.entrypoint import check_format, start_advice, why_not_started
from lambdastream.runtime.host import Host
from lambdastream.runtime.init_error import InitError
from lambdastream.runtime.isolation.sandbox import new_sandbox
from lambdastream.runtime.processes.environment_processes import RUNTIME, EnvironmentProcesses
from lambdastream.runtime.processes.launch import Program
from lambdastream.runtime.processes.process import Process
from lambdastream.runtime.runtimes import WRAPPER, Runtime
from lambdastream.runtime.variables import runtime_variables
from lambdastream.wire import function_error


class Programs(Protocol):
    """What one environment starts."""

    @property
    def extensions(self) -> Sequence[str]:
        """The paths of the external extensions, in the order of their start."""

    def variables(self, *, runtime_api: str, log_stream: str, port: int | None) -> dict[str, str]:
        """The environment variables of the runtime's process, without the role's keys."""

    async def start_extension(self, path: str, variables: dict[str, str]) -> Process:
        """Start one of ``extensions``; its name is the file's. Raises ``InitError``."""

    async def start_runtime(self, variables: dict[str, str]) -> Process:
        """Start the runtime. Raises ``InitError``."""

    def close(self) -> None:
        """Remove what was made for them. All have ended."""


class Deployable(Protocol):
    """A function that is ready to run."""

    @property
    def description(self) -> FunctionDescription:
        """What it is."""

    @property
    def limits_memory(self) -> bool:
        """Whether its environments end by themselves when they take more memory than they may."""

    def programs(self, host: Host, write: Callable[[str], None], processes: EnvironmentProcesses) -> Programs:
        """What a new environment starts. ``write`` takes lines for its log; ``processes`` are those that run already."""

    def remove(self) -> None:
        """Remove what was made for it. No environment of it is left."""


@dataclass(frozen=True, slots=True)
class Package:
    """A function from a zip archive, ready to run: its runtime, and its layers laid out in ``opt``."""

    description: FunctionDescription
    runtime: Runtime
    opt: Path

    @property
    def limits_memory(self) -> bool:
        """No: its processes have to be looked at."""
        return False

    def programs(self, host: Host, write: Callable[[str], None], processes: EnvironmentProcesses) -> PackagePrograms:
        """Processes of this machine."""
        return PackagePrograms(self, host, write, processes)

    def remove(self) -> None:
        """Remove the folder of the layers."""
        shutil.rmtree(self.opt, ignore_errors=True)


class PackagePrograms:
    """The programs of a zip archive: this machine's processes, which see what the ``sandbox`` lets them."""

    def __init__(
        self, package: Package, host: Host, write: Callable[[str], None], processes: EnvironmentProcesses
    ) -> None:
        self.extensions = [str(path) for path in layers.extensions(package.opt)]
        self._package = package
        self._host = host
        self._write = write
        self._processes = processes
        self._sandbox = new_sandbox(package.description, package.runtime, package.opt, host)

    def variables(self, *, runtime_api: str, log_stream: str, port: int | None) -> dict[str, str]:
        """As the programs see them."""
        return runtime_variables(
            self._sandbox.description,
            self._sandbox.runtime,
            self._sandbox.folders,
            runtime_api=runtime_api,
            log_stream=log_stream,
            port=port,
            endpoint_url=self._host.endpoint_url,
        )

    async def start_extension(self, path: str, variables: dict[str, str]) -> Process:
        """In the root folder. Raises ``InitError``."""
        return await self._start([path], Path(path).name, variables, Path("/"))

    async def start_runtime(self, variables: dict[str, str]) -> Process:
        """In the folder of the code, behind the exec wrapper if one is declared. Raises ``InitError``."""
        description = self._package.description
        wrapper = self._sandbox.here(variables.get(WRAPPER, ""))
        command = self._package.runtime.command(description, self._package.opt, wrapper)
        return await self._start(command, RUNTIME, variables, description.code)

    def close(self) -> None:
        """Remove what the sandbox made."""
        self._sandbox.close()

    async def _start(self, command: list[str], name: str, variables: dict[str, str], folder: Path) -> Process:
        """Start a program. ``command`` and ``folder`` have this machine's paths. Raises ``InitError``."""
        program, seen = Path(command[0]), self._sandbox.seen
        try:
            check_format(program)
            return await Process.start(
                Program([seen(argument) for argument in command], variables, Path(seen(str(folder)))),
                name=name,
                write=self._write,
                watchdog=self._host.watchdog,
                namespace=self._sandbox.namespace(self._processes.first_running),
            )
        except OSError as error:
            is_runtime = name == RUNTIME
            raise InitError(
                function_error.RUNTIME_INVALID_ENTRYPOINT if is_runtime else function_error.EXTENSION_LAUNCH_ERROR,
                reason=seen(why_not_started(program, folder, error)),
                advice=start_advice(program, error),
            ) from error
