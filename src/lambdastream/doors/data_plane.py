"""The data plane: deployed functions, their URLs, and the endpoint, in one event loop.

It runs from functions' descriptions alone. Use it as an asynchronous context manager, or call ``start`` and ``stop``.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_gateway import ApiGateway
from lambdastream.doors.authentication import Authenticator, Keys
from lambdastream.doors.control_plane_link import ControlPlaneLink
from lambdastream.doors.endpoint import EndpointConnection
from lambdastream.doors.function_deployments import Deployment, FunctionDeployments
from lambdastream.doors.live_page.door import LivePage
from lambdastream.doors.log_shipper import LogShipper
from lambdastream.doors.role_sessions import RoleSessions
from lambdastream.errors import FunctionNotFoundError, PortTakenError
from lambdastream.runtime.arn import FunctionReference, function_reference
from lambdastream.runtime.containers.registry import Registry
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.function import Function
from lambdastream.runtime.host import Host
from lambdastream.runtime.http_server.listener import Listener
from lambdastream.runtime.isolation.availability import WantedIsolation, find_isolation
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.observer import InvocationObserver
from lambdastream.runtime.ports import Ports


@dataclass(slots=True)
class DeployedApi:
    """A deployed API and its port."""

    gateway: ApiGateway
    port: int


class DataPlane:
    """A local Lambda. ``port`` is the endpoint's (0 takes a free one); ``logs`` the folder of functions' logs.

    The file ``ports`` remembers the ports of functions' URLs and of APIs, so that they are the same after a restart.
    ``images`` is the folder of the registry of container images, if they are to be kept.
    ``isolation`` says what functions see of the machine, see ``sandbox``; ``auto`` isolates them as well as it can be done.

    Calls to AWS are signed with ``keys``, by default new ones. Those that are not Lambda's own invocations go to the control
    plane that listens on the unix domain socket ``control_plane``, if there is one.

    After ``start``, ``endpoint_url`` is the endpoint's address. ``stop`` ends every process, closes every port and removes
    every folder that was made.
    """

    def __init__(  # noqa: PLR0913 - each is named, and may be left out
        self,
        *,
        port: int = 0,
        logs: Path | None = None,
        limits: Limits | None = None,
        keys: Keys | None = None,
        control_plane: Path | None = None,
        ports: Path | None = None,
        images: Path | None = None,
        isolation: WantedIsolation = "paths",
    ) -> None:
        self.port = port
        self.limits = limits or Limits()
        self.keys = keys or Keys.at_random()
        self.control_plane = ControlPlaneLink(control_plane) if control_plane else None
        self.authenticator = Authenticator(self.keys, self.control_plane.keys if self.control_plane else None)
        self.token = secrets.token_urlsafe(32)
        self.endpoint_url = ""
        self.live_page = LivePage(self)
        self._logs = logs
        self._ports = ports
        self._isolation = isolation
        self._images = images
        self._registry: Registry | None = None
        self._log_shipper = LogShipper(self.control_plane) if self.control_plane else None
        self._role_sessions = RoleSessions(self.authenticator, self.control_plane)
        self._host: Host | None = None
        self._deployed: FunctionDeployments | None = None
        self._listener = Listener(lambda: EndpointConnection(self), patience=self.limits.request_head)
        self._apis: dict[str, DeployedApi] = {}
        self._deploying = asyncio.Lock()

    @property
    def host(self) -> Host:
        """What the functions share."""
        if self._host is None:
            raise RuntimeError("The data plane is not started.")
        return self._host

    @property
    def _functions(self) -> FunctionDeployments:
        if self._deployed is None:
            raise RuntimeError("The data plane is not started.")
        return self._deployed

    async def start(self) -> None:
        """Open the endpoint. Raises ``PortTakenError``, or ``SetupError`` when functions cannot be isolated as asked for."""
        isolation = find_isolation(self._isolation)
        try:
            self.port = await self._listener.listen(self.port)
        except OSError as error:
            raise PortTakenError(
                f"Port {self.port} is taken by another program.",
                next_step="Stop that program, or choose another port: lambdastream up --port 0 (make lab ARGS=--port=0)",
            ) from error
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        publish = self._log_shipper.add if self._log_shipper else None
        credentials = self._role_sessions.credentials
        self._host = Host(
            self._logs, publish, self.endpoint_url, self.limits, credentials, isolation, ports=Ports(self._ports)
        )
        self._deployed = FunctionDeployments(self._host, self.authenticator)

    async def stop(self) -> None:
        """End everything. A second call does nothing. A deployment that is under way is waited for."""
        self._listener.stop_listening()
        async with self._deploying:
            if self._host is None:
                return
            self.live_page.close()
            for api in self._apis.values():
                api.gateway.stop_listening()
            await self._functions.close()
            await asyncio.gather(*(api.gateway.close() for api in self._apis.values()))
            self._apis.clear()
            if self._registry is not None:
                await self._registry.close()
            await self._listener.close(grace=self.limits.shutdown)
            if self.control_plane is not None and self._log_shipper is not None:
                await self._log_shipper.close()
                await self.control_plane.close()
            self._host.close()
            self._host = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def deploy(self, description: FunctionDescription) -> dict[str, Any]:
        """Deploy a function or a version of it, or replace it; its URL stays. Returns its status.

        Raises ``RuntimeNotFoundError``, ``AdapterNotFoundError`` or ``DescriptionError`` when it cannot run here; what was
        deployed before then still runs.
        """
        if self.limits.timeout is not None:
            description = description.with_timeout(self.limits.timeout)
        async with self._deploying:
            return await self._functions.deploy(description)

    async def remove(self, reference: FunctionReference | str) -> None:
        """Remove a function with all its versions, or one of them. Raises ``FunctionNotFoundError``."""
        async with self._deploying:
            await self._functions.remove(function_reference(reference) if isinstance(reference, str) else reference)

    async def registry(self) -> str:
        """The address of the registry of container images, ``host:port``. Raises ``RegistryNotFoundError``."""
        if self._registry is None:
            self._registry = Registry(self._images or self.host.temporary_folder("images"))
        return await self._registry.address(self.host)

    def reserve_concurrency(self, reference: FunctionReference, concurrency: int | None) -> None:
        """Let a function have so many invocations at once from now on. Raises ``FunctionNotFoundError``."""
        self._functions.reserve(reference, concurrency)

    async def deploy_api(self, description: ApiDescription) -> dict[str, Any]:
        """Deploy an API, or replace the one of its id, which keeps its address; returns its address as ``url``."""
        async with self._deploying:
            api = self._apis.get(description.id)
            if api is None:
                port = self.host.ports.take(f"api {description.id}")
                api = DeployedApi(ApiGateway(description, self.function, self.limits, self.authenticator), port)
                try:
                    await api.gateway.listen(port)
                except OSError:
                    self.host.ports.give_back(port)
                    raise
                self._apis[description.id] = api
            api.gateway.description = description
        return {"url": f"{api.gateway.address}/"}

    async def remove_api(self, api_id: str) -> None:
        """Remove an API and its address. Raises ``FunctionNotFoundError``."""
        async with self._deploying:
            api = self._apis.pop(api_id, None)
            if api is None:
                raise FunctionNotFoundError(
                    f"No API {api_id} is deployed.", next_step="See what is: lambdastream status"
                )
            await api.gateway.close()
            self.host.ports.give_back(api.port)

    def function(self, reference: FunctionReference | str) -> Function | None:
        """The deployed function, or the version of it; a text is a name or an ARN, with a qualifier or without one."""
        return self._functions.find(function_reference(reference) if isinstance(reference, str) else reference)

    def deployments(self) -> list[Deployment]:
        """The functions and versions that ``status`` shows."""
        return self._functions.shown()

    def gateways(self) -> Iterable[ApiGateway]:
        """The APIs."""
        return [api.gateway for api in self._apis.values()]

    def observe(self, observer: InvocationObserver | None) -> None:
        """Let somebody hear of every invocation, or nobody."""
        self.host.observer = observer

    def status(self) -> dict[str, Any]:
        """What runs, as plain JSON values: the form that ``lambdastream status --json`` prints."""
        return {
            "endpoint": self.endpoint_url,
            "functions": self._functions.status(),
            "apis": [self._api_status(api.gateway) for api in self._apis.values()],
            "isolation": self.host.isolation,
            "limits": asdict(self.limits),
        }

    @staticmethod
    def _api_status(api: ApiGateway) -> dict[str, Any]:
        description = api.description
        return {"name": description.name, "url": api.url, "type": description.type, "stage": description.stage}
