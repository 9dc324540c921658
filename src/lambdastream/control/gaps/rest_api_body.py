"""A REST API's OpenAPI document, with the methods that a stack describes one by one.

moto keeps of such a method what its own calls have: not whether its answer streams, for one.
Sources: CloudFormation template reference, "AWS::ApiGateway::Method"; API Gateway developer guide, "OpenAPI extensions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from moto.apigateway.models import Method, RestAPI

from lambdastream.doors.openapi import ANY_METHOD, BINARY_MEDIA_TYPES, INTEGRATION
from lambdastream.doors.openapi_security import AUTH

OPERATION: Final = "lambdastream_operation"
_ANY: Final = "ANY"
_SIMPLE: Final = ("Type", "Uri", "TimeoutInMillis", "ResponseTransferMode")


def operation(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What an OpenAPI document says of a method with these properties of ``AWS::ApiGateway::Method``."""
    found: dict[str, Any] = {INTEGRATION: _integration(properties.get("Integration") or {})}
    found[AUTH] = {"type": properties.get("AuthorizationType") or "NONE"}
    if str(properties.get("ApiKeyRequired", False)).lower() == "true":
        found["security"] = [{"api_key": []}]
    return found


def path_item(method: str, described: dict[str, Any]) -> dict[str, Any]:
    """A path that has one method."""
    return {ANY_METHOD if method == _ANY else method.lower(): described}


def body_of(api: RestAPI, given: Mapping[str, Any]) -> dict[str, Any]:
    """The document that a template gives (``Body``, or nothing), and what the API has besides, as it is now."""
    paths = dict(given.get("paths") or {})
    for path, method, described in _operations(api):
        paths[path] = {**paths.get(path, {}), **path_item(method, described)}
    types = {BINARY_MEDIA_TYPES: api.binaryMediaTypes} if api.binaryMediaTypes else {}
    return {"info": {}, **types, **given, "paths": paths}


def _operations(api: RestAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for resource in api.resources.values():
        for name, method in resource.resource_methods.items():
            if OPERATION in vars(method):
                yield resource.get_path(), name, vars(method)[OPERATION]


def _integration(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {name[0].lower() + name[1:]: given[name] for name in _SIMPLE if name in given}
    if "timeoutInMillis" in found:
        # In templates, numbers may be texts.
        found["timeoutInMillis"] = int(found["timeoutInMillis"])
    found["responses"] = {
        response.get("SelectionPattern") or "default": {
            "statusCode": response["StatusCode"],
            "responseParameters": response.get("ResponseParameters") or {},
            "responseTemplates": response.get("ResponseTemplates") or {},
        }
        for response in given.get("IntegrationResponses") or []
    }
    return found


def keep(method: Method, described: dict[str, Any]) -> None:
    """Keep with a method what an OpenAPI document says of it."""
    vars(method)[OPERATION] = described
