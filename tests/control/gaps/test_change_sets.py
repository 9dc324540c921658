"""Change sets: what they list, when they may be made and executed."""

import pytest
from botocore.exceptions import ClientError

TEMPLATE = {
    "Parameters": {"Stage": {"Type": "String", "Default": "dev"}, "Idle": {"Type": "String", "Default": ""}},
    "Conditions": {"Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
    "Resources": {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": {"Fn::If": ["Prod", "the topic", "a topic"]}},
        },
        "Queue": {"Type": "AWS::SQS::Queue", "Condition": "Prod"},
        "Still": {"Type": "AWS::SNS::Topic"},
    },
    "Outputs": {"Name": {"Value": {"Fn::Sub": "${Topic.TopicName} in ${Stage}"}, "Export": {"Name": "the-name"}}},
}


def changes(change_set):
    return [(it["ResourceChange"]["Action"], it["ResourceChange"]["LogicalResourceId"]) for it in change_set["Changes"]]


def test_a_stack_by_change_sets(control_plane):
    first = control_plane.change_set("sets", "first", TEMPLATE)
    assert (first["Status"], sorted(changes(first))) == ("CREATE_COMPLETE", [("Add", "Still"), ("Add", "Topic")])
    assert control_plane.stack("sets")["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert control_plane.execute("sets", "first") == "CREATE_COMPLETE"
    assert control_plane.outputs("sets")["Name"].endswith("in dev")
    exports = control_plane["cloudformation"].list_exports()["Exports"]
    assert [export["Name"] for export in exports if "/sets/" in export["ExportingStackId"]] == ["the-name"]

    # A parameter that changes a condition only.
    second = control_plane.change_set("sets", "second", TEMPLATE, "UPDATE", Stage="prod")
    assert changes(second) == [("Add", "Queue"), ("Modify", "Topic")]
    assert control_plane.execute("sets", "second") == "UPDATE_COMPLETE"
    assert control_plane.outputs("sets")["Name"].endswith("in prod")

    third = control_plane.change_set("sets", "third", TEMPLATE, "UPDATE", Stage="dev")
    assert changes(third) == [("Modify", "Topic"), ("Remove", "Queue")]


def test_nothing_changed(control_plane):
    control_plane.change_set("same", "first", {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}})
    control_plane.execute("same", "first")
    again = control_plane.change_set("same", "again", {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}, "UPDATE")
    assert again["Status"] == "FAILED"
    assert again["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError) as refused:
        control_plane.execute("same", "again")
    assert refused.value.response["Error"]["Code"] == "InvalidChangeSetStatus"


def test_two_stacks_may_have_change_sets_of_one_name(control_plane):
    for stack in ("one", "two"):
        control_plane.change_set(stack, "InitialCreation", {"Resources": {stack: {"Type": "AWS::SNS::Topic"}}})
    assert control_plane.execute("one", "InitialCreation") == "CREATE_COMPLETE"
    assert control_plane.stack("two")["StackStatus"] == "REVIEW_IN_PROGRESS"


def test_of_several_change_sets_one_is_executed(control_plane):
    """Two that deploy one name at the same time: the second one is refused."""
    for change_set in ("one", "other"):
        control_plane.change_set("rivals", change_set, {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}})
    assert control_plane.execute("rivals", "one") == "CREATE_COMPLETE"
    with pytest.raises(ClientError) as refused:
        control_plane.execute("rivals", "other")
    assert refused.value.response["Error"]["Code"] == "ChangeSetNotFound"
    assert [status for name, status, _ in control_plane.events("rivals") if name == "rivals"] == [
        "REVIEW_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
    ]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (
            {"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "B"}}}}},
            r"Unresolved.*\[B\]",
        ),
        (
            {
                "Resources": {
                    "A": {"Type": "AWS::SNS::Topic", "DependsOn": "B"},
                    "B": {"Type": "AWS::SNS::Topic", "DependsOn": "A"},
                }
            },
            r"Circular dependency between resources: \[A, B\]",
        ),
        ({"Parameters": {"P": {"Type": "String"}}, "Resources": {"A": {"Type": "AWS::SNS::Topic"}}}, "P"),
    ],
    ids=["unresolved", "circular", "no value"],
)
def test_a_template_that_makes_no_sense_is_refused_at_once(control_plane, template, words):
    with pytest.raises(ClientError, match=words) as refused:
        control_plane.change_set("senseless", "first", template)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="does not exist"):
        control_plane.stack("senseless")


def test_a_name_is_taken_once(control_plane):
    template = {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}
    control_plane.create("taken", template)
    with pytest.raises(control_plane["cloudformation"].exceptions.AlreadyExistsException):
        control_plane.create("taken", template)
    with pytest.raises(ClientError, match=r"Stack \[taken\] already exists"):
        control_plane.change_set("taken", "first", template)
    with pytest.raises(ClientError, match=r"Stack \[not-there\] does not exist|not-there does not exist"):
        control_plane.change_set("not-there", "first", template, "UPDATE")


def test_deleting_one_that_is_not_there_is_no_error(control_plane):
    control_plane.create("without-change-sets", {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}})
    control_plane["cloudformation"].delete_change_set(StackName="without-change-sets", ChangeSetName="never-made")
