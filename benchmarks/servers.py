"""Both sides, running: the apps as functions of a local AWS of their own, and the same apps under uvicorn alone.

No server runs in this process, which makes the load.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from benchmarks.http_client import Address
from benchmarks.measurement import Side
from benchmarks.uvicorn_alone import uvicorn_alone
from lambdastream.control import FunctionDescription, LocalAws, connect, package, supervisor
from lambdastream.control.project import Project
from lambdastream.errors import SetupError
from lambdastream.runtime.watchdog import Watchdog
from lambdastream.workshop import demo

APP: Final = Path(__file__).with_name("app")
TIMEOUT_SECONDS: Final = 60
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
    app, chat = _descriptions(project)
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


def _descriptions(project: Project) -> tuple[FunctionDescription, FunctionDescription]:
    """The app that is measured and the real chat, both behind the adapter, of the same pinned requirements."""
    built = package(APP, requirements=project.root / "requirements" / "chat.txt", project=project)
    app = replace(demo.behind_lwa(built), name="bench-app", timeout=TIMEOUT_SECONDS)
    return app, replace(demo.behind_lwa(demo.build(project)), name="bench-chat")


@contextmanager
def _local_aws(project: Project, watchdog: Watchdog) -> Iterator[LocalAws]:
    running = supervisor.start(project, 0)
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
    url = urlsplit(function.at("/"))
    return str(url.hostname), int(url.port or 80)
