"""The stacks of a workshop, as CloudFormation tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from lambdastream.workshop.attendees.names import in_order
from lambdastream.workshop.attendees.tags import StackTags

FINE: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
CHANGEABLE: Final = (*FINE, "UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
"""A stack in one of these states takes an update."""
EMPTY: Final = "REVIEW_IN_PROGRESS"
"""A change set was made for it, and not executed: there is nothing in it."""
STUCK: Final = ("UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "IMPORT_ROLLBACK_FAILED")
"""A stack in one of these states waits for somebody to decide."""
CANCELLED: Final = "cancelled"
NOT_ITS_OWN: Final = ("CREATE_FAILED", "DELETE_COMPLETE", "DELETE_SKIPPED")
"""A resource in one of these states was never the stack's, or is so no more."""


@dataclass(frozen=True, slots=True)
class Stack:
    """An attendee's stack. ``updated`` is when it was changed last."""

    name: str
    status: str
    tags: StackTags
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    updated: datetime | None = None

    @property
    def attendee(self) -> str:
        """Whose it is."""
        return self.tags.attendee

    @property
    def is_fine(self) -> bool:
        """Whether it was deployed to the end."""
        return self.status in FINE

    @property
    def is_under_way(self) -> bool:
        """Whether CloudFormation works on it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != EMPTY


def read_stack(told: Mapping[str, Any]) -> Stack | None:
    """Read a stack as the API describes it; ``None`` for one of no workshop."""
    tags = StackTags.from_aws(told.get("Tags", ()))
    if tags is None:
        return None
    return Stack(
        told["StackName"],
        told["StackStatus"],
        tags,
        told.get("StackStatusReason", ""),
        {each["OutputKey"]: each["OutputValue"] for each in told.get("Outputs", ())},
        {each["ParameterKey"]: each["ParameterValue"] for each in told.get("Parameters", ())},
        told.get("CreationTime"),
        told.get("LastUpdatedTime") or told.get("CreationTime"),
    )


def all_stacks(cloudformation: Any) -> dict[str, Stack | None]:
    """Give all stacks of the account and region by name; ``None`` for those of no workshop."""
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    return {told["StackName"]: read_stack(told) for page in pages for told in page["Stacks"]}


def workshop_stacks(cloudformation: Any, workshop: str) -> list[Stack]:
    """Give the stacks of a workshop: those that have its tag, whatever their names."""
    found = [stack for stack in all_stacks(cloudformation).values() if stack and stack.tags.workshop == workshop]
    return sorted(found, key=lambda stack: in_order(stack.attendee))


def failure_reason(cloudformation: Any, name: str) -> str:
    """Say why a stack's last change failed: the first resource that failed in it, with its own reason.

    Without one, it is the last that is said of the stack itself: so CloudFormation refuses to delete what others use.
    """
    reason = last = ""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    for event in (event for page in pages for event in page["StackEvents"]):  # the newest comes first
        why = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and CANCELLED not in why.lower():
            if event["LogicalResourceId"] != name:
                reason = f"{event['LogicalResourceId']}: {why}"
            reason = reason or why
        if event["LogicalResourceId"] == name:
            if why == "User Initiated":
                break
            last = last or why
    return reason or last


def with_reason(cloudformation: Any, stack: Stack) -> Stack:
    """Give a stack with the reason for which it is not fine, if so."""
    if stack.is_fine or stack.is_under_way or stack.status == EMPTY:
        return stack
    return replace(stack, reason=failure_reason(cloudformation, stack.name) or stack.reason)


@dataclass(frozen=True, slots=True)
class Resources:
    """What of a stack runs, costs and keeps logs: names of functions and log groups."""

    functions: tuple[str, ...] = ()
    log_groups: tuple[str, ...] = ()


def resources(cloudformation: Any, name: str) -> Resources:
    """Give a stack's functions, and the log groups that they write to or may have written to.

    What the stack failed to make is not among them: it may be there all the same, as somebody else's.
    """
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    found: dict[str, list[str]] = {}
    for each in (each for page in pages for each in page["StackResourceSummaries"]):
        identifier = each.get("PhysicalResourceId")
        if identifier and each["ResourceStatus"] not in NOT_ITS_OWN:
            found.setdefault(each["ResourceType"], []).append(identifier)
    functions = found.get("AWS::Lambda::Function", [])
    groups = [*found.get("AWS::Logs::LogGroup", []), *(f"/aws/lambda/{function}" for function in functions)]
    return Resources(tuple(functions), tuple(dict.fromkeys(groups)))
