"""uvicorn without Lambda: a function's own ``run.sh``, started as the local AWS would, and nothing in front of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.http_client import Address
from lambdastream.errors import SetupError
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.interpreter import managed_runtime
from lambdastream.runtime.variables import Folders, runtime_variables
from lambdastream.runtime.watchdog import Watchdog

PATIENCE_SECONDS: Final = 30.0
GRACE_SECONDS: Final = 5.0
STEP_SECONDS: Final = 0.02
RUNNING: Final = re.compile(r"running on http://([\d.]+):(\d+)")


@contextmanager
def uvicorn_alone(description: FunctionDescription, folder: Path, watchdog: Watchdog) -> Iterator[Address]:
    """Run the function's app by itself: same package, interpreter, script and environment variables.

    ``folder`` is for its temporary files and its log. Gives the address; ends it with the block. Raises ``SetupError``.
    """
    log = folder / f"{description.name}.log"
    process = _start(description, folder, log)
    watchdog.watch_group(process.pid)
    try:
        yield _wait_until_it_listens(process, log)
    finally:
        _stop(process)
        watchdog.leave_group(process.pid)


def _start(description: FunctionDescription, folder: Path, log: Path) -> subprocess.Popen[bytes]:
    variables = runtime_variables(
        description,
        managed_runtime(description.runtime),
        Folders(opt=folder, tmp=folder),
        runtime_api="",
        log_stream="",
        port=0,  # uvicorn takes a free one, and prints it
        endpoint_url=None,
    )
    with log.open("wb") as output:
        return subprocess.Popen(
            [description.code / description.handler],
            cwd=description.code,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _wait_until_it_listens(process: subprocess.Popen[bytes], log: Path) -> Address:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if found := RUNNING.search(log.read_text(encoding="utf-8")):
            return found[1], int(found[2])
        time.sleep(STEP_SECONDS)
    raise SetupError(f"uvicorn does not start:\n{log.read_text(encoding='utf-8')}", next_step="Mend that first.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
