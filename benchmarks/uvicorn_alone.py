"""uvicorn without Lambda: a function's own ``run.sh``, started as the local AWS would, and nothing in front of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.http_client import Address
from benchmarks.process import running, wait_for
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.interpreter import managed_runtime
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.runtime.variables import Folders, runtime_variables

RUNNING: Final = re.compile(r"running on http://([\d.]+):(\d+)")


@contextmanager
def uvicorn_alone(description: FunctionDescription, folder: Path, watchdog: Watchdog) -> Iterator[Address]:
    """Run the function's app by itself: same package, interpreter, script and environment variables.

    ``folder`` is for its temporary files and its log. Gives the address; ends it with the block. Raises ``SetupError``.
    """
    log = folder / f"{description.name}.log"
    program = [description.code / description.handler]
    variables = bare_variables(description, folder, port=0)  # uvicorn takes a free one, and prints it
    with running(program, folder=description.code, variables=variables, log=log, watchdog=watchdog) as process:
        yield wait_for(lambda: _address(log), process, log)


def bare_variables(description: FunctionDescription, folder: Path, *, port: int) -> dict[str, str]:
    """The environment variables that the app's process has in the local AWS, where nothing of the local AWS is."""
    return runtime_variables(
        description,
        managed_runtime(description.runtime),
        Folders(opt=folder, tmp=folder),
        runtime_api="",
        log_stream="",
        port=port,
        endpoint_url=None,
    )


def _address(log: Path) -> Address | None:
    found = RUNNING.search(log.read_text(encoding="utf-8"))
    return (found[1], int(found[2])) if found else None
