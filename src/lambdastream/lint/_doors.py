"""The doors of a function: the function URLs and the APIs in front of it, however the template declares them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from lambdastream.lint._values import World, function_of, known_text, mapping
from lambdastream.lint._worlds import names

Kind = Literal["function URL", "HTTP API", "REST API"]
Path = tuple[str | int, ...]

# In seconds. Source: the API Gateway developer guide, quotas. A REST API may be given more, by a quota request; then its
# integration says so.
WAITS: Final[Mapping[Kind, float]] = {"HTTP API": 30, "REST API": 29}

_BODIES: Final[Mapping[str, tuple[Kind, str]]] = {
    "AWS::ApiGatewayV2::Api": ("HTTP API", "Body"),
    "AWS::Serverless::HttpApi": ("HTTP API", "DefinitionBody"),
    "AWS::ApiGateway::RestApi": ("REST API", "Body"),
    "AWS::Serverless::Api": ("REST API", "DefinitionBody"),
}
_EVENTS: Final[Mapping[str, Kind]] = {"HttpApi": "HTTP API", "Api": "REST API"}


@dataclass(frozen=True, slots=True)
class Door:
    """One way into a function.

    ``path`` is its place in the template. ``streams`` says whether it passes pieces on, ``None`` when that is not known.
    ``waits`` is for how many seconds it waits for the function, ``None`` when that is not known or as long as the
    function may run. ``auth_type`` is that of a function URL; ``sam_opens`` says whether SAM adds the permissions of an
    open one. ``credentials_to_all`` says whether its CORS certainly allows credentials to every origin.
    """

    kind: Kind
    path: Path
    streams: bool | None
    waits: float | None = None
    auth_type: str | None = None
    sam_opens: bool = False
    credentials_to_all: bool = False


def doors(world: World, function: str, in_front: Mapping[str, Any]) -> Iterator[Door]:
    """The doors of a function in this world, by its logical name; ``in_front`` holds the resources that may lead to it."""
    resources = mapping(world.template.get("Resources"))
    yield from _of_sam(world, function, mapping(resources.get(function)))
    targets = {function, *aliases(resources, function)}
    for name, resource in in_front.items():
        if isinstance(resource, Mapping) and world.exists(resource):
            path = ("Resources", name, "Properties")
            yield from _of_resource(
                world, targets, str(resource.get("Type")), mapping(resource.get("Properties")), path
            )


def aliases(resources: Mapping[str, Any], function: str) -> set[str]:
    """The aliases and versions of a function: a URL or an API may lead to one of them."""
    return {
        name
        for name, resource in resources.items()
        if mapping(resource).get("Type") in {"AWS::Lambda::Alias", "AWS::Lambda::Version"}
        and function in names(mapping(resource.get("Properties")).get("FunctionName"))
    }


def _of_sam(world: World, name: str, resource: Mapping[str, Any]) -> Iterator[Door]:
    if resource.get("Type") != "AWS::Serverless::Function":
        return
    path: Path = ("Resources", name, "Properties")
    properties = mapping(resource.get("Properties"))
    config = properties.get("FunctionUrlConfig")
    if isinstance(world.resolve(config), Mapping):
        literal = isinstance(mapping(config).get("AuthType"), str)
        yield _url(world, config, (*path, "FunctionUrlConfig"), sam_opens=literal)
    for event_name, event in mapping(properties.get("Events")).items():
        kind = _EVENTS.get(str(mapping(event).get("Type")))
        if kind:
            details = mapping(world.resolve(mapping(event).get("Properties")))
            streams = _is(details.get("ResponseTransferMode", "BUFFERED"), "RESPONSE_STREAM")
            yield _api(kind, (*path, "Events", event_name), details.get("TimeoutInMillis"), streams=streams)


def _of_resource(
    world: World, targets: set[str], resource_type: str, properties: Mapping[str, Any], path: Path
) -> Iterator[Door]:
    def leads_here(value: object) -> bool:
        return bool(targets & world.references(value))

    if resource_type == "AWS::Lambda::Url" and leads_here(properties.get("TargetFunctionArn")):
        yield _url(world, properties, path)
    elif resource_type == "AWS::ApiGateway::Method" and leads_here(mapping(properties.get("Integration")).get("Uri")):
        yield _integration(world, "REST API", properties["Integration"], (*path, "Integration"))
    elif resource_type == "AWS::ApiGatewayV2::Integration" and leads_here(properties.get("IntegrationUri")):
        if _is_http_api(world, properties.get("ApiId")):
            yield _integration(world, "HTTP API", properties, path)
    elif resource_type in _BODIES:
        kind, body = _BODIES[resource_type]
        if leads_here(properties.get("Target")):
            yield _api(kind, (*path, "Target"), None, streams=False)
        for place, integration in _integrations(properties.get(body), (*path, body)):
            if leads_here(integration.get("uri")):
                yield _integration(world, kind, integration, place)


def _url(world: World, config: object, path: Path, *, sam_opens: bool = False) -> Door:
    details = mapping(world.resolve(config))
    return Door(
        kind="function URL",
        path=path,
        streams=_is(details.get("InvokeMode", "BUFFERED"), "RESPONSE_STREAM"),
        auth_type=known_text(details.get("AuthType")),
        sam_opens=sam_opens,
        credentials_to_all=_credentials_to_all(mapping(details.get("Cors"))),
    )


def _credentials_to_all(cors: Mapping[str, Any]) -> bool:
    origins = cors.get("AllowOrigins")
    return known_text(cors.get("AllowCredentials")) == "true" and isinstance(origins, list) and "*" in origins


def _integration(world: World, kind: Kind, integration: Mapping[str, Any], path: Path) -> Door:
    """A door from an integration: in an OpenAPI document its keys begin in lower case, in a resource in upper case."""
    details = {key[:1].lower() + key[1:]: value for key, value in mapping(world.resolve(integration)).items()}
    streams = _is(details.get("responseTransferMode", "BUFFERED"), "STREAM")
    return _api(kind, path, details.get("timeoutInMillis"), streams=streams)


def _api(kind: Kind, path: Path, milliseconds: object, *, streams: bool | None) -> Door:
    if kind == "HTTP API":
        streams = False  # no HTTP API does
    if milliseconds is None:
        return Door(kind, path, streams, waits=WAITS[kind] if streams is False else None)
    text = known_text(milliseconds)
    waits = float(text) / 1000 if text and text.isdigit() else None
    return Door(kind, path, streams, waits=waits)


def _is(value: object, wanted: str) -> bool | None:
    text = known_text(value)
    return None if text is None else text == wanted


def _is_http_api(world: World, api: object) -> bool:
    """Whether this refers to an HTTP API of the template; the same resource type makes WebSocket APIs."""
    function = function_of(api)
    resources = mapping(world.template.get("Resources"))
    resource = mapping(resources.get(function[1])) if function and isinstance(function[1], str) else {}
    if resource.get("Type") == "AWS::Serverless::HttpApi":
        return True
    return mapping(resource.get("Properties")).get("ProtocolType") == "HTTP"


def _integrations(value: object, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every integration in an OpenAPI document, and its place."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if key == "x-amazon-apigateway-integration":
            yield (*path, key), mapping(item)
        else:
            yield from _integrations(item, (*path, key))
