"""Exports that are in use."""

import pytest

TOPIC = {"Type": "AWS::SNS::Topic"}


def exporting(**values):
    outputs = {key: {"Value": value, "Export": {"Name": f"in-use-{key}"}} for key, value in values.items()}
    return {"Resources": {"A": TOPIC}, "Outputs": outputs}


IMPORTING = {
    "Parameters": {"Key": {"Type": "String", "Default": "a"}},
    "Conditions": {"Never": {"Fn::Equals": [{"Ref": "Key"}, "never"]}},
    "Resources": {
        "A": {**TOPIC, "Properties": {"DisplayName": {"Fn::ImportValue": {"Fn::Sub": "in-use-${Key}"}}}},
        "B": {**TOPIC, "Condition": "Never", "Properties": {"DisplayName": {"Fn::ImportValue": "in-use-b"}}},
    },
}


@pytest.fixture(scope="module")
def stacks(control_plane):
    control_plane.create("exporter", exporting(a="one", b="two"))
    for name in ("importer", "another"):
        assert control_plane.create(name, IMPORTING) == "CREATE_COMPLETE"
    return control_plane


@pytest.mark.parametrize(
    ("values", "what"), [({"a": "other", "b": "two"}, "updated"), ({"b": "two"}, "deleted")], ids=["changed", "gone"]
)
def test_an_update_of_an_export_in_use_is_rolled_back(stacks, values, what):
    assert stacks.update("exporter", exporting(**values)) == "UPDATE_ROLLBACK_COMPLETE"
    reasons = [reason for _, status, reason in stacks.events("exporter") if status == "UPDATE_ROLLBACK_IN_PROGRESS"]
    assert f"Export in-use-a cannot be {what} as it is in use by another and importer" in reasons[-1]
    assert stacks.outputs("exporter") == {"a": "one", "b": "two"}


def test_what_nobody_imports_may_change_and_what_is_added_may_come(stacks):
    assert stacks.update("exporter", exporting(a="one", b="three", c="new")) == "UPDATE_COMPLETE"
    assert stacks.outputs("exporter") == {"a": "one", "b": "three", "c": "new"}


def test_its_stack_stays_until_nobody_imports_it(stacks):
    before = stacks.stack("exporter")["StackStatus"]
    for name, users in (("importer", "another and importer"), ("another", "another")):
        stacks["cloudformation"].delete_stack(StackName="exporter")
        assert stacks.status("exporter") == before
        reason = f"Export in-use-a cannot be deleted as it is in use by {users}"
        assert stacks.events("exporter")[-1] == ("exporter", before, reason)
        stacks["cloudformation"].delete_stack(StackName=name)
    stacks["cloudformation"].delete_stack(StackName="exporter")
    assert not any(it["Name"].startswith("in-use-") for it in stacks["cloudformation"].list_exports()["Exports"])
