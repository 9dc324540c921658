"""The event that a function gets for a request to its function URL: payload format 2.0.

Source: AWS Lambda developer guide, "Invoking Lambda function URLs". What it shares with API Gateway is ``http_event``'s.
"""

from __future__ import annotations

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
    from datetime import datetime

    from lambdastream.wire.caller import Caller
    from lambdastream.wire.http_message import HttpRequest

_DEFAULT = "$default"


def url_event(
    request: HttpRequest, *, request_id: str, domain_name: str, time: datetime, caller: Caller | None = None
) -> bytes:
    """Return the event for ``request`` as compact JSON.

    ``domain_name`` is the URL's host; its first label is the id of the URL. ``time`` is when the request
    came, with its zone. ``caller`` is given with AuthType AWS_IAM.
    """
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
        **({"authentication": None, "authorizer": caller.authorizer} if caller else {}),
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


def _http_context(request: HttpRequest) -> dict[str, str]:
    return {
        "method": request.method,
        "path": request.path,
        "protocol": "HTTP/1.1",
        "sourceIp": request.source_ip,
        "userAgent": header_text(request.header("user-agent")),
    }
