"""REST APIs in a stack: ``AWS::ApiGateway::RestApi``, ``Deployment`` and ``Stage``.

moto's CloudFormation has no stage, drops a REST API's ``Body``, deletes neither, and its address is a name at AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.apigateway.models import APIGatewayBackend, RestAPI, apigateway_backends

from lambdastream.control.data_plane_client import ApiDescription
from lambdastream.control.gaps.http_apis import deploy_api, remove_api
from lambdastream.control.gaps.resource_types import LocalResource, local_type
from lambdastream.control.gaps.rest_api_body import body_of


class OfRestApi(LocalResource):
    """What belongs to a REST API."""

    TYPE = ""

    @property
    def _backend(self) -> APIGatewayBackend:
        return apigateway_backends[self.account_id][self.region]

    @property
    def _api(self) -> RestAPI:
        return self._backend.get_rest_api(self.properties["RestApiId"])


def deploy_rest_api(api: RestAPI) -> None:
    """Give a REST API as it is now to the data plane."""
    stage = str(vars(api).get("lambdastream_stage", ""))
    body = body_of(api, vars(api).get("lambdastream_body", {}))
    deploy_api(ApiDescription(api.id, api.name, "REST", stage, body, region=api.region_name))


@local_type
class RestApi(OfRestApi):
    """A REST API, which an OpenAPI document describes (SAM), or resources and methods of their own (CDK)."""

    TYPE = "AWS::ApiGateway::RestApi"
    ATTRIBUTES = ("RootResourceId", "RestApiId")

    def create(self) -> None:
        given = self.properties
        name, description = self._name(given), given.get("Description", "")
        self.api = self._backend.create_rest_api(name=name, description=description)
        self.physical_resource_id = self.api.id
        try:
            self._describe(given)
        except BaseException:
            self._backend.delete_rest_api(self.api.id)
            raise

    def update(self, properties: Mapping[str, Any]) -> None:
        super().update(properties)
        self.api.name = self._name(properties)
        self.api.description = properties.get("Description", "")
        self._describe(properties)

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        remove_api(self.api.id)
        self._backend.delete_rest_api(self.api.id)

    def attributes(self) -> Mapping[str, Any]:
        return {"RootResourceId": self._root(), "RestApiId": self.api.id}

    def _root(self) -> str:
        return next(resource.id for resource in self.api.resources.values() if resource.parent_id is None)

    def _describe(self, given: Mapping[str, Any]) -> None:
        vars(self.api)["lambdastream_body"] = given.get("Body") or {}
        # A slash is an escape of JSON pointers here ("Binary media types", API reference).
        self.api.binaryMediaTypes = [it.replace("~1", "/") for it in given.get("BinaryMediaTypes") or []]
        deploy_rest_api(self.api)

    @staticmethod
    def _name(given: Mapping[str, Any]) -> str:
        return str(given.get("Name") or (given.get("Body") or {}).get("info", {}).get("title", ""))


@local_type
class RestDeployment(OfRestApi):
    """A snapshot of a REST API. It is its latest form here."""

    TYPE = "AWS::ApiGateway::Deployment"
    ATTRIBUTES = ("DeploymentId",)

    def create(self) -> None:
        # SAM names a stage "Stage" here for reasons of its own, and makes the real one beside it.
        made = self._api.create_deployment("", self.properties.get("Description", ""))
        self.physical_resource_id = made.id

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        self._api.deployments.pop(self.physical_resource_id, None)

    def attributes(self) -> Mapping[str, Any]:
        return {"DeploymentId": self.physical_resource_id}


@local_type
class RestStage(OfRestApi):
    """A stage of a REST API."""

    TYPE = "AWS::ApiGateway::Stage"

    def create(self) -> None:
        self._put(self.properties)

    def update(self, properties: Mapping[str, Any]) -> None:
        self._api.stages.pop(self.physical_resource_id, None)
        super().update(properties)
        self._put(properties)

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        api = self._api
        api.stages.pop(self.physical_resource_id, None)
        vars(api)["lambdastream_stage"] = next(iter(api.stages), "")
        deploy_rest_api(api)

    def _put(self, given: Mapping[str, Any]) -> None:
        api = self._api
        self.physical_resource_id = given["StageName"]
        self._backend.create_stage(api.id, given["StageName"], given["DeploymentId"], variables=given.get("Variables"))
        vars(api)["lambdastream_stage"] = given["StageName"]
        deploy_rest_api(api)
