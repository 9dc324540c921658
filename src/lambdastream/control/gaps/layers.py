"""Layers: those that are uploaded are unpacked into folders, the Lambda Web Adapter's keeps its ARN.

moto knows layers of its own account alone, by their name whatever their account is, and finds LWA's unknown.
"""

from __future__ import annotations

import re
from typing import Any, Final

from moto.awslambda.exceptions import InvalidParameterValueException, UnknownLayerVersionException
from moto.awslambda.models import LambdaBackend, LambdaFunction, LayerVersion
from moto.awslambda.utils import get_backend

from lambdastream.control.code_store import CodeStore
from lambdastream.control.gaps.function_deployment import deployment
from lambdastream.control.gaps.patching import replaces, wraps
from lambdastream.errors import PackagingError
from lambdastream.runtime.web_adapter.layer import is_adapter_layer

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,140}")


def layer_paths(code: CodeStore, function: LambdaFunction) -> tuple[str, ...]:
    """A function's layers as the data plane takes them: ARNs of the adapter, and folders. Raises ``PackagingError``."""
    backend = get_backend(function.account_id, function.region)
    return tuple(
        layer["Arn"] if is_adapter_layer(layer["Arn"]) else _folder(code, _version(backend, layer["Arn"]))
        for layer in function.layers
    )


def _folder(code: CodeStore, version: LayerVersion) -> str:
    return str(code.layer(version.name, version.code_digest, version.code_bytes))


def _version(backend: LambdaBackend, arn: str) -> LayerVersion:
    own = f":{backend.account_id}:layer:" in arn and f":{backend.region_name}:" in arn
    found = backend.layers_versions_by_arn(arn) if own else None
    if found is None:
        raise UnknownLayerVersionException([arn])
    return found


@replaces(LambdaFunction, "_get_layers_data")
def _get_layers_data(self: LambdaFunction, layers_versions_arns: list[str]) -> list[dict[str, Any]]:
    backend = get_backend(self.account_id, self.region)
    return [
        {"Arn": arn, "CodeSize": 0 if is_adapter_layer(arn) else _version(backend, arn).code_size}
        for arn in layers_versions_arns
    ]


@wraps(LambdaBackend, "publish_layer_version")
def _publish_layer_version(original: Any, self: LambdaBackend, spec: dict[str, Any]) -> LayerVersion:
    if not NAME.fullmatch(spec.get("LayerName") or ""):
        raise InvalidParameterValueException(f"{spec.get('LayerName')} is not a name for a layer.")
    version: LayerVersion = original(self, spec)
    try:
        # Now, so that what is wrong with it is said to whom it concerns.
        _folder(deployment().code, version)
    except PackagingError as error:
        self.delete_layer_version(version.name, str(version.version))
        raise InvalidParameterValueException(f"{error.problem} {error.next_step}") from error
    version.compatible_architectures = spec.get("CompatibleArchitectures", [])
    return version


@wraps(LambdaBackend, "delete_layer_version")
def _delete_layer_version(original: Any, self: LambdaBackend, layer_name: str, layer_version: str) -> None:
    gone = self.get_layer_version(layer_name, layer_version)
    original(self, layer_name, layer_version)
    left = {version.code_digest for version in self.list_layer_versions(gone.name)}
    if gone.code_digest not in left:
        deployment().code.remove_layer(gone.name, gone.code_digest)


def _delete(self: LayerVersion, account_id: str, region: str) -> None:
    get_backend(account_id, region).delete_layer_version(self.name, str(self.version))


def _create(
    cls: type[LayerVersion],
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> LayerVersion:
    del cls, resource_name
    properties = cloudformation_json["Properties"]
    name = properties.get("LayerName") or kwargs["LogicalId"]
    return get_backend(account_id, region_name).publish_layer_version({**properties, "LayerName": name})


LayerVersion.create_from_cloudformation_json = classmethod(_create)  # type: ignore[method-assign, assignment, arg-type]
LayerVersion.delete = _delete  # type: ignore[attr-defined]
LayerVersion.physical_resource_id = property(lambda version: version.arn)  # type: ignore[attr-defined]
LayerVersion.has_cfn_attr = classmethod(lambda _, attr: attr == "LayerVersionArn")  # type: ignore[method-assign, assignment]
LayerVersion.get_cfn_attribute = lambda self, _: self.arn  # type: ignore[attr-defined]
