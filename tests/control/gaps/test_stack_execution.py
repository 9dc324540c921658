"""Deploying, changing and deleting a stack, and going back."""

import pytest
from botocore.exceptions import ClientError

TOPIC = {"Type": "AWS::SNS::Topic"}


def statuses(events, of):
    return [status for name, status, _ in events if name == of]


def test_a_failed_creation_leaves_nothing_but_its_reason(control_plane, function, role):
    template = {"Resources": {"Role": role, "Topic": TOPIC, "Web": function(Handler="refused.handler")}}
    assert control_plane.create("failed", template) == "ROLLBACK_COMPLETE"
    events = control_plane.events("failed")
    assert ("Web", "CREATE_FAILED", "It cannot run. Change it.") in events
    assert statuses(events, "Role") == [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ]
    assert statuses(events, "failed") == ["CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"]
    assert control_plane["cloudformation"].describe_stack_resources(StackName="failed")["StackResources"] == []
    assert not any(name.startswith("failed-") for name in control_plane.data_plane.functions)
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        control_plane.update("failed", template)


def test_a_failed_update_goes_back(control_plane, function, role):
    def template(handler, display):
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": display}}
        return {
            "Resources": {"Role": role, "Topic": topic, "Web": function(Handler=handler, FunctionName="back")},
            "Outputs": {"Display": {"Value": display}},
        }

    control_plane.create("back", template("index.one", "before"))
    changed = template("refused.two", "after")
    changed["Resources"]["Added"] = TOPIC
    assert control_plane.update("back", changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert control_plane.data_plane.functions["back"]["handler"] == "index.one"
    assert control_plane["lambda"].get_function_configuration(FunctionName="back")["Handler"] == "index.one"
    resources = control_plane["cloudformation"].describe_stack_resources(StackName="back")["StackResources"]
    assert sorted(resource["LogicalResourceId"] for resource in resources) == ["Role", "Topic", "Web"]
    assert control_plane.outputs("back") == {"Display": "before"}
    assert control_plane.update("back", template("index.three", "after")) == "UPDATE_COMPLETE"
    assert control_plane.data_plane.functions["back"]["handler"] == "index.three"


def test_rollback_can_be_left_out(control_plane, function, role):
    template = {"Resources": {"Role": role, "Web": function(Handler="refused.handler")}}
    control_plane.change_set("left", "first", template)
    assert control_plane.execute("left", "first", DisableRollback=True) == "CREATE_FAILED"
    resources = control_plane["cloudformation"].describe_stack_resources(StackName="left")["StackResources"]
    assert [resource["LogicalResourceId"] for resource in resources] == ["Role"]


def test_resources_come_in_order_and_go_in_reverse(control_plane):
    template = {"Resources": {"A": {**TOPIC, "DependsOn": "B"}, "B": {**TOPIC, "DependsOn": ["C"]}, "C": TOPIC}}
    control_plane.create("order", template)
    stack_id = control_plane.stack("order")["StackId"]
    control_plane["cloudformation"].delete_stack(StackName="order")
    events = control_plane.events(stack_id)
    assert [of for of, status, _ in events if status == "CREATE_COMPLETE"] == ["C", "B", "A", "order"]
    assert [of for of, status, _ in events if status == "DELETE_COMPLETE"] == ["A", "B", "C", "order"]
    with pytest.raises(ClientError, match="does not exist"):
        control_plane.stack("order")


def test_each_event_has_a_millisecond_of_its_own(control_plane):
    """The cdk sorts them by their times, which it reads to the millisecond."""
    control_plane.create("in-order", {"Resources": dict.fromkeys("ABCDE", TOPIC)})
    events = control_plane["cloudformation"].describe_stack_events(StackName="in-order")["StackEvents"][::-1]
    times = [int(event["Timestamp"].timestamp() * 1000) for event in events]
    assert len(times) == 12
    assert times == sorted(set(times))


def test_a_resource_is_retained_when_its_policy_says_so(control_plane):
    kept = {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain", "Properties": {"TopicName": "kept"}}
    control_plane.create("retain", {"Resources": {"Kept": kept}})
    control_plane["cloudformation"].delete_stack(StackName="retain")
    assert any(it["TopicArn"].endswith(":kept") for it in control_plane["sns"].list_topics()["Topics"])


def test_an_export_belongs_to_one_stack_and_is_imported_by_others(control_plane):
    def exporting(value):
        return {"Resources": {"A": TOPIC}, "Outputs": {"O": {"Value": value, "Export": {"Name": "shared"}}}}

    imported = {"Resources": {"A": TOPIC}, "Outputs": {"O": {"Value": {"Fn::ImportValue": "shared"}}}}
    assert control_plane.create("exports", exporting("first")) == "CREATE_COMPLETE"
    assert control_plane.create("imports", imported) == "CREATE_COMPLETE"
    assert control_plane.outputs("imports") == {"O": "first"}
    assert control_plane.create("exports-too", exporting("second")) == "ROLLBACK_COMPLETE"


def test_a_slow_deployment_is_in_progress_and_others_are_answered(control_plane, function, role):
    control_plane.data_plane.hold.clear()
    try:
        control_plane.change_set("slow", "first", {"Resources": {"Role": role, "Web": function()}})
        control_plane["cloudformation"].execute_change_set(StackName="slow", ChangeSetName="first")
        assert control_plane.stack("slow")["StackStatus"] == "CREATE_IN_PROGRESS"
        with pytest.raises(ClientError, match="is in CREATE_IN_PROGRESS state"):
            control_plane["cloudformation"].delete_stack(StackName="slow")
    finally:
        control_plane.data_plane.hold.set()
    assert control_plane.status("slow") == "CREATE_COMPLETE"


def test_a_secret_is_not_shown(control_plane):
    template = {"Parameters": {"Secret": {"Type": "String", "NoEcho": True}}, "Resources": {"A": TOPIC}}
    control_plane.create("secret", template, Secret="hunter2")
    assert control_plane.stack("secret")["Parameters"] == [{"ParameterKey": "Secret", "ParameterValue": "****"}]
