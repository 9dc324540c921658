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


def put(control_plane, stream: str) -> int:
    batch = {"group": "late", "stream": stream, "events": [{"timestamp": 1000, "message": "a line"}]}
    return control_plane.own("POST", "/_lambdastream/log-events", json=batch).json()["events"]


def test_late_lines_do_not_bring_a_deleted_group_back_and_those_of_a_new_environment_do(control_plane):
    assert put(control_plane, "one") == 1
    control_plane["logs"].delete_log_group(logGroupName="late")
    assert put(control_plane, "one") == 0
    assert control_plane["logs"].describe_log_groups(logGroupNamePrefix="late")["logGroups"] == []
    assert put(control_plane, "two") == 1
    found = control_plane["logs"].describe_log_streams(logGroupName="late")["logStreams"]
    assert [each["logStreamName"] for each in found] == ["two"]
