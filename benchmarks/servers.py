"""Both sides, running: the apps as functions of a local AWS of their own, and the same apps under uvicorn alone.

No server runs in this process, which makes the load.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from benchmarks import apps
from benchmarks.http_client import Address
from benchmarks.measurement import Side
from benchmarks.uvicorn_alone import uvicorn_alone
from lambdastream.control import FunctionDescription, LocalAws, connect, supervisor
from lambdastream.control.project import Project
from lambdastream.errors import SetupError
from lambdastream.runtime.limits import LIFTED, Limits
from lambdastream.runtime.watchdog import Watchdog

FIRST_ANSWER_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared."""

    lwa: Side
    uvicorn: Side


@contextmanager
def both_sides(project: Project) -> Iterator[Sides]:
    """Build the apps in ``project``, start both sides, warm; everything ends with the block.

    The local AWS runs for a temporary project, so that one that runs already is left alone. Raises
    ``LambdastreamError``.
    """
    app, chat = apps.measured_app(project), apps.chat(project)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambdastream-bench-")))
        # It ends the servers also when this process is killed.
        watchdog = Watchdog()
        stack.callback(watchdog.close)
        watchdog.watch_folder(folder)
        local_aws = stack.enter_context(_local_aws(Project(folder), watchdog))
        alone = [stack.enter_context(uvicorn_alone(each, folder, watchdog)) for each in (app, chat)]
        lwa = [_deploy(local_aws, each, Project(folder)) for each in (app, chat)]
        yield Sides(Side("LWA", *lwa), Side("uvicorn", *alone))


def address(url: str) -> Address:
    """Where the server of a function URL listens."""
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 80)


@contextmanager
def _local_aws(project: Project, watchdog: Watchdog) -> Iterator[LocalAws]:
    # Without Lambda's own pace: what is measured is what the local AWS can do.
    running = supervisor.start(project, 0, limits=Limits(stream_rate=LIFTED, stream_payload=LIFTED))
    watchdog.watch_group(running.pid)
    try:
        yield connect(project)
    finally:
        if project.is_locked():
            supervisor.stop(project)
        watchdog.leave_group(running.pid)


def _deploy(local_aws: LocalAws, description: FunctionDescription, project: Project) -> Address:
    """Deploy a function and wait for its cold start; returns its URL's address. Raises ``SetupError``."""
    function = local_aws.deploy(description)
    answer = httpx.get(function.at("/"), timeout=FIRST_ANSWER_SECONDS, trust_env=False)
    if not answer.is_success:
        log = (project.logs / f"{function.name}.log").read_text(encoding="utf-8")
        raise SetupError(
            f"The function {function.name} answers {answer.status_code}. Its log:\n{log}", next_step="Mend that first."
        )
    return address(function.at("/"))
