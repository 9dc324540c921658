"""Change sets: when they may be made and executed, and what they list.

moto finds a change set by its name in any stack, lists changes without regard to parameters, forgets tags and outputs,
and refuses a change set without changes when its template came as text.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Final

from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError, ValidationError
from moto.cloudformation.models import Change, ChangeSet, CloudFormationBackend, Stack, cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_changeset_id, validate_create_change_set
from moto.core.responses import ActionResult, EmptyResult

from lambdastream.control.gaps.cloudformation_templates import read_template
from lambdastream.control.gaps.patching import replaces
from lambdastream.control.gaps.sam_transform import expand
from lambdastream.control.gaps.stack_events import stack_event
from lambdastream.control.gaps.stack_plan import plan, preview
from lambdastream.control.gaps.stacks import REVIEW, check_can_change, deploy, find_stack, is_same, new_stack

NO_CHANGES: Final = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


class InvalidChangeSetStatusError(CloudFormationError):
    """A change set that cannot be executed."""

    code = "InvalidChangeSetStatus"


@replaces(CloudFormationBackend, "create_change_set")
def _create_change_set(  # noqa: PLR0913, PLR0917 - moto's signature
    self: CloudFormationBackend,
    stack_name: str,
    change_set_name: str,
    template: str,
    parameters: dict[str, str],
    description: str,
    change_set_type: str,
    notification_arns: list[str] | None = None,
    tags: dict[str, str] | None = None,
    role_arn: str | None = None,
) -> tuple[str, str]:
    validate_create_change_set(change_set_name)
    stack = find_stack(self, stack_name)
    _check_type(stack, stack_name, change_set_name, change_set_type)
    expanded = expand(read_template(template), parameters)
    stack = stack or new_stack(self, stack_name, parameters, notification_arns, tags, role_arn)
    preview(stack, expanded, parameters, self.exports)
    if _find_change_set(self, change_set_name, stack) is not None:
        raise AlreadyExistsException(f"ChangeSet {change_set_name} already exists")
    change_set = ChangeSet(
        change_set_type=change_set_type,
        change_set_id=generate_changeset_id(change_set_name, self.region_name, self.account_id),
        change_set_name=change_set_name,
        stack=stack,
        template=json.dumps(expanded),
        parameters=parameters,
        description=description,
        notification_arns=notification_arns,
        tags=tags,
        role_arn=role_arn,
    )
    _set_status(change_set, template)
    if stack.stack_id not in self.stacks:
        self.stacks[stack.stack_id] = stack
        stack_event(stack, REVIEW, "User Initiated")
    self.change_sets[change_set.change_set_id] = change_set
    return change_set.change_set_id, stack.stack_id


def _check_type(stack: Stack | None, name: str, change_set_name: str, change_set_type: str) -> None:
    if change_set_type == "CREATE":
        if stack is not None and stack.status != REVIEW:
            raise ValidationError(
                message=f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{change_set_name}]."
            )
    elif stack is None:
        raise ValidationError(message=f"Stack [{name}] does not exist")
    else:
        check_can_change(stack)


def _set_status(change_set: ChangeSet, submitted: str) -> None:
    stack = change_set.stack
    vars(change_set)["submitted"] = submitted
    if change_set.change_set_type == "UPDATE" and is_same(
        stack, change_set.template_dict, change_set.parameters, change_set.tags
    ):
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.status_reason = NO_CHANGES
    else:
        change_set.status, change_set.execution_status = "CREATE_COMPLETE", "AVAILABLE"


@replaces(ChangeSet, "diff")
def _diff(self: ChangeSet) -> list[Change]:
    exports = cloudformation_backends[self.stack.account_id][self.stack.region_name].exports
    planned = plan(self.stack, preview(self.stack, self.template_dict, self.parameters, exports))
    before = self.stack.template_dict.get("Resources", {})
    definitions = {**before, **self.template_dict["Resources"]}
    return [
        Change(action=action, logical_resource_id=name, resource_type=definitions[name]["Type"])
        for action, names in (("Add", planned.add), ("Modify", planned.modify), ("Remove", planned.remove))
        for name in names
    ]


def _find_change_set(backend: CloudFormationBackend, name: str, stack: Stack | None) -> ChangeSet | None:
    for change_set in backend.change_sets.values():
        if name == change_set.change_set_id:
            return change_set
        if name == change_set.change_set_name and stack is not None and stack is change_set.stack:
            return change_set
    return None


def _change_set(response: CloudFormationResponse) -> ChangeSet:
    backend = response.cloudformation_backend
    name, stack_name = response._get_param("ChangeSetName"), response._get_param("StackName")  # noqa: SLF001
    stack = backend.get_stack(stack_name) if stack_name else None
    found = _find_change_set(backend, name, stack)
    if found is None:
        raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")
    return found


class ChangeSetNotFoundError(CloudFormationError):
    """There is no such change set."""

    code = "ChangeSetNotFound"


@replaces(CloudFormationResponse, "describe_change_set")
def _describe_change_set(self: CloudFormationResponse) -> ActionResult:
    return ActionResult(_change_set(self))


@replaces(CloudFormationResponse, "delete_change_set")
def _delete_change_set(self: CloudFormationResponse) -> ActionResult:
    # As on AWS: deleting what is not there is no error, and the cdk does it before it makes one.
    with suppress(ChangeSetNotFoundError):
        self.cloudformation_backend.change_sets.pop(_change_set(self).change_set_id)
    return EmptyResult()


@replaces(CloudFormationResponse, "execute_change_set")
def _execute_change_set(self: CloudFormationResponse) -> ActionResult:
    change_set = _change_set(self)
    if change_set.execution_status != "AVAILABLE":
        raise InvalidChangeSetStatusError(
            f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current status of [{change_set.status}]"
        )
    if change_set.change_set_type == "UPDATE":
        check_can_change(change_set.stack)
    change_set.execution_status = "EXECUTE_COMPLETE"
    stack = change_set.stack
    _forget_others(self.cloudformation_backend, change_set)
    stack.tags = change_set.tags or stack.tags
    deploy(
        self.cloudformation_backend,
        stack,
        change_set.change_set_type,
        (vars(change_set)["submitted"], change_set.template_dict),
        change_set.parameters,
        rolls_back=not self._get_bool_param("DisableRollback", False),
    )
    return EmptyResult()


def _forget_others(backend: CloudFormationBackend, executed: ChangeSet) -> None:
    """The stack's other change sets go: they were made for what it was (API reference, "ExecuteChangeSet")."""
    for identifier, other in list(backend.change_sets.items()):
        if other.stack is executed.stack and other is not executed:
            del backend.change_sets[identifier]


@replaces(CloudFormationResponse, "_validate_different_update")
def _validate_different_update(*arguments: Any) -> None:
    # A change set without changes is made, and says so; moto refuses it when its template came as text.
    del arguments
