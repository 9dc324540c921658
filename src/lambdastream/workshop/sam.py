"""Runs ``sam`` for the lab, unmodified, with the project's local profile."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.errors import SetupError
from lambdastream.workshop.samconfig import machine_parameters

LAST_LINES: Final = 15


def sam(project: Project, command: str, *options: str, environment: Mapping[str, str] | None = None) -> None:
    """Run ``sam build`` or ``sam deploy`` in the project's folder, for the interpreter and the processor of this machine.

    It goes to the project's local AWS, or where ``environment`` points. What it prints is seen when it fails:
    ``SetupError`` has the end of it.
    """
    parameters = " ".join(f"{name}={value}" for name, value in machine_parameters().items())
    variables = environment or Profile(project).environment(os.environ)
    run_sam(project.root, command, "--parameter-overrides", parameters, *options, environment=variables)


def run_sam(
    folder: Path,
    command: str,
    *options: str,
    environment: Mapping[str, str],
    next_step: str = "Mend that, then try again: make lab",
) -> None:
    """Run a command of ``sam`` in a folder. Raises ``SetupError`` with the end of what it prints when it fails."""
    # It leaves temporary folders behind: they go with this one.
    with tempfile.TemporaryDirectory(prefix="lambdastream-sam-") as temporary:
        done = subprocess.run(
            [Path(sys.executable).with_name("sam"), command, *options],
            cwd=folder,
            env={**environment} | {"PATH": _path(), "TMPDIR": temporary},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        end = "\n".join(done.stdout.strip().splitlines()[-LAST_LINES:])
        raise SetupError(f"sam {command} fails:\n{end}", next_step=next_step)


def _path() -> str:
    """``sam build`` takes the interpreter of the runtime's name from the PATH: the one that runs now comes first."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
