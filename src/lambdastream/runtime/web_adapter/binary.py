"""The binary of the Lambda Web Adapter as a file: which versions fit, what machine it is for, whether it starts."""

from __future__ import annotations

import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from lambdastream.errors import AdapterNotFoundError

Architecture = Literal["x86_64", "arm64"]

# The versions that this package is tested with, the newest first.
ADAPTER_VERSIONS: Final = ("1.0.0", "1.0.0-rc1")

_MACHINES: Final[dict[str, Architecture]] = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "arm64",
    "arm64": "arm64",
}
# `e_machine` in the header of an ELF file: EM_X86_64 and EM_AARCH64.
_ELF_MACHINES: Final[dict[int, Architecture]] = {62: "x86_64", 183: "arm64"}
_ELF_HEADER: Final = 20

_PATIENCE: Final = 0.5
_SHELL_CANNOT_START: Final = (126, 127)
_LOADER_COMPLAINTS: Final = ("error while loading shared libraries", "not found (required by")
# Nothing listens on port 1: a binary that is only tried out reaches no Runtime API and no app of this machine.
_NOWHERE: Final = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1", "AWS_LWA_PORT": "1"}


@dataclass(frozen=True, slots=True)
class Adapter:
    """A binary of the Lambda Web Adapter that starts on this machine.

    ``version`` is the adapter's own, such as ``1.0.0``, or ``custom`` when nobody knows it. ``path`` is absolute.
    """

    version: str
    path: Path


def machine_architecture() -> Architecture:
    """The architecture of this machine, as Lambda names it. Raises ``AdapterNotFoundError`` for any other machine."""
    system, machine = platform.system(), platform.machine()
    architecture = _MACHINES.get(machine.lower()) if system == "Linux" else None
    if architecture is None:
        raise AdapterNotFoundError(
            f"The Lambda Web Adapter is a Linux program for x86_64 and arm64, and this is {system} on {machine}.",
            next_step="Work in the dev container, in a Linux virtual machine or in WSL.",
        )
    return architecture


def elf_architecture(path: Path) -> Architecture | None:
    """The architecture that an ELF file is built for; ``None`` for any other machine or kind of file."""
    with path.open("rb") as file:
        header = file.read(_ELF_HEADER)
    if len(header) < _ELF_HEADER or not header.startswith(b"\x7fELF"):
        return None
    # Both of Lambda's architectures are little-endian.
    return _ELF_MACHINES.get(int.from_bytes(header[18:20], "little"))


def check_starts(path: Path) -> None:
    """Start the program, without an environment of Lambda's, and end it again.

    Raises ``AdapterNotFoundError`` with the reason when the system does not start it, its dynamic loader gives up, or
    it dies of a signal at once. How it ends otherwise says nothing: without a Runtime API the adapter has to give up.
    """
    try:
        ended = subprocess.run(
            [path],
            env=_NOWHERE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return
    except OSError as error:
        raise AdapterNotFoundError(f"{path} does not start: {_why(path, error)}.") from error
    _check_end(path, ended.returncode, ended.stderr.decode("utf-8", "replace").strip())


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and path.exists():
        return "the dynamic loader or interpreter that it names is not on this machine"
    try:
        built_for = elf_architecture(path)
    except OSError:
        built_for = None
    if built_for is not None and built_for != machine_architecture():
        return f"it is built for {built_for}, and this machine is {machine_architecture()}"
    return error.strerror or str(error)


def _check_end(path: Path, returncode: int, output: str) -> None:
    if returncode < 0:
        raise AdapterNotFoundError(f"{path} does not start: signal {-returncode} ends it at once.")
    if returncode in _SHELL_CANNOT_START or any(complaint in output for complaint in _LOADER_COMPLAINTS):
        raise AdapterNotFoundError(f"{path} does not start: {output or f'it ends with {returncode}'}.")
