"""Cross-origin requests to an HTTP API or a function URL that has a CORS configuration.

Sources: Amazon API Gateway developer guide, "Configure CORS for HTTP APIs": preflight requests are answered without a route,
and headers that a function answers with are ignored. AWS Lambda developer guide, "Cross-origin resource sharing": preflight
requests are answered without the function, and other answers carry the function's headers and the URL's, twice where
both set one (browsers refuse that). Not verified: the statuses 204 (API) and 200 (URL) of preflights, and that API
Gateway's own errors carry the headers too.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Final

from lambdastream.runtime.cors import Cors
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse

PREFIX: Final = "access-control-"
ANY_SCHEME: Final = ("http://*", "https://*")


def preflight_response(cors: Cors, request: HttpRequest, status: int = 204) -> HttpResponse | None:
    """Return the answer to a preflight request; ``None`` when this is none."""
    if request.method != "OPTIONS" or not request.header("origin") or not request.header(f"{PREFIX}request-method"):
        return None
    allowed = _origin(cors, request)
    lists = {"allow-methods": cors.allow_methods, "allow-headers": cors.allow_headers}
    named = [(f"{PREFIX}{name}", ",".join(values)) for name, values in lists.items() if values and allowed]
    if allowed and cors.max_age is not None:
        named.append((f"{PREFIX}max-age", str(cors.max_age)))
    return HttpResponse(status, (*allowed, *named))


def with_cors(cors: Cors, request: HttpRequest, headers: Headers) -> Headers:
    """Return an answer's headers with the API's own CORS headers in place of the function's."""
    kept = tuple((name, value) for name, value in headers if not name.lower().startswith(PREFIX))
    return (*kept, *cors_headers(cors, request))


def cors_headers(cors: Cors, request: HttpRequest) -> Headers:
    """Return the headers that say what this request's origin may do with the answer; none when it may not read it."""
    allowed = _origin(cors, request)
    if allowed and cors.expose_headers:
        allowed = (*allowed, (f"{PREFIX}expose-headers", ",".join(cors.expose_headers)))
    return allowed


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
