"""The data plane: deployed functions, their URLs, and the endpoint, in one event loop.

It runs from functions' descriptions alone. Use it as an asynchronous context manager, or call ``start`` and ``stop``.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_gateway import ApiGateway
from lambdastream.doors.authentication import Authenticator, Keys
from lambdastream.doors.control_plane_link import ControlPlaneLink
from lambdastream.doors.endpoint import EndpointConnection
from lambdastream.doors.function_url import FunctionUrl
from lambdastream.doors.log_shipper import LogShipper
from lambdastream.errors import FunctionNotFoundError, PortTakenError
from lambdastream.runtime import layers
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.environment import Package
from lambdastream.runtime.function import Function
from lambdastream.runtime.host import Host, adapter
from lambdastream.runtime.interpreter import managed_runtime
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.listener import Listener


@dataclass(slots=True)
class Deployment:
    """A deployed function and its URL, if it has one."""

    function: Function
    url: FunctionUrl | None
    port: int | None


@dataclass(slots=True)
class DeployedApi:
    """A deployed API and its port."""

    gateway: ApiGateway
    port: int


class DataPlane:
    """A local Lambda. ``port`` is the endpoint's (0 takes a free one); ``logs`` the folder of functions' logs.

    Calls to AWS are signed with ``keys``, by default new ones. Those that are not Lambda's own invocations go to the control
    plane that listens on the unix domain socket ``control_plane``, if there is one.

    After ``start``, ``endpoint_url`` is the endpoint's address. ``stop`` ends every process, closes every port and removes
    every folder that was made.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        logs: Path | None = None,
        limits: Limits | None = None,
        keys: Keys | None = None,
        control_plane: Path | None = None,
    ) -> None:
        self.port = port
        self.limits = limits or Limits()
        self.keys = keys or Keys.at_random()
        self.control_plane = ControlPlaneLink(control_plane) if control_plane else None
        self.authenticator = Authenticator(self.keys, self.control_plane.keys if self.control_plane else None)
        self.token = secrets.token_urlsafe(32)
        self.endpoint_url = ""
        self._logs = logs
        self._log_shipper = LogShipper(self.control_plane) if self.control_plane else None
        self._host: Host | None = None
        self._listener = Listener(lambda: EndpointConnection(self))
        self._deployments: dict[str, Deployment] = {}
        self._apis: dict[str, DeployedApi] = {}
        self._deploying = asyncio.Lock()

    @property
    def host(self) -> Host:
        """What the functions share."""
        if self._host is None:
            raise RuntimeError("The data plane is not started.")
        return self._host

    async def start(self) -> None:
        """Open the endpoint. Raises ``PortTakenError``."""
        try:
            self.port = await self._listener.listen(self.port)
        except OSError as error:
            raise PortTakenError(
                f"Port {self.port} is taken by another program.",
                next_step="Stop that program, or choose another port: lambdastream up --port 4567",
            ) from error
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        publish = self._log_shipper.add if self._log_shipper else None
        self._host = Host(self._logs, publish, self.endpoint_url, self.limits)

    async def stop(self) -> None:
        """End everything. A second call does nothing. A deployment that is under way is waited for."""
        self._listener.stop_listening()
        async with self._deploying:
            if self._host is None:
                return
            for api in self._apis.values():
                api.gateway.stop_listening()
            await asyncio.gather(*(self._end(deployment) for deployment in self._deployments.values()))
            await asyncio.gather(*(api.gateway.close() for api in self._apis.values()))
            self._deployments.clear()
            self._apis.clear()
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
        """Deploy a function, or replace the one of its name, which keeps its URL; returns its status.

        Raises ``RuntimeNotFoundError``, ``AdapterNotFoundError`` or ``DescriptionError`` when it cannot run here; what was
        deployed before then still runs.
        """
        async with self._deploying:
            function = Function(await asyncio.to_thread(self._package, description), self.host)
            before = self._deployments.get(description.name)
            deployment = Deployment(function, None, before.port if before else None)
            await self._move_url(before, deployment)
            self._deployments[description.name] = deployment
            if before is not None:
                await self._end(before)
        return self._function_status(deployment)

    async def remove(self, name: str) -> None:
        """Remove a function, its environments and its URL. Raises ``FunctionNotFoundError``."""
        async with self._deploying:
            deployment = self._deployments.pop(name, None)
            if deployment is None:
                raise FunctionNotFoundError(
                    f"No function {name} is deployed.", next_step="See what is: lambdastream status"
                )
            await self._end(deployment)
            if deployment.port is not None:
                self.host.ports.give_back(deployment.port)

    async def deploy_api(self, description: ApiDescription) -> dict[str, Any]:
        """Deploy an API, or replace the one of its id, which keeps its address; returns its address as ``url``."""
        async with self._deploying:
            api = self._apis.get(description.id)
            if api is None:
                port = self.host.ports.take()
                api = DeployedApi(ApiGateway(description, self.function, self.limits), port)
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

    def function(self, name: str) -> Function | None:
        """The deployed function of that name."""
        deployment = self._deployments.get(name)
        return deployment.function if deployment else None

    def status(self) -> dict[str, Any]:
        """What runs, as plain JSON values: the form that ``lambdastream status --json`` prints."""
        return {
            "endpoint": self.endpoint_url,
            "functions": [self._function_status(deployment) for deployment in self._deployments.values()],
            "apis": [self._api_status(api.gateway) for api in self._apis.values()],
            "isolation": "paths",
        }

    def _package(self, description: FunctionDescription) -> Package:
        """What takes time: the runtime's interpreter, the adapter and the layers."""
        runtime = managed_runtime(description.runtime)
        opt = self.host.temporary_folder(f"{description.name}-opt")
        try:
            layers.lay_out(description, opt, adapter)
        except BaseException:
            shutil.rmtree(opt)
            raise
        return Package(description, runtime, opt)

    async def _move_url(self, before: Deployment | None, after: Deployment) -> None:
        """Give the new deployment the URL that it declares: the old one's, so that no request finds it closed."""
        if after.function.description.url is None:
            return
        if before is not None and before.url is not None:
            after.url, before.url = before.url, None
            after.url.function = after.function
        else:
            after.port = after.port or self.host.ports.take()
            after.url = FunctionUrl(after.function, self.limits, self.authenticator)
            await after.url.listen(after.port)

    @staticmethod
    async def _end(deployment: Deployment) -> None:
        if deployment.url is not None:
            deployment.url.stop_listening()
        await deployment.function.stop()
        if deployment.url is not None:
            await deployment.url.close()
        shutil.rmtree(deployment.function.package.opt, ignore_errors=True)

    @staticmethod
    def _api_status(api: ApiGateway) -> dict[str, Any]:
        description = api.description
        return {"name": description.name, "url": api.url, "type": description.type, "stage": description.stage}

    @staticmethod
    def _function_status(deployment: Deployment) -> dict[str, Any]:
        description = deployment.function.description
        return {
            "name": description.name,
            "url": deployment.url.address if deployment.url else None,
            "invoke_mode": description.url.invoke_mode if description.url else None,
            "auth_type": description.url.auth_type if description.url else None,
            "environments": [
                {"state": state, "port": environment.port, "pids": environment.pids}
                for environment, state in deployment.function.environments
            ],
        }
