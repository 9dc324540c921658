"""REPORT lines of a function's log, read: how long invocations took, and what is billed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lambdastream.workshop.costs import gb_seconds

LINE: Final = re.compile(r"^REPORT RequestId: (\S+)\s")
NUMBER: Final = r": (\d+(?:\.\d+)?) (?:ms|MB)"


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one invocation, as Lambda writes them at its end.

    Times are in milliseconds, memory in MB. ``init_ms`` is ``None`` unless it was a cold start. ``status`` is ``timeout`` or
    ``error`` when Lambda itself ended the invocation, else empty.
    """

    request_id: str
    duration_ms: float
    billed_ms: float
    memory_mb: int
    max_memory_mb: int
    init_ms: float | None = None
    status: str = ""

    @property
    def gb_seconds(self) -> float:
        """The GB-seconds that are billed for it."""
        return gb_seconds(self.billed_ms, self.memory_mb)

    @property
    def is_cold(self) -> bool:
        """Whether an environment was started for it."""
        return self.init_ms is not None


def read_report(line: str) -> Report | None:
    """Read a line of a log; ``None`` for one that is no REPORT line.

    Source: AWS Lambda developer guide, monitoring with CloudWatch Logs (plain text format).
    """
    head = LINE.match(line)
    if head is None:
        return None
    fields = {name: _number(line, name) for name in ("Duration", "Billed Duration", "Memory Size", "Max Memory Used")}
    if None in fields.values():
        return None
    duration, billed, memory, most = (value or 0.0 for value in fields.values())
    status = re.search(r"\tStatus: (\w+)", line)
    init = _number(line, "Init Duration")
    return Report(head[1], duration, billed, int(memory), int(most), init, status[1] if status else "")


def read_reports(lines: Iterable[str]) -> Iterator[Report]:
    """Yield the reports among the lines of a log, in their order."""
    for line in lines:
        if report := read_report(line):
            yield report


def _number(line: str, name: str) -> float | None:
    found = re.search(rf"\t{name}{NUMBER}", line)
    return float(found[1]) if found else None
