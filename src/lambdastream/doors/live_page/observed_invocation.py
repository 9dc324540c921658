"""One invocation that somebody looks at: it stands before the sink and the log's tail, and passes on what they get first."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

from lambdastream.doors.live_page.framed_chunks import FramedChunks
from lambdastream.doors.live_page.recording import Recording
from lambdastream.errors import WireError
from lambdastream.runtime.function import Function
from lambdastream.runtime.invocation import FunctionError, Invocation, ResponseSink, StreamSource
from lambdastream.runtime.log_tail import LogTail
from lambdastream.wire.prelude import CONTENT_TYPE, PreludeDecoder

LARGEST_PAYLOAD: Final = 64 * 1024
LONGEST_MESSAGE: Final = 300


class ObservedSink:
    """A door's sink, observed. ``changed`` is called with the recording when that was told something new."""

    def __init__(self, inner: ResponseSink, recording: Recording, changed: Callable[[Recording], None]) -> None:
        self._inner = inner
        self._recording = recording
        self._changed = changed
        self._prelude: PreludeDecoder | None = None

    def result(self, payload: bytes) -> None:
        self._inner.result(payload)
        if self._recording.call:
            self._recording.status = _fields(payload).get("statusCode")
        self._piece(1, len(payload))
        self._answer()

    def function_error(self, error: FunctionError) -> None:
        self._inner.function_error(error)
        self._answer(error)

    def stream_started(self, content_type: str, source: StreamSource) -> None:
        self._recording.streams = True
        self._prelude = PreludeDecoder() if CONTENT_TYPE in content_type else None
        self._inner.stream_started(content_type, ObservedSource(source, self._piece))
        self._changed(self._recording)

    def stream_data(self, data: bytes) -> None:
        self._inner.stream_data(data)
        body = self._body(data)
        if body:
            self._piece(1, len(body))

    def stream_ended(self, error: FunctionError | None) -> None:
        self._inner.stream_ended(error)
        self._answer(error)

    def stream_broken(self, error: FunctionError) -> None:
        self._inner.stream_broken(error)
        self._answer(error)

    def _body(self, data: bytes) -> bytes:
        prelude = self._prelude
        if prelude is None:
            return data
        try:
            data = prelude.feed(data)
        except WireError:
            return b""
        if prelude.prelude is not None:
            self._recording.status = prelude.prelude.status
            self._prelude = None
        return data

    def _piece(self, chunks: int, size: int) -> None:
        self._recording.piece(time.monotonic(), chunks, size)
        self._changed(self._recording)

    def _answer(self, error: FunctionError | None = None) -> None:
        self._recording.answer(time.monotonic(), *(_told(error) if error is not None else ()))
        self._changed(self._recording)


class ObservedSource:
    """The runtime's end of a stream, for a door that has it pass its chunks framed. ``piece`` is told of each read."""

    def __init__(self, inner: StreamSource, piece: Callable[[int, int], None]) -> None:
        self.limit = inner.limit
        self.pause = inner.pause
        self.resume = inner.resume
        self._inner = inner
        self._piece = piece

    def pass_chunks(self, write: Callable[[memoryview], None]) -> None:
        framed, piece = FramedChunks(), self._piece

        def observed(chunks: memoryview) -> None:
            write(chunks)
            piece(*framed.count(chunks))

        self._inner.pass_chunks(observed)


class ObservedTail(LogTail):
    """An invocation's log, observed; ``inner`` is what its caller asked for, if it did."""

    def __init__(
        self, function: Function, invocation: Invocation, recording: Recording, changed: Callable[[Recording], None]
    ) -> None:
        super().__init__()
        self._inner = invocation.log_tail
        self._function = function
        self._invocation = invocation
        self._recording = recording
        self._changed = changed

    def begin(self) -> None:
        if self._inner is not None:
            self._inner.begin()
        environment = self._function.environment_of(self._invocation)
        if environment is None:
            self._recording.begin(time.monotonic(), "", None)
        else:
            self._recording.begin(time.monotonic(), environment.log_stream[-8:], environment.init_phase)
            if self._recording.init is not None:
                self._recording.log.add("".join(environment.last_lines))

    def write(self, line: str) -> None:
        if self._inner is not None:
            self._inner.write(line)
        self._recording.log.add(line)
        self._changed(self._recording)

    def end(self) -> None:
        if self._inner is not None:
            self._inner.end()
        self._recording.over = time.monotonic()
        self._changed(self._recording)


def _told(error: FunctionError) -> tuple[str, str]:
    """The type of an error and what it says, as short as the page shows it."""
    if error.throttled:
        return "throttled", error.throttled
    said = {"errorType": error.error_type, "errorMessage": ""} | _fields(error.payload)
    return str(said["errorType"])[:LONGEST_MESSAGE], str(said["errorMessage"])[:LONGEST_MESSAGE]


def _fields(payload: bytes) -> dict[str, Any]:
    """The fields of a JSON object that is not too large to be read for a look; none of anything else."""
    try:
        said = json.loads(payload) if len(payload) <= LARGEST_PAYLOAD else None
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
