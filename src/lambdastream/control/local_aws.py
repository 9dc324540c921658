"""The running local AWS, as programs of this project use it: deploying functions, asking what runs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from lambdastream import errors
from lambdastream.control.adapter_status import adapter_status
from lambdastream.control.profile import NAME as PROFILE
from lambdastream.control.project import Project, Running, find_project
from lambdastream.runtime.description import FunctionDescription

if TYPE_CHECKING:
    import httpx

PATIENCE: Final = 600.0
# For loopback, without TLS: a tenth of a second to read the certificates of the world, each time, would be lost.
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True, slots=True)
class DeployedFunction:
    """A function that runs. ``url`` ends with a slash, and is ``None`` without a function URL."""

    name: str
    url: str | None
    invoke_mode: str | None

    def at(self, path: str) -> str:
        """The address of a path of the function's URL. Raises ``UsageError`` when the function has none."""
        if self.url is None:
            raise errors.UsageError(f"The function {self.name} has no URL.", next_step="Deploy it with url=...")
        return self.url + path.lstrip("/")


class LocalAws:
    """The local AWS of a project. ``endpoint`` is the address for AWS tools."""

    def __init__(self, running: Running) -> None:
        self.endpoint = running.endpoint
        self._headers = {"authorization": f"Bearer {running.token}"}

    def deploy(self, description: FunctionDescription) -> DeployedFunction:
        """Deploy a function, or replace the one of its name, which keeps its URL.

        The first deployment may take minutes: it gets the adapter and makes the runtime. Raises the error that the local
        AWS met, for example ``RuntimeNotFoundError``.
        """
        value = self._call("PUT", f"functions/{description.name}", json=description.to_json())
        return DeployedFunction(value["name"], value["url"], value["invoke_mode"])

    def remove(self, name: str) -> None:
        """Remove a function and its URL. Raises ``FunctionNotFoundError``."""
        self._call("DELETE", f"functions/{quote(name, safe='')}")

    def status(self) -> dict[str, Any]:
        """What runs, as plain JSON values: the form that ``lambdastream status --json`` prints."""
        told: dict[str, Any] = self._call("GET", "status")
        return {"endpoint": "", "profile": PROFILE, "functions": [], "apis": [], "adapter": adapter_status()} | told

    def _call(self, method: str, path: str, **body: Any) -> Any:
        import httpx  # noqa: PLC0415 - who calls nobody, as the local AWS itself, starts sooner without it

        url = f"{self.endpoint}/_lambdastream/{path}"
        try:
            response = httpx.request(
                method, url, headers=self._headers, timeout=PATIENCE, trust_env=False, verify=NO_TLS, **body
            )
        except httpx.TransportError as error:
            raise errors.NotRunningError(
                f"The local AWS at {self.endpoint} does not answer: {error}.",
                next_step="Start it again: lambdastream up --detach",
            ) from error
        if response.is_error:
            raise _error(response)
        return response.json() if response.content else None


def connect(project: Project | None = None) -> LocalAws:
    """The local AWS that runs for a project, by default that of the current folder. Raises ``NotRunningError``."""
    return LocalAws((project or find_project()).running())


def _error(response: httpx.Response) -> errors.LambdastreamError:
    """The error that the local AWS met, as it was there."""
    try:
        told = response.json()
    except ValueError:
        told = {}
    kind: type[errors.LambdastreamError] = getattr(errors, str(told.get("error")), errors.LocalAwsError)
    problem = told.get("problem") or told.get("message") or f"The local AWS answers {response.status_code}."
    return kind(problem, next_step=told.get("next_step", ""))
