"""The event that a function gets for a request to its function URL: payload format 2.0.

Source: AWS Lambda developer guide, "Invoking Lambda function URLs". What it shares with API Gateway is ``http_event``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from lambdastream.wire.http_event import (
    body_fields,
    common_log_time,
    cookies,
    epoch_milliseconds,
    event_headers,
    grouped,
    header_text,
    joined,
)
from lambdastream.wire.json_codec import encode_json

if TYPE_CHECKING:
    from lambdastream.wire.http_message import HttpRequest

_DEFAULT = "$default"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request, with AuthType AWS_IAM. ``user_id`` is IAM's id of the user or the role."""

    access_key_id: str
    account_id: str
    user_arn: str
    user_id: str


def url_event(
    request: HttpRequest, *, request_id: str, domain_name: str, time: datetime, caller: Caller | None = None
) -> bytes:
    """Return the event for ``request`` as compact JSON.

    ``domain_name`` is the URL's host; its first label is the id of the URL. ``time`` is when the request
    came, with its zone. ``caller`` is given with AuthType AWS_IAM.
    """
    time = time.astimezone(UTC)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": _DEFAULT,
        "rawPath": request.path,
        "rawQueryString": request.query,
    }
    if crumbs := cookies(request):
        event["cookies"] = crumbs
    headers = event_headers(request, domain_name=domain_name, request_id=request_id, time=time)
    event["headers"] = {name: value for name, value in joined(headers).items() if name != "cookie"}
    if parameters := joined(grouped(parse_qsl(request.query, keep_blank_values=True))):
        event["queryStringParameters"] = parameters
    event["requestContext"] = {
        "accountId": caller.account_id if caller else "anonymous",
        **_url_context(domain_name),
        **(_authorizer(caller) if caller else {}),
        "http": _http_context(request),
        "requestId": request_id,
        "routeKey": _DEFAULT,
        "stage": _DEFAULT,
        "time": common_log_time(time),
        "timeEpoch": epoch_milliseconds(time),
    }
    return encode_json(event | body_fields(request))


def _url_context(domain_name: str) -> dict[str, str]:
    url_id = domain_name.partition(".")[0]
    return {"apiId": url_id, "domainName": domain_name, "domainPrefix": url_id}


def _authorizer(caller: Caller) -> dict[str, Any]:
    iam = {
        "accessKey": caller.access_key_id,
        "accountId": caller.account_id,
        "callerId": caller.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": caller.user_arn,
        "userId": caller.user_id,
    }
    return {"authentication": None, "authorizer": {"iam": iam}}


def _http_context(request: HttpRequest) -> dict[str, str]:
    return {
        "method": request.method,
        "path": request.path,
        "protocol": "HTTP/1.1",
        "sourceIp": request.source_ip,
        "userAgent": header_text(request.header("user-agent")),
    }
