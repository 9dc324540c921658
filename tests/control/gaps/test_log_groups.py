"""``AWS::Logs::LogGroup``."""


def group(days: int | None) -> dict:
    properties = {"LogGroupName": "a-group", **({"RetentionInDays": days} if days else {})}
    return {"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": properties}}}


def retention(aws) -> int | None:
    (found,) = aws["logs"].describe_log_groups(logGroupNamePrefix="a-group")["logGroups"]
    return found.get("retentionInDays")


def test_retention_can_change(control_plane):
    control_plane.create("logs", group(7))
    assert retention(control_plane) == 7
    assert control_plane.update("logs", group(30)) == "UPDATE_COMPLETE"
    assert retention(control_plane) == 30
    control_plane.update("logs", group(None))
    assert retention(control_plane) is None
