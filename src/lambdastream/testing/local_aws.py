"""A local AWS that lives as long as a test session."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambdastream.control import supervisor
from lambdastream.control.local_aws import connect
from lambdastream.control.logs import log_text
from lambdastream.control.profile import NAME, REGION, Profile, winners
from lambdastream.control.project import Project
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.testing.sam import SamStack, deploy_with_sam


@dataclass(frozen=True, slots=True)
class TemporaryAws:
    """A local AWS that runs, with its state in ``folder``. ``endpoint`` is the address for AWS tools."""

    folder: Path
    endpoint: str

    def sam_deploy(
        self,
        template: str | Path = "template.yaml",
        *,
        stack: str = "under-test",
        parameters: Mapping[str, str] | None = None,
        build_options: Sequence[str] = (),
    ) -> SamStack:
        """Build a SAM template and deploy it here, by ``sam build`` and ``sam deploy``; nowhere else.

        ``parameters`` are the template's; without any, those of the project's samconfig file count. Of that file nothing
        is taken that says where a deploy goes. What is built lies in this AWS's folder, not in the project's.

        Raises ``SetupError`` with what ``sam`` said when it fails or is not there.
        """
        folder = self.folder / "stacks" / stack
        folder.mkdir(parents=True, exist_ok=True)
        deploy_with_sam(
            Path(template).resolve(),
            folder,
            stack,
            environment=self.environment(),
            endpoint=self.endpoint,
            parameters=parameters or {},
            build_options=build_options,
        )
        with contextlib.closing(self.client("cloudformation")) as cloudformation:
            return SamStack.described(cloudformation, stack, self._project)

    def client(self, service: str, **options: Any) -> Any:
        """Give boto3's client of a service, at this AWS and with its keys."""
        import boto3  # noqa: PLC0415 - it takes a moment
        import botocore.session  # noqa: PLC0415

        # A session that reads this AWS's own files: the default one would keep what the tests' environment says now.
        session, profile = botocore.session.Session(), Profile(self._project)
        files = {"config_file": str(profile.config), "credentials_file": str(profile.credentials)}
        for name, value in {"profile": NAME, **files}.items():
            session.set_config_variable(name, value)
        make: Any = boto3.Session(botocore_session=session).client
        return make(service, endpoint_url=self.endpoint, region_name=REGION, **options)

    def environment(self, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Give the environment of a program whose AWS tools are to speak with this AWS, whatever it would inherit."""
        return Profile(self._project).environment(inherited)

    def variables(self) -> dict[str, str]:
        """Give the variables that select this AWS."""
        return Profile(self._project).variables()

    def unset(self) -> tuple[str, ...]:
        """Give the variables that would win over them: they are to be unset."""
        return winners(os.environ)

    def status(self) -> dict[str, Any]:
        """Give what runs, in the form that ``lambdastream status --json`` prints."""
        return connect(self._project).status()

    def log(self, function: str) -> str:
        """Give a function's log, by the function's name. Raises ``FunctionNotFoundError``."""
        return "".join(log_text(self._project, function))

    @property
    def _project(self) -> Project:
        return Project(self.folder)


@contextlib.contextmanager
def temporary_aws(folder: Path) -> Iterator[TemporaryAws]:
    """Run a local AWS on a free port for the time of a ``with`` block; it also ends when this process is killed.

    Raises ``LocalAwsError`` when it does not start.
    """
    watchdog = Watchdog()
    try:
        with supervisor.borrowed(Project(folder), 0, watchdog) as running:
            yield TemporaryAws(folder, running.endpoint)
    finally:
        watchdog.close()
