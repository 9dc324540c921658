"""Runs the commands that a reader types, each as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, TypeAlias

from lambdastream.control.interrupts import uninterrupted
from lambdastream.errors import LocalAwsError
from lambdastream.runtime.processes.watchdog import Watchdog

PATIENCE_SECONDS: Final = 120.0
GRACE_SECONDS: Final = 10.0
Meanwhile: TypeAlias = Callable[[Callable[[], bool]], None]


def run(
    command: Sequence[str | Path],
    folder: Path,
    variables: Mapping[str, str],
    watchdog: Watchdog,
    *,
    patience: float = PATIENCE_SECONDS,
    meanwhile: Meanwhile | None = None,
) -> str:
    """Run a command in ``folder`` to its end; returns what it printed, on both outputs.

    ``meanwhile`` is called again and again while it runs, with what tells whether it still does. It must not print more
    than a pipe holds (64 KiB) then.

    Interrupted meanwhile, it interrupts the command, as Ctrl-C would, and waits for its end. Raises ``LocalAwsError`` with
    what the command printed when it fails or takes longer than ``patience`` seconds.
    """
    name = " ".join([Path(command[0]).name, *map(str, command[1:])])
    with ExitStack() as undo:
        process = _start(command, folder, variables, watchdog, undo)
        while meanwhile and process.poll() is None:
            meanwhile(lambda: process.poll() is None)
        try:
            printed, _ = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired as error:
            said = os.fsdecode(error.output or b"")
            raise LocalAwsError(f"{name} takes more than {patience:g} s.", next_step=said) from error
    if process.returncode:
        raise LocalAwsError(f"{name} ends with {process.returncode}.", next_step=printed.strip())
    return printed


def _start(
    command: Sequence[str | Path], folder: Path, variables: Mapping[str, str], watchdog: Watchdog, undo: ExitStack
) -> subprocess.Popen[str]:
    """Start it in a process group of its own, so that all of it can be ended; to undo it is to do that."""
    with uninterrupted():
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        watchdog.watch_group(process.pid)
        undo.callback(_end, process, watchdog)
    return process


def _end(process: subprocess.Popen[str], watchdog: Watchdog) -> None:
    """End what still runs of it: politely first, since it has things of its own to end."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    watchdog.leave_group(process.pid)
    if process.stdout:
        process.stdout.close()
