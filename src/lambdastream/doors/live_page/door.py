"""The way to the live page: ``/_lambdastream/live/TOKEN/``, on the endpoint. It answers GET alone, and changes nothing.

The token in its address is made of the project's keys, so a page that is open finds the local AWS again after a restart,
and nobody learns the keys from it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

from lambdastream.doors.api_gateway import ApiGateway
from lambdastream.doors.authentication import Keys
from lambdastream.doors.function_deployments import Deployment
from lambdastream.doors.live_page.overview import overview
from lambdastream.doors.live_page.viewers import Viewers
from lambdastream.doors.responses import DoorConnection
from lambdastream.runtime.observer import InvocationObserver
from lambdastream.wire.http_message import Headers, HttpRequest, HttpResponse

PREFIX: Final = "/_lambdastream/live/"
EVENTS: Final = "events"
ASSETS: Final = Path(__file__).parent / "assets"
TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PURPOSE: Final = b"lambdastream live page"
TOKEN_BYTES: Final = 24

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS: Final[Headers] = (
    ("cache-control", "no-store"),
    ("content-security-policy", POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)


class Watched(Protocol):
    """What there is to see."""

    endpoint_url: str
    keys: Keys

    def deployments(self) -> Iterable[Deployment]:
        """The functions and versions that ``status`` shows."""

    def gateways(self) -> Iterable[ApiGateway]:
        """The APIs."""

    def observe(self, observer: InvocationObserver | None) -> None:
        """Let somebody hear of every invocation, or nobody."""


class LivePage:
    """The page, and those who look at it."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._token = page_token(watched.keys)
        self._viewers = Viewers(lambda: overview(watched.deployments(), watched.gateways()), watched.observe)

    @property
    def url(self) -> str:
        """The page's address. Who knows it may look, so it belongs into no log."""
        return f"{self._watched.endpoint_url}{PREFIX}{self._token}/"

    def serve(self, connection: DoorConnection, request: HttpRequest) -> None:
        """Answer a request below ``PREFIX``; one for the events is answered until its connection ends."""
        token, slash, name = request.path.removeprefix(PREFIX).partition("/")
        if not hmac.compare_digest(token.encode("latin-1", "replace"), self._token.encode()):
            connection.respond(_text(403, "This is not the page's address. Ask for it: lambdastream live"))
        elif request.method not in ("GET", "HEAD"):
            connection.respond(_text(405, "This page is there to be looked at.", ("allow", "GET, HEAD")))
        elif not slash:
            connection.respond(_text(308, "", ("location", f"{request.path}/")))
        elif name == EVENTS and request.method == "GET":
            self._show(connection)
        else:
            connection.respond(_asset(name or "live.html"))

    def close(self) -> None:
        """Let the viewers go."""
        self._viewers.close()

    def _show(self, connection: DoorConnection) -> None:
        if not self._viewers.add(connection, (("content-type", "text/event-stream"), *HEADERS)):
            connection.respond(_text(503, "Too many pages are open. Close some."))


def is_its_own(origin: str, request: HttpRequest) -> bool:
    """Whether the page itself asks, for a part of it: browsers say where a module was asked for from."""
    return request.path.startswith(PREFIX) and origin == f"http://{request.header('host')}"


def page_token(keys: Keys) -> str:
    """The token of a project with these keys."""
    digest = hmac.digest(keys.secret_access_key.encode(), PURPOSE, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()


def _asset(name: str) -> HttpResponse:
    found = next((path for path in ASSETS.iterdir() if path.name == name and path.suffix in TYPES), None)
    if found is None:
        return _text(404, "There is nothing here.")
    content_type = f"{TYPES[found.suffix]}; charset=utf-8"
    return HttpResponse(200, (("content-type", content_type), *HEADERS), found.read_bytes())


def _text(status: int, text: str, *headers: tuple[str, str]) -> HttpResponse:
    return HttpResponse(status, (("content-type", "text/plain; charset=utf-8"), *headers, *HEADERS), text.encode())
