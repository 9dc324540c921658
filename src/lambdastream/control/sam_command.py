"""Runs the unmodified ``sam``, from the environment of the interpreter that runs now."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lambdastream.errors import SetupError

LAST_LINES: Final = 25


def run_sam(folder: Path, command: str, *options: str, environment: Mapping[str, str], next_step: str) -> None:
    """Run a command of ``sam`` in a folder. Raises ``SetupError``, with the end of what it prints when it fails."""
    # `sam build` takes the interpreter of the runtime's name from the PATH: the one that runs now comes first.
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    sam = shutil.which("sam", path=path)
    if sam is None:
        raise SetupError(
            "There is no sam on the PATH.", next_step="Install it beside lambdastream: pip install aws-sam-cli"
        )
    # It leaves temporary folders behind: they go with this one.
    with tempfile.TemporaryDirectory(prefix="lambdastream-sam-") as temporary:
        done = subprocess.run(
            [sam, command, *options],
            cwd=folder,
            env={**environment, "PATH": path, "TMPDIR": temporary},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        end = "\n".join(done.stdout.strip().splitlines()[-LAST_LINES:])
        raise SetupError(f"sam {command} fails:\n{end}", next_step=next_step)
