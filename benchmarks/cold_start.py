"""Cold starts: from a request to the first byte of its answer, less what that takes a warm environment.

Beside it, the same program by itself: from its start until it asks for its first event, or answers its first request.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from statistics import median
from typing import Final

from benchmarks import apps, raw_runtime
from benchmarks.figures import Figure, Spec, Wanted
from benchmarks.http_client import Address, Connection
from benchmarks.local_aws import MeasuredAws, address, temporary_local_aws
from benchmarks.measurement import Measurement
from benchmarks.process import free_port, running
from benchmarks.rounds import Rounds
from benchmarks.uvicorn_alone import bare_variables
from lambdastream.control import FunctionDescription
from lambdastream.control.project import Project
from lambdastream.errors import SetupError, WireError

ROUNDS: Final = 7
WARM_REQUESTS: Final = 20
TARGET: Final = "/chunks?count=1&size=16"
PEER: Final = "bare process"
PATIENCE_SECONDS: Final = 30.0
STEP_SECONDS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Starter:
    """One way to start a program: ``start`` returns the seconds that it took."""

    name: str
    start: Callable[[], float]


def measure(project: Project, *, quick: bool) -> list[Figure]:
    """Start the raw runtime and the web app cold, here and by themselves. Raises ``LambdastreamError``."""
    rounds = Rounds("cold start", 1 if quick else ROUNDS)
    web = apps.measured_app(project)
    with temporary_local_aws() as aws:
        raw = raw_runtime.description(aws.folder / "raw")
        aws.settle()
        return [
            *_compare(rounds, "raw runtime", aws, raw, lambda: _raw_ready(raw, aws)),
            *_compare(rounds, "uvicorn behind LWA", aws, web, lambda: _web_ready(web, aws)),
        ]


def _compare(
    rounds: Rounds, what: str, aws: MeasuredAws, function: FunctionDescription, bare: Callable[[], float]
) -> list[Figure]:
    cold = partial(_cold, aws, function, count(1))
    name = f"cold start, {what}"
    for start in (bare, cold):
        start()  # what only the first start on a machine takes: Python compiles modules, files are read from the disk
    more = Spec(f"{name}, added to the {PEER}", "ms", Wanted("value", "<=", 60), difference_of=name)
    return rounds.compare(
        [Measurement((Spec(name, "ms"), more), lambda starter: {name: starter.start() * 1000})],
        Starter("local AWS", cold),
        Starter(PEER, bare),
    )


def _cold(aws: MeasuredAws, function: FunctionDescription, numbers: count[int]) -> float:
    """A function of a new name, which has no environment yet: its first request, less what a later one takes."""
    deployed = aws.local_aws.deploy(replace(function, name=f"{function.name}-cold-{next(numbers)}"))
    with Connection(address(deployed.at("/"))) as connection:
        cold = connection.request(TARGET).first_byte_at
        warm = median(connection.request(TARGET).first_byte_at for _ in range(WARM_REQUESTS))
    aws.local_aws.remove(deployed.name)
    return cold - warm


def _raw_ready(function: FunctionDescription, aws: MeasuredAws) -> float:
    """Start the runtime by itself, until it has asked for its first event."""
    log = aws.folder / "bare-runtime.log"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_SECONDS)
        variables = {**os.environ, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}"}
        started = time.perf_counter()
        with (
            running(
                [function.code / function.handler],
                folder=function.code,
                variables=variables,
                log=log,
                watchdog=aws.watchdog,
            ),
            listener.accept()[0] as connection,
        ):
            connection.recv(1)
            return time.perf_counter() - started


def _web_ready(function: FunctionDescription, aws: MeasuredAws) -> float:
    """Start the web app by itself, until it has answered a request."""
    port, log = free_port(), aws.folder / "bare-app.log"
    variables = bare_variables(function, aws.folder, port=port)
    started = time.perf_counter()
    with running(
        [function.code / function.handler], folder=function.code, variables=variables, log=log, watchdog=aws.watchdog
    ) as process:
        while not _answers(("127.0.0.1", port)):
            if process.poll() is not None or time.perf_counter() > started + PATIENCE_SECONDS:
                raise SetupError(f"The app does not start:\n{log.read_text()}", next_step="Mend that first.")
            time.sleep(STEP_SECONDS)
        return time.perf_counter() - started


def _answers(server: Address) -> bool:
    with suppress(OSError, WireError), Connection(server) as connection:
        return connection.request(TARGET).size > 0
    return False
