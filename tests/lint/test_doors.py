"""A function's doors are found however a template declares them."""

import pytest

FUNCTION = """
Resources:
  Chat:
    Type: AWS::Lambda::Function
    Properties:
      Code: {S3Bucket: b, S3Key: k}
      Role: arn:aws:iam::123456789012:role/chat
      Handler: run.sh
      Runtime: python3.13
      Timeout: 60
      Layers: ["arn:aws:lambda:eu-west-1:753240598075:layer:LambdaAdapterLayerX86:27"]
      Environment: {Variables: {AWS_LAMBDA_EXEC_WRAPPER: /opt/bootstrap, AWS_LWA_INVOKE_MODE: WHICH}}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Chat, FunctionVersion: "1", Name: live}
  Web:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: web, ProtocolType: HTTP}
  Socket:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: socket, ProtocolType: WEBSOCKET}
"""
URL = "{Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: %s, AuthType: AWS_IAM, InvokeMode: %s}}"
ROUTE = "{Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref %s, IntegrationUri: !GetAtt Chat.Arn}}"
INVOCATIONS = "!Sub 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Chat.Arn}/invocations'"
METHOD = "{Type: AWS::ApiGateway::Method, Properties: {HttpMethod: ANY, Integration: {Type: AWS_PROXY, Uri: %s%s}}}"
OPENAPI = (
    "{Type: %s, Properties: {%s: {paths: {/: {get: {x-amazon-apigateway-integration: {type: aws_proxy, uri: %s%s}}}}}}}"
)


def openapi(kind, body, more=""):
    """An API whose OpenAPI document leads to the function."""
    return OPENAPI % (kind, body, INVOCATIONS, more)


@pytest.mark.parametrize(
    ("door", "mode", "rules"),
    [
        pytest.param(URL % ("!Ref Chat", "RESPONSE_STREAM"), "buffered", ["E9501"], id="a URL"),
        pytest.param(URL % ("!GetAtt Chat.Arn", "RESPONSE_STREAM"), "buffered", ["E9501"], id="a URL by ARN"),
        pytest.param(URL % ("!Ref Live", "RESPONSE_STREAM"), "buffered", ["E9501"], id="a URL of an alias"),
        pytest.param(URL % ("!Ref Live", "BUFFERED"), "response_stream", ["E9502"], id="a buffered URL of an alias"),
        pytest.param(URL % ("!Ref Other", "RESPONSE_STREAM"), "buffered", [], id="a URL of another function"),
        pytest.param(ROUTE % "Web", "response_stream", ["W9506", "W9507"], id="an HTTP API's integration"),
        pytest.param(ROUTE % "Socket", "response_stream", [], id="a WebSocket API's integration"),
        pytest.param(
            "{Type: AWS::ApiGatewayV2::Api, Properties: {Name: q, ProtocolType: HTTP, Target: !GetAtt Chat.Arn}}",
            "buffered",
            ["W9507"],
            id="an HTTP API made in one go",
        ),
        pytest.param(METHOD % (INVOCATIONS, ""), "buffered", ["W9507"], id="a REST API's method"),
        pytest.param(
            METHOD % (INVOCATIONS, ", ResponseTransferMode: STREAM"), "buffered", ["E9501"], id="a method that streams"
        ),
        pytest.param(
            METHOD % (INVOCATIONS, ", TimeoutInMillis: 10000"), "buffered", ["W9507"], id="a method told to hurry"
        ),
        pytest.param(
            openapi("AWS::ApiGatewayV2::Api", "Body"), "response_stream", ["W9506", "W9507"], id="an HTTP API's OpenAPI"
        ),
        pytest.param(
            openapi("AWS::Serverless::HttpApi", "DefinitionBody"), "buffered", ["W9507"], id="SAM's HTTP API's OpenAPI"
        ),
        pytest.param(
            openapi("AWS::Serverless::Api", "DefinitionBody", ", responseTransferMode: STREAM"),
            "buffered",
            ["E9501"],
            id="SAM's REST API's OpenAPI",
        ),
        pytest.param(
            openapi("AWS::ApiGateway::RestApi", "Body", ", timeoutInMillis: 60000"),
            "buffered",
            [],
            id="a REST API that waits",
        ),
    ],
)
def test_a_door_is_found(rules_of, door, mode, rules):
    assert rules_of(FUNCTION.replace("WHICH", mode) + f"  Door: {door}\n") == rules


def test_a_door_that_is_not_made_does_not_count(rules_of):
    door = URL % ("!Ref Chat", "RESPONSE_STREAM") + "\n"
    conditions = "Conditions: {Never: !Equals [a, b]}\n"
    never = door.replace("{Type: AWS::Lambda::Url,", "{Type: AWS::Lambda::Url, Condition: Never,")
    assert rules_of(conditions + FUNCTION.replace("WHICH", "buffered") + f"  Door: {door}") == ["E9501"]
    assert rules_of(conditions + FUNCTION.replace("WHICH", "buffered") + f"  Door: {never}") == []


def test_an_image_may_set_its_mode_itself(rules_of):
    image = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Agent:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      ImageUri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/agent:1
      FunctionUrlConfig: {AuthType: AWS_IAM, InvokeMode: RESPONSE_STREAM}
      Environment: {Variables: {AWS_LWA_PORT: "8080"}}
"""
    assert rules_of(image) == []
    assert rules_of(image.replace("AWS_LWA_PORT", "AWS_LWA_INVOKE_MODE")) == ["E9501"]
