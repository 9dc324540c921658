"""HTTP APIs and REST APIs as SAM makes them, and their addresses."""

import pytest

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): ..."
      Handler: index.handler
      Runtime: python3.11
      Events:
        Http: {Type: HttpApi}
        Rest:
          Type: Api
          Properties: {Path: /stream, Method: get, ResponseTransferMode: RESPONSE_STREAM}
Outputs:
  Http: {Value: !Sub "https://${ServerlessHttpApi}.execute-api.${AWS::Region}.amazonaws.com/"}
  Endpoint: {Value: !GetAtt ServerlessHttpApi.ApiEndpoint}
  Rest: {Value: !Sub "https://${ServerlessRestApi}.execute-api.${AWS::Region}.amazonaws.com/Prod/stream"}
"""


@pytest.fixture(scope="module")
def apis(control_plane):
    assert control_plane.create("apis", TEMPLATE) == "CREATE_COMPLETE", control_plane.events("apis")
    return {api["type"]: api for api in control_plane.data_plane.apis.values()}


def test_the_data_plane_hears_of_an_http_api(apis):
    http = apis["HTTP"]
    assert http["stage"] == "$default"
    (integration,) = [it["x-amazon-apigateway-integration"] for it in http["body"]["paths"]["$default"].values()]
    assert integration["payloadFormatVersion"] == "2.0"
    assert ":function:apis-Web-" in integration["uri"]


def test_the_data_plane_hears_of_a_rest_api(apis):
    rest = apis["REST"]
    assert rest["stage"] == "Prod"
    integration = rest["body"]["paths"]["/stream"]["get"]["x-amazon-apigateway-integration"]
    assert integration["uri"].endswith("/response-streaming-invocations")


def test_outputs_lead_to_the_data_plane(control_plane, apis):
    outputs = control_plane.outputs("apis")
    assert outputs["Http"] == f"http://127.0.0.1:22{len(apis['HTTP']['id']):03}/"
    assert outputs["Endpoint"] + "/" == outputs["Http"]
    assert outputs["Rest"] == f"http://127.0.0.1:22{len(apis['REST']['id']):03}/Prod/stream"


def test_apis_go_with_their_stack(control_plane, apis):
    control_plane["cloudformation"].delete_stack(StackName="apis")
    assert not {api["id"] for api in apis.values()} & set(control_plane.data_plane.apis)


@pytest.mark.parametrize(
    "resource_type", ["AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage", "AWS::ApiGateway::Stage"]
)
def test_moto_lacks_the_type(plain_moto, resource_type):
    name = resource_type.replace(":", "")
    plain_moto.create(name, {"Resources": {"A": {"Type": "AWS::SNS::Topic"}, "Api": {"Type": resource_type}}})
    resources = plain_moto["cloudformation"].describe_stack_resources(StackName=name)["StackResources"]
    assert resource_type not in {resource.get("ResourceType") for resource in resources}
