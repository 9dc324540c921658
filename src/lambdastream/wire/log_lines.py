"""The lines that Lambda itself writes into a function's log.

Source: AWS Lambda developer guide, monitoring with CloudWatch Logs (plain text format). The report's fields
are separated by tabs, with one at its end, too, unless it ends with why the invocation failed.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Failure:
    """How a report says that Lambda itself ended something: ``status`` is ``timeout`` or ``error``.

    The guide shows it of ``INIT_REPORT``; that ``REPORT`` has it, too, is seen in public logs of 2024 and later.
    """

    status: str = ""
    error_type: str = ""

    @property
    def fields(self) -> list[str]:
        """The fields of the line, none for a success."""
        named = {"Status": self.status, "Error Type": self.error_type}
        return [f"{name}: {value}" for name, value in named.items() if value]


SUCCESS: Final = Failure()
TIMEOUT: Final = Failure("timeout")


def init_start_line(runtime: str, region: str) -> str:
    """Return the first line of an execution environment; ``runtime`` is ``python3.13``, or ``provided.al2023``.

    Source: AWS Lambda developer guide, "Identifying Lambda runtime version changes", where it is
    ``python:3.13.v14``. The local runtimes have no such version: it is ``v0``, and the ARN is made up of the name.
    """
    name = re.sub(r"^([a-z]+)\.?(.*?)(\.x)?$", r"\1:\2", runtime)
    arn = f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(runtime.encode()).hexdigest()}"
    return f"INIT_START Runtime Version: {name}.v0\tRuntime Version ARN: {arn}\n"


def init_report_line(phase: str, *, duration_ms: float, failure: Failure) -> str:
    """Return the line of an init that failed; ``phase`` is ``init``, or ``invoke`` when it was tried again."""
    fields = [f"INIT_REPORT Init Duration: {duration_ms:.2f} ms", f"Phase: {phase}", *failure.fields]
    return "\t".join(fields) + "\n"


def start_line(request_id: str, version: str = "$LATEST") -> str:
    """Return the line before an invocation's own."""
    return f"START RequestId: {request_id} Version: {version}\n"


def end_line(request_id: str) -> str:
    """Return the line after an invocation's own."""
    return f"END RequestId: {request_id}\n"


def report_line(
    request_id: str,
    *,
    duration_ms: float,
    memory_mb: int,
    max_memory_mb: int,
    init_ms: float | None,
    failure: Failure = SUCCESS,
) -> str:
    """Return the line of an invocation's figures; ``init_ms`` is ``None`` unless it was a cold start.

    A cold start's init is billed with the first invocation, whatever the runtime (AWS Compute blog, "AWS Lambda
    standardizes billing for INIT Phase", since August 2025). Their sum is rounded up, not each: so do reports seen on AWS
    of functions whose init was billed before (Luc van Donkersgoed, "When is the Lambda init phase free?").
    """
    # Billed from the durations as they are shown: 3.00 ms is never billed as 4.
    billed = max(1, math.ceil(round(round(duration_ms, 2) + round(init_ms or 0, 2), 2)))
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {memory_mb} MB",
        f"Max Memory Used: {max_memory_mb} MB",
    ]
    if init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    return "\t".join([*fields, *(failure.fields or [""])]) + "\n"


def task_timed_out(request_id: str, seconds: float, at: datetime) -> str:
    """Return the line for an invocation that was stopped at its timeout of ``seconds``.

    ``at`` is when, with its zone.
    """
    stamp = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{stamp}Z {request_id} Task timed out after {seconds:.2f} seconds\n"
