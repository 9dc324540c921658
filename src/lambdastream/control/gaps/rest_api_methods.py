"""REST APIs that are described piece by piece: ``AWS::ApiGateway::Resource`` and ``Method``, as the CDK makes them.

moto's CloudFormation neither changes nor deletes them, fails on a method without a URI, and calls no function in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.apigateway.exceptions import ResourceIdNotFoundException
from moto.apigateway.models import Resource
from moto.cloudformation.exceptions import ValidationError

from lambdastream.control.gaps.resource_types import local_type
from lambdastream.control.gaps.rest_api_body import keep, operation, path_item
from lambdastream.control.gaps.rest_apis import OfRestApi, deploy_rest_api
from lambdastream.doors.openapi import from_openapi


@local_type
class RestResource(OfRestApi):
    """A part of a REST API's paths."""

    TYPE = "AWS::ApiGateway::Resource"
    ATTRIBUTES = ("ResourceId",)

    def create(self) -> None:
        given = self.properties
        self._check(given)
        made = self._backend.create_resource(given["RestApiId"], given["ParentId"], given["PathPart"])
        self.physical_resource_id = made.id

    def update(self, properties: Mapping[str, Any]) -> None:
        # AWS makes another one, of another id; what is below it follows either way.
        self._check(properties)
        super().update(properties)
        found = self._api.resources[self.physical_resource_id]
        found.path_part, found.parent_id = properties["PathPart"], properties["ParentId"]
        deploy_rest_api(self._api)

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        self._api.resources.pop(self.physical_resource_id, None)
        deploy_rest_api(self._api)

    def attributes(self) -> Mapping[str, Any]:
        return {"ResourceId": self.physical_resource_id}

    def _check(self, given: Mapping[str, Any]) -> None:
        if any(_is_at(other, given) for other in self._others(given["RestApiId"])):
            raise ValidationError(
                message=f"Another resource with the same parent already has this name: {given['PathPart']}"
            )

    def _others(self, api_id: str) -> list[Resource]:
        resources = self._backend.get_rest_api(api_id).resources.values()
        return [resource for resource in resources if resource.id != self.physical_resource_id]


def _is_at(resource: Resource, given: Mapping[str, Any]) -> bool:
    return (resource.parent_id, resource.path_part) == (given["ParentId"], given["PathPart"])


@local_type
class RestMethod(OfRestApi):
    """A method of a resource, and what answers it."""

    TYPE = "AWS::ApiGateway::Method"

    def create(self) -> None:
        self._put(self.properties)

    def update(self, properties: Mapping[str, Any]) -> None:
        before = self.properties
        if (before["ResourceId"], before["HttpMethod"]) != (properties["ResourceId"], properties["HttpMethod"]):
            self._remove()
        super().update(properties)
        self._put(properties)

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        self._remove()
        deploy_rest_api(self._api)

    def _put(self, given: Mapping[str, Any]) -> None:
        resource = self._backend.get_resource(given["RestApiId"], given["ResourceId"])
        described = self._described(given, resource.get_path())
        required = str(given.get("ApiKeyRequired", False)).lower() == "true"
        method = resource.add_method(given["HttpMethod"], given.get("AuthorizationType"), required)
        integration = given.get("Integration") or {}
        resource.add_integration(
            given["HttpMethod"],
            integration.get("Type", ""),
            integration.get("Uri", ""),
            integration_method=integration.get("IntegrationHttpMethod"),
        )
        keep(method, described)
        deploy_rest_api(self._api)

    @staticmethod
    def _described(given: Mapping[str, Any], path: str) -> dict[str, Any]:
        """The method in OpenAPI's words. Raises ``DescriptionError`` here, and not when the API gets its stage."""
        described = operation(given)
        one = {"info": {}, "paths": {path: path_item(given["HttpMethod"], described)}}
        from_openapi(one, api_id=given["RestApiId"], api_type="REST", stage="any")
        return described

    def _remove(self) -> None:
        try:
            resource = self._backend.get_resource(self.properties["RestApiId"], self.properties["ResourceId"])
        except ResourceIdNotFoundException:
            return
        resource.delete_method(self.properties["HttpMethod"])
