"""What the data plane takes of the machine: at rest, and under a stream that nobody reads."""

from __future__ import annotations

from typing import Final

from benchmarks import idle, raw_runtime, unread_stream
from benchmarks.cargo_lambda import cargo_lambda
from benchmarks.figures import Figure
from benchmarks.http_client import Address
from benchmarks.local_aws import temporary_local_aws
from benchmarks.measurement import Server
from benchmarks.rounds import Rounds
from lambdastream.control.project import Project

ROUNDS: Final = 3
IDLE_SECONDS: Final = 10.0
UNREAD_SECONDS: Final = 4.0
NOWHERE: Final[Address] = ("127.0.0.1", 0)


def measure(project: Project, *, quick: bool) -> list[Figure]:
    """Look at a data plane before anything is deployed, and then while it streams. Raises ``LambdastreamError``."""
    del project
    idle_seconds, unread_seconds = (2.0, 1.0) if quick else (IDLE_SECONDS, UNREAD_SECONDS)
    with temporary_local_aws() as aws:
        aws.settle()
        with cargo_lambda(aws.folder / "idle", aws.watchdog, environments=0) as peer:
            at_rest = Rounds("idle", 1).compare(
                [idle.measurement(seconds=idle_seconds)], Server("local AWS", NOWHERE, aws.pid), peer
            )
        ours = Server("local AWS", aws.deploy(raw_runtime.description(aws.folder / "raw")), aws.pid)
        with cargo_lambda(aws.folder, aws.watchdog) as peer:
            unread = Rounds("unread", 1 if quick else ROUNDS).compare(
                [unread_stream.measurement(seconds=unread_seconds)], ours, peer
            )
    return [*at_rest, *unread]
