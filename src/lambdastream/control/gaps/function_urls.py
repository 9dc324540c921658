"""Function URLs: the data plane's addresses, InvokeMode, and ``AWS::Lambda::Url``.

moto makes up a name at AWS, calls the default mode "Buffered", does not change the mode, gives 201 for a look, lists none,
and its CloudFormation has no such type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.exceptions import GenericResourcNotFound, LambdaClientError
from moto.awslambda.models import FunctionUrlConfig, LambdaBackend
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend
from moto.core.utils import utcnow

from lambdastream.control.gaps.function_deployment import redeployed
from lambdastream.control.gaps.patching import replaces, wraps
from lambdastream.control.gaps.resource_types import LocalResource, local_type

SETTINGS = ("AuthType", "Cors", "InvokeMode")


class UrlExistsError(LambdaClientError):
    """The function has a URL."""

    code = 409

    def __init__(self, name: str) -> None:
        super().__init__(
            "ResourceConflictException",
            f"Failed to create function url config for [functionArn = {name}]. Error message:  FunctionUrlConfig exists "
            "for this Lambda function",
        )


@wraps(FunctionUrlConfig, "__init__")
def _init(original: Any, self: FunctionUrlConfig, function: Any, config: dict[str, Any]) -> None:
    original(self, function, {"InvokeMode": "BUFFERED", **{name: config[name] for name in SETTINGS if name in config}})
    self.url = ""


@replaces(FunctionUrlConfig, "update")
def _update(self: FunctionUrlConfig, new_config: Mapping[str, Any]) -> None:
    self.config = {**self.config, **{name: new_config[name] for name in SETTINGS if name in new_config}}
    self.last_modified = utcnow().strftime("%Y-%m-%dT%H:%M:%S.000+0000")


@wraps(LambdaBackend, "create_function_url_config")
def _create_url(original: Any, self: LambdaBackend, name_or_arn: str, config: dict[str, Any]) -> FunctionUrlConfig:
    function = self.get_function(name_or_arn)
    if function.url_config is not None:
        raise UrlExistsError(function.function_arn)
    with redeployed(function):
        made: FunctionUrlConfig = original(self, name_or_arn, config)
    return made


@wraps(LambdaBackend, "update_function_url_config")
def _update_url(original: Any, self: LambdaBackend, name_or_arn: str, config: dict[str, Any]) -> FunctionUrlConfig:
    function = self.get_function(name_or_arn)
    if function.url_config is None:
        raise GenericResourcNotFound
    with redeployed(function):
        changed: FunctionUrlConfig = original(self, name_or_arn, config)
    return changed


@wraps(LambdaBackend, "delete_function_url_config")
def _delete_url(original: Any, self: LambdaBackend, name_or_arn: str) -> None:
    function = self.get_function(name_or_arn)
    if function.url_config is None:
        raise GenericResourcNotFound
    with redeployed(function):
        original(self, name_or_arn)


@replaces(LambdaResponse, "get_function_url_config")
def _get_url(self: LambdaResponse) -> str:
    name = unquote(self.path.split("/")[-2])
    return json.dumps(self.backend.get_function_url_config(name).to_dict())


def list_function_url_configs(self: LambdaResponse) -> str:
    """ListFunctionUrlConfigs."""
    function = self.backend.get_function(unquote(self.path.split("/")[-2]))
    return json.dumps({"FunctionUrlConfigs": [function.url_config.to_dict()] if function.url_config else []})


LambdaResponse.list_function_url_configs = list_function_url_configs  # type: ignore[attr-defined]
urls.url_paths[r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/urls/?$"] = LambdaResponse.dispatch


@local_type
class FunctionUrl(LocalResource):
    """A function's URL as a resource of a stack."""

    TYPE = "AWS::Lambda::Url"
    ATTRIBUTES = ("FunctionUrl", "FunctionArn")

    def create(self) -> None:
        config = self._backend.create_function_url_config(self._function_name, dict(self.properties))
        self.physical_resource_id = config.function.function_arn

    def update(self, properties: Mapping[str, Any]) -> None:
        super().update(properties)
        self._backend.update_function_url_config(
            self._function_name, {"InvokeMode": "BUFFERED", "Cors": None, **properties}
        )

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        self._backend.delete_function_url_config(self._function_name)

    def attributes(self) -> Mapping[str, Any]:
        config = self._backend.get_function_url_config(self._function_name)
        return {"FunctionUrl": config.url, "FunctionArn": config.function.function_arn}

    @property
    def _backend(self) -> LambdaBackend:
        return get_backend(self.account_id, self.region)

    @property
    def _function_name(self) -> str:
        target: str = self.properties["TargetFunctionArn"]
        return target.rpartition(":function:")[2].partition(":")[0]
