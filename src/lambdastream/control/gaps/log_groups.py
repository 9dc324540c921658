"""``AWS::Logs::LogGroup`` can change its retention, and a group that is deleted stays so.

moto's CloudFormation cannot update a group. It also takes a tag's key and value in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from moto.logs.models import LogGroup, LogsBackend, logs_backends

from lambdastream.control.gaps.patching import wraps

_gone: Final[set[tuple[str, str, str]]] = set()


def is_gone(region: str, group: str, stream: str) -> bool:
    """Whether a log stream was deleted with its group.

    The last lines of an environment come a moment after a stack, its function and its log group are deleted. They must not
    bring the group back. (Chosen here: AWS documents nothing.)
    """
    return (region, group, stream) in _gone


@wraps(LogsBackend, "delete_log_group")
def _delete(original: Callable[..., None], self: LogsBackend, log_group_name: str) -> None:
    streams = list(self.groups[log_group_name].streams) if log_group_name in self.groups else []
    original(self, log_group_name)
    _gone.update((self.region_name, log_group_name, stream) for stream in streams)


def _create(
    cls: type[LogGroup],
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> LogGroup:
    del cls, kwargs
    properties = cloudformation_json["Properties"]
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    group: LogGroup = logs_backends[account_id][region_name].create_log_group(resource_name, tags)
    group.retention_in_days = _days(properties)
    return group


def _update(
    cls: type[LogGroup],
    original_resource: LogGroup,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> LogGroup:
    properties = cloudformation_json["Properties"]
    if properties.get("LogGroupName", original_resource.name) != original_resource.name:
        made = _create(cls, new_resource_name, cloudformation_json, account_id, region_name)
        original_resource.delete(account_id, region_name)
        return made
    original_resource.retention_in_days = _days(properties)
    return original_resource


def _days(properties: dict[str, Any]) -> str | None:
    days = properties.get("RetentionInDays")
    # As PutRetentionPolicy keeps it.
    return None if days is None else int(days)  # type: ignore[return-value]


LogGroup.create_from_cloudformation_json = classmethod(_create)  # type: ignore[method-assign, assignment, arg-type]
LogGroup.update_from_cloudformation_json = classmethod(_update)  # type: ignore[method-assign, assignment]
