"""``AWS::Lambda::Version``, ``Alias`` and ``Permission`` as SAM makes them.

moto has no alias as a resource; its version has no id to refer to, and neither that nor a permission can be deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.utils import get_backend

from lambdastream.control.gaps.resource_types import LocalResource, local_type

CHANGED_BY_REPLACEMENT: Final = "FunctionName"


class OfFunction(LocalResource):
    """What belongs to a function."""

    TYPE = ""

    @property
    def _backend(self) -> LambdaBackend:
        return get_backend(self.account_id, self.region)

    @property
    def _function_name(self) -> str:
        given: str = self.properties["FunctionName"]
        return given.rpartition(":function:")[2].partition(":")[0]

    @property
    def _qualifier(self) -> str | None:
        given: str = self.properties["FunctionName"]
        return given.rpartition(":function:")[2].partition(":")[2] or None


@local_type
class FunctionVersion(OfFunction):
    """A published version: the function's code and configuration of its moment."""

    TYPE = "AWS::Lambda::Version"
    ATTRIBUTES = ("Version", "FunctionArn")

    def create(self) -> None:
        description = self.properties.get("Description", "")
        published = cast("LambdaFunction", self._backend.publish_version(self._function_name, description))
        self.version = str(published.version)
        self.physical_resource_id = published.function_arn

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        self._backend.delete_function(self._function_name, self.version)

    def attributes(self) -> Mapping[str, Any]:
        return {"Version": self.version, "FunctionArn": self.physical_resource_id}


@local_type
class FunctionAlias(OfFunction):
    """A name for a version."""

    TYPE = "AWS::Lambda::Alias"
    ATTRIBUTES = ("AliasArn",)

    def create(self) -> None:
        alias = self._backend.create_alias(self.properties["Name"], self._function_name, *self._settings())
        self.physical_resource_id = alias.arn

    def update(self, properties: Mapping[str, Any]) -> None:
        if properties["Name"] != self.properties["Name"]:
            self.delete(self.account_id, self.region)
            super().update(properties)
            self.create()
            return
        super().update(properties)
        version, description, routing = self._settings()
        self._backend.update_alias(self.properties["Name"], self._function_name, version, description, routing)

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        self._backend.delete_alias(self.properties["Name"], self._function_name)

    def attributes(self) -> Mapping[str, Any]:
        return {"AliasArn": self.physical_resource_id}

    def _settings(self) -> tuple[str, str, Any]:
        given = self.properties
        return str(given["FunctionVersion"]), given.get("Description", ""), given.get("RoutingConfig")


@local_type
class Permission(OfFunction):
    """A statement of a function's policy. Nothing here heeds it, except those who read the policy."""

    TYPE = "AWS::Lambda::Permission"
    ATTRIBUTES = ("Id",)

    def create(self) -> None:
        given = {name: value for name, value in self.properties.items() if name != "FunctionName"}
        statement = json.dumps({**given, "StatementId": self.physical_resource_id})
        self._backend.add_permission(self._function_name, self._qualifier, statement)  # type: ignore[arg-type]

    def update(self, properties: Mapping[str, Any]) -> None:
        self.delete(self.account_id, self.region)
        super().update(properties)
        self.create()

    def delete(self, account_id: str, region: str) -> None:
        del account_id, region
        function = self._backend.get_function(self._function_name, self._qualifier)
        function.policy.del_statement(self.physical_resource_id)

    def attributes(self) -> Mapping[str, Any]:
        return {"Id": self.physical_resource_id}
