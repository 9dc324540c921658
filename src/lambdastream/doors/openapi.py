"""An API's description, from the OpenAPI body that SAM and CloudFormation give.

Sources: Amazon API Gateway developer guide, "OpenAPI extensions for API Gateway"; what ``aws-sam-translator`` writes.
Everything that decides who may call, or that is answered by something else than a function, is refused by name:
authorizers, API keys, other integrations. AWS_IAM is simulated. Validators, models and gateway responses are ignored,
and so are policies, of which the stack's events tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from lambdastream.doors.api_description import ApiDescription, ApiType
from lambdastream.doors.api_routes import ANY, DEFAULT, METHODS, FixedResponse, Route
from lambdastream.doors.openapi_security import authorization
from lambdastream.errors import DescriptionError
from lambdastream.runtime.arn import function_reference
from lambdastream.runtime.cors import Cors

INTEGRATION: Final = "x-amazon-apigateway-integration"
ANY_METHOD: Final = "x-amazon-apigateway-any-method"
CORS: Final = "x-amazon-apigateway-cors"
BINARY_MEDIA_TYPES: Final = "x-amazon-apigateway-binary-media-types"
LONGEST_TIMEOUT: Final[dict[ApiType, float]] = {"HTTP": 30, "REST": 29}
"""Seconds that an integration may take, and takes unless it says less (API Gateway quotas)."""

LONGEST_STREAM: Final = 900
JSON: Final = ("content-type", "application/json")

_FUNCTION = r"(arn:aws[\w-]*:lambda:[\w-]*:\d{12}:function:([A-Za-z0-9_-]+)(?::[A-Za-z0-9_$-]+)?)"
_URI = re.compile(
    rf"(?:arn:aws[\w-]*:apigateway:[\w-]+:lambda:path/(?:2015-03-31|2021-11-15)/functions/)?{_FUNCTION}(/[\w-]+)?"
)
_RESPONSE_HEADER = "method.response.header."


def from_openapi(
    body: Mapping[str, Any],
    *,
    api_id: str,
    api_type: ApiType,
    stage: str,
    name: str = "",
    stage_variables: Mapping[str, str] | None = None,
    longest_timeout: float | None = None,
) -> ApiDescription:
    """Return the description of an API from its OpenAPI ``body``, in which every ``Ref`` and ``Fn::Sub`` is resolved.

    ``longest_timeout`` is in seconds: the quota of an account whose REST APIs may take more than 29.

    Raises ``DescriptionError`` for what is not simulated, and for what API Gateway would refuse.
    """
    limit = longest_timeout or LONGEST_TIMEOUT[api_type]
    cors = body.get(CORS)
    return ApiDescription(
        id=api_id,
        name=name or str(_object(body.get("info"), "info").get("title", api_id)),
        type=api_type,
        stage=stage,
        routes=tuple(_routes(body, api_type, limit)),
        stage_variables=dict(stage_variables or {}),
        cors=_cors(_object(cors, CORS)) if cors and api_type == "HTTP" else None,
        binary_media_types=tuple(body.get(BINARY_MEDIA_TYPES, ())),
    )


def _routes(body: Mapping[str, Any], api_type: ApiType, limit: float) -> Iterator[Route]:
    for method, path, operation in _operations(body):
        allowed = authorization(body, operation, f"{method} {path}")
        yield replace(_route(api_type, method, path, operation, limit), authorization=allowed)


def _operations(body: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in _object(body.get("paths"), "paths").items():
        for key, operation in _object(item, path).items():
            method = ANY if key == ANY_METHOD else key.upper()
            if method in METHODS:
                yield method, DEFAULT if path == f"/{DEFAULT}" else path, _object(operation, f"{method} {path}")


def _route(api_type: ApiType, method: str, path: str, operation: Mapping[str, Any], limit: float) -> Route:
    where = f"{method} {path}"
    integration = _object(operation.get(INTEGRATION), f"{where}: {INTEGRATION}")
    kind = str(integration.get("type", "")).lower()
    if kind == "mock" and api_type == "REST":
        return Route(method, path, fixed=_fixed(integration, where))
    if kind != "aws_proxy":
        raise _not_simulated(where, f"an integration of type {kind!r}", "Use a Lambda proxy integration: aws_proxy.")
    function, streams = _target(integration, where)
    return Route(
        method,
        path,
        function,
        payload_format=integration.get("payloadFormatVersion", "1.0") if api_type == "HTTP" else "1.0",
        timeout=_timeout(integration, LONGEST_STREAM if streams else limit, limit, where),
        streams=streams,
    )


def _target(integration: Mapping[str, Any], where: str) -> tuple[str, bool]:
    """The function's name, and whether its answer streams. The two ways of saying so have to agree, as on AWS."""
    uri = integration.get("uri")
    found = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if found is None:
        raise _not_simulated(where, f"the integration's uri {uri!r}", "It has to be a Lambda function's, resolved.")
    by_uri = found[3] == "/response-streaming-invocations"
    by_mode = integration.get("responseTransferMode", "BUFFERED") == "STREAM"
    if by_uri != by_mode:
        raise DescriptionError(
            f"{where}: responseTransferMode STREAM and a uri that ends in /response-streaming-invocations "
            "need each other.",
            next_step="In a SAM template: ResponseTransferMode: RESPONSE_STREAM sets both.",
        )
    return function_reference(found[1]).label, by_uri


def _timeout(integration: Mapping[str, Any], longest: float, default: float, where: str) -> float:
    milliseconds = integration.get("timeoutInMillis", default * 1000)
    if not isinstance(milliseconds, int | float) or milliseconds > longest * 1000:
        raise DescriptionError(
            f"{where}: timeoutInMillis is {milliseconds!r}; the most here is {longest * 1000:.0f}.",
            next_step="Answer sooner, or stream through a REST API (15 minutes) or a function URL.",
        )
    return milliseconds / 1000


def _fixed(integration: Mapping[str, Any], where: str) -> FixedResponse:
    """The default response of a mock integration whose templates are constants."""
    response = _object(_object(integration.get("responses"), f"{where}: responses").get("default"), f"{where}: default")
    headers = tuple(
        (name.removeprefix(_RESPONSE_HEADER).lower(), str(value).strip("'"))
        for name, value in (response.get("responseParameters") or {}).items()
    )
    body = str((response.get("responseTemplates") or {}).get("application/json", "")).strip()
    if "$" in body:
        raise _not_simulated(where, "a mapping template", "Answer from a function.")
    return FixedResponse(int(response.get("statusCode", 200)), (JSON, *headers), body)


def _cors(value: Mapping[str, Any]) -> Cors:
    return Cors(
        allow_origins=tuple(value.get("allowOrigins", ())),
        allow_methods=tuple(value.get("allowMethods", ())),
        allow_headers=tuple(value.get("allowHeaders", ())),
        expose_headers=tuple(value.get("exposeHeaders", ())),
        allow_credentials=bool(value.get("allowCredentials", False)),
        max_age=value.get("maxAge"),
    )


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise DescriptionError(f"{where} is not an object in the API's OpenAPI body.", next_step="Give it as SAM does.")
    return value


def _not_simulated(where: str, what: str, next_step: str) -> DescriptionError:
    return DescriptionError(f"{where}: {what} is not simulated.", next_step=next_step)
