"""Which types of resources a stack may have.

moto skips a type that it does not know, and reports a success. Here such a resource fails its stack, with its name; so
do types that moto stores without doing what they promise. Types of our own are registered here, before moto's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, NoReturn

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.core.common_models import CloudFormationModel

from lambdastream.control.gaps.patching import wraps

WITHOUT_EFFECT: Final = {
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "AWS::CloudFormation::WaitCondition",
    "AWS::Lambda::EventSourceMapping",
}
LONGEST_NAME: Final = {"AWS::Lambda::Function": 64, "AWS::IAM::Role": 64}
LOWER_CASE: Final = {"AWS::ECR::Repository"}
_TYPES: dict[str, type[LocalResource]] = {}


class LocalResource(CloudFormationModel):
    """A resource of a type that moto's CloudFormation lacks, or does not do well enough.

    ``TYPE`` is its name in templates, ``ATTRIBUTES`` what ``Fn::GetAtt`` may ask for.
    """

    TYPE: ClassVar[str] = ""
    ATTRIBUTES: ClassVar[tuple[str, ...]] = ()

    def __init__(self, physical_resource_id: str, properties: Mapping[str, Any], account_id: str, region: str) -> None:
        self.physical_resource_id = physical_resource_id
        self.properties = dict(properties)
        self.account_id = account_id
        self.region = region
        self.create()

    def create(self) -> None:
        """Bring the resource about."""

    def update(self, properties: Mapping[str, Any]) -> None:
        """Change the resource to these properties."""
        self.properties = dict(properties)

    def delete(self, account_id: str, region: str) -> None:
        """Remove the resource."""

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        """The value that ``Fn::GetAtt`` gives."""
        if attribute_name not in self.ATTRIBUTES:
            raise UnformattedGetAttTemplateException
        return self.attributes()[attribute_name]

    def attributes(self) -> Mapping[str, Any]:
        """The values of ``ATTRIBUTES``."""
        return {}

    def is_created(self) -> bool:
        return True

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.TYPE

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.ATTRIBUTES

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        del kwargs
        return cls(resource_name, cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Any:
        del new_resource_name, account_id, region_name
        original_resource.update(cloudformation_json["Properties"])
        return original_resource


class UnsupportedResource(LocalResource):
    """Stands for a type that is not supported: it cannot be created."""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return bool(attr)

    @classmethod
    def create_from_cloudformation_json(cls, *arguments: Any, **kwargs: Any) -> NoReturn:
        del arguments
        raise unsupported(kwargs["ResourceType"])


def unsupported(resource_type: str) -> ValidationError:
    """The error of a resource of a type that is not supported."""
    return ValidationError(
        message=f"Resource type {resource_type} is not supported by the local AWS. Remove it, or put it under a "
        "condition that holds on AWS alone."
    )


def local_type(cls: type[LocalResource]) -> type[LocalResource]:
    """Register a type of our own."""
    _TYPES[cls.TYPE] = cls
    return cls


def is_supported(resource_type: str) -> bool:
    """Whether a stack may have resources of this type."""
    if resource_type in _TYPES:
        return True
    return resource_type in parsing.get_model_map() and resource_type not in WITHOUT_EFFECT


@wraps(parsing, "resource_class_from_type")
def _resource_class(original: Any, resource_type: str) -> type[CloudFormationModel]:
    if not is_supported(resource_type):
        return UnsupportedResource
    found: type[CloudFormationModel] = _TYPES.get(resource_type) or original(resource_type)
    return found


@wraps(parsing, "generate_resource_name")
def _resource_name(original: Any, resource_type: str, stack_name: str, logical_id: str) -> str:
    # moto makes names that are longer than AWS allows, or have letters that it does not.
    name: str = original(resource_type, stack_name, logical_id)
    if resource_type in LOWER_CASE:
        name = name.lower()
    longest = LONGEST_NAME.get(resource_type, len(name))
    beginning, _, suffix = name.rpartition("-")
    return f"{beginning[: longest - len(suffix) - 1]}-{suffix}"
