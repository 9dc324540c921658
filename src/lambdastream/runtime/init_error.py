"""A cold start that failed, and what the invocation that needed it is told."""

from __future__ import annotations

from typing import Final

from lambdastream.runtime.function_log import FunctionLog
from lambdastream.runtime.invocation import Invocation
from lambdastream.wire import function_error

NOT_STARTED: Final = (function_error.RUNTIME_INVALID_ENTRYPOINT, function_error.EXTENSION_LAUNCH_ERROR)


class InitError(Exception):
    """The init phase failed.

    ``payload`` is what the runtime reported of itself; else ``reason`` says how a process ended, as Lambda puts it.
    ``advice`` is our own: what to look at.
    """

    def __init__(self, error_type: str, *, reason: str = "", payload: bytes = b"", advice: str = "") -> None:
        super().__init__(error_type, reason, advice)
        self.error_type = error_type
        self.reason = reason
        self.payload = payload
        self.advice = advice

    def fail(self, invocation: Invocation, timeout: float, log: FunctionLog) -> None:
        """Fail the invocation that needed this environment. What the runtime did not print itself goes into the log."""
        if self.payload:
            invocation.error(self.error_type, self.payload)
            return
        if self.error_type == function_error.SANDBOX_TIMED_OUT:
            message = function_error.timed_out(invocation.request_id, timeout)
        elif self.error_type in NOT_STARTED:
            message = function_error.not_started(invocation.request_id, self.reason)
        else:
            message = function_error.runtime_exited(invocation.request_id, self.reason)
        message = f"{message}. {self.advice}" if self.advice else message
        log.write(message)
        invocation.fail(self.error_type, message)
