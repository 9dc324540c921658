"""How the control plane tells the data plane what is deployed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal
from urllib.parse import quote

from lambdastream.control.local_aws import LocalAws
from lambdastream.control.project import Running
from lambdastream.errors import UsageError
from lambdastream.runtime.arn import REGION

ENDPOINT: Final = "LAMBDASTREAM_DATA_PLANE"
TOKEN: Final = "LAMBDASTREAM_DATA_PLANE_TOKEN"  # noqa: S105 - the variable's name

ISOLATION: Final = "LAMBDASTREAM_ISOLATION"


@dataclass(frozen=True, slots=True)
class ApiDescription:
    """An API of API Gateway: ``body`` is its OpenAPI document, ``cors`` the settings of an HTTP API.

    ``stage`` is empty before the API has a stage; it answers nothing then. Calls that are signed are signed for ``region``.
    """

    id: str
    name: str
    type: Literal["HTTP", "REST"]
    stage: str
    body: Mapping[str, Any]
    cors: Mapping[str, Any] | None = None
    region: str = REGION


class DataPlaneClient(LocalAws):
    """The data plane's own paths. Errors that it met are raised as they were there."""

    def __init__(self, endpoint: str, token: str) -> None:
        super().__init__(Running(endpoint.rstrip("/"), os.getppid(), token))

    def deploy_api(self, api: ApiDescription) -> str:
        """Deploy an API, or replace the one of its id, which keeps its URL; returns the URL, with a slash at its end."""
        url: str = self._call("PUT", f"apis/{quote(api.id, safe='')}", json=asdict(api))["url"]
        return url

    def registry(self) -> str:
        """The address of the registry of images, ``host:port``; it is started. Raises ``RegistryNotFoundError``."""
        address: str = self._call("PUT", "registry")["address"]
        return address

    def reserve_concurrency(self, function: str, reserved: int | None) -> None:
        """Let a function, by its ARN, have so many invocations at once. Raises ``FunctionNotFoundError``."""
        self._call("PUT", f"concurrency/{quote(function, safe='')}", json={"reserved": reserved})

    def remove_api(self, api_id: str) -> None:
        """Remove an API and its URL."""
        self._call("DELETE", f"apis/{quote(api_id, safe='')}")


def data_plane_from_environment(environment: Mapping[str, str]) -> DataPlaneClient:
    """The data plane that environment variables name. Raises ``UsageError`` when they do not."""
    try:
        return DataPlaneClient(environment[ENDPOINT], environment[TOKEN])
    except KeyError as error:
        raise UsageError(
            f"The environment variable {error.args[0]} is not set.",
            next_step="The local AWS starts the control plane with it: lambdastream up",
        ) from error
