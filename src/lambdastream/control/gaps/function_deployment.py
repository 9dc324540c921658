"""Functions run: whatever changes a function's configuration, the data plane hears of.

moto keeps a function's configuration, and runs it in Docker or not at all. It calls every function Active at once; here
one is Active when the data plane has it, and what the data plane refuses is the caller's
``InvalidParameterValueException``, with nothing changed.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from moto.awslambda import models as moto_models
from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.utils import get_backend

from lambdastream.control.code_store import CodeStore
from lambdastream.control.data_plane_client import DataPlaneClient
from lambdastream.control.gaps.logging_config import keep_log_group, log_group
from lambdastream.control.gaps.patching import wraps
from lambdastream.control.monitor import MOTO
from lambdastream.errors import FunctionNotFoundError, LambdastreamError
from lambdastream.runtime.arn import LATEST, REGION, FunctionReference
from lambdastream.runtime.cors import Cors
from lambdastream.runtime.description import NAME, FunctionDescription, FunctionUrlConfig

_ALIAS_URLS: Final = "lambdastream_alias_urls"


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


def describe(
    function: LambdaFunction, qualifier: str = "", url: moto_models.FunctionUrlConfig | None = None
) -> FunctionDescription:
    """The function, or the version behind a qualifier, as the data plane takes it, its code unpacked.

    Raises ``DescriptionError`` or ``PackagingError``.
    """
    if not NAME.fullmatch(function.function_name):
        raise InvalidParameterValueException(f"{function.function_name} is not a name for a function.")
    return FunctionDescription(
        name=function.function_name,
        **_program(function),
        environment={name: str(value) for name, value in function.environment_vars.items()},
        memory=int(function.memory_size),
        ephemeral_storage=int(function.ephemeral_storage),
        timeout=int(function.timeout),
        layers=deployment().layer_paths(function),
        url=_url(url.config) if url else None,
        log_group=log_group(function),
        role=function.role,
        region=function.region,
        version=str(function.version),
        qualifier=qualifier,
        reserved_concurrency=reserved_concurrency(function),
    )


def _program(function: LambdaFunction) -> dict[str, Any]:
    """What the function runs: its image, or its code, handler and runtime."""
    # That module knows this one.
    from lambdastream.control.gaps.container_images import container_image  # noqa: PLC0415

    if image := container_image(function):
        return {"image": image}
    code = deployment().code.function(code_folder(function), function.code_digest, function.code_bytes)
    return {"code": code, "handler": function.handler or "", "runtime": function.run_time or ""}


def _url(config: Mapping[str, Any]) -> FunctionUrlConfig:
    given = config.get("Cors")
    cors = (
        Cors(
            allow_origins=tuple(given.get("AllowOrigins") or ()),
            allow_methods=tuple(given.get("AllowMethods") or ()),
            allow_headers=tuple(given.get("AllowHeaders") or ()),
            expose_headers=tuple(given.get("ExposeHeaders") or ()),
            # In templates, truth values and numbers may be texts.
            allow_credentials=str(given.get("AllowCredentials", False)).lower() == "true",
            max_age=int(given["MaxAge"]) if given.get("MaxAge") is not None else None,
        )
        if given
        else None
    )
    return FunctionUrlConfig(config["AuthType"], config["InvokeMode"], cors)


def code_folder(function: LambdaFunction) -> str:
    """The name under which the code of a function lies: its own, and in another region its ARN's end."""
    return function.function_name if function.region == REGION else f"{function.region}.{function.function_name}"


def reserved_concurrency(function: LambdaFunction) -> int | None:
    """How many invocations at once a function has reserved."""
    return None if function.reserved_concurrency is None else int(function.reserved_concurrency)


def deploy(function: LambdaFunction) -> None:
    """Give the function to the data plane, and take its URL from there.

    Raises Lambda's ``InvalidParameterValueException`` with the data plane's words when it cannot run.
    """
    deploy_qualified(function, "", function.url_config)
    function.state = "Active"
    for alias in get_backend(function.account_id, function.region).list_aliases(function.function_name):
        if alias.function_version == LATEST:
            deploy_qualified(function, alias.name, alias_urls(function).get(alias.name))
    remove_old_code(function)


def deploy_versions(function: LambdaFunction) -> None:
    """Give the published versions and the aliases of a function to the data plane, as they are known here."""
    backend = get_backend(function.account_id, function.region)
    for version in backend.list_versions_by_function(function.function_name):
        if str(version.version) != LATEST:
            deploy_qualified(version, str(version.version), None)
    for alias in backend.list_aliases(function.function_name):
        url = alias_urls(function).get(alias.name)
        deploy_qualified(backend.get_function(function.function_name, alias.name), alias.name, url)


def alias_urls(function: LambdaFunction) -> dict[str, moto_models.FunctionUrlConfig]:
    """The URLs of a function's aliases, by their names; ``function`` is ``$LATEST``."""
    found: dict[str, moto_models.FunctionUrlConfig] = vars(function).setdefault(_ALIAS_URLS, {})
    return found


def deploy_qualified(function: LambdaFunction, qualifier: str, url: moto_models.FunctionUrlConfig | None) -> None:
    """Give the version behind a qualifier to the data plane, and take its URL from there. Raises what ``deploy`` raises."""
    try:
        description = describe(function, qualifier, url)
        with MOTO.outside():
            deployed = deployment().data_plane.deploy(description)
    except LambdastreamError as error:
        raise InvalidParameterValueException(f"{error.problem} {error.next_step}".strip()) from error
    if url is not None and deployed.url is not None:
        url.url = deployed.url


def remove_old_code(function: LambdaFunction) -> None:
    """Remove the code that no version of a function has any more."""
    backend = get_backend(function.account_id, function.region)
    used = {version.code_digest for version in backend.list_versions_by_function(function.function_name) if version}
    deployment().code.keep_only(code_folder(function), used | {function.code_digest})


def remove(function: LambdaFunction) -> None:
    """Take a function, its versions and URLs and its code away."""
    remove_qualified(function, "")
    deployment().code.remove_function(code_folder(function))


def remove_qualified(function: LambdaFunction, qualifier: str) -> None:
    """Take what is behind a qualifier away, and its URL."""
    reference = FunctionReference(function.function_name, qualifier, function.region)
    with MOTO.outside(), contextlib.suppress(FunctionNotFoundError):
        deployment().data_plane.remove(reference.arn)


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
        remove(function)
    else:
        remove_qualified(function, str(function.version))
        remove_old_code(self.get_function(function.function_name))


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
        if body.get("EphemeralStorage"):
            function.ephemeral_storage = int(body["EphemeralStorage"]["Size"])
        return original(self, function_name, qualifier, body)
