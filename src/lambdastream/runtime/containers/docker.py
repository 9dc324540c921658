"""Docker, by its own command line: it knows contexts, ``DOCKER_HOST``, TLS and whoever else speaks its API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lambdastream.errors import DockerNotFoundError

PATIENCE: Final = 20
LONGEST_CALL: Final = 60
LABEL: Final = "lambdastream.folder"
"""The label of containers: its value is the folder of the local Lambda that they belong to, which goes when it ends."""

# Of these the command line itself reads some: what a function declares by these names is told in another way.
OWN_VARIABLES: Final = ("PATH", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH")
OWN_PREFIXES: Final = ("DOCKER_", "BUILDKIT_", "SSH_", "XDG_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy")

ANOTHER_WAY: Final = "Or deploy the function as a zip archive, which needs no Docker."


class DockerError(Exception):
    """A command of Docker's failed; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Docker:
    """The program ``docker``, and what it needs of this process's environment."""

    program: str
    variables: Mapping[str, str]

    def run(self, *arguments: str, timeout: float | None = None) -> bytes:
        """Run a command to its end; returns what it prints. Raises ``DockerError``."""
        try:
            done = subprocess.run(
                [self.program, *arguments],
                env=dict(self.variables),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=timeout,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DockerError(str(error)) from error
        return _output(done.returncode, done.stdout, done.stderr)

    async def call(self, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
        """The same without waiting for it in this thread, for a minute at most; ``variables`` are added to its own."""
        process = await asyncio.create_subprocess_exec(
            *(self.program, *arguments),
            env={**(variables or {}), **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(LONGEST_CALL):
                stdout, stderr = await process.communicate()
        except BaseException as error:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            if isinstance(error, TimeoutError):
                raise DockerError(f"docker {arguments[0]} takes longer than {LONGEST_CALL} s.") from error
            raise
        return _output(process.returncode, stdout, stderr).decode(errors="replace").strip()


def find_docker() -> Docker:
    """Docker, whose daemon answers and can reach this machine's loopback. Raises ``DockerNotFoundError``."""
    program = shutil.which("docker")
    if program is None:
        raise DockerNotFoundError(
            "The function is a container image, and there is no program docker on the PATH.",
            next_step=f"Install Docker Engine and deploy again. {ANOTHER_WAY}",
        )
    docker = Docker(program, {name: value for name, value in os.environ.items() if is_own(name)})
    try:
        told = json.loads(docker.run("info", "--format", "{{json .}}", timeout=PATIENCE))
    except (DockerError, ValueError) as error:
        raise _no_daemon(str(error)) from error
    if told.get("ServerErrors"):
        raise _no_daemon(" ".join(told["ServerErrors"]))
    if kind := _out_of_reach(told):
        raise DockerNotFoundError(
            f"The function is a container image, and Docker is {kind} here: its containers cannot reach the local AWS.",
            next_step=f"Let DOCKER_HOST name a daemon that runs as root on this machine. {ANOTHER_WAY}",
        )
    return docker


def _out_of_reach(told: Mapping[str, Any]) -> str:
    """Of which kind Docker is when "this machine's network" is another one to its containers."""
    if any("rootless" in option for option in told.get("SecurityOptions") or ()):
        return "rootless"
    return "Docker Desktop" if told.get("OperatingSystem") == "Docker Desktop" else ""


def is_own(name: str) -> bool:
    """Whether Docker's command line may read a variable of this name for itself."""
    return name in OWN_VARIABLES or name.startswith(OWN_PREFIXES)


def remove_stale(docker: Docker) -> None:
    """Remove the containers of local Lambdas that are gone, as after a loss of power. Raises ``DockerError``."""
    listed = docker.run(
        "ps", "--all", "--filter", f"label={LABEL}", "--format", f'{{{{.ID}}}} {{{{.Label "{LABEL}"}}}}'
    )
    found = (line.split(" ", 1) for line in listed.decode().splitlines())
    if stale := [identifier for identifier, folder in found if not os.path.isdir(folder)]:  # noqa: PTH112 - any text
        docker.run("rm", "--force", "--volumes", *stale)


def _no_daemon(said: str) -> DockerNotFoundError:
    return DockerNotFoundError(
        f"The function is a container image, and Docker's daemon does not answer: {said.rstrip('.')}.",
        next_step="Start it, or let DOCKER_HOST name it; then start the local AWS again, with lambdastream down and "
        f"lambdastream up --detach, and deploy. {ANOTHER_WAY}",
    )


def _output(code: int | None, stdout: bytes, stderr: bytes) -> bytes:
    if code:
        raise DockerError(stderr.decode(errors="replace").strip() or f"exit status {code}")
    return stdout
