"""Deploying, changing and deleting a stack: resource by resource, and back again when one of them fails.

moto makes every resource it finds, in the order of the template, stops at the first error and leaves the rest as it is:
no rollback, no reason in the events, outputs and exports of a change set forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack

from lambdastream.control.gaps.dependencies import creation_order
from lambdastream.control.gaps.imports import check_deletion
from lambdastream.control.gaps.not_simulated import not_simulated
from lambdastream.control.gaps.outputs import set_outputs
from lambdastream.control.gaps.resource_types import is_supported, unsupported
from lambdastream.control.gaps.stack_events import resource_event, stack_event, words
from lambdastream.control.gaps.stack_plan import Plan, applied, holds, plan, preview, resolved, switch

RETAINED: Final = "Retain"


class ResourceError(Exception):
    """A resource could not be brought about; the event that says why is written."""

    def __init__(self, name: str, action: str) -> None:
        super().__init__(f"The following resource(s) failed to {action}: [{name}].")


@dataclass(slots=True)
class Execution:
    """A change of a stack to a template, after its transforms, and parameters.

    ``kind`` is CREATE or UPDATE. Without ``rolls_back`` what was done before an error stays.
    """

    backend: CloudFormationBackend
    stack: Stack
    kind: str
    template: dict[str, Any]
    parameters: Mapping[str, Any]
    rolls_back: bool = True
    _created: list[str] = field(default_factory=list)
    _changed: list[str] = field(default_factory=list)
    _replaced: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def run(self) -> None:
        """Carry the change out. What goes wrong is in the stack's events and its status, as on AWS."""
        stack = self.stack
        before = (stack.template_dict, stack.resource_map.input_parameters, dict(applied(stack)))
        stack_event(stack, f"{self.kind}_IN_PROGRESS", "User Initiated")
        try:
            removed = self._apply()
        except Exception as error:  # noqa: BLE001 - whatever it is, the stack must not stay in progress
            self._fail(words(error) if not isinstance(error, ResourceError) else str(error), *before)
            return
        self._clean_up(removed, before[0])
        stack_event(stack, f"{self.kind}_COMPLETE")

    def _apply(self) -> list[str]:
        stack = self.stack
        stack.resource_map.cross_stack_resources = self.backend.exports
        planned = plan(stack, preview(stack, self.template, self.parameters, self.backend.exports))
        switch(stack.resource_map, self.template, self.parameters)
        self._check_types(planned)
        definitions = self.template["Resources"]
        for name in order(self.template, stack.resource_map):
            if name not in applied(stack):
                self._create(name, definitions[name])
            elif resolved(stack.resource_map, definitions[name]) != applied(stack)[name]:
                self._update(name, definitions[name])
        set_outputs(self.backend, stack, self.template)
        return planned.remove

    def _check_types(self, planned: Plan) -> None:
        for name in planned.add:
            definition = self.template["Resources"][name]
            if not is_supported(definition["Type"]):
                reason = words(unsupported(definition["Type"]))
                resource_event(self.stack, name, definition, "CREATE_FAILED", reason)
                raise ResourceError(name, "create")

    def _create(self, name: str, definition: dict[str, Any]) -> None:
        resource_event(self.stack, name, definition, "CREATE_IN_PROGRESS")
        try:
            value = resolved(self.stack.resource_map, definition)
            self._make(name, definition)
        except Exception as error:
            resource_event(self.stack, name, definition, "CREATE_FAILED", words(error))
            raise ResourceError(name, "create") from error
        self._created.append(name)
        applied(self.stack)[name] = value
        reason = not_simulated(definition["Type"], value["Properties"])
        resource_event(self.stack, name, definition, "CREATE_COMPLETE", reason)

    def _make(self, name: str, definition: dict[str, Any]) -> None:
        resources = self.stack.resource_map
        made = parsing.parse_and_create_resource(
            name, dict(definition), resources, self.stack.account_id, self.stack.region_name
        )
        resources._parsed_resources[name] = made  # noqa: SLF001

    def _update(self, name: str, definition: dict[str, Any]) -> None:
        resource_event(self.stack, name, definition, "UPDATE_IN_PROGRESS")
        try:
            value = resolved(self.stack.resource_map, definition)
            self._change(name, definition)
        except Exception as error:
            resource_event(self.stack, name, definition, "UPDATE_FAILED", words(error))
            raise ResourceError(name, "update") from error
        applied(self.stack)[name] = value
        reason = not_simulated(definition["Type"], value["Properties"])
        resource_event(self.stack, name, definition, "UPDATE_COMPLETE", reason)

    def _change(self, name: str, definition: dict[str, Any]) -> None:
        if applied(self.stack)[name]["Type"] != definition["Type"]:
            raise ValidationError(message="Update of resource type is not permitted.")
        resource = self.stack.resource_map._parsed_resources[name]  # noqa: SLF001
        if not hasattr(type(resource).update_from_cloudformation_json, "__isabstractmethod__"):
            self._changed.append(name)
            changed = parsing.parse_and_update_resource(
                name, dict(definition), self.stack.resource_map, self.stack.account_id, self.stack.region_name
            )
            self.stack.resource_map._parsed_resources[name] = changed  # noqa: SLF001
        else:
            # As CloudFormation replaces: the new one comes first, the old one goes in the end.
            self._make(name, definition)
            self._replaced[name] = (resource, applied(self.stack)[name])

    def _clean_up(self, removed: list[str], template: dict[str, Any]) -> None:
        for resource, definition in self._replaced.values():
            self.stack.resource_map._delete_resource(resource, definition)  # noqa: SLF001
        for name in reversed(removed):
            delete_resource(self.stack, name, template["Resources"][name])
        self.stack.template_dict = self.template
        self.stack.parameters = dict(self.parameters)

    def _fail(
        self, reason: str, template: dict[str, Any], parameters: Mapping[str, Any], were: Mapping[str, Any]
    ) -> None:
        stack = self.stack
        if not self.rolls_back:
            stack.template_dict, stack.parameters = self.template, dict(self.parameters)
            stack_event(stack, f"{self.kind}_FAILED", reason)
            return
        prefix = "" if self.kind == "CREATE" else "UPDATE_"
        stack_event(stack, f"{prefix}ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
        failed = self._delete_created()
        if self.kind == "UPDATE":
            # A creation that failed keeps its parameters to the end: a deployment of the same name asks for them.
            switch(stack.resource_map, template, parameters)
        failed += self._restore(template, were)
        if failed:
            stack_event(stack, f"{prefix}ROLLBACK_FAILED", f"These resources are not as they were: {failed}")
        else:
            stack_event(stack, f"{prefix}ROLLBACK_COMPLETE")

    def _delete_created(self) -> list[str]:
        definitions = self.template["Resources"]
        return [name for name in reversed(self._created) if not delete_resource(self.stack, name, definitions[name])]

    def _restore(self, template: dict[str, Any], were: Mapping[str, Any]) -> list[str]:
        failed = []
        known = self.stack.resource_map._parsed_resources  # noqa: SLF001
        for name, (resource, _) in self._replaced.items():
            self.stack.resource_map._delete_resource(known[name], self.template["Resources"][name])  # noqa: SLF001
            known[name] = resource
        for name in reversed(self._changed):
            try:
                self._update(name, template["Resources"][name])
            except ResourceError:
                failed.append(name)
        applied(self.stack).update(were)
        return failed


def order(template: dict[str, Any], resources: parsing.ResourceMap) -> list[str]:
    """The names of the resources whose condition holds, in the order of creation."""
    return [name for name in creation_order(template["Resources"]) if holds(resources, template["Resources"][name])]


def delete_resource(stack: Stack, name: str, definition: Mapping[str, Any]) -> bool:
    """Delete a resource of a stack, unless its policy is to be kept; whether that worked."""
    resource = stack.resource_map._parsed_resources.get(name)  # noqa: SLF001
    if definition.get("DeletionPolicy") == RETAINED:
        resource_event(stack, name, definition, "DELETE_SKIPPED")
    else:
        resource_event(stack, name, definition, "DELETE_IN_PROGRESS")
        try:
            stack.resource_map._delete_resource(resource, dict(definition))  # noqa: SLF001
        except Exception as error:  # noqa: BLE001 - the stack's events say what it is
            resource_event(stack, name, definition, "DELETE_FAILED", words(error))
            return False
        resource_event(stack, name, definition, "DELETE_COMPLETE")
    stack.resource_map._parsed_resources.pop(name, None)  # noqa: SLF001
    applied(stack).pop(name, None)
    return True


def delete_stack(backend: CloudFormationBackend, stack: Stack) -> None:
    """Delete a stack and its resources, the last one first.

    One whose exports are in use stays as it is, its old status included, and an event says why: so does AWS.
    """
    before, exports = stack.status, [export.name for export in stack.exports]
    stack_event(stack, "DELETE_IN_PROGRESS", "User Initiated")
    try:
        check_deletion(backend, exports)
    except ValidationError as error:
        stack_event(stack, before, words(error))
        return
    definitions = stack.template_dict.get("Resources", {})
    failed = [name for name in reversed(list(applied(stack))) if not delete_resource(stack, name, definitions[name])]
    if failed:
        stack_event(stack, "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}].")
        return
    for name in [name for name, export in backend.exports.items() if export.exporting_stack_id == stack.stack_id]:
        del backend.exports[name]
    stack_event(stack, "DELETE_COMPLETE")
    backend.stacks.pop(stack.stack_id, None)
    backend.deleted_stacks[stack.stack_id] = stack
