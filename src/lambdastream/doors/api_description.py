"""What the local API Gateway has to know of an API: one stage of it, as it is deployed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, Self, get_args

from lambdastream.doors.api_routes import DEFAULT, FixedResponse, Match, Route, find_http_route, find_rest_route
from lambdastream.errors import DescriptionError
from lambdastream.runtime.arn import REGION
from lambdastream.runtime.cors import Cors

ApiType = Literal["HTTP", "REST"]

STAGE: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class ApiDescription:
    """One API, at one stage.

    ``stage`` is ``$default`` or a name; a REST API has a name. ``cors`` is an HTTP API's, ``binary_media_types`` are a REST
    API's. Routes name functions that may be deployed later. Calls to routes with AWS_IAM are signed for ``region``.

    Raises ``DescriptionError`` when a setting makes no sense.
    """

    id: str
    name: str
    type: ApiType
    stage: str
    routes: tuple[Route, ...]
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    cors: Cors | None = None
    binary_media_types: tuple[str, ...] = ()
    region: str = REGION

    def __post_init__(self) -> None:
        http = self.type == "HTTP"
        problems = {
            f"has no such type as {self.type!r}": self.type not in get_args(ApiType),
            f"has no such stage as {self.stage!r}": not (
                STAGE.fullmatch(self.stage) or (http and self.stage == DEFAULT)
            ),
            "streams: only REST APIs do": http and any(route.streams for route in self.routes),
            "has a $default route: only HTTP APIs do": not http and any(r.path == DEFAULT for r in self.routes),
            "has payload format 2.0: only HTTP APIs do": not http
            and any(r.payload_format != "1.0" for r in self.routes),
            "has two routes for one method and path": len({(r.method, r.path) for r in self.routes}) < len(self.routes),
        }
        for problem, holds in problems.items():
            if holds:
                raise DescriptionError(
                    f"The API {self.id} {problem}.", next_step="Change the API or its events in the template."
                )

    @property
    def base_path(self) -> str:
        """What the API's paths begin with: ``/prod``; nothing for the stage ``$default``."""
        return "" if self.stage == DEFAULT else f"/{self.stage}"

    def without_stage(self, path: str) -> str | None:
        """Return what follows the stage in a request's path; ``None`` when the path is another stage's."""
        if self.type == "REST":
            # Recorded on AWS: slashes before the stage and after it count once.
            path = "/" + path.lstrip("/")
        if path != self.base_path and not path.startswith(self.base_path + "/"):
            return None
        rest = path.removeprefix(self.base_path)
        return "/" + rest.lstrip("/") if self.type == "REST" else rest or "/"

    def find(self, method: str, path: str) -> Match | None:
        """Return the route for this method and this path without the stage."""
        return (find_http_route if self.type == "HTTP" else find_rest_route)(self.routes, method, path)

    def to_json(self) -> dict[str, Any]:
        """The description as plain JSON values; ``from_json`` reads it back."""
        return asdict(self) | {"stage_variables": dict(self.stage_variables)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """A description from the values of ``to_json``. Raises ``DescriptionError`` for anything else."""
        try:
            settings = dict(value)
            settings["routes"] = tuple(_route(route) for route in value["routes"])
            settings["cors"] = Cors.from_json(value["cors"]) if value.get("cors") else None
            settings["binary_media_types"] = tuple(value.get("binary_media_types", ()))
            return cls(**settings)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise DescriptionError(
                f"This is not an API's description: {error}.", next_step="See ApiDescription for its fields."
            ) from error


def _route(value: Mapping[str, Any]) -> Route:
    fixed = value.get("fixed")
    return Route(**{**value, "fixed": _fixed(fixed) if fixed else None})


def _fixed(value: Mapping[str, Any]) -> FixedResponse:
    return FixedResponse(**{**value, "headers": tuple((name, text) for name, text in value.get("headers", ()))})
