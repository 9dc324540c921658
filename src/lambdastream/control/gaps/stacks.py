"""Stacks: when one may be created, changed or deleted.

moto keeps several stacks of one name, changes one that is in the middle of something, and does so when nothing is changed.
"""

from __future__ import annotations

from typing import Any, Final

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import CloudFormationBackend, Stack, cloudformation_backends
from moto.cloudformation.utils import generate_stack_id

from lambdastream.control.gaps.cloudformation_templates import read_template
from lambdastream.control.gaps.long_deployments import carry_out
from lambdastream.control.gaps.patching import replaces
from lambdastream.control.gaps.sam_transform import expand
from lambdastream.control.gaps.stack_execution import Execution, delete_stack
from lambdastream.control.gaps.stack_plan import preview

REVIEW: Final = "REVIEW_IN_PROGRESS"


def find_stack(backend: CloudFormationBackend, name: str) -> Stack | None:
    """The stack of this name, if there is one."""
    return next((stack for stack in backend.stacks.values() if stack.name == name), None)


def check_can_change(stack: Stack) -> None:
    """Raises CloudFormation's ``ValidationError`` for a stack that cannot be changed now."""
    if stack.status.endswith("_IN_PROGRESS") or stack.status in {
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "DELETE_FAILED",
    }:
        raise ValidationError(message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")


def new_stack(
    backend: CloudFormationBackend,
    name: str,
    parameters: dict[str, str],
    notification_arns: list[str] | None,
    tags: dict[str, str] | None,
    role_arn: str | None,
) -> Stack:
    """A stack of this name, of which nothing is deployed yet; the backend does not have it."""
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


def is_same(stack: Stack, template: dict[str, Any], parameters: dict[str, Any], tags: dict[str, str] | None) -> bool:
    """Whether a stack is already like this. Parameters that were left out have their declared values."""
    exports = cloudformation_backends[stack.account_id][stack.region_name].exports
    values = preview(stack, template, parameters, exports).resolved_parameters
    same_values = values == stack.resource_map.resolved_parameters
    return template == stack.template_dict and same_values and (tags or stack.tags) == stack.tags


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
    stack = new_stack(self, name, parameters, notification_arns, tags, role_arn)
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
    if is_same(stack, expanded, values, tags):
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
