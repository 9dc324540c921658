"""The headers that a function URL's client gets for the headers that a function answers with.

Shared by a streamed answer's prelude and a buffered proxy response: both are a JSON object with ``headers``,
``multiValueHeaders`` and ``cookies``.

Source of the two lists: Amazon API Gateway developer guide, "Amazon API Gateway important notes", for REST APIs and their
Lambda integrations. Function URLs are seen to rename ``www-authenticate``, ``date`` and ``content-length`` too, and API
Gateway ``x-amzn-requestid``. Chosen here, AWS documents nothing: that a function's own trace id is dropped, that the rest
of the lists holds for function URLs and HTTP APIs, that ``content-length`` is renamed where the guide says it passes, what
becomes of a value that is null, and that ``multiValueHeaders`` count.
"""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

from lambdastream.errors import WireError
from lambdastream.wire.http_message import check_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lambdastream.wire.http_message import Headers

REMAPPED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "max-forwards",
        "server",
        "user-agent",
        "www-authenticate",
        "x-amzn-requestid",
    }
)
"""Headers that belong to AWS's side of the connection with the client: a function's own go under another name."""

REMAPPED_PREFIX = "x-amzn-remapped-"

_DROPPED = frozenset(
    {"expect", "host", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade", "via", "x-amzn-trace-id"}
)


def response_headers(result: Mapping[str, Any], *, default_content_type: str) -> Headers:
    """Return the headers that a function's ``result`` describes, with lower-case names.

    A list of values becomes repeated headers. A name in ``multiValueHeaders`` wins over the same in
    ``headers``. Cookies come last, as ``set-cookie``.

    Raises ``WireError`` when ``headers`` or ``multiValueHeaders`` is not an object, ``cookies`` is not a list
    of strings, or something in them cannot be a header.
    """
    multiple = _fields(result, "multiValueHeaders")
    single = {name: values for name, values in _fields(result, "headers").items() if name not in multiple}
    headers = [(name, value) for name, values in {**single, **multiple}.items() for value in values]
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", default_content_type))
    headers += [("set-cookie", cookie) for cookie in _cookies(result)]
    for name, value in headers:
        check_header(name, value)
    return tuple(headers)


def _fields(result: Mapping[str, Any], key: str) -> dict[str, list[str]]:
    fields = result.get(key)
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise WireError(f"{key!r} is not an object.", next_step="Answer with an object of names and values.")
    named: dict[str, list[str]] = {}
    for name, value in fields.items():
        lower = name.lower()
        if lower not in _DROPPED:
            named.setdefault(_remapped(lower), []).extend(_values(name, value))
    return named


def _remapped(name: str) -> str:
    return REMAPPED_PREFIX + name if name in REMAPPED else name


def _values(name: str, value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, bool):
            yield "true" if item else "false"
        elif isinstance(item, str | int | float):
            yield str(item)
        else:
            raise WireError(
                f"The value of the header {reprlib.repr(name)} is not text.",
                next_step="Answer with a string.",
            )


def _cookies(result: Mapping[str, Any]) -> list[str]:
    cookies = result.get("cookies")
    if cookies is None:
        return []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise WireError("'cookies' is not a list of strings.", next_step="Answer with one string a cookie.")
    return cookies
