"""What Lambda itself says in the log of one execution environment: its start, and each invocation's lines.

Source: AWS Lambda developer guide, monitoring with CloudWatch Logs, "Understanding the Lambda execution environment
lifecycle" (``INIT_REPORT``) and "Identifying Lambda runtime version changes" (``INIT_START``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.function_log import FunctionLog
from lambdastream.runtime.invocation import Invocation
from lambdastream.wire import log_lines

MEGABYTE: Final = 1024 * 1024

Phase = Literal["init", "invoke"]
"""When an environment starts: before its first invocation's time, or within it, when it is tried again."""


class PlatformLog:
    """Writes Lambda's own lines."""

    def __init__(self, description: FunctionDescription, log: FunctionLog) -> None:
        self._description = description
        self._log = log
        self._init_ms: float | None = None
        self._init_within = 0.0
        self._failure = log_lines.SUCCESS

    def init_started(self) -> None:
        """The environment starts. An image has no managed runtime whose version could be told (chosen here)."""
        if self._description.image is not None:
            return
        self._log.write(log_lines.init_start_line(self._description.runtime, self._description.region))

    def init_ended(self, seconds: float, phase: Phase) -> None:
        """It started within so many seconds. The first invocation's report has them.

        An init that was tried again is part of the invocation that it was for (the guide: it has the function's own
        timeout then): its report has no ``Init Duration``, and a longer ``Duration`` (seen on AWS by Luc van Donkersgoed).
        """
        if phase == "init":
            self._init_ms = seconds * 1000
        else:
            self._init_within = seconds

    def init_failed(self, seconds: float, phase: Phase, failure: log_lines.Failure) -> None:
        """It did not start."""
        self._init_within = seconds
        self._failure = failure
        self._log.write(log_lines.init_report_line(phase, duration_ms=seconds * 1000, failure=failure))

    def invocation_started(self, invocation: Invocation) -> None:
        """The environment takes an invocation: what is logged from now on is its own."""
        self._log.invocation_tail = invocation.log_tail
        if invocation.log_tail is not None:
            invocation.log_tail.begin()
        self._log.write(log_lines.start_line(invocation.request_id, self._description.version))

    def invocation_not_begun(self, invocation: Invocation, peak_memory: int) -> None:
        """It is over, as its environment did not start. Its duration is the last try's, which AWS makes within it."""
        self.invocation_ended(invocation, 0.0, peak_memory)

    def timed_out(self, invocation: Invocation) -> None:
        """The invocation took longer than it may."""
        self._failure = log_lines.TIMEOUT
        line = log_lines.task_timed_out(invocation.request_id, self._description.timeout, datetime.now(UTC))
        self._log.write(line)

    def exited(self, error_type: str, message: str, *, reported_as: str) -> None:
        """A process ended in the middle of an invocation. The report may name another type than its caller is told."""
        self._failure = log_lines.Failure("error", reported_as)
        self._log.write(f"{message}\n{error_type}")

    def invocation_ended(self, invocation: Invocation, seconds: float, peak_memory: int) -> None:
        """It is over, after so many seconds. ``peak_memory`` is the most that the environment has had, in bytes."""
        self._log.write(
            log_lines.end_line(invocation.request_id),
            log_lines.report_line(
                invocation.request_id,
                duration_ms=(self._init_within + seconds) * 1000,
                memory_mb=self._description.memory,
                max_memory_mb=round(peak_memory / MEGABYTE),
                init_ms=self._init_ms,
                failure=self._failure,
            ),
        )
        self._init_ms = None
        self._init_within = 0.0
        self._log.invocation_tail = None
        if invocation.log_tail is not None:
            invocation.log_tail.end()
