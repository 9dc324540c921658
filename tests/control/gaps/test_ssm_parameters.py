"""``AWS::SSM::Parameter``."""

import re


def parameter(value):
    resource = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}
    outputs = {"Name": {"Value": {"Ref": "Setting"}}, "Value": {"Value": {"Fn::GetAtt": ["Setting", "Value"]}}}
    return {"Resources": {"Setting": resource}, "Outputs": outputs}


def test_one_without_a_name_gets_one_and_keeps_it(control_plane):
    assert control_plane.create("aws-setting", parameter("one")) == "CREATE_COMPLETE"
    first = control_plane.outputs("aws-setting")
    assert re.fullmatch("CFN-Setting-[A-Z0-9]+", first["Name"])
    assert first["Value"] == "one"
    assert control_plane.update("aws-setting", parameter("two")) == "UPDATE_COMPLETE"
    assert control_plane.outputs("aws-setting") == {"Name": first["Name"], "Value": "two"}
    assert control_plane["ssm"].get_parameter(Name=first["Name"])["Parameter"]["Value"] == "two"
    control_plane["cloudformation"].delete_stack(StackName="aws-setting")
    assert control_plane["ssm"].describe_parameters()["Parameters"] == []
