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


AUTHORIZED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api: {Type: "AWS::Serverless::TYPE", Properties: {StageName: prod, Auth: AUTH}}
  Web:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "def handler(event, context): ..."
      Handler: index.handler
      Runtime: python3.11
      Events:
        Get: {Type: TYPE, Properties: {APIID: !Ref Api, Path: /a, Method: get}}
"""
JWT = (
    "{DefaultAuthorizer: OwnJwt, Authorizers: {OwnJwt: {IdentitySource: $request.header.Authorization, "
    "JwtConfiguration: {issuer: https://i.example, audience: [a]}}}}"
)
COGNITO = (
    "{DefaultAuthorizer: OwnPool, Authorizers: {OwnPool: {UserPoolArn: "
    "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_x}}}"
)


def authorized(kind, auth):
    """A template of an API whose callers are authorized."""
    return (
        AUTHORIZED.replace("APIID", "RestApiId" if kind == "Api" else "ApiId")
        .replace("TYPE", kind)
        .replace("AUTH", auth)
    )


@pytest.fixture(scope="module")
def apis(control_plane):
    assert control_plane.create("apis", TEMPLATE) == "CREATE_COMPLETE", control_plane.events("apis")
    return {api["type"]: api for api in control_plane.data_plane.apis.values() if api["name"] == "apis"}


def test_the_data_plane_hears_of_an_http_api(apis):
    http = apis["HTTP"]
    assert (http["stage"], http["region"]) == ("$default", "us-east-1")
    (integration,) = [it["x-amazon-apigateway-integration"] for it in http["body"]["paths"]["$default"].values()]
    assert integration["payloadFormatVersion"] == "2.0"
    assert ":function:apis-Web-" in integration["uri"]


def test_the_data_plane_hears_of_a_rest_api(apis):
    rest = apis["REST"]
    assert (rest["stage"], rest["region"]) == ("Prod", "us-east-1")
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


@pytest.mark.conformance("api-authorizers")
@pytest.mark.parametrize(
    ("kind", "auth", "told"),
    [
        pytest.param("HttpApi", JWT, "GET /a: authorization by OwnJwt is not simulated. AWS_IAM is.", id="JWT"),
        pytest.param("Api", COGNITO, "GET /a: authorization by OwnPool is not simulated. AWS_IAM is.", id="Cognito"),
        pytest.param(
            "Api", "{ApiKeyRequired: true}", "GET /a: authorization by api_key is not simulated.", id="API key"
        ),
    ],
)
def test_an_authorizer_that_is_not_simulated_fails_its_stack_by_name(control_plane, kind, auth, told):
    name = f"authorized-{told.split()[4].replace('_', '-')}"
    assert control_plane.create(name, authorized(kind, auth)) == "ROLLBACK_COMPLETE"
    [reason] = [reason for _, status, reason in control_plane.events(name) if status == "CREATE_FAILED"]
    assert told in reason
    assert name not in {api["name"] for api in control_plane.data_plane.apis.values()}


def test_an_api_of_signed_calls_is_deployed(control_plane):
    auth = "{DefaultAuthorizer: AWS_IAM, EnableIamAuthorizer: true}"
    assert control_plane.create("signed", authorized("HttpApi", auth)) == "CREATE_COMPLETE"
    [api] = [api for api in control_plane.data_plane.apis.values() if api["name"] == "signed"]
    assert api["body"]["paths"]["/a"]["get"]["security"] == [{"AWS_IAM": []}]


@pytest.mark.parametrize("kind", ["HttpApi", "Api"])
def test_an_api_that_is_opened_later_keeps_its_address_and_its_stage(control_plane, kind):
    name, enabled = f"opened-{kind.lower()}", ", EnableIamAuthorizer: true" if kind == "HttpApi" else ""
    control_plane.create(name, authorized(kind, f"{{DefaultAuthorizer: AWS_IAM{enabled}}}"))
    [before] = [api for api in control_plane.data_plane.apis.values() if api["name"] == name]
    assert control_plane.update(name, authorized(kind, "{}")) == "UPDATE_COMPLETE", control_plane.events(name)
    [after] = [api for api in control_plane.data_plane.apis.values() if api["name"] == name]
    assert (after["id"], after["stage"]) == (before["id"], before["stage"]) == (before["id"], "prod")
    assert before["body"]["paths"]["/a"]["get"]["security"] == [{"AWS_IAM": []}]
    assert "security" not in after["body"]["paths"]["/a"]["get"]
