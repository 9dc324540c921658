"""``AWS::SSM::Parameter`` without a name, and what ``Fn::GetAtt`` gives of one.

moto fails without a name, and knows no attributes. Source: CloudFormation template reference, "AWS::SSM::Parameter".
"""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.ssm.models import Parameter

from lambdastream.control.gaps.patching import replaces, wraps


@wraps(Parameter, "create_from_cloudformation_json")
def _create(original: Any, resource_name: str, cloudformation_json: dict[str, Any], *place: Any, **others: Any) -> Any:
    # AWS names it so; with the stack's name in front it could begin with "aws", which is refused.
    name = "-".join(("CFN", *resource_name.rsplit("-", 2)[1:]))
    return original(resource_name, _named(cloudformation_json, name), *place, **others)


@wraps(Parameter, "update_from_cloudformation_json")
def _update(original: Any, original_resource: Parameter, cloudformation_json: dict[str, Any], **others: Any) -> Any:
    # moto deletes the parameter and makes it anew: it keeps the name that it has.
    named = _named(cloudformation_json, original_resource.name)
    return original(original_resource=original_resource, cloudformation_json=named, **others)


def _named(definition: dict[str, Any], name: str) -> dict[str, Any]:
    return {**definition, "Properties": {"Name": name, **definition["Properties"]}}


@replaces(Parameter, "get_cfn_attribute")
def _get_cfn_attribute(self: Parameter, attribute_name: str) -> str:
    attributes = {"Type": self.parameter_type, "Value": self.value}
    if attribute_name not in attributes:
        raise UnformattedGetAttTemplateException
    return str(attributes[attribute_name])


Parameter.has_cfn_attr = staticmethod(lambda attr: attr in {"Type", "Value"})  # type: ignore[method-assign]
