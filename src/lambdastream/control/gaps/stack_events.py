"""A stack's events: what happens to each of its resources, and why.

moto tells of the stack alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from moto.cloudformation.models import Event, Stack
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from lambdastream.errors import LambdastreamError

MILLISECOND: Final = timedelta(milliseconds=1)


def stack_event(stack: Stack, status: str, reason: str | None = None) -> None:
    """Set the status of a stack, and say so."""
    stack.status = status
    stack._add_stack_event(status, resource_status_reason=reason)  # noqa: SLF001 - moto has no other way
    _put_in_order(stack)


def resource_event(stack: Stack, name: str, definition: Any, status: str, reason: str | None = None) -> None:
    """Say what happens to a resource."""
    resource = stack.resource_map._parsed_resources.get(name)  # noqa: SLF001
    event = Event(
        stack_id=stack.stack_id,
        stack_name=stack.name,
        logical_resource_id=name,
        physical_resource_id=str(getattr(resource, "physical_resource_id", "")),
        resource_type=definition["Type"],
        resource_status=status,
        resource_status_reason=reason,
        resource_properties=None,
    )
    event.sendToSns(stack.account_id, stack.region_name, stack.notification_arns)
    stack.events.append(event)
    _put_in_order(stack)


def _put_in_order(stack: Stack) -> None:
    """Give the last event a time of its own: the cdk sorts them by milliseconds, and many come in one."""
    before = stack.events[-2].timestamp + MILLISECOND if len(stack.events) > 1 else stack.events[-1].timestamp
    stack.events[-1].timestamp = max(stack.events[-1].timestamp, before)


def words(error: Exception) -> str:
    """What an event says of an error."""
    match error:
        case LambdastreamError():
            return f"{error.problem} {error.next_step}".strip()
        case ServiceException():
            return str(error.message)
        case HTTPException():
            return str(getattr(error, "message", error.description))
        case KeyError():
            return f"Template error: {error.args[0]} is not declared."
        case _:
            return f"{type(error).__name__}: {error}"
