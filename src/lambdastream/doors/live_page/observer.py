"""Records the invocations while somebody looks: the last ones, in bounded memory."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from lambdastream.doors.api_responses import BufferedGatewayResponse, StreamedGatewayResponse
from lambdastream.doors.function_url import BufferedUrlResponse, StreamedUrlResponse
from lambdastream.doors.invoke import InvokeResponse, Unheard
from lambdastream.doors.invoke_with_response_stream import EventStreamResponse
from lambdastream.doors.live_page.observed_invocation import ObservedSink, ObservedTail
from lambdastream.doors.live_page.recording import Recording
from lambdastream.doors.responses import BufferedSink
from lambdastream.runtime.function import Function
from lambdastream.runtime.invocation import Invocation

REMEMBERED: Final = 50
LARGEST_EVENT: Final = 64 * 1024
LONGEST_CALL: Final = 200

DOORS: Final[dict[type, str]] = {
    BufferedUrlResponse: "URL, BUFFERED",
    StreamedUrlResponse: "URL, RESPONSE_STREAM",
    BufferedGatewayResponse: "API Gateway, buffered",
    StreamedGatewayResponse: "API Gateway, STREAM",
    InvokeResponse: "Invoke",
    EventStreamResponse: "InvokeWithResponseStream",
    Unheard: "Invoke, Event",
}
WITH_REQUESTS: Final = (BufferedUrlResponse, StreamedUrlResponse, BufferedGatewayResponse, StreamedGatewayResponse)


class Observer:
    """Takes a place before the sink and the log of every invocation. ``on_change`` is called whenever there is news."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.recordings: deque[Recording] = deque(maxlen=REMEMBERED)
        self._on_change = on_change
        self._sequence = count(1)

    def invoked(self, function: Function, invocation: Invocation) -> None:
        """Record this one, from now to its end."""
        recording = self._recording(function, invocation)
        invocation.log_tail = ObservedTail(function, invocation, recording, self._changed)
        invocation.sink = ObservedSink(invocation.sink, recording, self._changed)
        self.recordings.append(recording)
        self._changed(recording)

    def _recording(self, function: Function, invocation: Invocation) -> Recording:
        sink = invocation.sink
        return Recording(
            next(self._sequence),
            invocation.request_id,
            function.description.reference.label,
            DOORS.get(type(sink), ""),
            called(invocation.event) if isinstance(sink, WITH_REQUESTS) else "",
            collected=isinstance(sink, BufferedSink),
            arrived=time.monotonic(),
            arrived_at=time.time(),
        )

    def _changed(self, recording: Recording) -> None:
        recording.revision += 1
        self._on_change()


def called(event: bytes) -> str:
    """The method and the path that an event of a URL or an API tells. The query may hold secrets: it is left out."""
    try:
        told: Any = json.loads(event) if len(event) <= LARGEST_EVENT else {}
        http = told.get("requestContext", {}).get("http") or {
            "method": told.get("httpMethod"),
            "path": told.get("path"),
        }
        return " ".join(str(http[name]) for name in ("method", "path") if http.get(name))[:LONGEST_CALL]
    except (ValueError, AttributeError, RecursionError):
        return ""
