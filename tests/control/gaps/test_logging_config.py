"""``LoggingConfig``: kept, told, and given to the data plane."""

import pytest

OWN = {"LogGroup": "/chat/logs"}


@pytest.mark.conformance("logs-group")
def test_a_function_logs_to_the_group_that_it_names(control_plane):
    made = control_plane.create_function("named", LoggingConfig=OWN)
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/chat/logs"}
    assert control_plane.data_plane.functions["named"]["log_group"] == "/chat/logs"


@pytest.mark.conformance("logs-group")
def test_a_function_that_names_none_has_its_own(control_plane):
    made = control_plane.create_function("unnamed")
    assert made["LoggingConfig"]["LogGroup"] == "/aws/lambda/unnamed"
    assert control_plane.data_plane.functions["unnamed"]["log_group"] == "/aws/lambda/unnamed"


@pytest.mark.parametrize(("wanted", "group"), [(OWN, "/chat/logs"), ({}, "/aws/lambda/moved")], ids=["named", "own"])
def test_the_group_can_be_changed(control_plane, wanted, group):
    control_plane.create_function("moved", LoggingConfig={"LogGroup": "/before"})
    try:
        control_plane["lambda"].update_function_configuration(FunctionName="moved", LoggingConfig=wanted)
        assert control_plane.data_plane.functions["moved"]["log_group"] == group
    finally:
        control_plane["lambda"].delete_function(FunctionName="moved")


def test_a_stack_names_it(control_plane, function, role):
    template = {"Resources": {"Role": role, "Fn": function(FunctionName="by-stack", LoggingConfig=OWN)}}
    assert control_plane.create("log-config", template) == "CREATE_COMPLETE"
    assert control_plane.data_plane.functions["by-stack"]["log_group"] == "/chat/logs"
    template["Resources"]["Fn"] = function(FunctionName="by-stack")
    assert control_plane.update("log-config", template) == "UPDATE_COMPLETE"
    assert control_plane.data_plane.functions["by-stack"]["log_group"] == "/aws/lambda/by-stack"
