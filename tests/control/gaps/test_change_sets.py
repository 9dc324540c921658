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


def test_moto_keeps_two_stacks_of_one_name(plain_moto):
    template = {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}
    for change_set in ("first", "second"):
        plain_moto.change_set("taken", change_set, template)
    stacks = plain_moto["cloudformation"].describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks].count("taken") == 2


def test_moto_forgets_a_change_sets_outputs(plain_moto):
    plain_moto.change_set("outputs", "first", TEMPLATE)
    plain_moto["cloudformation"].execute_change_set(StackName="outputs", ChangeSetName="first")
    assert plain_moto.outputs("outputs") == {}


def test_moto_does_not_see_parameters_that_change_a_condition(plain_moto):
    plain_moto.create("conditions", {**TEMPLATE, "Outputs": {}})
    listed = plain_moto.change_set("conditions", "second", {**TEMPLATE, "Outputs": {}}, "UPDATE", Stage="prod")
    assert not {("Add", "Queue"), ("Modify", "Topic")} & set(changes(listed))
