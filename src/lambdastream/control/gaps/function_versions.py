"""Versions and aliases run: each has the code and the configuration of its moment in the data plane.

moto keeps them, gives a number twice when a version was deleted, and runs none.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from moto.awslambda.models import LambdaAlias, LambdaBackend, LambdaFunction, LambdaStorage

from lambdastream.control.gaps.function_deployment import (
    alias_urls,
    deploy_qualified,
    remove_old_code,
    remove_qualified,
)
from lambdastream.control.gaps.patching import replaces, wraps

_LAST: Final = "lambdastream_last_version"


@replaces(LambdaStorage, "publish_version")
def _publish(self: LambdaStorage, name_or_arn: str, description: str = "") -> LambdaFunction:
    latest = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
    published = self._functions[latest.function_name]["versions"]
    if published and not latest.code_or_config_updated:
        # As on AWS: without a change there is no new version.
        return published[-1]  # type: ignore[no-any-return]
    version = copy.copy(latest)
    version.url_config = None
    version.set_version(vars(latest).get(_LAST, 0) + 1)
    if description:
        version.description = description
    deploy_qualified(version, str(version.version), None)
    latest.code_or_config_updated = False
    vars(latest)[_LAST] = version.version
    published.append(version)
    self._arns[version.function_arn] = version
    return version


@wraps(LambdaBackend, "create_alias")
def _create_alias(
    original: Any, self: LambdaBackend, name: str, function_name: str, *settings: Any, **named: Any
) -> LambdaAlias:
    alias: LambdaAlias = original(self, name, function_name, *settings, **named)
    try:
        _deploy_alias(self, name, function_name)
    except BaseException:
        self._lambdas.delete_alias(name, function_name)
        raise
    return alias


@wraps(LambdaBackend, "update_alias")
def _update_alias(
    original: Any, self: LambdaBackend, name: str, function_name: str, *settings: Any, **named: Any
) -> LambdaAlias:
    before = dict(vars(self.get_alias(name, function_name)))
    alias: LambdaAlias = original(self, name, function_name, *settings, **named)
    if alias.function_version != before["function_version"]:
        try:
            _deploy_alias(self, name, function_name)
        except BaseException:
            vars(alias).update(before)
            raise
    return alias


@wraps(LambdaBackend, "delete_alias")
def _delete_alias(original: Any, self: LambdaBackend, name: str, function_name: str) -> None:
    function = self.get_function(function_name)
    original(self, name, function_name)
    alias_urls(function).pop(name, None)
    remove_qualified(function, name)
    remove_old_code(function)


def _deploy_alias(backend: LambdaBackend, name: str, function_name: str) -> None:
    urls = alias_urls(backend.get_function(function_name))
    deploy_qualified(backend.get_function(function_name, name), name, urls.get(name))
