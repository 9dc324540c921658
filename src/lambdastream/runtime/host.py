"""What all functions of one local Lambda share: folders, ports, the adapter, the watchdog, limits."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from lambdastream.runtime.credentials import RoleCredentials
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.function_log import FunctionLog
from lambdastream.runtime.isolation.availability import Isolation
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.observer import InvocationObserver
from lambdastream.runtime.ports import Ports
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.runtime.web_adapter.adapter import Adapter, find_adapter


@dataclass(slots=True)
class Host:
    """The machine's side of a local Lambda. ``close`` ends and removes everything that is left.

    ``logs`` is the folder for functions' logs (``None`` keeps their last lines in memory alone); ``publish_log`` gets every
    line of them, with its region, log group and log stream; ``endpoint_url`` is what functions get as
    ``AWS_ENDPOINT_URL``; ``credentials`` issues the keys of a function's role, if anything does. ``isolation`` says what
    functions see of the machine, see ``sandbox``; ``namespaces`` must be possible, see ``find_isolation``.
    ``observer`` is there while somebody looks on.
    """

    logs: Path | None = None
    publish_log: Callable[[str, str, str, str], None] | None = None
    endpoint_url: str | None = None
    limits: Limits = field(default_factory=Limits)
    credentials: Callable[[FunctionDescription], RoleCredentials | None] = lambda _: None
    isolation: Isolation = "paths"
    ports: Ports = field(default_factory=Ports)
    watchdog: Watchdog = field(default_factory=Watchdog)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="lambdastream-")))
    observer: InvocationObserver | None = None

    def __post_init__(self) -> None:
        self.watchdog.watch_folder(self.folder)

    def temporary_folder(self, name: str) -> Path:
        """A new, empty folder of that name's own."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))

    def function_log(self, description: FunctionDescription, stream: str) -> FunctionLog:
        """The log of a function; its lines go to the log stream of that name, too."""
        place = (description.region, description.log_group, stream)
        publish = partial(self.publish_log, *place) if self.publish_log else None
        return FunctionLog(self.logs / f"{description.name}.log" if self.logs else None, publish)

    def close(self) -> None:
        """End what is left, and remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.watchdog.close()


@cache
def adapter() -> Adapter:
    """The Lambda Web Adapter of this machine, looked for once."""
    return find_adapter()
