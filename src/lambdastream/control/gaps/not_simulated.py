"""Properties that change nothing locally: they are accepted, and the stack's events name them.

moto drops them in silence.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any, Final

_PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::Lambda::Function": (
        "CodeSigningConfigArn",
        "DeadLetterConfig",
        "EphemeralStorage",
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
    "AWS::ApiGateway::RestApi": ("EndpointConfiguration", "Policy", "BinaryMediaTypes", "MinimumCompressionSize"),
    "AWS::ApiGateway::Stage": ("AccessLogSetting", "CacheClusterEnabled", "MethodSettings", "TracingEnabled"),
    "AWS::ApiGatewayV2::Stage": ("AccessLogSettings", "DefaultRouteSettings", "RouteSettings"),
    "AWS::Logs::LogGroup": ("DataProtectionPolicy", "KmsKeyId"),
    "AWS::Events::Rule": ("ScheduleExpression", "EventPattern"),
}
_WHOLE: Final = ("AWS::S3::BucketPolicy", "AWS::ApiGateway::Account", "AWS::CloudFormation::WaitConditionHandle")
_MACHINE: Final = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


def not_simulated(resource_type: str, properties: Mapping[str, Any]) -> str | None:
    """What an event says about the properties of a resource that change nothing here; ``None`` when all do."""
    if resource_type in _WHOLE:
        return "not simulated: it is accepted, and changes nothing locally"
    names = [name for name in _PROPERTIES.get(resource_type, ()) if properties.get(name)]
    if resource_type == "AWS::Lambda::Function" and properties.get("Architectures", [_MACHINE]) != [_MACHINE]:
        names.append(f"Architectures (it runs on {_MACHINE} here)")
    return f"not simulated: {', '.join(names)}" if names else None
