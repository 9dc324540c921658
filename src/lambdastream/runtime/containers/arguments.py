"""How one program of an image is started: the arguments of ``docker create``.

Sources: AWS Lambda developer guide, "Create a Lambda function using a container image" and "Lambda quotas": the file system
is read-only but for ``/tmp``, the user has the least privileges whatever the image's USER says, a function has 1024
processes and threads and 1024 open files. ``/dev/shm`` is missing as it is there.

- Each program is a container of its own, so that each has its end, its output and its signals. ``--init`` has it behind a
  small first process: as on AWS, it gets signals as any program does, and its orphans are collected.
- They have this machine's network, where the Runtime API and the local AWS listen on loopback alone.
- They share ``/tmp``, a file system in memory of the size that is declared.
- Each has the function's memory, enforced by the kernel; on AWS they have it together.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambdastream.runtime.containers.docker import LABEL, is_own

USER: Final = "993:990"
"""The ids of Lambda's own user, ``sbx_user1051``, as functions see them."""

MOST_PROCESSES: Final = 1024
MOST_OPEN_FILES: Final = 1024


@dataclass(frozen=True, slots=True)
class ContainerProgram:
    """A program of an image: ``command`` is what is started in ``folder``, both in the image.

    ``memory`` and ``tmp`` are in MB; no ``memory`` is no limit. ``beside`` is the container of another program of its
    environment, whose ``/tmp`` it shares; ``owner`` the local Lambda's folder.
    """

    function: str
    image: str
    command: tuple[str, ...]
    folder: str
    variables: Mapping[str, str]
    memory: int | None
    tmp: int
    owner: Path
    beside: str | None = None


def create_arguments(program: ContainerProgram) -> list[str]:
    """The arguments of ``docker create``. Variables that are named alone come from its own environment, ``told``."""
    first, *others = program.command
    return [
        "create",
        *("--pull", "never", "--name", f"lambdastream-{program.function}-{secrets.token_hex(4)}"),
        *("--label", f"{LABEL}={program.owner}", "--log-driver", "none"),
        *("--network", "host", "--ipc", "none", "--init", "--read-only", *_tmp(program)),
        *("--user", USER, "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *(("--memory", f"{program.memory}m", "--memory-swap", f"{program.memory}m") if program.memory else ()),
        *("--pids-limit", str(MOST_PROCESSES), "--ulimit", f"nofile={MOST_OPEN_FILES}:{MOST_OPEN_FILES}"),
        *_variables(program.variables),
        *("--workdir", program.folder, "--entrypoint", first, program.image, *others),
    ]


def told(program: ContainerProgram) -> dict[str, str]:
    """The variables that ``create_arguments`` only names: keys stand in no command line, which everyone can read."""
    return {name: value for name, value in program.variables.items() if not is_own(name)}


def _variables(variables: Mapping[str, str]) -> Iterator[str]:
    for name, value in variables.items():
        yield from ("--env", f"{name}={value}" if is_own(name) else name)


def _tmp(program: ContainerProgram) -> tuple[str, ...]:
    """The anonymous volume that is ``/tmp``: it goes with the last container that has it."""
    if program.beside:
        return ("--volumes-from", program.beside)
    options = {"type": "tmpfs", "device": "tmpfs", "o": f"size={program.tmp}m,mode=1777"}
    fields = ["type=volume", "dst=/tmp", "volume-nocopy=true", "volume-driver=local"]
    fields += [f"volume-opt={name}={value}" for name, value in options.items()]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return ("--mount", line.getvalue())
