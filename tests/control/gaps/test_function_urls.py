"""Function URLs."""

import pytest
from botocore.exceptions import ClientError


def test_a_url_is_the_data_planes(control_plane):
    control_plane.create_function("url")
    client = control_plane["lambda"]
    made = client.create_function_url_config(FunctionName="url", AuthType="NONE")
    assert (made["FunctionUrl"], made["InvokeMode"]) == ("http://127.0.0.1:21234/", "BUFFERED")
    assert control_plane.data_plane.functions["url"]["url"] == {"auth_type": "NONE", "invoke_mode": "BUFFERED"}

    client.update_function_url_config(FunctionName="url", InvokeMode="RESPONSE_STREAM")
    assert control_plane.data_plane.functions["url"]["url"]["invoke_mode"] == "RESPONSE_STREAM"
    assert client.get_function_url_config(FunctionName="url")["InvokeMode"] == "RESPONSE_STREAM"
    assert len(client.list_function_url_configs(FunctionName="url")["FunctionUrlConfigs"]) == 1

    with pytest.raises(client.exceptions.ResourceConflictException):
        client.create_function_url_config(FunctionName="url", AuthType="NONE")
    client.delete_function_url_config(FunctionName="url")
    assert control_plane.data_plane.functions["url"]["url"] is None
    for call in (client.get_function_url_config, client.delete_function_url_config):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            call(FunctionName="url")


def test_a_url_of_a_stack(control_plane, function, role):
    def template(**properties):
        url = {"TargetFunctionArn": {"Fn::GetAtt": ["Web", "Arn"]}, "AuthType": "NONE", **properties}
        return {
            "Resources": {
                "Role": role,
                "Web": function(FunctionName="url-stack"),
                "Url": {"Type": "AWS::Lambda::Url", "Properties": url},
            },
            "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Url", "FunctionUrl"]}}},
        }

    assert control_plane.create("url-stack", template(InvokeMode="RESPONSE_STREAM")) == "CREATE_COMPLETE"
    assert control_plane.outputs("url-stack") == {"Url": "http://127.0.0.1:21234/"}
    assert control_plane.data_plane.functions["url-stack"]["url"]["invoke_mode"] == "RESPONSE_STREAM"
    control_plane.update("url-stack", template())
    assert control_plane.data_plane.functions["url-stack"]["url"]["invoke_mode"] == "BUFFERED"


def test_moto_makes_up_a_name_and_drops_the_mode(plain_moto):
    plain_moto.create_function("url")
    made = plain_moto["lambda"].create_function_url_config(FunctionName="url", AuthType="NONE")
    assert made["FunctionUrl"].endswith(".on.aws")
    plain_moto["lambda"].update_function_url_config(FunctionName="url", InvokeMode="RESPONSE_STREAM")
    assert plain_moto["lambda"].get_function_url_config(FunctionName="url")["InvokeMode"] != "RESPONSE_STREAM"
    with pytest.raises(ClientError):
        plain_moto["lambda"].list_function_url_configs(FunctionName="url")
