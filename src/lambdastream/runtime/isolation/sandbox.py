"""What the programs of an execution environment see: Lambda's folders at their places, or variables that name others.

In a mount namespace a program finds ``/var/task``, ``/opt``, ``/tmp`` and the managed runtime where they are on AWS, and
nothing can be written but in ``/tmp``, which has the size that is declared. The rest of this machine's file system it can
read, but not the user's own AWS files: no SDK finds them by itself. Without a namespace it has the machine's whole file
system, with folders that stand for those, and ``variables`` says where they are.

``/tmp`` is in memory there, of this machine, and takes what is written to it; on AWS it is on a disk. ``/dev/shm`` cannot be
written either: as on AWS, ``multiprocessing`` has pipes, and no locks or queues.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.host import Host
from lambdastream.runtime.interpreter import ManagedRuntime
from lambdastream.runtime.isolation.mount_namespace import MountNamespace
from lambdastream.runtime.runtimes import AWS_LIBRARIES, Runtime
from lambdastream.runtime.variables import Folders

TASK: Final = Path("/var/task")
OPT: Final = Path("/opt")
LANGUAGE: Final = Path("/var/lang")
# What lies below is not seen by a function, unless it is put back.
COVERED: Final = (Path("/opt"), Path("/tmp"))  # noqa: S108 - a function's own
PLACES: Final = (TASK, LANGUAGE, AWS_LIBRARIES)


class Sandbox(Protocol):
    """What one environment's programs see: ``description``, ``runtime`` and ``folders`` have paths as they see them."""

    description: FunctionDescription
    runtime: Runtime
    folders: Folders

    def namespace(self, beside: int | None) -> MountNamespace | None:
        """The mount namespace for the next program; ``beside`` is the id of one that runs already."""

    def seen(self, text: str) -> str:
        """A path of this machine, or a text with such paths, as the programs see it."""

    def here(self, path: str) -> str:
        """The other way round: where on this machine that is what a program sees at ``path``."""

    def close(self) -> None:
        """Remove what was made for it. All programs have ended."""


class PathSandbox:
    """Everything is where it is on this machine."""

    def __init__(self, description: FunctionDescription, runtime: Runtime, opt: Path, host: Host) -> None:
        self.description = description
        self.runtime = runtime
        self.folders = Folders(opt, host.temporary_folder(description.name))

    def namespace(self, beside: int | None) -> None:
        """There is none."""
        del beside

    def seen(self, text: str) -> str:
        """The same."""
        return text

    def here(self, path: str) -> str:
        """The same."""
        return path

    def close(self) -> None:
        """Remove the folder that was ``/tmp``."""
        if self.folders.tmp is not None:
            shutil.rmtree(self.folders.tmp, ignore_errors=True)


class NamespaceSandbox:
    """Everything is where it is on AWS."""

    def __init__(self, description: FunctionDescription, runtime: Runtime, opt: Path) -> None:
        self.description = description.with_code(TASK)
        self.folders = Folders(OPT, None)
        places = {TASK: description.code, OPT: opt}
        needed: list[Path] = []
        self.runtime = runtime
        if isinstance(runtime, ManagedRuntime):
            needed += runtime.base
            if any(_is_below(path, place) for path in needed for place in PLACES):
                # In an image of AWS's own the interpreter is at that very place.
                needed.append(runtime.folder)
            else:
                places |= {LANGUAGE: runtime.folder, AWS_LIBRARIES: runtime.libraries}
                self.runtime = runtime.at(LANGUAGE, AWS_LIBRARIES)
        self._places: Mapping[Path, Path] = places
        self._shown = [path for path in dict.fromkeys(needed) if any(_is_below(path, folder) for folder in COVERED)]

    def namespace(self, beside: int | None) -> MountNamespace:
        """The same for all programs of the environment: what one writes to ``/tmp`` the others can read."""
        return MountNamespace(self._places, self._shown, self.description.ephemeral_storage, beside, aws_folders())

    def seen(self, text: str) -> str:
        """Wherever a path begins with a folder of this machine, with Lambda's in its place."""
        # The libraries are below the language's folder.
        for place, folder in sorted(self._places.items(), key=lambda item: -len(str(item[1]))):
            text = re.sub(rf"(?<![^\s:]){re.escape(str(folder))}(?![^/\s:])", str(place), text)
        return text

    def here(self, path: str) -> str:
        """The path with a folder of this machine in the place of Lambda's."""
        for place, folder in self._places.items():
            if _is_below(Path(path), place):
                return str(folder / Path(path).relative_to(place))
        return path

    def close(self) -> None:
        """There is nothing: the namespace, and ``/tmp`` in it, goes with its last process."""


def new_sandbox(description: FunctionDescription, runtime: Runtime, opt: Path, host: Host) -> Sandbox:
    """What an environment of this function sees, whose layers are laid out in ``opt``: as the host isolates functions."""
    if host.isolation == "namespaces":
        return NamespaceSandbox(description, runtime, opt)
    return PathSandbox(description, runtime, opt, host)


def aws_folders() -> list[Path]:
    """The folder in this user's home where AWS's tools keep keys and settings, if there is one."""
    try:
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        # A container may run as a user that nobody has made: there is no home then.
        return []
    return [folder for folder in [home / ".aws"] if folder.is_dir()]


def _is_below(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents
