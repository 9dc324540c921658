"""Brings the lines of functions' logs to CloudWatch Logs, in batches, behind the functions' backs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from typing import Final

from lambdastream.doors.control_plane_link import GONE, ControlPlaneLink, LogEvent

PAUSE: Final = 0.2
MOST_PAUSES: Final = 5
LARGEST_BATCH: Final = 1000
LAST_CALL: Final = 2.0


class LogShipper:
    """Collects lines, and sends them when none has come for a moment, after a second at the latest.

    To send them takes milliseconds, for which invocations have to wait. ``close`` sends what is left.
    """

    def __init__(self, link: ControlPlaneLink) -> None:
        self._link = link
        self._events: dict[tuple[str, str, str], list[LogEvent]] = defaultdict(list)
        self._added = 0
        self._sending: asyncio.Task[None] | None = None

    def add(self, region: str, group: str, stream: str, line: str) -> None:
        """A line of a log stream; it carries the time of now."""
        self._added += 1
        self._events[region, group, stream].append(LogEvent(int(time.time() * 1000), line.rstrip("\n")))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.get_running_loop().create_task(self._send_soon())

    async def close(self) -> None:
        """Send what is left, unless the control plane is gone or takes too long."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait([self._sending])
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_CALL):
                await self._send()

    async def _send_soon(self) -> None:
        while self._events:
            await self._until_quiet()
            await self._send()

    async def _until_quiet(self) -> None:
        for _ in range(MOST_PAUSES):
            before = self._added
            await asyncio.sleep(PAUSE)
            if self._added == before:
                break

    async def _send(self) -> None:
        events, self._events = self._events, defaultdict(list)
        for (region, group, stream), lines in events.items():
            for first in range(0, len(lines), LARGEST_BATCH):
                # Without a control plane there is no CloudWatch Logs; the log's file has every line.
                with contextlib.suppress(*GONE):
                    await self._link.put_log_events(region, group, stream, lines[first : first + LARGEST_BATCH])
