"""Functions run: whatever changes a function's configuration, the data plane hears of.

moto keeps a function's configuration, and runs it in Docker or not at all. It calls every function Active at once; here
one is Active when the data plane has it, and what the data plane refuses is the caller's
``InvalidParameterValueException``, with nothing changed.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend, LambdaFunction

from lambdastream.control.code_store import CodeStore
from lambdastream.control.data_plane_client import DataPlaneClient
from lambdastream.control.gaps.logging_config import keep_log_group, log_group
from lambdastream.control.gaps.patching import wraps
from lambdastream.control.monitor import MOTO
from lambdastream.errors import FunctionNotFoundError, LambdastreamError
from lambdastream.runtime.description import NAME, FunctionDescription, FunctionUrlConfig


@dataclass(slots=True)
class Deployment:
    """What functions are deployed with. It is set once, when the control plane starts."""

    data_plane: DataPlaneClient
    code: CodeStore
    layer_paths: Callable[[LambdaFunction], tuple[str, ...]]


_deployment: list[Deployment] = []


def use(deployment: Deployment) -> None:
    """Deploy functions with this from now on."""
    _deployment[:] = [deployment]


def deployment() -> Deployment:
    """What functions are deployed with."""
    return _deployment[0]


def describe(function: LambdaFunction) -> FunctionDescription:
    """The function as the data plane takes it, its code unpacked. Raises ``DescriptionError`` or ``PackagingError``."""
    if function.package_type != "Zip":
        raise InvalidParameterValueException("Container images are not supported by the local AWS: use a zip archive.")
    if not NAME.fullmatch(function.function_name):
        raise InvalidParameterValueException(f"{function.function_name} is not a name for a function.")
    url = function.url_config
    return FunctionDescription(
        name=function.function_name,
        code=deployment().code.function(function.function_name, function.code_digest, function.code_bytes),
        handler=function.handler or "",
        runtime=function.run_time or "",
        environment={name: str(value) for name, value in function.environment_vars.items()},
        memory=int(function.memory_size),
        timeout=int(function.timeout),
        layers=deployment().layer_paths(function),
        url=FunctionUrlConfig(url.config["AuthType"], url.config["InvokeMode"]) if url else None,
        log_group=log_group(function),
    )


def deploy(function: LambdaFunction) -> None:
    """Give the function to the data plane, and take its URL from there.

    Raises Lambda's ``InvalidParameterValueException`` with the data plane's words when it cannot run.
    """
    try:
        description = describe(function)
        with MOTO.outside():
            deployed = deployment().data_plane.deploy(description)
    except LambdastreamError as error:
        raise InvalidParameterValueException(f"{error.problem} {error.next_step}".strip()) from error
    function.state = "Active"
    if function.url_config is not None and deployed.url is not None:
        function.url_config.url = deployed.url
    deployment().code.keep_only(function.function_name, function.code_digest)


def remove(name: str) -> None:
    """Take a function, its URL and its code away."""
    with MOTO.outside(), contextlib.suppress(FunctionNotFoundError):
        deployment().data_plane.remove(name)
    deployment().code.remove_function(name)


@contextlib.contextmanager
def redeployed(function: LambdaFunction) -> Iterator[None]:
    """Deploy a function after it was changed in a ``with`` block. When that fails it is as it was before."""
    before = dict(vars(function))
    before["code"] = dict(function.code)
    url = copy.deepcopy(function.url_config.config) if function.url_config else None
    try:
        yield
        deploy(function)
    except BaseException:
        vars(function).clear()
        vars(function).update(before)
        if function.url_config is not None and url is not None:
            function.url_config.config = url
        raise


@wraps(LambdaBackend, "create_function")
def _create_function(original: Any, self: LambdaBackend, spec: dict[str, Any]) -> LambdaFunction:
    made: LambdaFunction = original(self, spec)
    function = self.get_function(spec["FunctionName"])
    function.state = "Pending"
    keep_log_group(function, spec)
    try:
        deploy(function)
    except BaseException:
        self._lambdas.del_function(function.function_name)
        raise
    made.state = function.state
    return made


@wraps(LambdaBackend, "delete_function")
def _delete_function(original: Any, self: LambdaBackend, function_name: str, qualifier: str | None = None) -> None:
    function = self.get_function(function_name, qualifier)
    original(self, function_name, qualifier)
    if function.function_name not in self._lambdas._functions:  # noqa: SLF001 - whether any version is left
        remove(function.function_name)


@wraps(LambdaBackend, "update_function_code")
def _update_function_code(
    original: Any, self: LambdaBackend, function_name: str, qualifier: str, body: dict[str, Any]
) -> Any:
    function = self.get_function(function_name, qualifier)
    if body.get("DryRun"):
        return function.get_configuration()
    with redeployed(function):
        if body.get("Architectures"):
            function.architectures = body["Architectures"]
        return original(self, function_name, qualifier, body)


@wraps(LambdaBackend, "update_function_configuration")
def _update_function_configuration(
    original: Any, self: LambdaBackend, function_name: str, qualifier: str, body: dict[str, Any]
) -> Any:
    function = self.get_function(function_name, qualifier)
    with redeployed(function):
        keep_log_group(function, body)
        return original(self, function_name, qualifier, body)
