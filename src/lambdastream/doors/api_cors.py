"""Cross-origin requests to an HTTP API that has a CORS configuration.

Source: Amazon API Gateway developer guide, "Configure CORS for HTTP APIs": preflight requests are answered without a route,
and headers that a function answers with are ignored. Not verified: the status 204, and that the gateway's own errors
carry the headers too.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

from lambdastream.doors.api_description import Cors
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse

PREFIX: Final = "access-control-"
ANY_SCHEME: Final = ("http://*", "https://*")


def preflight_response(cors: Cors, request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a preflight request; ``None`` when this is none."""
    if request.method != "OPTIONS" or not request.header("origin") or not request.header(f"{PREFIX}request-method"):
        return None
    allowed = _origin(cors, request)
    lists = {"allow-methods": cors.allow_methods, "allow-headers": cors.allow_headers}
    named = [(f"{PREFIX}{name}", ",".join(values)) for name, values in lists.items() if values and allowed]
    if allowed and cors.max_age is not None:
        named.append((f"{PREFIX}max-age", str(cors.max_age)))
    return HttpResponse(204, (*allowed, *named))


def with_cors(cors: Cors, request: HttpRequest, headers: Headers) -> Headers:
    """Return an answer's headers with the API's own CORS headers in place of the function's."""
    kept = tuple((name, value) for name, value in headers if not name.lower().startswith(PREFIX))
    allowed = _origin(cors, request)
    if allowed and cors.expose_headers:
        allowed = (*allowed, (f"{PREFIX}expose-headers", ",".join(cors.expose_headers)))
    return (*kept, *allowed)


def _origin(cors: Cors, request: HttpRequest) -> Headers:
    """The headers that let this request's origin read the answer; none when it may not."""
    origin = request.header("origin")
    if not origin or not any(_covers(pattern, origin) for pattern in cors.allow_origins):
        return ()
    credentials = ((f"{PREFIX}allow-credentials", "true"),) if cors.allow_credentials else ()
    if "*" in cors.allow_origins:
        return ((f"{PREFIX}allow-origin", "*"), *credentials)
    return ((f"{PREFIX}allow-origin", origin), ("vary", "Origin"), *credentials)


def _covers(pattern: str, origin: str) -> bool:
    return pattern in {"*", origin} or (pattern in ANY_SCHEME and fnmatchcase(origin, pattern))
