"""Why a program of a function, its ``bootstrap`` or its exec wrapper, cannot be started."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.web_adapter.binary import elf_architecture, machine_architecture

# As much as Linux itself looks at (``BINPRM_BUF_SIZE`` of include/uapi/linux/binfmts.h).
HEAD: Final = 256
BINARY_FORMATS: Final = Path("/proc/sys/fs/binfmt_misc")
NO_PROGRAM: Final = "It is no program for Linux, and no script with a first line such as #!/bin/sh."


def check_format(program: Path) -> None:
    """Raise the ``OSError`` with which Linux, and Lambda, refuses a file that is no program for this machine.

    uvloop starts processes with ``execvp``, and that lets a shell have a try at such a file.
    """
    try:
        foreign = os.access(program, os.X_OK) and _is_foreign(program)
    except (OSError, AdapterNotFoundError):
        return
    if foreign:
        raise OSError(errno.ENOEXEC, os.strerror(errno.ENOEXEC), str(program))


def why_not_started(program: Path, folder: Path, error: OSError) -> str:
    """How Lambda names it: ``fork/exec /var/task/bootstrap: exec format error``. ``folder`` is where it was to run."""
    missing = program if folder.is_dir() else folder
    return f"fork/exec {missing}: {(error.strerror or str(error)).lower()}"


def start_advice(program: Path, error: OSError) -> str:
    """What to do about it, one or two sentences; empty when the error says all that is known."""
    try:
        return _advice(program, error.errno)
    except (OSError, AdapterNotFoundError):
        return ""


def _is_foreign(program: Path) -> bool:
    head = _head(program)
    if head.startswith(b"#!") or _is_registered(head):
        return False
    return not head.startswith(b"\x7fELF") or elf_architecture(program) not in (None, machine_architecture())


def _is_registered(head: bytes) -> bool:
    """Whether something on this machine runs files that begin so, as qemu does with programs for other machines.

    Source: Documentation/admin-guide/binfmt-misc.rst of Linux.
    """
    for entry in BINARY_FORMATS.glob("*"):
        if entry.name not in ("register", "status"):
            enabled, *lines = entry.read_text(encoding="utf-8").splitlines()
            fields = dict(line.split(maxsplit=1) for line in lines if " " in line)
            if enabled == "enabled" and "magic" in fields and _matches(head, fields):
                return True
    return False


def _matches(head: bytes, fields: dict[str, str]) -> bool:
    magic = bytes.fromhex(fields["magic"])
    mask = bytes.fromhex(fields["mask"]) if "mask" in fields else b"\xff" * len(magic)
    start = int(fields.get("offset", "0"))
    there = head[start : start + len(magic)]
    return len(there) == len(magic) and all(a & m == b & m for a, b, m in zip(there, magic, mask, strict=True))


def _head(program: Path) -> bytes:
    with program.open("rb") as file:
        return file.read(HEAD)


def _advice(program: Path, number: int | None) -> str:
    if number == errno.EACCES and program.is_file() and not os.access(program, os.X_OK):
        return f"It is not executable. Run: chmod 755 {program.name}, then deploy again."
    if number == errno.ENOENT and program.is_file():
        return _interpreter_advice(program)
    if number == errno.ENOEXEC:
        return _format_advice(program)
    return ""


def _interpreter_advice(program: Path) -> str:
    first = _head(program).partition(b"\n")[0]
    if not first.startswith(b"#!"):
        return "The dynamic loader that it names is not on this machine: link it statically."
    if first.endswith(b"\r"):
        fix = rf"sed -i 's/\r$//' {program.name}"
        return f"It has CRLF line endings, Linux needs LF. Run: {fix}, then deploy again."
    return f"Its first line names {first[2:].decode('utf-8', 'replace').strip()}, which is not on this machine."


def _format_advice(program: Path) -> str:
    built_for, here = elf_architecture(program), machine_architecture()
    if built_for is None:
        return NO_PROGRAM
    return f"It is built for {built_for}, and this machine is {here}: build it for {here}, and deploy again."
