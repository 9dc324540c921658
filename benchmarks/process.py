"""A server that is measured, as a process of its own: started, waited for, ended, also when its owner is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from benchmarks.http_client import Address
from lambdastream.control.interrupts import uninterrupted
from lambdastream.errors import SetupError
from lambdastream.runtime.processes.watchdog import Watchdog

Found = TypeVar("Found")

PATIENCE_SECONDS: Final = 30.0
GRACE_SECONDS: Final = 30.0
STEP_SECONDS: Final = 0.02


@contextmanager
def running(
    command: Sequence[str | Path], *, folder: Path, variables: Mapping[str, str], log: Path, watchdog: Watchdog
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in ``folder`` for the time of a ``with`` block; what it prints goes to ``log``."""
    with log.open("wb") as output, uninterrupted():
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        watchdog.watch_group(process.pid)
    try:
        yield process
    finally:
        _stop(process)
        watchdog.leave_group(process.pid)


def wait_for(found: Callable[[], Found | None], process: subprocess.Popen[bytes], log: Path) -> Found:
    """Ask until something is found. Raises ``SetupError`` with the log when the process ends, or takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if (value := found()) is not None:
            return value
        time.sleep(STEP_SECONDS)
    said = log.read_text(encoding="utf-8", errors="replace")
    raise SetupError(f"{log.stem} does not start:\n{said}", next_step="Mend that first.")


def wait_until_it_listens(address: Address, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until somebody listens there. Raises ``SetupError`` as ``wait_for`` does."""
    wait_for(lambda: True if listens(address) else None, process, log)


def listens(address: Address) -> bool:
    """Whether a connection can be made now."""
    with suppress(OSError), socket.create_connection(address, 1):
        return True
    return False


def free_port() -> int:
    """A port on loopback that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    # Also what it has started, and has not ended itself.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
