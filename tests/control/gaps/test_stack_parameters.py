"""Parameters of stacks: those that an update keeps, and those that name an entry of the Parameter Store."""

import json

import pytest
from botocore.exceptions import ClientError

ENTRY = "/stack-parameters/version"
TEMPLATE = {
    "Parameters": {
        "Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": ENTRY},
        "Names": {"Type": "CommaDelimitedList", "Default": "a,b"},
        "Count": {"Type": "Number", "Default": 3},
    },
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "version ${Version}"}}}
    },
    "Outputs": {
        name: {"Value": value}
        for name, value in {"Version": {"Ref": "Version"}, "Names": {"Fn::Join": ["+", {"Ref": "Names"}]}}.items()
    },
}
AFTER = {**TEMPLATE, "Description": "as it is after an update"}
KEPT = [{"ParameterKey": name, "UsePreviousValue": True} for name in TEMPLATE["Parameters"]]


@pytest.fixture(scope="module")
def stack(control_plane):
    """Creates a stack of `TEMPLATE`, with an entry of the Parameter Store."""
    control_plane["ssm"].put_parameter(Name=ENTRY, Value="33", Type="String")

    def create(name):
        assert control_plane.create(name, TEMPLATE, Names="x,y") == "CREATE_COMPLETE"
        return name

    yield create
    control_plane["ssm"].delete_parameter(Name=ENTRY)


def told(control_plane, name):
    return {it.pop("ParameterKey"): it for it in control_plane.stack(name)["Parameters"]}


def test_the_name_of_an_entry_is_told_beside_its_value(control_plane, stack):
    assert told(control_plane, stack("told-parameters")) == {
        "Version": {"ParameterValue": ENTRY, "ResolvedValue": "33"},
        "Names": {"ParameterValue": "x,y"},
        "Count": {"ParameterValue": "3"},
    }


def test_an_update_keeps_parameters(control_plane, stack):
    name = stack("kept-parameters")
    formation = control_plane["cloudformation"]
    formation.update_stack(StackName=name, TemplateBody=json.dumps(AFTER), Parameters=KEPT)
    assert control_plane.status(name) == "UPDATE_COMPLETE"
    assert control_plane.outputs(name) == {"Version": "33", "Names": "x+y"}


def test_a_change_set_keeps_parameters(control_plane, stack):
    name = stack("kept-in-a-change-set")
    names = {"StackName": name, "ChangeSetName": "second"}
    formation = control_plane["cloudformation"]
    formation.create_change_set(**names, TemplateBody=json.dumps(AFTER), Parameters=KEPT, ChangeSetType="UPDATE")
    assert control_plane.execute(name, "second") == "UPDATE_COMPLETE"
    assert control_plane.outputs(name) == {"Version": "33", "Names": "x+y"}


def test_what_was_not_there_cannot_be_kept(control_plane, stack):
    kept = [{"ParameterKey": "Another", "UsePreviousValue": True}]
    with pytest.raises(ClientError, match="parameter key Another"):
        control_plane["cloudformation"].update_stack(
            StackName=stack("nothing-to-keep"), TemplateBody=json.dumps(AFTER), Parameters=kept
        )


def test_an_entry_that_is_not_there_is_told(control_plane):
    template = {"Resources": TEMPLATE["Resources"], "Parameters": {"Version": TEMPLATE["Parameters"]["Version"]}}
    with pytest.raises(ClientError, match=r"Unable to fetch parameters \[/not/there\] from parameter store"):
        control_plane.change_set("no-entry", "first", template, Version="/not/there")
