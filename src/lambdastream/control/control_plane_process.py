"""The control plane as a child process of the data plane's: started, waited for, watched, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from lambdastream.control import control_plane, data_plane_client
from lambdastream.control.project import Project
from lambdastream.doors.data_plane import DataPlane

LOG: Final = "control_plane.log"
GRACE: Final = 5.0


@contextlib.asynccontextmanager
async def running(project: Project, data_plane: DataPlane, socket: Path) -> AsyncIterator[asyncio.Task[int]]:
    """The control plane on ``socket``; gives a task that is done when it has ended.

    It takes seconds to start, which the block does not wait for: calls to it do. What it prints goes to
    ``.lambdastream/control_plane.log``. It ends with the block, and with this process, since its standard input ends then.
    """
    if data_plane.control_plane is not None:
        data_plane.control_plane.answers.clear()
    with (project.make_state() / LOG).open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", control_plane.__name__, "--socket", str(socket)),
            cwd=project.state,
            env=_variables(project, data_plane),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
            start_new_session=True,
        )
    ended = asyncio.ensure_future(process.wait())
    ready = asyncio.ensure_future(_open_when_ready(process, data_plane))
    try:
        yield ended
    finally:
        ready.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait([ended], timeout=GRACE)
        if not ended.done():
            process.kill()
            await ended


def _variables(project: Project, data_plane: DataPlane) -> dict[str, str]:
    own = {
        control_plane.STATE: str(project.state),
        data_plane_client.ENDPOINT: data_plane.endpoint_url,
        data_plane_client.TOKEN: data_plane.token,
        data_plane_client.ISOLATION: data_plane.host.isolation,
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | own


async def _open_when_ready(process: asyncio.subprocess.Process, data_plane: DataPlane) -> None:
    """Let calls through once the control plane says that it is ready. One that never is ends, and so its task says."""
    link = data_plane.control_plane
    if process.stdout is None or link is None:
        return
    while line := await process.stdout.readline():
        if line.strip() == control_plane.READY.encode():
            link.answers.set()
            return
        # What of the state could not be brought back as it was.
        print(line.decode(errors="replace").rstrip(), file=sys.stderr, flush=True)
