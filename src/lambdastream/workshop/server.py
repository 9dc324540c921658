"""A web server for a notebook: uvicorn on the app that the reader builds, on a free port of this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lambdastream.errors import SetupError
from lambdastream.runtime.processes.watchdog import Watchdog

PATIENCE: Final = 30.0
STEP: Final = 0.02
ADDRESS: Final = re.compile(r"running on (http://127\.0\.0\.1:\d+)")


class Server:
    """A uvicorn that runs an app. It ends with ``stop``, with a ``with`` block, or with the kernel."""

    def __init__(self, app: str, folder: Path) -> None:
        self._log = tempfile.NamedTemporaryFile(prefix="lambdastream-server-", suffix=".log")  # noqa: SIM115 - stop closes it
        self._said = ""
        self._watchdog = Watchdog()
        # Unbuffered, so that what the app prints is in the log at once.
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "uvicorn", "--port", "0", "--no-access-log", app],
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._watchdog.watch_group(self._process.pid)
        try:
            self.url = self._address()
        except BaseException:
            self.stop()
            raise

    @property
    def log(self) -> str:
        """What the server and the app have printed so far."""
        if not self._log.closed:
            self._said = Path(self._log.name).read_text(encoding="utf-8", errors="replace")
        return self._said

    def stop(self) -> None:
        """End the server. When it has ended there is nothing to do."""
        if self._log.closed:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._watchdog.leave_group(self._process.pid)
        self._watchdog.close()
        self._said = self.log
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _address(self) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None
            if found := ADDRESS.search(self.log):
                return found[1]
            if ended:
                break
            time.sleep(STEP)
        raise SetupError(f"The server does not start:\n{self.log}", next_step="Mend the app, then run the cell again.")


_running: dict[tuple[str, Path], Server] = {}


def serve(app: str, folder: str | Path = "app/chat") -> Server:
    """Start uvicorn on ``app`` ("main:app") in a folder, and return it when it answers. ``.url`` is its address.

    The server that this kernel started for the same app before is ended first, so a cell can be run again. Raises
    ``SetupError`` with what the server printed when it does not start.
    """
    key = (app, Path(folder).resolve())
    if before := _running.pop(key, None):
        before.stop()
    _running[key] = Server(app, key[1])
    return _running[key]
