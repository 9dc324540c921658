"""The adapter's binary built from its source, with cargo."""

from __future__ import annotations

import collections
import os
import shutil
import signal
import subprocess
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.processes.watchdog import Watchdog

CRATE: Final = "lambda_web_adapter"

_CRATES: Final = 121
_CRATES_A_REPORT: Final = 20
_LINES_KEPT: Final = 40
_LONGEST_REASON: Final = 500


def build_adapter(version: str, folder: Path, say: Callable[[str], None]) -> Path:
    """Build a version of the adapter's crate in ``folder``, a temporary one; returns the binary (about 2 minutes).

    ``say`` gets a line for every 20 crates. However this process ends, cargo and its compilers end with it. Raises
    ``AdapterNotFoundError`` with cargo's own reason.
    """
    cargo = find_cargo()
    # The target folder too, so that a build that is cut short leaves nothing in the system's temporary folder.
    places = ["--root", str(folder / "root"), "--target-dir", str(folder / "target")]
    command = [str(cargo), "install", "--locked", CRATE, "--version", version, *places]
    returncode, lines = _run(command, folder, say)
    if returncode != 0:
        raise AdapterNotFoundError(f"cargo could not build {CRATE} {version}: {_reason(lines, returncode)}")
    return folder / "root" / "bin" / "lambda-adapter"


def find_cargo() -> Path:
    """The cargo on ``PATH``, else the one where rustup puts it. Raises ``AdapterNotFoundError`` without any."""
    home = Path(os.environ.get("CARGO_HOME") or "~/.cargo").expanduser()
    found = shutil.which("cargo") or shutil.which("cargo", path=home / "bin")
    if found is None:
        raise AdapterNotFoundError("There is no cargo on PATH to build it from source.")
    return Path(found)


def _run(command: list[str], folder: Path, say: Callable[[str], None]) -> tuple[int, collections.deque[str]]:
    watchdog = Watchdog()
    watchdog.watch_folder(folder)
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            process_group=0,
        ) as process:
            watchdog.watch_group(process.pid)
            try:
                lines = _follow(process.stderr or (), say)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            returncode = process.wait()
            watchdog.leave_group(process.pid)
    finally:
        watchdog.leave_folder(folder)
        watchdog.close()
    return returncode, lines


def _follow(output: Iterable[str], say: Callable[[str], None]) -> collections.deque[str]:
    """Tell cargo's progress; returns its last lines."""
    crates = 0
    lines: collections.deque[str] = collections.deque(maxlen=_LINES_KEPT)
    for line in output:
        lines.append(line.strip())
        if lines[-1].startswith("Compiling "):
            crates += 1
            if crates % _CRATES_A_REPORT == 0:
                say(f"cargo compiles crate {crates} of about {_CRATES}.")
    return lines


def _reason(lines: Iterable[str], returncode: int) -> str:
    """What cargo says from its first error on, in one line."""
    said = [line for line in lines if line]
    first = next((index for index, line in enumerate(said) if line.startswith("error")), -3)
    return textwrap.shorten(" ".join(said[first:]), _LONGEST_REASON) or f"it ended with {returncode} and no word."
