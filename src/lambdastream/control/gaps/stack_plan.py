"""What a template and parameters mean for a stack: its conditions, each resource with its values, and what changes.

moto compares the text of templates, so it does not see parameters that change a condition or an ``Fn::Sub`` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from moto.cloudformation.models import Stack
from moto.cloudformation.parsing import ResourceMap, clean_json

from lambdastream.control.gaps.dependencies import check_references, creation_order
from lambdastream.control.gaps.parameter_rules import check_parameters

_APPLIED: Final = "lambdastream_applied"


class Unknown:
    """Stands for a resource that is not there yet."""

    physical_resource_id = "known after the deployment"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return f"{attribute_name} {self.physical_resource_id}"


class Preview(ResourceMap):
    """A resource map that creates nothing when it is asked for a resource."""

    def __getitem__(self, key: str) -> Any:
        return self._parsed_resources[key] if key in self._parsed_resources else self._unknown(key)

    def _unknown(self, key: str) -> Unknown:
        if key not in self._resource_json_map:
            raise KeyError(key)
        return Unknown()


@dataclass(frozen=True, slots=True)
class Plan:
    """A change of a stack, by the names of resources, each list in the order of creation."""

    add: list[str] = field(default_factory=list)
    modify: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)


def applied(stack: Stack) -> dict[str, Any]:
    """Each resource of a stack as it was last deployed: its definition with all values put in."""
    found: dict[str, Any] = vars(stack).setdefault(_APPLIED, {})
    return found


def preview(
    stack: Stack, template: dict[str, Any], parameters: Mapping[str, Any], exports: Mapping[str, Any]
) -> Preview:
    """The stack's resources as they would be. Raises CloudFormation's ``ValidationError``."""
    check_references(template)
    resources = Preview(
        stack.stack_id,
        stack.name,
        dict(parameters),
        {},
        account_id=stack.account_id,
        region_name=stack.region_name,
        template=template,
        cross_stack_resources=dict(exports),
    )
    resources.load()
    check_parameters(template, resources)
    there = stack.resource_map._parsed_resources  # noqa: SLF001 - moto has no other way to ask
    resources._parsed_resources.update({name: there[name] for name in applied(stack)})  # noqa: SLF001
    return resources


def plan(stack: Stack, resources: Preview) -> Plan:
    """What a deployment would change."""
    definitions = resources._resource_json_map  # noqa: SLF001
    wanted = [name for name in creation_order(definitions) if holds(resources, definitions[name])]
    before = applied(stack)
    return Plan(
        [name for name in wanted if name not in before],
        [name for name in wanted if name in before and resolved(resources, definitions[name]) != before[name]],
        [name for name in before if name not in wanted],
    )


def holds(resources: ResourceMap, definition: Mapping[str, Any]) -> bool:
    """Whether the condition of a resource holds."""
    condition = definition.get("Condition")
    return condition is None or bool(resources.lazy_condition_map[condition])


def resolved(resources: ResourceMap, definition: dict[str, Any]) -> Any:
    """A resource's type and properties with all values put in."""
    return {
        "Type": definition["Type"],
        "Properties": clean_json(definition.get("Properties") or {}, resources),
    }


def switch(resources: ResourceMap, template: dict[str, Any], parameters: Mapping[str, Any]) -> None:
    """Make a stack's resource map speak of another template and other parameters; it creates nothing yet."""
    known = resources._parsed_resources  # noqa: SLF001
    for name in (*resources.resolved_parameters, *(resources._template.get("Mappings") or {})):  # noqa: SLF001
        known.pop(name, None)
    resources._template = template  # noqa: SLF001
    resources._resource_json_map = template.get("Resources", {})  # noqa: SLF001
    resources.input_parameters = dict(parameters)
    resources.resolved_parameters = {}
    resources.load()
