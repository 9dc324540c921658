"""One invocation: the event that goes in, and the one answer that comes out, whole or as a stream.

The runtime's side calls the methods of ``Invocation``; a door listens as its ``ResponseSink``. Nothing here waits: a
piece of a streamed answer goes from the runtime's connection to the client's within one call.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from lambdastream.runtime.log_tail import LogTail
from lambdastream.wire.function_error import error_payload

TOO_MANY_REQUESTS: Final = "TooManyRequestsException"
CONCURRENCY_EXCEEDED: Final = "ConcurrentInvocationLimitExceeded"
RESERVED_CONCURRENCY_EXCEEDED: Final = "ReservedFunctionConcurrentInvocationLimitExceeded"

# RFC 9562, section 5.4: four bits say the version, two the variant.
_RANDOM_BITS: Final = ~(0xF << 76 | 0x3 << 62)
_VERSION_4: Final = 0x4 << 76 | 0x2 << 62


@dataclass(frozen=True, slots=True)
class FunctionError:
    """An invocation that failed: AWS's error type, and the payload that Invoke answers with.

    ``throttled`` says why it was not even begun, in AWS's words; it is empty when it was.
    """

    error_type: str
    payload: bytes
    throttled: str = ""


class StreamSource(Protocol):
    """The runtime's end of a streamed answer: it stops sending while the client is slower."""

    def limit(self) -> None:
        """The client gets the answer as it comes, so the limits of a streamed answer hold for it."""

    def pass_chunks(self, write: Callable[[memoryview], None]) -> None:
        """From now on the runtime's chunks may go to ``write`` as they are framed, in place of ``stream_data``.

        They are cut anywhere, and go on where those before have ended. What of them is not used at once is lost.
        """

    def pause(self) -> None:
        """Stop reading from the runtime."""

    def resume(self) -> None:
        """Read on."""


class ResponseSink(Protocol):
    """The client's end: what a door makes of the answer.

    Either ``result`` or ``function_error`` is called, once; or ``stream_started``, then ``stream_data`` any number of
    times, then once ``stream_ended`` (with an error when the function reported one) or ``stream_broken``.
    """

    def result(self, payload: bytes) -> None:
        """The function returned this payload."""

    def function_error(self, error: FunctionError) -> None:
        """The function failed before it answered."""

    def stream_started(self, content_type: str, source: StreamSource) -> None:
        """A streamed answer begins."""

    def stream_data(self, data: bytes) -> None:
        """A piece of it; where pieces are cut means nothing."""

    def stream_ended(self, error: FunctionError | None) -> None:
        """The stream is complete, or the function said why it is not."""

    def stream_broken(self, error: FunctionError) -> None:
        """The stream stopped in the middle: the runtime died, ran out of time, or sent too much."""


def new_request_id() -> str:
    """A new id for an invocation."""
    # As `uuid4` does it, in a fifth of its time.
    digits = f"{int.from_bytes(os.urandom(16)) & _RANDOM_BITS | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def trace_id(told: str = "") -> str:
    """The X-Ray trace header of an invocation (AWS X-Ray developer guide, "Tracing header").

    It goes on with the trace that its caller ``told``, if that is one; else it begins a new one, not sampled.
    """
    trace = told if "Root=" in told else f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    parent = "" if "Parent=" in trace else f";Parent={secrets.token_hex(8)}"
    sampled = "" if "Sampled=" in trace else ";Sampled=0"
    return f"{trace}{parent}{sampled}"


@dataclass(slots=True, eq=False)
class Invocation:
    """An event on its way through a function.

    ``client_context`` is a JSON object that the caller tells of itself; it is empty when it told nothing.
    ``started_at`` and ``deadline`` are seconds on the monotonic clock and the wall clock, set when an execution
    environment takes the invocation. ``log_tail`` collects the end of its log, if that is wanted, and
    ``when_answered`` is called once. Outcomes after the first one are ignored: a runtime that dies after it answered
    changes nothing for the client.
    """

    event: bytes
    sink: ResponseSink
    request_id: str = field(default_factory=new_request_id)
    trace: str = field(default_factory=trace_id)
    log_tail: LogTail | None = None
    client_context: str = ""
    when_answered: Callable[[], None] | None = None
    started_at: float = 0.0
    deadline: float = 0.0
    streaming: bool = False
    answered: bool = False

    def begin(self, timeout: float) -> None:
        """Start the clock: the function has ``timeout`` seconds from now."""
        self.started_at = time.monotonic()
        self.deadline = time.time() + timeout

    def result(self, payload: bytes) -> None:
        """The runtime answered with the whole payload."""
        if self._answer():
            self.sink.result(payload)

    def error(self, error_type: str, payload: bytes) -> None:
        """The runtime reported an error of the function; ``payload`` is its own JSON."""
        self._fail(FunctionError(error_type, payload))

    def start_stream(self, content_type: str, source: StreamSource) -> None:
        """The runtime begins a streamed answer; its pieces then go to ``sink.stream_data``."""
        self.streaming = True
        self.sink.stream_started(content_type, source)

    def end_stream(self, error: FunctionError | None) -> None:
        """The runtime ended its stream, with the error of its trailers, if any."""
        if self._answer():
            self.sink.stream_ended(error)

    def fail(self, error_type: str, message: str) -> None:
        """Lambda itself ends the invocation: a timeout, a runtime that died."""
        self._fail(FunctionError(error_type, error_payload(error_type, message)))

    def throttle(self, reason: str = CONCURRENCY_EXCEEDED) -> None:
        """It may not begin: by default, because no execution environment is free and none may be started."""
        self._fail(FunctionError(TOO_MANY_REQUESTS, b"", throttled=reason))

    def _fail(self, error: FunctionError) -> None:
        if not self._answer():
            return
        if self.streaming:
            self.sink.stream_broken(error)
        else:
            self.sink.function_error(error)

    def _answer(self) -> bool:
        """Whether this is the first outcome."""
        if self.answered:
            return False
        self.answered = True
        if self.when_answered is not None:
            self.when_answered()
        return True
