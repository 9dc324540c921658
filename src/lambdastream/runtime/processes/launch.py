"""How a program is started: with its mark, and in a mount namespace if there is one.

Both are done by the child of the fork, before the program takes its place: the process is the same, with its id and its
group, and no other program has to start first, which would take 15 ms. The child of a process with threads has to be
careful with locks: it calls the system, and gives up no lock that a thread might have held.
"""

from __future__ import annotations

import marshal
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambdastream.runtime.isolation import linux
from lambdastream.runtime.isolation.mount_namespace import MountNamespace
from lambdastream.runtime.processes.mark import carry

FIRST_OTHER_FILE: Final = 3
LONGEST_ANSWER: Final = 4096
FAILED: Final = 127


@dataclass(frozen=True, slots=True)
class Program:
    """What is to be started: ``folder`` is where it runs, ``variables`` are all that it gets."""

    command: Sequence[str]
    variables: Mapping[str, str]
    folder: Path


class Launch:
    """One start. ``options`` are for ``asyncio.create_subprocess_exec``; ``check`` must follow it, or else ``close``."""

    def __init__(self, program: Program, mark: int, namespace: MountNamespace | None) -> None:
        self._folder = program.folder
        self._mark = mark
        self._namespace = namespace
        self._reading, self._writing = os.pipe()
        self.options: Mapping[str, Any] = {
            "env": dict(program.variables),
            # In a namespace the folder is there only once the child is.
            "cwd": None if namespace else program.folder,
            "stdin": subprocess.DEVNULL,
            "preexec_fn": self._prepare,
        }

    def check(self) -> None:
        """The process was started. Raises ``OSError`` when it could not enter the namespace, and has ended."""
        os.close(self._writing)
        # Here the program runs, or the child is gone: in both cases its end of the pipe is closed.
        told = os.read(self._reading, LONGEST_ANSWER)
        os.close(self._reading)
        if told:
            raise OSError(*marshal.loads(told))  # noqa: S302 - from the child

    def close(self) -> None:
        """The process was not started."""
        os.close(self._writing)
        os.close(self._reading)

    def _prepare(self) -> None:
        """In the child."""
        try:
            # uvloop lets its own copies of the standard files through.
            linux.close_on_exec(FIRST_OTHER_FILE)
            carry(self._mark)
            if self._namespace is not None:
                self._namespace.enter(self._folder)
        except OSError as error:
            os.write(self._writing, marshal.dumps((error.errno, error.strerror)))
            os._exit(FAILED)
