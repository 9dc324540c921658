"""The event that a function gets for a request to its function URL: payload format 2.0.

Source: AWS Lambda developer guide, "Invoking Lambda function URLs". Not verified on AWS: how a header outside
ASCII is decoded, what becomes of an ``x-forwarded-for`` that the client sends (here the source is appended to
it), and that a body without a content type is taken for binary.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from lambdastream.wire.json_codec import encode_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdastream.wire.http_message import HttpRequest

_DEFAULT = "$default"
_HTTP_PORT = "80"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Not `strftime`: its month names are those of the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_TEXT_TYPES = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/x-www-form-urlencoded",
        "application/xml",
    }
)
_TEXT_SUFFIXES = ("+json", "+xml")


def url_event(
    request: HttpRequest, *, request_id: str, domain_name: str, time: datetime, account_id: str = "anonymous"
) -> bytes:
    """Return the event for ``request`` as compact JSON.

    ``domain_name`` is the URL's host; its first label is the id of the URL. ``time`` is when the request
    came, with its zone. ``account_id`` is the caller's with AuthType AWS_IAM.
    """
    time = time.astimezone(UTC)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": _DEFAULT,
        "rawPath": request.path,
        "rawQueryString": request.query,
    }
    if cookies := _cookies(request):
        event["cookies"] = cookies
    event["headers"] = _headers(request, domain_name, _trace_id(request_id, time))
    if parameters := _joined(parse_qsl(request.query, keep_blank_values=True)):
        event["queryStringParameters"] = parameters
    event["requestContext"] = {
        "accountId": account_id,
        **_url_context(domain_name),
        "http": _http_context(request),
        "requestId": request_id,
        "routeKey": _DEFAULT,
        "stage": _DEFAULT,
        "time": _common_log_time(time),
        "timeEpoch": (time - _EPOCH) // timedelta(milliseconds=1),
    }
    return encode_json(event | _body(request))


def _trace_id(request_id: str, time: datetime) -> str:
    """Return the X-Ray trace header of a request that brings none."""
    return f"Root=1-{int(time.timestamp()):08x}-{sha256(request_id.encode()).hexdigest()[:24]}"


def _headers(request: HttpRequest, domain_name: str, trace: str) -> dict[str, str]:
    kept = ((name, value) for name, value in request.headers if name not in _HOP_BY_HOP and name != "cookie")
    headers = _joined((name, _text(value)) for name, value in kept)
    forwarded = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{forwarded}, {request.source_ip}" if forwarded else request.source_ip
    headers["x-forwarded-proto"] = "http"
    headers["x-forwarded-port"] = _port(request.header("host")) or _port(domain_name) or _HTTP_PORT
    headers.setdefault("x-amzn-trace-id", trace)
    return headers


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    collected: dict[str, list[str]] = {}
    for name, value in pairs:
        collected.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in collected.items()}


def _text(value: str) -> str:
    """Read a header as UTF-8 where it is that: applications get the same bytes again."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _port(host: str) -> str:
    port = host.rpartition(":")[2]
    return port if port != host and port.isdecimal() else ""


def _cookies(request: HttpRequest) -> list[str]:
    crumbs = (crumb for name, value in request.headers if name == "cookie" for crumb in value.split(";"))
    return [_text(cookie) for crumb in crumbs if (cookie := crumb.strip())]


def _url_context(domain_name: str) -> dict[str, str]:
    url_id = domain_name.partition(".")[0]
    return {"apiId": url_id, "domainName": domain_name, "domainPrefix": url_id}


def _http_context(request: HttpRequest) -> dict[str, str]:
    return {
        "method": request.method,
        "path": request.path,
        "protocol": "HTTP/1.1",
        "sourceIp": request.source_ip,
        "userAgent": _text(request.header("user-agent")),
    }


def _common_log_time(time: datetime) -> str:
    return f"{time.day:02}/{_MONTHS[time.month - 1]}/{time.year:04}:{time:%H:%M:%S} +0000"


def _body(request: HttpRequest) -> dict[str, Any]:
    if not request.body:
        return {"isBase64Encoded": False}
    if _is_text(request.header("content-type")):
        try:
            return {"body": request.body.decode("utf-8"), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass  # what it says is not what it is: compressed, or in another character set
    return {"body": b64encode(request.body).decode("ascii"), "isBase64Encoded": True}


def _is_text(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type.startswith("text/") or media_type in _TEXT_TYPES or media_type.endswith(_TEXT_SUFFIXES)
