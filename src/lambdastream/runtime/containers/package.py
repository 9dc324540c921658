"""A function that is a container image, ready to run, and the programs of its environments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream.errors import DescriptionError
from lambdastream.runtime.containers.arguments import ContainerProgram
from lambdastream.runtime.containers.container import ContainerProcess
from lambdastream.runtime.containers.docker import Docker, DockerError, find_docker, remove_stale
from lambdastream.runtime.containers.image import Image, find_image
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.host import Host
from lambdastream.runtime.init_error import InitError
from lambdastream.runtime.processes.environment_processes import RUNTIME, EnvironmentProcesses
from lambdastream.runtime.variables import container_variables
from lambdastream.wire import function_error

ROOT: Final = "/"


@dataclass(frozen=True, slots=True)
class ContainerPackage:
    """A function from an image that Docker has."""

    description: FunctionDescription
    docker: Docker
    image: Image

    @property
    def limits_memory(self) -> bool:
        """Yes: the kernel ends what takes more."""
        return True

    def programs(self, host: Host, write: Callable[[str], None], processes: EnvironmentProcesses) -> ContainerPrograms:
        """Containers of the image."""
        del processes
        return ContainerPrograms(self, host, write)

    def remove(self) -> None:
        """Nothing: the image is Docker's, which keeps it as it keeps those that were built."""


class ContainerPrograms:
    """The programs of one environment, each in a container."""

    def __init__(self, package: ContainerPackage, host: Host, write: Callable[[str], None]) -> None:
        self.extensions = package.image.extensions
        self._package = package
        self._host = host
        self._write = write
        self._first: str | None = None

    def variables(self, *, runtime_api: str, log_stream: str, port: int | None) -> dict[str, str]:
        """Lambda's, and the function's own. Those of the image are there anyway."""
        return container_variables(
            self._package.description,
            self._package.image.variables,
            runtime_api=runtime_api,
            log_stream=log_stream,
            port=port,
            endpoint_url=self._host.endpoint_url,
        )

    async def start_extension(self, path: str, variables: dict[str, str]) -> ContainerProcess:
        """In the root folder. Raises ``InitError``."""
        return await self._start((path,), Path(path).name, ROOT, variables)

    async def start_runtime(self, variables: dict[str, str]) -> ContainerProcess:
        """ENTRYPOINT and CMD, in WORKDIR. Raises ``InitError``."""
        image = self._package.image
        return await self._start(image.command, RUNTIME, image.folder, variables)

    def close(self) -> None:
        """Nothing: each container is removed when it has ended."""

    async def _start(
        self, command: tuple[str, ...], name: str, folder: str, variables: dict[str, str]
    ) -> ContainerProcess:
        description = self._package.description
        program = ContainerProgram(
            function=description.name,
            image=self._package.image.id,
            command=command,
            folder=folder,
            variables=variables,
            memory=description.memory if self._host.limits.memory else None,
            tmp=description.ephemeral_storage,
            owner=self._host.folder,
            beside=self._first,
        )
        try:
            process = await ContainerProcess.run(
                self._package.docker, program, name=name, write=self._write, watchdog=self._host.watchdog
            )
        except (DockerError, OSError) as error:
            is_runtime = name == RUNTIME
            raise InitError(
                function_error.RUNTIME_INVALID_ENTRYPOINT if is_runtime else function_error.EXTENSION_LAUNCH_ERROR,
                reason=str(error),
                advice="That is what Docker says.",
            ) from error
        self._first = self._first or process.container
        return process


def container_package(description: FunctionDescription, host: Host) -> ContainerPackage:
    """Make a function's image ready to run; it is pulled if need be.

    Raises ``DockerNotFoundError``, and ``DescriptionError`` when the image is not there or cannot run here.
    """
    if description.image is None:
        raise TypeError("The function has no image.")
    docker = find_docker()
    host.watchdog.watch_containers(docker.program, host.folder)
    try:
        remove_stale(docker)
        return ContainerPackage(description, docker, find_image(docker, description.image, host.folder))
    except DockerError as error:
        raise DescriptionError(f"Docker cannot run the image {description.image.uri}: {error}") from error
