"""Change sets and stacks: what may be asked for when, and carrying it out.

moto keeps several stacks of one name, finds a change set by its name in any stack, lists changes without regard to
parameters, and makes its caller wait however long a deployment takes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Final

from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError, ValidationError
from moto.cloudformation.models import Change, ChangeSet, CloudFormationBackend, Stack, cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id, validate_create_change_set
from moto.core.responses import ActionResult, EmptyResult

from lambdastream.control.gaps.cloudformation_templates import read_template
from lambdastream.control.gaps.patching import replaces
from lambdastream.control.gaps.sam_transform import expand
from lambdastream.control.gaps.stack_events import stack_event
from lambdastream.control.gaps.stack_execution import Execution, delete_stack
from lambdastream.control.gaps.stack_plan import plan, preview
from lambdastream.control.monitor import MOTO

# Shorter than an SDK's patience (60 s), which would ask again; most deployments are over by then.
LONGEST_WAIT: Final = 10.0
REVIEW: Final = "REVIEW_IN_PROGRESS"
NO_CHANGES: Final = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


class InvalidChangeSetStatusError(CloudFormationError):
    """A change set that cannot be executed."""

    code = "InvalidChangeSetStatus"


def carry_out(work: Callable[[], None]) -> None:
    """Work on a stack in a thread of its own; return when it is done, or goes on for longer than a caller waits."""

    def inside() -> None:
        with MOTO:
            work()

    thread = threading.Thread(target=inside, daemon=True)
    thread.start()
    with MOTO.outside():
        thread.join(LONGEST_WAIT)


def find_stack(backend: CloudFormationBackend, name: str) -> Stack | None:
    """The stack of this name, if there is one."""
    return next((stack for stack in backend.stacks.values() if stack.name == name), None)


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
    stack = stack or _new_stack(self, stack_name, parameters, notification_arns, tags, role_arn)
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


def check_can_change(stack: Stack) -> None:
    """Raises CloudFormation's ``ValidationError`` for a stack that cannot be changed now."""
    if stack.status.endswith("_IN_PROGRESS") or stack.status in {
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "DELETE_FAILED",
    }:
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")


def _new_stack(
    backend: CloudFormationBackend,
    name: str,
    parameters: dict[str, str],
    notification_arns: list[str] | None,
    tags: dict[str, str] | None,
    role_arn: str | None,
) -> Stack:
    return Stack(  # type: ignore[abstract] # moto makes it too
        stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
        name=name,
        template={},
        parameters=parameters,
        account_id=backend.account_id,
        region_name=backend.region_name,
        notification_arns=notification_arns,
        tags=tags,
        role_arn=role_arn,
    )


def _set_status(change_set: ChangeSet, submitted: str) -> None:
    stack = change_set.stack
    vars(change_set)["submitted"] = submitted
    if change_set.change_set_type == "UPDATE" and _is_same(
        stack, change_set.template_dict, change_set.parameters, change_set.tags
    ):
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.status_reason = NO_CHANGES
    else:
        change_set.status, change_set.execution_status = "CREATE_COMPLETE", "AVAILABLE"


def _is_same(stack: Stack, template: dict[str, Any], parameters: dict[str, Any], tags: dict[str, str] | None) -> bool:
    """Whether a stack is already like this. Parameters that were left out have their declared values."""
    exports = cloudformation_backends[stack.account_id][stack.region_name].exports
    values = preview(stack, template, parameters, exports).resolved_parameters
    same_values = values == stack.resource_map.resolved_parameters
    return template == stack.template_dict and same_values and (tags or stack.tags) == stack.tags


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


def deploy(
    backend: CloudFormationBackend,
    stack: Stack,
    kind: str,
    template: tuple[str, dict[str, Any]],
    parameters: dict[str, Any],
    *,
    rolls_back: bool = True,
) -> None:
    """Change a stack to a template, which is given as it was submitted and after its transforms."""
    submitted, expanded = template
    stack.template = submitted
    stack.description = expanded.get("Description")
    # Before the thread starts, so that nothing else begins meanwhile.
    stack.status = f"{kind}_IN_PROGRESS"
    carry_out(Execution(backend, stack, kind, expanded, parameters, rolls_back).run)


@replaces(CloudFormationBackend, "create_stack")
def _create_stack(
    self: CloudFormationBackend,
    name: str,
    template: str,
    parameters: dict[str, Any],
    notification_arns: list[str] | None = None,
    tags: dict[str, str] | None = None,
    role_arn: str | None = None,
    **others: Any,
) -> Stack:
    if find_stack(self, name) is not None:
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    expanded = expand(read_template(template), parameters)
    stack = _new_stack(self, name, parameters, notification_arns, tags, role_arn)
    preview(stack, expanded, parameters, self.exports)
    stack.enable_termination_protection = bool(others.get("enable_termination_protection"))
    stack.timeout_in_minutes = others.get("timeout_in_mins")
    stack.policy = others.get("stack_policy_body") or ""
    self.stacks[stack.stack_id] = stack
    deploy(self, stack, "CREATE", (template, expanded), parameters)
    return stack


@replaces(CloudFormationBackend, "update_stack")
def _update_stack(
    self: CloudFormationBackend,
    name: str,
    template: str,
    role_arn: str | None,
    parameters: list[dict[str, Any]],
    tags: dict[str, str] | None,
) -> Stack:
    stack = self.get_stack(name)
    check_can_change(stack)
    values = self._resolve_update_parameters(instance=stack, incoming_params=parameters)
    expanded = expand(read_template(template), values)
    if _is_same(stack, expanded, values, tags):
        raise ValidationError(message="No updates are to be performed.")
    stack.role_arn = role_arn
    stack.tags = tags if tags is not None else stack.tags
    deploy(self, stack, "UPDATE", (template, expanded), values)
    return stack


@replaces(CloudFormationBackend, "delete_stack")
def _delete_stack(self: CloudFormationBackend, name_or_stack_id: str) -> None:
    stack = next((it for it in self.stacks.values() if name_or_stack_id in {it.name, it.stack_id}), None)
    if stack is None:
        # As on AWS: deleting what is not there is no error.
        return
    if stack.status.endswith("_IN_PROGRESS") and stack.status != REVIEW:
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be deleted.")
    if stack.enable_termination_protection:
        raise ValidationError(message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    carry_out(lambda: delete_stack(self, stack))


@replaces(CloudFormationResponse, "_validate_different_update")
def _validate_different_update(*arguments: Any) -> None:
    # A change set without changes is made, and says so; moto refuses it when its template came as text.
    del arguments
