"""What the data plane itself does for a request: its time on a core, of the raw runtime and behind the Lambda Web Adapter.

    python -m benchmarks.own_work
    python -m benchmarks.own_work --perf own.perf    # then, with perf: perf report -i own.perf --no-children --sort dso

Requests on one kept-alive connection, in short blocks. When other programs use the machine, the lower quartile of the blocks
moves less than what a client sees of the time.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from benchmarks import apps, first_byte, raw_runtime
from benchmarks.http_client import Address, Connection
from benchmarks.local_aws import temporary_local_aws
from benchmarks.process_figures import cpu_seconds
from lambdastream.control.project import find_project
from lambdastream.errors import LambdastreamError

BLOCKS: Final = 40
REQUESTS: Final = 100
FREQUENCY: Final = 1999


def work(pid: int, side: Address) -> list[float]:
    """The process's time for a request in each block, in microseconds, the lowest first."""
    with Connection(side) as connection:
        for _ in range(REQUESTS):
            connection.request(first_byte.TARGET)
        return sorted(_block(pid, connection) for _ in range(BLOCKS))


def _block(pid: int, connection: Connection) -> float:
    before = cpu_seconds(pid)
    for _ in range(REQUESTS):
        connection.request(first_byte.TARGET)
    return (cpu_seconds(pid) - before) / REQUESTS * 1e6


@contextmanager
def recorded(pid: int, output: str | None) -> Iterator[None]:
    """Let ``perf`` look at the process meanwhile, if there is an ``output`` for it. That takes time of its own."""
    if output is None:
        yield
        return
    command = ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(FREQUENCY), "-o", output, "-p", str(pid)]
    with subprocess.Popen(command) as perf:
        try:
            yield
        finally:
            perf.send_signal(signal.SIGINT)


def main() -> int:
    """Measure both, and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.own_work")
    parser.add_argument("--perf", metavar="FILE", help="also write perf's samples of the raw runtime's part to FILE")
    arguments = parser.parse_args()
    project = find_project()
    with temporary_local_aws() as aws:
        sides = {
            "raw runtime": aws.deploy(raw_runtime.description(aws.folder / "raw")),
            "through LWA": aws.deploy(apps.measured_app(project)),
        }
        aws.settle()
        for name, side in sides.items():
            with recorded(aws.pid, arguments.perf if name == "raw runtime" else None):
                blocks = work(aws.pid, side)
            quartile, median = blocks[len(blocks) // 4], statistics.median(blocks)
            print(f"{name}: {quartile:.0f} us of a core for a request (lower quartile), median {median:.0f} us")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LambdastreamError as error:
        sys.exit(str(error))
