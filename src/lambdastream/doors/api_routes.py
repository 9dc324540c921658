"""The routes of an API, and which of them a request takes.

Sources: Amazon API Gateway developer guide, "Create routes for HTTP APIs" (a full match first, then greedy path
variables, then ``$default``; ``ANY`` is every method that is not defined for the path) and, for REST APIs, "Set up a proxy
integration with a proxy resource". Recorded on AWS by LocalStack's validated tests: a REST API ignores a trailing slash.
Not verified: that of two full matches the one with the earlier fixed segment wins, and that a REST API decides
for a path before it looks at the method, while an HTTP API goes on to the next path that has the method.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from urllib.parse import unquote

from lambdastream.errors import DescriptionError
from lambdastream.wire.http_message import Headers, HttpResponse

PayloadFormat = Literal["1.0", "2.0"]
Authorization = Literal["NONE", "AWS_IAM"]

DEFAULT: Final = "$default"
ANY: Final = "ANY"
METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", ANY})
PATH: Final = re.compile(r"(?:/[^/{}]*|/\{[\w.:-]+\})*(?:/\{[\w.:-]+\+\})?")
FIXED, PARAMETER, GREEDY = 0, 1, 2
SHORTEST_TIMEOUT: Final = 0.05
LONGEST_TIMEOUT: Final = 900


@dataclass(frozen=True, slots=True)
class FixedResponse:
    """What a mock integration answers, always. SAM makes one of a REST API's ``Cors``."""

    status: int
    headers: Headers = ()
    body: str = ""

    @property
    def response(self) -> HttpResponse:
        """As the client gets it."""
        return HttpResponse(self.status, self.headers, self.body.encode())


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, and what answers them: a function's name, or a ``fixed`` response.

    ``method`` is upper-case; ``ANY`` stands for all. ``path`` may have parameters (``/pets/{id}``) and end in a greedy one
    (``/{proxy+}``); ``$default`` stands for whatever has no other route. ``timeout`` is in seconds. ``streams`` is a REST
    API's response transfer mode STREAM. ``authorization`` says who may call: everyone, or who signs.

    Raises ``DescriptionError`` when it makes no sense.
    """

    method: str
    path: str
    function: str = ""
    payload_format: PayloadFormat = "1.0"
    timeout: float = 29
    streams: bool = False
    fixed: FixedResponse | None = None
    authorization: Authorization = "NONE"

    def __post_init__(self) -> None:
        problems = {
            f"has no such method as {self.method!r}": self.method not in METHODS,
            "has no such path": self.path != DEFAULT and not PATH.fullmatch(self.path or "{"),
            "has no function": not self.function and self.fixed is None,
            f"has no such payload format as {self.payload_format!r}": self.payload_format
            not in get_args(PayloadFormat),
            f"has no such authorization as {self.authorization!r}": self.authorization not in get_args(Authorization),
            f"has a timeout of {self.timeout} s": not SHORTEST_TIMEOUT <= self.timeout <= LONGEST_TIMEOUT,
        }
        for problem, holds in problems.items():
            if holds:
                raise DescriptionError(
                    f"The route {self.method} {self.path} {problem}.",
                    next_step="See the route's event in the template; timeouts are 50 milliseconds to 15 minutes.",
                )


@dataclass(frozen=True, slots=True)
class Match:
    """The route that a request takes, and the values of its path parameters."""

    route: Route
    parameters: Mapping[str, str] = field(default_factory=dict)


def find_http_route(routes: tuple[Route, ...], method: str, path: str) -> Match | None:
    """Return the route of an HTTP API for this method and this path without the stage, still percent-encoded.

    Values of path parameters are decoded.
    """
    segments = [unquote(segment) for segment in path.split("/")]
    own = [route for route in routes if route.method in {method, ANY}]
    match = next(_matches(own, segments), None)
    default = next((route for route in sorted(own, key=_rank) if route.path == DEFAULT), None)
    return match or (Match(default) if default else None)


def find_rest_route(routes: tuple[Route, ...], method: str, path: str) -> Match | None:
    """Return the route of a REST API for this method and this path without the stage, still percent-encoded.

    Values of path parameters stay encoded.
    """
    first = next(_matches(routes, _without_slashes(path).split("/")), None)
    if first is None:
        return None
    own = [route for route in routes if route.path == first.route.path and route.method in {method, ANY}]
    return Match(min(own, key=_rank), first.parameters) if own else None


def _without_slashes(path: str) -> str:
    return "/" + path.strip("/")


def _matches(routes: list[Route] | tuple[Route, ...], segments: list[str]) -> Iterator[Match]:
    """The routes that a path takes, the most specific one first."""
    for route in sorted(routes, key=_rank):
        parameters = None if route.path == DEFAULT else _parameters(route.path.split("/"), segments)
        if parameters is not None:
            yield Match(route, parameters)


def _rank(route: Route) -> tuple[bool, list[int], bool]:
    """Full matches come before greedy ones, fixed segments before parameters, a method before ``ANY``."""
    kinds = [_kind(segment) for segment in route.path.split("/")]
    return GREEDY in kinds, kinds, route.method == ANY


def _kind(segment: str) -> int:
    if segment.endswith("+}"):
        return GREEDY
    return PARAMETER if segment.startswith("{") else FIXED


def _parameters(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    """The path parameters, or ``None`` when the pattern does not fit. A parameter is never empty."""
    found: dict[str, str] = {}
    for position, part in enumerate(pattern):
        rest = "/".join(segments[position:])
        if _kind(part) == GREEDY:
            return found | {part[1:-2]: rest} if rest else None
        if position >= len(segments) or not _fits(part, segments[position]):
            return None
        if _kind(part) == PARAMETER:
            found[part[1:-1]] = segments[position]
    return found if len(pattern) == len(segments) else None


def _fits(part: str, segment: str) -> bool:
    return bool(segment) if _kind(part) == PARAMETER else part == segment
