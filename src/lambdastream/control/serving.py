"""The local AWS in this process: the data plane, and the control plane as a process of its own.

``supervisor`` starts it in the background. Who only starts, asks or ends one needs nothing of what is imported here.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import uvloop

from lambdastream.control import control_plane_process
from lambdastream.control.forgetting import IMAGES, PORTS, forget
from lambdastream.control.interrupts import ENDINGS
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project, Running
from lambdastream.doors.data_plane import DataPlane
from lambdastream.errors import LocalAwsError
from lambdastream.runtime.isolation.availability import WantedIsolation
from lambdastream.runtime.limits import Limits


def serve(
    project: Project,
    port: int,
    *,
    on_ready: Callable[[Running], None],
    fresh: bool = False,
    limits: Limits | None = None,
    isolation: WantedIsolation = "auto",
) -> None:
    """Run the local AWS in this process, and its control plane in another, until SIGINT or SIGTERM.

    What was deployed before comes back, unless it is to start ``fresh``. The limits are AWS's own unless others are given.
    Raises ``PortTakenError``, ``SetupError`` when functions cannot be isolated as is wanted, and ``LocalAwsError`` when the
    project has one already, or when the control plane does not start or dies.
    """
    with project.lock(), tempfile.TemporaryDirectory(prefix="lambdastream-") as folder:
        if fresh:
            forget(project)
        uvloop.run(_serve(project, port, Path(folder), on_ready, limits, isolation))


async def _serve(
    project: Project,
    port: int,
    folder: Path,
    on_ready: Callable[[Running], None],
    limits: Limits | None,
    isolation: WantedIsolation,
) -> None:
    stopped = asyncio.Event()
    for number in ENDINGS:
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    profile, socket = Profile(project), folder / "control_plane.sock"
    async with DataPlane(
        port=port,
        logs=project.logs,
        limits=limits,
        keys=profile.keys(),
        control_plane=socket,
        ports=project.state / PORTS,
        images=project.state / IMAGES,
        isolation=isolation,
    ) as data_plane:
        data_plane.host.watchdog.watch_folder(folder)
        async with control_plane_process.running(project, data_plane, socket) as control_plane:
            profile.point_at(data_plane.endpoint_url)
            running = Running(data_plane.endpoint_url, os.getpid(), data_plane.token, data_plane.live_page.url)
            project.record(running)
            on_ready(running)
            await _until_either(project, stopped, control_plane)


async def _until_either(project: Project, stopped: asyncio.Event, control_plane: asyncio.Task[int]) -> None:
    """Wait until somebody asks for the end. Raises ``LocalAwsError`` when the control plane ends by itself."""
    asked = asyncio.ensure_future(stopped.wait())
    await asyncio.wait([asked, control_plane], return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if control_plane.done() and not stopped.is_set():
        log = project.state / control_plane_process.LOG
        said = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
        raise LocalAwsError(
            f"The control plane of the local AWS has ended (exit code {control_plane.result()}), so all of it does.",
            next_step=f"{said}\nThe whole is in .lambdastream/{log.name}. Start again: lambdastream up".lstrip(),
        )
