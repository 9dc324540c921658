"""The local AWS in the background: starting it, waiting for it, ending it. ``serving`` is what runs there."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from lambdastream.control.interrupts import uninterrupted
from lambdastream.control.limit_options import changed_limits
from lambdastream.control.local_aws import LocalAws
from lambdastream.control.project import Project, Running
from lambdastream.errors import LocalAwsError, NotRunningError
from lambdastream.runtime.isolation.availability import WantedIsolation
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.processes.watchdog import Watchdog

DEFAULT_PORT: Final = 4566
PATIENCE: Final = 30.0
STEP: Final = 0.02


def start(
    project: Project,
    port: int,
    *,
    fresh: bool = False,
    limits: Limits | None = None,
    isolation: WantedIsolation = "auto",
) -> Running:
    """Start the local AWS in the background, and wait until it answers.

    One that runs already is taken as it is, unless it is to start ``fresh`` or differs from what is asked for, limits that
    are not AWS's own or an isolation that is not ``auto``: that raises ``LocalAwsError``.

    What it prints goes to ``.lambdastream/up.log``. Raises ``LocalAwsError`` with the end of it when it does not start.
    Interrupted meanwhile, it leaves nothing behind.
    """
    changed = [f"--limit={name}={value}" for name, value in changed_limits(limits or Limits()).items()]
    isolated = [] if isolation == "auto" else [f"--isolation={isolation}"]
    options = [*(["--fresh"] if fresh else []), *changed, *isolated]
    if project.is_locked():
        running = _running(project)
        what = "with what is deployed to it" if fresh else _difference(running, limits if changed else None, isolation)
        if what:
            raise LocalAwsError(
                f"A local AWS runs already for the project {project.root.name}, {what}.",
                next_step=f"End it first: lambdastream down. Then: lambdastream up {' '.join(options)}",
            )
        return running
    with contextlib.ExitStack() as undo:
        process = _spawn(project, port, undo, *options)
        running = _running(project, process)
        if running.pid == process.pid:
            # Else another one was faster, and this one is not needed.
            undo.pop_all()
            # Whoever has started it need not wait for its end; somebody has to, or it stays as a zombie.
            threading.Thread(target=process.wait, daemon=True).start()
    return running


def _difference(running: Running, limits: Limits | None, isolation: WantedIsolation) -> str:
    """How a local AWS that runs differs from what is asked for: without ``limits`` and with ``auto`` in nothing."""
    status = LocalAws(running).status() if limits or isolation != "auto" else {}
    if limits and Limits(**status.get("limits", {})) != limits:
        return "with other limits"
    if isolation not in ("auto", status.get("isolation")):
        return f"which isolates functions by {status.get('isolation')}"
    return ""


@contextlib.contextmanager
def borrowed(project: Project, port: int, watchdog: Watchdog) -> Iterator[Running]:
    """The project's local AWS for the time of a ``with`` block.

    One that runs already is left running. One that is started here ends with the block, or with the watchdog's owner.
    Raises what ``start`` raises.
    """
    if project.is_locked():
        yield _running(project)
        return
    with contextlib.ExitStack() as undo:
        process = _spawn(project, port, undo)
        watchdog.watch_group(process.pid)
        yield _running(project, process)
    watchdog.leave_group(process.pid)


def stop(project: Project) -> bool:
    """End the local AWS of the project and wait until it has given back what it took; whether there was one to end.

    Raises ``LocalAwsError`` for one that never comes as far as to say where it is.
    """
    try:
        running = _running(project)
    except LocalAwsError:
        if project.is_locked():
            raise
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, number)
        if _wait(lambda: not _runs(project, running)):
            break
    return True


def _spawn(project: Project, port: int, undo: contextlib.ExitStack, *options: str) -> subprocess.Popen[bytes]:
    """Start the process that is to be the local AWS; to undo it is to end it."""
    with (project.make_state() / "up.log").open("w", encoding="utf-8") as log, uninterrupted():
        process = subprocess.Popen(
            # -P: modules in the project's folder must not stand in for those that the local AWS imports.
            [sys.executable, "-P", "-m", "lambdastream", "up", "--port", str(port), *options],
            cwd=project.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        undo.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _running(project: Project, process: subprocess.Popen[bytes] | None = None) -> Running:
    """The local AWS, waited for while it starts. ``process`` is the one that was started to be it."""
    found: list[Running] = []

    def settled() -> bool:
        gone = process is None or process.poll() is not None
        try:
            found.append(project.running())
        except NotRunningError:
            return gone and not project.is_locked()
        return True

    if _wait(settled) and found:
        return found[0]
    log = project.state / "up.log"
    said = log.read_text(encoding="utf-8").strip() if process and log.is_file() else ""
    raise LocalAwsError("The local AWS does not start.", next_step=said or "Run it in the foreground: lambdastream up")


def _runs(project: Project, running: Running) -> bool:
    with contextlib.suppress(NotRunningError):
        if project.running() == running:
            return True
    return _is_alive(running.pid)


def _is_alive(pid: int) -> bool:
    """Whether a process is there still, after it has given back what it took: a dead one that nobody waited for is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _wait(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(STEP)
    return False
