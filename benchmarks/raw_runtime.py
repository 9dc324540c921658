"""The runtime that streams with nothing but sockets, as a function here and as a program anywhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.process import running
from lambdastream.control import FunctionDescription, FunctionUrlConfig
from lambdastream.runtime.interpreter import managed_runtime, own_runtime
from lambdastream.runtime.processes.watchdog import Watchdog

SOURCE: Final = Path(__file__).with_name("custom_runtime") / "runtime.py"
NAME: Final = "bench-raw"
TIMEOUT_SECONDS: Final = 300


def bootstrap(folder: Path) -> Path:
    """Make the program ``bootstrap`` in ``folder``, on the interpreter that functions have; returns its path.

    Raises ``LambdastreamError`` when that interpreter cannot be made.
    """
    folder.mkdir(exist_ok=True)
    program = folder / "bootstrap"
    # Without site-packages and the user's settings: it starts in a fifth of the time, here and beside every peer.
    shebang = f"#!{managed_runtime(own_runtime()).python} -IS\n"
    program.write_text(shebang + SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
    program.chmod(0o755)
    return program


def description(folder: Path, *, name: str = NAME, timeout: float = TIMEOUT_SECONDS) -> FunctionDescription:
    """The runtime as a function with a URL that streams; its code is made in ``folder``. Raises ``LambdastreamError``."""
    return FunctionDescription(
        name=name,
        code=bootstrap(folder).parent,
        handler="bootstrap",
        runtime="provided.al2023",
        timeout=timeout,
        url=FunctionUrlConfig(auth_type="NONE", invoke_mode="RESPONSE_STREAM"),
    )


@contextmanager
def runtimes(count: int, program: Path, runtime_api: str, watchdog: Watchdog) -> Iterator[None]:
    """Run it ``count`` times against somebody else's Runtime API (``host:port`` or ``host:port/prefix``)."""
    variables = {**os.environ, "AWS_LAMBDA_RUNTIME_API": runtime_api}
    with ExitStack() as stack:
        for number in range(count):
            log = program.with_name(f"runtime-{number}.log")
            stack.enter_context(
                running([program], folder=program.parent, variables=variables, log=log, watchdog=watchdog)
            )
        yield
