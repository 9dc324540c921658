"""What the events of function URLs and of API Gateway make of a request in the same way.

Sources: AWS Lambda developer guide, "Invoking Lambda function URLs"; Amazon API Gateway developer guide, "Create AWS Lambda
proxy integrations for HTTP APIs". Not verified on AWS: how a header outside ASCII is decoded, what becomes of an
``x-forwarded-for`` that the client sends (here the source is appended to it), that a body without a content type
is taken for binary, and that ``expect`` is left out (documented for REST APIs alone).
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from math import floor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lambdastream.wire.http_message import HttpRequest

TRACE = "x-amzn-trace-id"
_HTTP_PORT = "80"
# Not `strftime`: its month names are those of the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_HOP_BY_HOP = frozenset(
    {"connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
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


def event_headers(request: HttpRequest, *, domain_name: str, request_id: str, time: datetime) -> dict[str, list[str]]:
    """Return every value of each header that an event carries, cookies included, in the request's order.

    Those that belong to the connection are left out; ``x-forwarded-*`` and a trace id are added.
    """
    headers = grouped((name, header_text(value)) for name, value in request.headers if name not in _HOP_BY_HOP)
    forwarded = [*headers.get("x-forwarded-for", ()), request.source_ip]
    headers["x-forwarded-for"] = [", ".join(forwarded)]
    headers["x-forwarded-proto"] = ["http"]
    headers["x-forwarded-port"] = [_port(request.header("host")) or _port(domain_name) or _HTTP_PORT]
    if TRACE not in headers:
        headers[TRACE] = [trace_header(request, request_id, time)]
    return headers


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the values of each name, names and values in their order."""
    collected: dict[str, list[str]] = {}
    for name, value in pairs:
        collected.setdefault(name, []).append(value)
    return collected


def joined(values: dict[str, list[str]]) -> dict[str, str]:
    """Return the values of each name as one text, with commas between: how payload 2.0 repeats a name."""
    return {name: ",".join(several) for name, several in values.items()}


def header_text(value: str) -> str:
    """Read a header as UTF-8 where it is that: applications get the same bytes again."""
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def cookies(request: HttpRequest) -> list[str]:
    """Return each cookie of the request, as ``name=value``."""
    crumbs = (crumb for name, value in request.headers if name == "cookie" for crumb in value.split(";"))
    return [header_text(cookie) for crumb in crumbs if (cookie := crumb.strip())]


@lru_cache(maxsize=4)
def _common_log_second(seconds: int) -> str:
    time = datetime.fromtimestamp(seconds, UTC)
    clock = f"{time.hour:02}:{time.minute:02}:{time.second:02}"
    return f"{time.day:02}/{_MONTHS[time.month - 1]}/{time.year:04}:{clock} +0000"


def common_log_time(time: datetime) -> str:
    """Return a time with its zone as the Common Log Format has it, in UTC: ``21/Nov/2026:07:00:00 +0000``."""
    return _common_log_second(floor(time.timestamp()))


def epoch_milliseconds(time: datetime) -> int:
    """Return the whole milliseconds from 1970 to a time with its zone."""
    return floor(time.timestamp()) * 1000 + time.microsecond // 1000


def body_fields(request: HttpRequest) -> dict[str, Any]:
    """Return ``body``, if there is one, and ``isBase64Encoded``: text as it is, the rest in base64."""
    if not request.body:
        return {"isBase64Encoded": False}
    if _is_text(request.header("content-type")):
        try:
            return {"body": request.body.decode("utf-8"), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass  # what it says is not what it is: compressed, or in another character set
    return {"body": b64encode(request.body).decode("ascii"), "isBase64Encoded": True}


def media_type(content_type: str) -> str:
    """Return the type that a ``content-type`` names, in lower case and without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def trace_header(request: HttpRequest, request_id: str, time: datetime) -> str:
    """Return the X-Ray trace header of a request: its own, or one that is the same for the same id and second."""
    return request.header(TRACE) or f"Root=1-{int(time.timestamp()):08x}-{_unique(request_id)}"


@lru_cache(maxsize=4)
def _unique(request_id: str) -> str:
    return sha256(request_id.encode()).hexdigest()[:24]


def _port(host: str) -> str:
    port = host.rpartition(":")[2]
    return port if port != host and port.isdecimal() else ""


def _is_text(content_type: str) -> bool:
    name = media_type(content_type)
    return name.startswith("text/") or name in _TEXT_TYPES or name.endswith(_TEXT_SUFFIXES)
