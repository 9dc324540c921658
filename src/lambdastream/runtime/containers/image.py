"""What Docker knows of a function's image: what it starts, where, and which extensions it brings."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambdastream.errors import AdapterNotFoundError, DescriptionError
from lambdastream.runtime.containers.docker import LABEL, Docker, DockerError
from lambdastream.runtime.description import ContainerImage
from lambdastream.runtime.web_adapter.binary import machine_architecture

EXTENSIONS: Final = "/opt/extensions"
EXECUTABLE: Final = 0o111
ARCHITECTURES: Final = {"amd64": "x86_64", "arm64": "arm64"}
PLATFORMS: Final = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
# Where Linux has the programs that run those of another machine (Documentation/admin-guide/binfmt-misc.rst).
EMULATORS: Final = {
    "x86_64": Path("/proc/sys/fs/binfmt_misc/qemu-x86_64"),
    "arm64": Path("/proc/sys/fs/binfmt_misc/qemu-aarch64"),
}


@dataclass(frozen=True, slots=True)
class Image:
    """An image that Docker has. ``command`` is ENTRYPOINT and CMD, one after the other; ``extensions`` are paths in it."""

    id: str
    command: tuple[str, ...]
    folder: str
    variables: Mapping[str, str]
    extensions: tuple[str, ...]


def find_image(docker: Docker, wanted: ContainerImage, folder: Path) -> Image:
    """The image, pulled if need be, with the function's own settings over it.

    ``folder`` is the label of the container that is made to look into it, and removed. Raises ``DescriptionError`` when it
    cannot be pulled, or cannot run here.
    """
    told = _inspected(docker, wanted.uri)
    _check_architecture(wanted.uri, str(told.get("Architecture")))
    configuration = told.get("Config") or {}
    entry_point = wanted.entry_point or tuple(configuration.get("Entrypoint") or ())
    command = (*entry_point, *(wanted.command or tuple(configuration.get("Cmd") or ())))
    if not command:
        raise DescriptionError(
            f"The image {wanted.uri} has neither an ENTRYPOINT nor a CMD.",
            next_step="Add one to its Dockerfile, or ImageConfig to the function.",
        )
    return Image(
        id=str(told["Id"]),
        command=command,
        folder=wanted.working_directory or configuration.get("WorkingDir") or "/",
        variables=dict(each.split("=", 1) for each in configuration.get("Env") or () if "=" in each),
        extensions=_extensions(docker, str(told["Id"]), folder),
    )


def _inspected(docker: Docker, uri: str) -> dict[str, Any]:
    try:
        # What a digest names never changes; a tag may have moved in its registry.
        if "@sha256:" not in uri or not _has(docker, uri):
            docker.run("pull", "--quiet", uri)
        told: dict[str, Any] = json.loads(docker.run("image", "inspect", uri))[0]
    except DockerError as error:
        raise DescriptionError(
            f"Docker cannot pull the image {uri}: {error}", next_step="Push it, then deploy again."
        ) from error
    return told


def _has(docker: Docker, uri: str) -> bool:
    try:
        docker.run("image", "inspect", uri)
    except DockerError:
        return False
    return True


def _check_architecture(uri: str, platform: str) -> None:
    built_for = ARCHITECTURES.get(platform, platform)
    try:
        here = machine_architecture()
    except AdapterNotFoundError:
        return
    emulator = EMULATORS.get(built_for)
    if built_for != here and not (emulator and emulator.exists()):
        raise DescriptionError(
            f"The image {uri} is built for {built_for}, and this machine is {here}.",
            next_step=f"Build it for {here}: with Architectures: [{here}] in the template, or docker build --platform "
            f"{PLATFORMS.get(here, here)}.",
        )


def _extensions(docker: Docker, image: str, folder: Path) -> tuple[str, ...]:
    """The executable files in the image's ``/opt/extensions``, in order of name. Lambda starts them, no container does."""
    made = docker.run("create", "--pull", "never", "--label", f"{LABEL}={folder}", "--entrypoint", "/", image)
    container = made.decode().strip()
    try:
        archive = docker.run("cp", "--follow-link", f"{container}:{EXTENSIONS}", "-")
    except DockerError:
        return ()
    finally:
        docker.run("rm", "--force", "--volumes", container)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        names = [Path(each.name) for each in files if not each.isdir() and (each.issym() or each.mode & EXECUTABLE)]
    return tuple(
        f"{EXTENSIONS}/{name.name}" for name in sorted(names) if len(name.parts) <= len(Path("folder/file").parts)
    )
