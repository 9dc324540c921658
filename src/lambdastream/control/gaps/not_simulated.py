"""Properties that change nothing locally: they are accepted, and the stack's events name them.

moto drops them in silence.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lambdastream.control.data_plane_client import ISOLATION

_PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::Lambda::Function": (
        "CodeSigningConfigArn",
        "DeadLetterConfig",
        "FileSystemConfigs",
        "KmsKeyArn",
        "RecursiveLoop",
        "RuntimeManagementConfig",
        "SnapStart",
        "TracingConfig",
        "VpcConfig",
    ),
    "AWS::Lambda::Alias": ("ProvisionedConcurrencyConfig", "RoutingConfig"),
    "AWS::Lambda::Version": ("ProvisionedConcurrencyConfig",),
    "AWS::ApiGateway::RestApi": ("EndpointConfiguration", "Policy", "MinimumCompressionSize"),
    "AWS::ApiGateway::Method": ("RequestModels", "RequestParameters", "RequestValidatorId"),
    "AWS::ApiGateway::Stage": ("AccessLogSetting", "CacheClusterEnabled", "MethodSettings", "TracingEnabled"),
    "AWS::ApiGatewayV2::Stage": ("AccessLogSettings", "DefaultRouteSettings", "RouteSettings"),
    "AWS::Logs::LogGroup": ("DataProtectionPolicy", "KmsKeyId"),
    "AWS::Events::Rule": ("ScheduleExpression", "EventPattern"),
}
_WHOLE: Final = ("AWS::S3::BucketPolicy", "AWS::ApiGateway::Account", "AWS::CloudFormation::WaitConditionHandle")
_POLICY: Final = "x-amazon-apigateway-policy"
_MACHINE: Final = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


def not_simulated(resource_type: str, properties: Mapping[str, Any]) -> str | None:
    """What an event says about the properties of a resource that change nothing here; ``None`` when all do."""
    if resource_type in _WHOLE:
        return "not simulated: it is accepted, and changes nothing locally"
    names = [name for name in _PROPERTIES.get(resource_type, ()) if properties.get(name)]
    names += _within(resource_type, properties)
    return f"not simulated: {', '.join(names)}" if names else None


def _within(resource_type: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """What changes nothing of a property that else does."""
    if resource_type == "AWS::Lambda::Function" and properties.get("Architectures", [_MACHINE]) != [_MACHINE]:
        yield f"Architectures (it runs on {_MACHINE} here)"
    if resource_type == "AWS::Lambda::Function" and properties.get("EphemeralStorage") and not _has_namespaces():
        yield "EphemeralStorage (without mount namespaces /tmp is as large as the disk)"
    if resource_type == "AWS::Lambda::Function" and (properties.get("LoggingConfig") or {}).get("LogFormat") == "JSON":
        yield "LogFormat JSON (Lambda's own lines are text here)"
    if resource_type == "AWS::ApiGateway::RestApi" and _POLICY in (properties.get("Body") or {}):
        yield "its resource policy (whoever it keeps out may call here)"


def _has_namespaces() -> bool:
    return os.environ.get(ISOLATION) == "namespaces"
