"""HTTP APIs in a stack: ``AWS::ApiGatewayV2::Api`` and ``AWS::ApiGatewayV2::Stage``.

moto's CloudFormation lacks both, and its API's address is a name at AWS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.apigatewayv2.models import Api, ApiGatewayV2Backend, apigatewayv2_backends

from lambdastream.control.data_plane_client import ApiDescription
from lambdastream.control.gaps import execute_api_names
from lambdastream.control.gaps.function_deployment import deployment
from lambdastream.control.gaps.resource_types import LocalResource, local_type, unsupported
from lambdastream.control.monitor import MOTO


def deploy_api(api: ApiDescription) -> str:
    """Give an API to the data plane; returns its address, with a slash at its end."""
    with MOTO.outside():
        url = deployment().data_plane.deploy_api(api)
    execute_api_names.remember(api.id, url)
    return url


def remove_api(api_id: str) -> None:
    """Take an API away."""
    with MOTO.outside():
        deployment().data_plane.remove_api(api_id)
    execute_api_names.forget(api_id)


def deploy_http_api(api: Api) -> None:
    """Give an HTTP API as it is now to the data plane."""
    kept = vars(api)
    stage = next(iter(api.stages), "")
    body = kept.get("lambdastream_body", {})
    cors = api.cors_configuration or body.get("x-amazon-apigateway-cors")
    region = api.backend.region_name
    url = deploy_api(ApiDescription(api.api_id, api.name, "HTTP", stage, body, cors, region))  # type: ignore[arg-type]
    api.api_endpoint = url.rstrip("/")


@local_type
class HttpApi(LocalResource):
    """An HTTP API that an OpenAPI document describes."""

    TYPE = "AWS::ApiGatewayV2::Api"
    ATTRIBUTES = ("ApiEndpoint", "ApiId")

    def create(self) -> None:
        given = self.properties
        if given.get("ProtocolType", "HTTP") != "HTTP":
            raise unsupported(f"{self.TYPE} with ProtocolType {given['ProtocolType']}")
        self.api = self._backend.create_api(
            api_key_selection_expression="",
            cors_configuration=given.get("CorsConfiguration"),  # type: ignore[arg-type]
            description=given.get("Description", ""),
            disable_schema_validation="",
            disable_execute_api_endpoint=given.get("DisableExecuteApiEndpoint", False),
            name=self._name(given),
            protocol_type="HTTP",
            route_selection_expression="",
            tags=given.get("Tags") or {},
            version=given.get("Version", ""),
        )
        self.physical_resource_id = self.api.api_id
        try:
            self._describe(given)
        except BaseException:
            self._backend.delete_api(self.api.api_id)
            raise

    def update(self, properties: Mapping[str, Any]) -> None:
        super().update(properties)
        self.api.name = self._name(properties)
        self.api.cors_configuration = properties.get("CorsConfiguration")
        self.api.description = properties.get("Description", "")
        self._describe(properties)

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        remove_api(self.api.api_id)
        self._backend.delete_api(self.api.api_id)

    def attributes(self) -> Mapping[str, Any]:
        return {"ApiEndpoint": self.api.api_endpoint, "ApiId": self.api.api_id}

    def _describe(self, given: Mapping[str, Any]) -> None:
        body = given.get("Body") or {}
        vars(self.api)["lambdastream_body"] = body
        stages = dict(self.api.stages)
        self.api.import_api(json.dumps(body), fail_on_warnings=False)
        # moto's import forgets them: an API whose body changes would answer at no stage any more.
        self.api.stages.update(stages)
        deploy_http_api(self.api)

    @staticmethod
    def _name(given: Mapping[str, Any]) -> str:
        return str(given.get("Name") or (given.get("Body") or {}).get("info", {}).get("title", ""))

    @property
    def _backend(self) -> ApiGatewayV2Backend:
        return apigatewayv2_backends[self.account_id][self.region]


@local_type
class HttpStage(LocalResource):
    """A stage of an HTTP API."""

    TYPE = "AWS::ApiGatewayV2::Stage"

    def create(self) -> None:
        self.api = apigatewayv2_backends[self.account_id][self.region].get_api(self.properties["ApiId"])
        self.update(self.properties)

    def update(self, properties: Mapping[str, Any]) -> None:
        self.api.delete_stage(self.physical_resource_id)
        super().update(properties)
        self.physical_resource_id = properties["StageName"]
        self.api.create_stage({name[0].lower() + name[1:]: value for name, value in properties.items()})
        deploy_http_api(self.api)

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        self.api.delete_stage(self.physical_resource_id)
        deploy_http_api(self.api)
