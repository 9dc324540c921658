"""The shutdown phase: the runtime ends first, then the extensions.

Source: the Runtime Interface Emulator, ``rapid/shutdown.go``. With an extension registered the runtime gets SIGTERM and
three tenths of the time, without one it is killed. Extensions that subscribed to ``SHUTDOWN`` then get the event, which
says why, and the rest of the time; others are killed.
"""

from __future__ import annotations

import json
import time
from typing import Final, Literal

from lambdastream.runtime.extensions import Extensions
from lambdastream.runtime.processes.environment_processes import EnvironmentProcesses
from lambdastream.runtime.processes.process import Process

Reason = Literal["spindown", "timeout", "failure"]

RUNTIMES_SHARE: Final = 0.3


class Shutdown:
    """How an environment with these extensions ends, within ``seconds``. ``reason`` is what they are told."""

    def __init__(self, extensions: Extensions, seconds: float) -> None:
        self.reason: Reason = "spindown"
        self._extensions = extensions
        self._seconds = seconds

    async def run(self, processes: EnvironmentProcesses) -> None:
        """End the processes. One that was cancelled may be run again."""
        deadline = time.time() + self._seconds
        if processes.runtime is not None:
            share = RUNTIMES_SHARE if self._extensions.by_identifier else 0
            await processes.runtime.stop(grace=share * self._seconds)
        self._announce(deadline)
        for process in processes.extensions:
            left = max(deadline - time.time(), 0) if self._is_told(process) else 0
            await process.stop(grace=left, terminate=False)
        processes.clear()

    def _announce(self, deadline: float) -> None:
        event = {"eventType": "SHUTDOWN", "shutdownReason": self.reason, "deadlineMs": int(deadline * 1000)}
        for extension in self._extensions.subscribed("SHUTDOWN"):
            extension.deliver(json.dumps(event).encode())

    def _is_told(self, process: Process) -> bool:
        return any(extension.name == process.name for extension in self._extensions.subscribed("SHUTDOWN"))
