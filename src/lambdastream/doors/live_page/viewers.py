"""Those who look at the page now, each on a connection that stays open: server-sent events (WHATWG HTML, section 9.2).

They are told together, every now and then, how things are. Whoever is too slow is left alone until it has read, and then
told how things are by then: what waits for it never grows. While nobody looks there is no timer, and no observer.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from typing import Any, Final

from lambdastream.doors.live_page.feed import Feed
from lambdastream.doors.live_page.observer import Observer
from lambdastream.doors.responses import DoorConnection
from lambdastream.wire.http_message import Headers

PAUSE: Final = 0.05
"""Seconds between two events, at the least: what comes meanwhile is one."""

LOOK: Final = 0.25
"""Seconds between two looks at what no invocation tells: environments that start or end, deployments, viewers that left."""

MOST_VIEWERS: Final = 50
HEARTBEAT: Final = 10.0
LONGEST_SILENCE: Final = 60.0
"""Seconds that a viewer may read nothing. It can come again."""

BUFFER: Final = 64 * 1024
"""Bytes that may wait for a viewer in the kernel, and as many here. More would only be older when they are read."""

LAST_WORDS: Final = 1.0
"""Seconds that a viewer has to read the rest when the local AWS ends."""

RETRY: Final = 1000
"""Milliseconds until a page tries again."""


class Viewer:
    """One of them. To its connection it is a stream's source, which hears when that is full."""

    def __init__(self, connection: DoorConnection, resumed: Callable[[], None]) -> None:
        self.feed = Feed()
        self.overview = ""
        self.told_at = time.monotonic()
        self.is_slow = False
        self._connection = connection
        self._resumed = resumed

    @property
    def is_gone(self) -> bool:
        """Whether nobody reads there any more."""
        silent = self.is_slow and time.monotonic() - self.told_at > LONGEST_SILENCE
        return self._connection.transport is None or self._connection.sends_no_more or silent

    def begin(self, headers: Headers) -> None:
        """Answer its request."""
        if (transport := self._connection.transport) is not None:
            transport.set_write_buffer_limits(high=BUFFER)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        self._connection.start_response(200, headers)
        self._connection.back_pressure.attach(self)
        self._connection.write_chunk(b"retry: %d\n\n" % RETRY)

    def tell(self, event: str, value: str) -> None:
        """Send an event; ``value`` is JSON."""
        self.told_at = time.monotonic()
        self._connection.write_chunk(f"event: {event}\ndata: {value}\n\n".encode())

    def end(self, *, politely: bool) -> None:
        """Let it go, after what was written to it, if it reads that soon; or else at once."""
        if politely and not self.is_slow:
            self._connection.end_response()
            self._connection.close()
            asyncio.get_running_loop().call_later(LAST_WORDS, self._connection.abort)
        else:
            self._connection.abort()

    # The source's side.

    def limit(self) -> None:
        """No limits of Lambda's hold for it."""

    def pass_chunks(self, write: Callable[[memoryview], None]) -> None:
        """It has none."""

    def pause(self) -> None:
        """It reads more slowly than it is told."""
        self.is_slow = True

    def resume(self) -> None:
        """It has read."""
        self.is_slow = False
        self._resumed()


class Viewers:
    """All of them. ``observe`` is called with the observer when the first one comes, and with ``None`` when all are gone."""

    def __init__(self, overview: Callable[[], dict[str, Any]], observe: Callable[[Observer | None], None]) -> None:
        self._overview = overview
        self._observe = observe
        self._observer = Observer(self._changed)
        self._viewers: list[Viewer] = []
        self._since = 0.0
        self._telling: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None

    def add(self, connection: DoorConnection, headers: Headers) -> bool:
        """Somebody wants to look, from now on until the connection ends: whether there is room for one more."""
        self._forget_gone()
        if len(self._viewers) >= MOST_VIEWERS:
            return False
        if not self._viewers:
            self._since = time.time()
            self._observe(self._observer)
        viewer = Viewer(connection, self._changed)
        self._viewers.append(viewer)
        viewer.begin(headers)
        viewer.tell("hello", _json({"now": time.time(), "since": self._since}))
        self._look()
        return True

    def close(self) -> None:
        """The local AWS ends: say so, and let all of them go."""
        for viewer in self._viewers:
            if not viewer.is_slow:
                viewer.tell("end", "{}")
            viewer.end(politely=True)
        self._viewers.clear()
        self._rest()

    def _changed(self) -> None:
        if self._telling is None and self._viewers:
            self._telling = asyncio.get_running_loop().call_later(PAUSE, self._tell)

    def _look(self) -> None:
        """Tell what no invocation tells, and see who is still there."""
        self._forget_gone()
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if self._viewers:
            self._looking = asyncio.get_running_loop().call_later(LOOK, self._look)
            self._tell()
        else:
            self._rest()

    def _forget_gone(self) -> None:
        for viewer in [viewer for viewer in self._viewers if viewer.is_gone]:
            self._viewers.remove(viewer)
            viewer.end(politely=False)

    def _tell(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        overview = _json(self._overview())
        for viewer in self._viewers:
            if not viewer.is_slow:
                self._tell_one(viewer, overview)

    def _tell_one(self, viewer: Viewer, overview: str) -> None:
        if viewer.overview != overview:
            viewer.overview = overview
            viewer.tell("overview", overview)
        if changes := viewer.feed.changes(self._observer.recordings):
            viewer.tell("invocations", _json({"now": time.time(), "missed": viewer.feed.missed, "changes": changes}))
        elif time.monotonic() - viewer.told_at > HEARTBEAT:
            viewer.tell("heartbeat", "{}")

    def _rest(self) -> None:
        self._observe(None)
        for timer in filter(None, (self._telling, self._looking)):
            timer.cancel()
        self._telling = self._looking = None


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
