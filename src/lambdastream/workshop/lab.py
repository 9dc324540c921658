"""``make lab``: the local AWS, the preflight, then JupyterLab, until it is interrupted."""

from __future__ import annotations

import os
import signal
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import FrameType
from typing import NoReturn

from lambdastream.control import supervisor
from lambdastream.control.project import Project
from lambdastream.errors import SetupError
from lambdastream.extras import missing
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.workshop import preflight
from lambdastream.workshop.jupyter import JupyterLab


def open_lab(project: Project, *, port: int, check: bool) -> int:
    """Run the lab. With ``check`` it ends as soon as JupyterLab answers. Returns 0, or 1 when the race shows no streaming.

    A local AWS that runs already is used, and left running; one that is started here ends with the lab.

    Raises ``SetupError`` where there are no notebooks, or no JupyterLab.
    """
    _expect_the_course(project)
    signal.signal(signal.SIGTERM, _interrupt)
    with _watchdog() as watchdog, supervisor.borrowed(project, port, watchdog) as running:
        _say(f"the local AWS runs at {running.endpoint}")
        preflight.prepare(project, _say)
        failed = [claim for claim in preflight.run_race(project, running, _say) if not _told(claim)]
        if failed:
            print(
                "The preflight failed. What runs, by name: lambdastream status. Its log: lambdastream logs NAME",
                file=sys.stderr,
            )
            return 1
        with JupyterLab(project, watchdog, browser=_has_browser() and not check) as jupyter:
            _say(f"JupyterLab answers at\n\n    {jupyter.url}\n")
            if running.page:
                print(f"See what runs, live:\n\n    {running.page}\n", flush=True)
            if not check:
                print("Press Ctrl-C to end it all.", flush=True)
                jupyter.wait()
    return 0


def _expect_the_course(project: Project) -> None:
    if not (project.root / "notebooks").is_dir():
        raise SetupError(
            f"There are no notebooks in {project.root}: the package alone does not have them.",
            next_step="Get the project's repository, and run in its folder: make lab",
        )
    if find_spec("jupyterlab") is None and (lacking := missing("jupyterlab")):
        raise lacking


@contextmanager
def _watchdog() -> Iterator[Watchdog]:
    """Ends JupyterLab and the local AWS also when this process is killed."""
    watchdog = Watchdog()
    try:
        yield watchdog
    finally:
        watchdog.close()


def _told(claim: preflight.Check) -> bool:
    _say(f"{claim.claim}: {claim.measured}", mark="✓" if claim.holds else "✗")
    return claim.holds


def _say(line: str, mark: str = "✓") -> None:
    print(f"{mark} {line}", flush=True)


def _has_browser() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and _browser_starts()


def _browser_starts() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """A polite end from outside ends everything, as Ctrl-C does."""
    del number, frame
    raise KeyboardInterrupt
