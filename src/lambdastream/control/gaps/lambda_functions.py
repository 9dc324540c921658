"""``AWS::Lambda::Function``: all of its properties, created and updated.

moto takes nine of them when it creates a function (no layers, no architectures, no tags), takes inline code for base64
when it updates one, keeps environment variables and layers that a template no longer has, and numbers as text.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from moto.awslambda.exceptions import (
    FunctionAlreadyExists,
    InvalidParameterValueException,
    UnknownFunctionException,
)
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.utils import get_backend

from lambdastream.control.gaps.function_deployment import redeployed
from lambdastream.control.gaps.logging_config import keep_log_group

DEFAULTS: Final[Mapping[str, Any]] = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "EphemeralStorage": {"Size": 512},
    "Layers": [],
    "Architectures": ["x86_64"],
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": None,
    "LoggingConfig": None,
    "PackageType": "Zip",
    "ImageConfig": {},
}


def specification(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """What CreateFunction would be told: CloudFormation's properties have other forms here and there."""
    found = {**DEFAULTS, **properties, "FunctionName": name}
    found["Code"] = dict(found["Code"])
    if "ZipFile" in found["Code"]:
        text = found["Code"]["ZipFile"]
        archive = LambdaFunction._create_zipfile_from_plaintext_code(text)  # noqa: SLF001 - moto's own
        found["Code"]["ZipFile"] = base64.b64encode(archive)
    found["Environment"] = {"Variables": dict((found.get("Environment") or {}).get("Variables") or {})}
    found["Timeout"], found["MemorySize"] = int(found["Timeout"]), int(found["MemorySize"])
    found["KMSKeyArn"] = found.pop("KmsKeyArn", None)
    found["Tags"] = {tag["Key"]: tag["Value"] for tag in found.get("Tags") or []}
    found["EphemeralStorage"] = {"Size": int(found["EphemeralStorage"]["Size"])}
    return found


def _create(
    cls: type[LambdaFunction],
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> LambdaFunction:
    del cls, kwargs
    backend = get_backend(account_id, region_name)
    _refuse_existing(backend, resource_name)
    backend.create_function(specification(resource_name, cloudformation_json["Properties"]))
    return backend.get_function(resource_name)


def _refuse_existing(backend: LambdaBackend, name: str) -> None:
    # moto would put the new function in the place of the other stack's.
    try:
        backend.get_function(name)
    except UnknownFunctionException:
        return
    raise FunctionAlreadyExists(name)


def _update(
    cls: type[LambdaFunction],
    original_resource: LambdaFunction,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> LambdaFunction:
    named = cloudformation_json["Properties"].get("FunctionName", original_resource.function_name)
    if named != original_resource.function_name:
        _refuse_existing(get_backend(account_id, region_name), named)
        made = _create(cls, new_resource_name, cloudformation_json, account_id, region_name)
        original_resource.delete(account_id, region_name)
        return made
    # What is deleted and made again by others meanwhile is found by its name.
    function = get_backend(account_id, region_name).get_function(original_resource.function_name)
    wanted = specification(function.function_name, cloudformation_json["Properties"])
    _refuse_other_package(function, wanted["PackageType"])
    with redeployed(function):
        function.update_configuration(wanted)
        function.update_function_code(wanted["Code"])
        keep_log_group(function, wanted)
        function.architectures = wanted["Architectures"]
        function.ephemeral_storage = wanted["EphemeralStorage"]["Size"]
        function.tracing_config = wanted["TracingConfig"]
        function.kms_key_arn = wanted["KMSKeyArn"]
        function.reserved_concurrency = wanted.get("ReservedConcurrentExecutions")
        function.tags = wanted["Tags"]
    return function


def _refuse_other_package(function: LambdaFunction, package_type: str) -> None:
    # On AWS the function is replaced; one with a name of its own cannot be.
    if package_type != function.package_type:
        raise InvalidParameterValueException(
            f"The function {function.function_name} is deployed with PackageType {function.package_type}, which cannot "
            "change here: give the resource another logical id, or remove it first."
        )


LambdaFunction.create_from_cloudformation_json = classmethod(_create)  # type: ignore[method-assign, assignment, arg-type]
LambdaFunction.update_from_cloudformation_json = classmethod(_update)  # type: ignore[method-assign, assignment]
