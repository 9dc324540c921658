"""Function URLs."""

import pytest


def test_a_url_is_the_data_planes(control_plane):
    control_plane.create_function("url")
    client = control_plane["lambda"]
    made = client.create_function_url_config(FunctionName="url", AuthType="NONE")
    assert (made["FunctionUrl"], made["InvokeMode"]) == ("http://127.0.0.1:21234/", "BUFFERED")
    assert control_plane.data_plane.functions["url"]["url"] == {
        "auth_type": "NONE",
        "invoke_mode": "BUFFERED",
        "cors": None,
    }

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


CORS = {
    "AllowOrigins": ["https://a.example"],
    "AllowMethods": ["GET"],
    "AllowHeaders": ["x-one"],
    "ExposeHeaders": ["x-two"],
    "AllowCredentials": True,
    "MaxAge": 60,
}
TOLD_CORS = {
    "allow_origins": ["https://a.example"],
    "allow_methods": ["GET"],
    "allow_headers": ["x-one"],
    "expose_headers": ["x-two"],
    "allow_credentials": True,
    "max_age": 60,
}


def test_cors_reaches_the_data_plane(control_plane):
    control_plane.create_function("cors")
    client = control_plane["lambda"]
    made = client.create_function_url_config(FunctionName="cors", AuthType="NONE", Cors=CORS)
    assert made["Cors"] == CORS
    assert control_plane.data_plane.functions["cors"]["url"]["cors"] == TOLD_CORS
    client.update_function_url_config(FunctionName="cors", Cors={"AllowOrigins": ["*"]})
    assert control_plane.data_plane.functions["cors"]["url"]["cors"]["allow_origins"] == ["*"]
    client.update_function_url_config(FunctionName="cors", Cors={})
    assert control_plane.data_plane.functions["cors"]["url"]["cors"] is None


@pytest.mark.conformance("url-alias")
def test_an_alias_has_a_url_of_its_own(control_plane):
    control_plane.create_function("aliased-url")
    client = control_plane["lambda"]
    client.publish_version(FunctionName="aliased-url")
    client.create_alias(FunctionName="aliased-url", Name="live", FunctionVersion="1")
    place = {"FunctionName": "aliased-url", "Qualifier": "live"}
    made = client.create_function_url_config(**place, AuthType="NONE")
    assert made["FunctionArn"].endswith(":function:aliased-url:live")
    functions = control_plane.data_plane.functions
    assert functions["aliased-url"]["url"] is None
    assert functions["aliased-url:live"]["url"]["auth_type"] == "NONE"
    client.update_function_url_config(**place, InvokeMode="RESPONSE_STREAM")
    assert client.get_function_url_config(**place)["InvokeMode"] == "RESPONSE_STREAM"
    assert functions["aliased-url:live"]["url"]["invoke_mode"] == "RESPONSE_STREAM"
    assert len(client.list_function_url_configs(FunctionName="aliased-url")["FunctionUrlConfigs"]) == 1
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function_url_config(FunctionName="aliased-url")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.create_function_url_config(FunctionName="aliased-url", Qualifier="none", AuthType="NONE")
    client.delete_function_url_config(**place)
    assert functions["aliased-url:live"]["url"] is None
