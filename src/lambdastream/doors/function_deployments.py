"""Deployed functions with their versions, aliases and URLs.

Each version or alias that is deployed has execution environments of its own; the reserved concurrency is the function's.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from lambdastream.doors.authentication import Authenticator
from lambdastream.doors.function_url import FunctionUrl
from lambdastream.errors import FunctionNotFoundError
from lambdastream.runtime import layers
from lambdastream.runtime.arn import FunctionReference
from lambdastream.runtime.concurrency import Concurrency
from lambdastream.runtime.containers.package import container_package
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.function import Function
from lambdastream.runtime.host import Host, adapter
from lambdastream.runtime.programs import Deployable, Package
from lambdastream.runtime.runtimes import find_runtime


@dataclass(slots=True)
class Deployment:
    """A deployed function, or a version of it, and its URL, if it has one."""

    function: Function
    url: FunctionUrl | None
    port: int | None


class FunctionDeployments:
    """All of them. Whoever deploys and removes does one thing after the other."""

    def __init__(self, host: Host, authenticator: Authenticator) -> None:
        self._host = host
        self._authenticator = authenticator
        self._deployments: dict[FunctionReference, Deployment] = {}
        self._replaced: dict[asyncio.Task[None], Deployment] = {}
        self._concurrency: dict[FunctionReference, Concurrency] = defaultdict(Concurrency)

    async def deploy(self, description: FunctionDescription) -> dict[str, Any]:
        """Deploy a function or a version of it, or replace it; its URL stays. Returns its status.

        What is under way ends with the code that it began with. AWS documents that a function can be invoked while it is
        updated (AWS Lambda API reference, "UpdateFunctionConfiguration"), and nothing that would end an invocation.


        Raises ``RuntimeNotFoundError``, ``AdapterNotFoundError`` or ``DescriptionError`` when it cannot run here; what was
        deployed before then still runs.
        """
        reference = description.reference
        package = await asyncio.to_thread(self._package, description)
        concurrency = self._concurrency[_unqualified(reference)]
        before = self._deployments.get(reference)
        function = Function(package, self._host, concurrency)
        deployment = Deployment(function, None, before.port if before else None)
        await self._move_url(before, deployment)
        if not reference.qualifier:
            concurrency.reserved = description.reserved_concurrency
        self._deployments[reference] = deployment
        if before is not None:
            self._let_finish(before)
        return _status(deployment)

    async def remove(self, reference: FunctionReference) -> None:
        """Remove a version or an alias; or else the function with all of them, their environments and URLs.

        Raises ``FunctionNotFoundError``.
        """
        whole = not reference.qualifier
        found = [
            deployed
            for deployed in self._deployments
            if deployed == reference or (whole and _unqualified(deployed) == reference)
        ]
        if not found:
            raise _not_found(reference)
        await self._end_replaced(found)
        for deployed in found:
            deployment = self._deployments.pop(deployed)
            await self._end(deployment)
            if deployment.port is not None:
                self._host.ports.give_back(deployment.port)
        if whole:
            self._concurrency.pop(reference, None)

    def reserve(self, reference: FunctionReference, concurrency: int | None) -> None:
        """Let a function have so many invocations at once from now on. Raises ``FunctionNotFoundError``."""
        if reference not in self._deployments:
            raise _not_found(reference)
        self._concurrency[reference].reserved = concurrency

    def find(self, reference: FunctionReference) -> Function | None:
        """What is deployed there."""
        deployment = self._deployments.get(reference)
        return deployment.function if deployment else None

    def shown(self) -> list[Deployment]:
        """What runs. Of versions and aliases, those alone that have a URL or an environment."""
        return [
            deployment
            for reference, deployment in self._deployments.items()
            if not reference.qualifier or deployment.url or deployment.function.environments
        ]

    def status(self) -> list[dict[str, Any]]:
        """What is shown, as plain JSON values."""
        return [_status(deployment) for deployment in self.shown()]

    async def close(self) -> None:
        """End all of them."""
        await self._end_replaced(self._deployments)
        await asyncio.gather(*(self._end(deployment) for deployment in self._deployments.values()))
        self._deployments.clear()

    def _package(self, description: FunctionDescription) -> Deployable:
        """What takes time: the runtime, the adapter and the layers; or else the image."""
        if description.image is not None:
            return container_package(description, self._host)
        runtime = find_runtime(description)
        opt = self._host.temporary_folder(f"{description.name}-opt")
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
        reference = after.function.description.reference
        if before is not None and before.url is not None:
            after.url, before.url = before.url, None
            after.url.function = after.function
        else:
            after.port = after.port or self._host.ports.take(f"function {reference.label}")
            after.url = FunctionUrl(after.function, self._host.limits, self._authenticator)
            await after.url.listen(after.port)

    def _let_finish(self, deployment: Deployment) -> None:
        task = asyncio.get_running_loop().create_task(self._end(deployment, finish=True))
        self._replaced[task] = deployment
        task.add_done_callback(self._replaced.pop)

    async def _end_replaced(self, references: Collection[FunctionReference]) -> None:
        """End now what was replaced and still finishes."""
        ended = [
            (task, replaced.function)
            for task, replaced in self._replaced.items()
            if replaced.function.description.reference in references
        ]
        await asyncio.gather(*(function.stop() for _, function in ended))
        await asyncio.gather(*(task for task, _ in ended))

    @staticmethod
    async def _end(deployment: Deployment, *, finish: bool = False) -> None:
        if deployment.url is not None:
            deployment.url.stop_listening()
        await (deployment.function.finish() if finish else deployment.function.stop())
        if deployment.url is not None:
            await deployment.url.close()
        deployment.function.package.remove()


def _unqualified(reference: FunctionReference) -> FunctionReference:
    return FunctionReference(reference.name, "", reference.region)


def _not_found(reference: FunctionReference) -> FunctionNotFoundError:
    return FunctionNotFoundError(
        f"No function {reference.label} is deployed.", next_step="See what is: lambdastream status"
    )


def _status(deployment: Deployment) -> dict[str, Any]:
    description = deployment.function.description
    return {
        "name": description.reference.label,
        "url": deployment.url.address if deployment.url else None,
        "invoke_mode": description.url.invoke_mode if description.url else None,
        "auth_type": description.url.auth_type if description.url else None,
        "environments": [
            {"state": state, "port": environment.port, "pids": environment.pids}
            for environment, state in deployment.function.environments
        ],
    }
