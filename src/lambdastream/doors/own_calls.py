"""The endpoint's own calls, under ``/_lambdastream``: deploying and removing functions and APIs, the registry, the status.

Only this project's programs can make them: they need a token that is made at random at every start.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from typing import Any, Final, Protocol
from urllib.parse import unquote

from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.openapi import CORS, from_openapi
from lambdastream.doors.responses import json_response
from lambdastream.errors import DescriptionError, LambdastreamError, UsageError
from lambdastream.runtime.arn import REGION, FunctionReference, function_reference
from lambdastream.runtime.description import FunctionDescription
from lambdastream.wire.http_message import HttpRequest, HttpResponse
from lambdastream.wire.json_codec import encode_json

PREFIX: Final = "/_lambdastream/"
FUNCTIONS: Final = PREFIX + "functions/"
CONCURRENCY: Final = PREFIX + "concurrency/"
APIS: Final = PREFIX + "apis/"
REGISTRY: Final = PREFIX + "registry"
STATUS: Final = PREFIX + "status"
NO_STAGE: Final = "no-stage"
DONE: Final = HttpResponse(204, ())


class Deployments(Protocol):
    """What these calls change."""

    token: str

    async def deploy(self, description: FunctionDescription) -> dict[str, Any]:
        """Deploy a function, or replace it; returns its status."""

    async def remove(self, reference: FunctionReference) -> None:
        """Remove a function with all its versions, or one of them. Raises ``FunctionNotFoundError``."""

    def reserve_concurrency(self, reference: FunctionReference, concurrency: int | None) -> None:
        """Let a function have so many invocations at once. Raises ``FunctionNotFoundError``."""

    async def deploy_api(self, description: ApiDescription) -> dict[str, Any]:
        """Deploy an API, or replace it; returns its status."""

    async def remove_api(self, api_id: str) -> None:
        """Remove an API. Raises ``FunctionNotFoundError``."""

    async def registry(self) -> str:
        """The address of the registry of container images. Raises ``RegistryNotFoundError``."""

    def status(self) -> dict[str, Any]:
        """What runs, as plain JSON values."""


async def answer(deployments: Deployments, request: HttpRequest) -> HttpResponse:
    """Answer one of these calls. What goes wrong is told with the error's name, so that it can be raised again."""
    given = request.header("authorization").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), deployments.token.encode()):
        return json_response(403, b'{"message":"Wrong token"}')
    try:
        return await _answer(deployments, request)
    except LambdastreamError as error:
        told = {"error": type(error).__name__, "problem": error.problem, "next_step": error.next_step}
        return json_response(400, encode_json(told))


async def _answer(deployments: Deployments, request: HttpRequest) -> HttpResponse:
    path = request.path
    match request.method:
        case "GET" if path == STATUS:
            return json_response(200, encode_json(deployments.status()))
        case "PUT" if path == REGISTRY:
            return json_response(200, encode_json({"address": await deployments.registry()}))
        case "PUT" if path.startswith(FUNCTIONS):
            description = FunctionDescription.from_json(_json(request))
            return json_response(200, encode_json(await deployments.deploy(description)))
        case "PUT" if path.startswith(CONCURRENCY):
            deployments.reserve_concurrency(_function(path.removeprefix(CONCURRENCY)), _reserved(request))
        case "DELETE" if path.startswith(FUNCTIONS):
            await deployments.remove(_function(path.removeprefix(FUNCTIONS)))
        case "PUT" if path.startswith(APIS):
            return json_response(200, encode_json(await deployments.deploy_api(_api(_json(request)))))
        case "DELETE" if path.startswith(APIS):
            await deployments.remove_api(unquote(path.removeprefix(APIS)))
        case _:
            return json_response(404, b'{"message":"There is nothing here"}')
    return DONE


def _function(path: str) -> FunctionReference:
    """A name or an ARN, with a qualifier or without one."""
    return function_reference(unquote(path))


def _reserved(request: HttpRequest) -> int | None:
    """The number of ``{"reserved": ...}``; ``null`` reserves none."""
    reserved = _json(request).get("reserved")
    if reserved is not None and (not isinstance(reserved, int) or reserved < 0):
        raise UsageError(f"A function cannot reserve {reserved!r} invocations.", next_step="Give 0 or more.")
    return reserved


def _json(request: HttpRequest) -> dict[str, Any]:
    try:
        value = json.loads(request.body)
    except ValueError as error:
        raise UsageError("This is not JSON.") from error
    if not isinstance(value, dict):
        raise UsageError("This is not a JSON object.")
    return value


def _api(value: dict[str, Any]) -> ApiDescription:
    """The API in the control plane's words. Before it has a stage it answers nothing, but has its address."""
    try:
        return _staged_api(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DescriptionError(
            f"This is not an API's description: {error!r}.", next_step="Change the API in the template."
        ) from error


def _staged_api(value: dict[str, Any]) -> ApiDescription:
    body = dict(value.get("body") or {})
    if value.get("cors") and CORS not in body:
        body[CORS] = _openapi_cors(value["cors"])
    stage = str(value.get("stage") or "")
    api = from_openapi(
        body if stage else {"paths": {}, "info": {}},
        api_id=str(value["id"]),
        api_type=value.get("type", "HTTP"),
        stage=stage or NO_STAGE,
        name=str(value.get("name") or ""),
    )
    return replace(api, region=str(value.get("region") or REGION))


def _openapi_cors(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings in CloudFormation's spelling, where truth values may be texts, in OpenAPI's."""
    cors = {name[:1].lower() + name[1:]: setting for name, setting in settings.items()}
    return cors | {"allowCredentials": str(cors.get("allowCredentials", False)).lower() == "true"}
