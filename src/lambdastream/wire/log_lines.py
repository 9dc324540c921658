"""The lines that Lambda itself writes into a function's log.

Source: AWS Lambda developer guide, monitoring with CloudWatch Logs (plain text format). The report's fields
are separated by tabs, with one at its end, too.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime


def start_line(request_id: str, version: str = "$LATEST") -> str:
    """Return the line before an invocation's own."""
    return f"START RequestId: {request_id} Version: {version}\n"


def end_line(request_id: str) -> str:
    """Return the line after an invocation's own."""
    return f"END RequestId: {request_id}\n"


def report_line(
    request_id: str, *, duration_ms: float, memory_mb: int, max_memory_mb: int, init_ms: float | None
) -> str:
    """Return the line of an invocation's figures; ``init_ms`` is ``None`` unless it was a cold start."""
    # Billed from the duration as it is shown: 3.00 ms is never billed as 4.
    billed = max(1, math.ceil(round(duration_ms, 2)))
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {memory_mb} MB",
        f"Max Memory Used: {max_memory_mb} MB",
    ]
    if init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    return "".join(f"{field}\t" for field in fields) + "\n"


def task_timed_out(request_id: str, seconds: float, at: datetime) -> str:
    """Return the line for an invocation that was stopped at its timeout of ``seconds``.

    ``at`` is when, with its zone.
    """
    stamp = at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{stamp}Z {request_id} Task timed out after {seconds:.2f} seconds\n"
