"""Function URLs: the data plane's addresses, InvokeMode, and ``AWS::Lambda::Url``.

moto makes up a name at AWS, calls the default mode "Buffered", does not change the mode, gives 201 for a look, lists none,
knows no URL of an alias, and its CloudFormation has no such type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import unquote

from moto.awslambda import urls
from moto.awslambda.exceptions import GenericResourcNotFound, InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import FunctionUrlConfig, LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend
from moto.core.utils import utcnow

from lambdastream.control.gaps.function_deployment import alias_urls, deploy_qualified, redeployed
from lambdastream.control.gaps.patching import replaces, wraps
from lambdastream.control.gaps.resource_types import LocalResource, local_type
from lambdastream.runtime.arn import function_reference

SETTINGS = ("AuthType", "Cors", "InvokeMode")
_QUALIFIER: Final = "lambdastream_qualifier"


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


@wraps(FunctionUrlConfig, "to_dict")
def _to_dict(original: Any, self: FunctionUrlConfig) -> dict[str, Any]:
    told: dict[str, Any] = original(self)
    qualifier = vars(self).get(_QUALIFIER)
    return told | {"FunctionArn": f"{told['FunctionArn']}:{qualifier}"} if qualifier else told


@replaces(LambdaBackend, "create_function_url_config")
def _create_url(self: LambdaBackend, name_or_arn: str, config: dict[str, Any]) -> FunctionUrlConfig:
    function, alias = _place(self, name_or_arn)
    if _find(function, alias) is not None:
        raise UrlExistsError(function.function_arn)
    made = FunctionUrlConfig(function, config)
    if alias:
        vars(made)[_QUALIFIER] = alias
    with _redeployed(self, function, alias):
        if alias:
            alias_urls(function)[alias] = made
        else:
            function.url_config = made
    return made


@replaces(LambdaBackend, "get_function_url_config")
def _get_url(self: LambdaBackend, name_or_arn: str) -> FunctionUrlConfig:
    return _found(*_place(self, name_or_arn))


@replaces(LambdaBackend, "update_function_url_config")
def _update_url(self: LambdaBackend, name_or_arn: str, config: dict[str, Any]) -> FunctionUrlConfig:
    function, alias = _place(self, name_or_arn)
    changed = _found(function, alias)
    before = dict(vars(changed))
    try:
        with _redeployed(self, function, alias):
            changed.update(config)
    except BaseException:
        vars(changed).update(before)
        raise
    return changed


@replaces(LambdaBackend, "delete_function_url_config")
def _delete_url(self: LambdaBackend, name_or_arn: str) -> None:
    function, alias = _place(self, name_or_arn)
    _found(function, alias)
    with _redeployed(self, function, alias):
        if alias:
            del alias_urls(function)[alias]
        else:
            function.url_config = None


def _place(backend: LambdaBackend, name_or_arn: str) -> tuple[LambdaFunction, str]:
    """The function, and the alias if it is the alias' URL. Raises Lambda's ``ResourceNotFoundException``."""
    reference = function_reference(name_or_arn)
    if reference.qualifier:
        if reference.qualifier.isdigit():
            raise InvalidParameterValueException("A function URL is $LATEST's or an alias', not a version's.")
        backend.get_function(reference.name, reference.qualifier)
    return backend.get_function(reference.name), reference.qualifier


def _find(function: LambdaFunction, alias: str) -> FunctionUrlConfig | None:
    return alias_urls(function).get(alias) if alias else function.url_config


def _found(function: LambdaFunction, alias: str) -> FunctionUrlConfig:
    config = _find(function, alias)
    if config is None:
        raise GenericResourcNotFound
    return config


@contextmanager
def _redeployed(backend: LambdaBackend, function: LambdaFunction, alias: str) -> Iterator[None]:
    """Deploy what has the URL after it was changed in a ``with`` block. When that fails it is as it was before."""
    if not alias:
        with redeployed(function):
            yield
        return
    urls = dict(alias_urls(function))
    try:
        yield
        version = backend.get_function(function.function_name, alias)
        deploy_qualified(version, alias, alias_urls(function).get(alias))
    except BaseException:
        alias_urls(function).clear()
        alias_urls(function).update(urls)
        raise


def _named(self: LambdaResponse) -> str:
    """The function of a call, with the qualifier, which is in the query."""
    name = unquote(self.path.split("/")[-2])
    qualifier = self.querystring.get("Qualifier", [""])[0]
    return f"{name}:{qualifier}" if qualifier else name


@replaces(LambdaResponse, "create_function_url_config")
def _answer_create(self: LambdaResponse) -> tuple[int, dict[str, Any], str]:
    config = self.backend.create_function_url_config(_named(self), self.json_body)
    return 201, {"status": 201}, json.dumps(config.to_dict())


@replaces(LambdaResponse, "get_function_url_config")
def _answer_get(self: LambdaResponse) -> str:
    return json.dumps(self.backend.get_function_url_config(_named(self)).to_dict())


@replaces(LambdaResponse, "update_function_url_config")
def _answer_update(self: LambdaResponse) -> str:
    return json.dumps(self.backend.update_function_url_config(_named(self), self.json_body).to_dict())


@replaces(LambdaResponse, "delete_function_url_config")
def _answer_delete(self: LambdaResponse) -> tuple[int, dict[str, Any], str]:
    self.backend.delete_function_url_config(_named(self))
    return 204, {"status": 204}, "{}"


def list_function_url_configs(self: LambdaResponse) -> str:
    """ListFunctionUrlConfigs."""
    function = self.backend.get_function(unquote(self.path.split("/")[-2]))
    configs = [*([function.url_config] if function.url_config else []), *alias_urls(function).values()]
    return json.dumps({"FunctionUrlConfigs": [config.to_dict() for config in configs]})


LambdaResponse.list_function_url_configs = list_function_url_configs  # type: ignore[attr-defined]
urls.url_paths[r"{0}/(?P<api_version>[^/]+)/functions/(?P<function_name>[\w_:%-]+)/urls/?$"] = LambdaResponse.dispatch


@local_type
class FunctionUrl(LocalResource):
    """A function's URL as a resource of a stack."""

    TYPE = "AWS::Lambda::Url"
    ATTRIBUTES = ("FunctionUrl", "FunctionArn")

    def create(self) -> None:
        config = self._backend.create_function_url_config(self._function_name, dict(self.properties))
        self.physical_resource_id = config.to_dict()["FunctionArn"]

    def update(self, properties: Mapping[str, Any]) -> None:
        before = self._function_name
        super().update(properties)
        if self._function_name != before:
            self.create()
            self._backend.delete_function_url_config(before)
            return
        self._backend.update_function_url_config(
            self._function_name, {"InvokeMode": "BUFFERED", "Cors": None, **properties}
        )

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        self._backend.delete_function_url_config(self._function_name)

    def attributes(self) -> Mapping[str, Any]:
        config = self._backend.get_function_url_config(self._function_name)
        return {"FunctionUrl": config.url, "FunctionArn": config.to_dict()["FunctionArn"]}

    @property
    def _backend(self) -> LambdaBackend:
        return get_backend(self.account_id, self.region)

    @property
    def _function_name(self) -> str:
        target = function_reference(self.properties["TargetFunctionArn"], self.properties.get("Qualifier") or "")
        return f"{target.name}:{target.qualifier}" if target.qualifier else target.name
