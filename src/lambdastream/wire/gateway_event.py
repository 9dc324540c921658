"""The events that a function gets from API Gateway: payload 2.0 of HTTP APIs, payload 1.0 of HTTP APIs and of REST APIs.

Sources: Amazon API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs" and "Lambda proxy
integrations in API Gateway". Where the guide is silent, as recorded on AWS: a REST API's event by LocalStack's validated
tests (maps are null when empty, the last value of a repeated parameter, no ``version``, a trailing slash stays in
``path``); that an HTTP API decodes the path and keeps the stage in it, a REST API neither, by reports to several libraries.

What differs here: header names are lower-case, also in a REST API's event, where AWS keeps the client's spelling; one id
serves as the gateway's request id and the invocation's; headers that CloudFront adds are absent.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from lambdastream.wire.http_event import (
    body_fields,
    common_log_time,
    cookies,
    epoch_milliseconds,
    event_headers,
    grouped,
    header_text,
    joined,
    media_type,
)
from lambdastream.wire.json_codec import encode_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lambdastream.wire.caller import Caller
    from lambdastream.wire.http_message import HttpRequest

_ANONYMOUS = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
)
_EVERY_TYPE = "*/*"
# Developer guide, "Amazon API Gateway important notes": what a REST API keeps from a Lambda integration. That it also drops
# ``content-length`` is recorded on AWS; an HTTP API keeps it.
_REST_DROPPED = frozenset(
    {"content-length", "content-md5", "max-forwards", "proxy-authenticate", "server", "www-authenticate"}
)


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """A request as API Gateway sees it: what the client sent, and the route that was found for it.

    ``resource`` is the route's path (``/pets/{id}``, ``$default``), ``method`` the route's (``ANY`` too). ``path`` is the
    request's path without the stage, ``parameters`` are the values of the route's path parameters. ``time`` has its zone.
    ``caller`` is given with AWS_IAM authorization.
    """

    request: HttpRequest
    api_id: str
    account_id: str
    stage: str
    method: str
    resource: str
    path: str
    request_id: str
    time: datetime
    parameters: Mapping[str, str] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    caller: Caller | None = None

    @property
    def domain_name(self) -> str:
        """The host that the client called."""
        return self.request.header("host", "localhost")

    @property
    def route_key(self) -> str:
        """The route as HTTP APIs name it: ``GET /pets/{id}``, or ``$default``."""
        return self.resource if self.resource.startswith("$") else f"{self.method} {self.resource}"

    @property
    def headers(self) -> dict[str, list[str]]:
        """Every value of each header."""
        return event_headers(self.request, domain_name=self.domain_name, request_id=self.request_id, time=self.time)

    @property
    def query(self) -> dict[str, list[str]]:
        """Every value of each query parameter, decoded."""
        return grouped(parse_qsl(self.request.query, keep_blank_values=True))


def http_api_event(call: GatewayRequest) -> bytes:
    """Return an HTTP API's event in payload 2.0, as compact JSON."""
    request = call.request
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": call.route_key,
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
    }
    if crumbs := cookies(request):
        event["cookies"] = crumbs
    event["headers"] = {name: value for name, value in joined(call.headers).items() if name != "cookie"}
    if query := joined(call.query):
        event["queryStringParameters"] = query
    event["requestContext"] = _context_2(call)
    if call.parameters:
        event["pathParameters"] = dict(call.parameters)
    if call.stage_variables:
        event["stageVariables"] = dict(call.stage_variables)
    return encode_json(event | body_fields(request))


def http_api_event_1(call: GatewayRequest) -> bytes:
    """Return an HTTP API's event in payload 1.0, as compact JSON."""
    path = unquote(call.request.path)
    context = _context_1(call, path) | {"authorizer": {"claims": None, "scopes": None}, "resourceId": None}
    event = {"version": "1.0", **_event_1(call, path, context)}
    return encode_json(event | {"body": None} | body_fields(call.request))


def rest_api_event(call: GatewayRequest, *, binary_media_types: Sequence[str] = ()) -> bytes:
    """Return a REST API's event in payload 1.0, as compact JSON.

    A body is base64 when its type is one of ``binary_media_types``. Any other is read as UTF-8, which damages what is
    not text, as it does on AWS (developer guide, "Working with binary media types for REST APIs").
    """
    request = call.request
    context = _context_1(call, "/" + request.path.lstrip("/")) | {
        "deploymentId": _short_id(call.api_id, call.stage),
        "resourceId": _short_id(call.api_id, call.resource),
    }
    headers = {name: values for name, values in call.headers.items() if name not in _REST_DROPPED}
    event = _event_1(call, call.path, context) | {"headers": _last(headers), "multiValueHeaders": headers}
    encoded = bool(request.body) and is_binary(request.header("content-type"), binary_media_types)
    body = b64encode(request.body).decode("ascii") if encoded else request.body.decode("utf-8", "replace")
    return encode_json(event | {"body": body or None, "isBase64Encoded": encoded})


def is_binary(content_type: str, binary_media_types: Sequence[str]) -> bool:
    """Say whether a REST API takes this type for binary. A missing type is JSON."""
    types = {name.lower() for name in binary_media_types}
    return _EVERY_TYPE in types or (media_type(content_type) or "application/json") in types


def _event_1(call: GatewayRequest, path: str, context: dict[str, Any]) -> dict[str, Any]:
    headers, query = call.headers, call.query
    return {
        "resource": call.resource,
        "path": path,
        "httpMethod": call.request.method,
        "headers": _last(headers),
        "multiValueHeaders": headers,
        "queryStringParameters": _last(query) or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": context,
        "pathParameters": dict(call.parameters) or None,
        "stageVariables": dict(call.stage_variables) or None,
    }


def _context_1(call: GatewayRequest, path: str) -> dict[str, Any]:
    agent = {"user": None, "userAgent": header_text(call.request.header("user-agent")) or None, "userArn": None}
    known = call.caller.identity if call.caller else {}
    return {
        **_context(call),
        "extendedRequestId": call.request_id,
        "httpMethod": call.request.method,
        "identity": dict.fromkeys(_ANONYMOUS) | {"sourceIp": call.request.source_ip} | agent | known,
        "path": path,
        "protocol": "HTTP/1.1",
        "requestTime": common_log_time(call.time),
        "requestTimeEpoch": epoch_milliseconds(call.time),
        "resourcePath": call.resource,
    }


def _context_2(call: GatewayRequest) -> dict[str, Any]:
    request = call.request
    return {
        **_context(call),
        **({"authorizer": call.caller.authorizer} if call.caller else {}),
        "http": {
            "method": request.method,
            "path": unquote(request.path),
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": header_text(request.header("user-agent")),
        },
        "routeKey": call.route_key,
        "time": common_log_time(call.time),
        "timeEpoch": epoch_milliseconds(call.time),
    }


def _context(call: GatewayRequest) -> dict[str, Any]:
    return {
        "accountId": call.account_id,
        "apiId": call.api_id,
        "domainName": call.domain_name,
        "domainPrefix": call.api_id,
        "requestId": call.request_id,
        "stage": call.stage,
    }


def _last(values: dict[str, list[str]]) -> dict[str, str]:
    return {name: several[-1] for name, several in values.items()}


def _short_id(*parts: str) -> str:
    """Return an id that looks like API Gateway's own: the same for the same parts."""
    return sha256("\0".join(parts).encode()).hexdigest()[:6]
