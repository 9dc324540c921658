"""APIs from OpenAPI bodies: those that aws-sam-translator writes, and those that are refused."""

import copy

import pytest

from lambdastream.doors.api_description import Cors
from lambdastream.doors.api_routes import FixedResponse, Route
from lambdastream.doors.openapi import from_openapi
from lambdastream.errors import DescriptionError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:chat"
INVOKE = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
STREAM = "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{}/response-streaming-invocations"
FUNCTION = INVOKE.format(ARN)
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Web:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: prod
      CorsConfiguration:
        AllowOrigins: ['https://a.example']
        AllowMethods: [GET]
        AllowHeaders: [x-own]
        ExposeHeaders: [x-e]
        AllowCredentials: true
        MaxAge: 600
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors: "'*'"
      BinaryMediaTypes: ['image~1png']
  Chat:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: chat
      Runtime: python3.13
      Handler: handler.handler
      CodeUri: s3://bucket/key
      AutoPublishAlias: live
      Events:
        Plain: {Type: HttpApi}
        Proxy: {Type: HttpApi, Properties: {ApiId: !Ref Web, Path: '/{proxy+}', Method: ANY, TimeoutInMillis: 5000}}
        Pet: {Type: HttpApi, Properties: {ApiId: !Ref Web, Path: '/pets/{id}', Method: get, PayloadFormatVersion: '1.0'}}
        Root: {Type: Api, Properties: {Path: /, Method: ANY}}
        Greedy: {Type: Api, Properties: {Path: '/{proxy+}', Method: ANY}}
        Stream:
          Type: Api
          Properties:
            RestApiId: !Ref Rest
            Path: /stream
            Method: get
            ResponseTransferMode: RESPONSE_STREAM
            TimeoutInMillis: 60000
"""
SIGNED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Web:
    Type: AWS::Serverless::HttpApi
    Properties: {StageName: prod, Auth: {EnableIamAuthorizer: true, DefaultAuthorizer: AWS_IAM}}
  Rest:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod, Cors: "'*'", Auth: {DefaultAuthorizer: AWS_IAM}}
  Chat:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: handler.handler
      CodeUri: s3://bucket/key
      AutoPublishAlias: live
      Events:
        Proxy: {Type: HttpApi, Properties: {ApiId: !Ref Web, Path: '/{proxy+}', Method: ANY}}
        Open: {Type: HttpApi, Properties: {ApiId: !Ref Web, Path: /open, Method: get, Auth: {Authorizer: NONE}}}
        Root: {Type: Api, Properties: {RestApiId: !Ref Rest, Path: /, Method: get}}
"""


class NoManagedPolicies:
    def load(self):
        return {}


def resolved(value):
    """The body with its functions of CloudFormation resolved, as far as SAM uses them here."""
    match value:
        case {"Fn::Sub": str(text)}:
            names = {
                "AWS::Partition": "aws",
                "AWS::Region": "us-east-1",
                "Chat.Arn": ARN,
                "ChatAliaslive": f"{ARN}:live",
            }
            for name, meaning in names.items():
                text = text.replace(f"${{{name}}}", meaning)
            return text
        case {"Ref": "AWS::StackName"}:
            return "my-stack"
        case dict():
            return {name: resolved(item) for name, item in value.items()}
        case list():
            return [resolved(item) for item in value]
    return value


def sams_bodies(template):
    """The OpenAPI bodies that SAM makes of a template, by the API's logical id."""
    # They take long to import: not in every process that collects the tests.
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        resources = transform(yaml_parse(template), {}, NoManagedPolicies())["Resources"]
    return {
        name: resolved(resource["Properties"]["Body"])
        for name, resource in resources.items()
        if "Body" in resource["Properties"]
    }


@pytest.fixture(scope="module")
def bodies():
    return sams_bodies(TEMPLATE)


def test_sams_http_api_has_one_default_route(bodies):
    api = from_openapi(bodies["ServerlessHttpApi"], api_id="h1", api_type="HTTP", stage="$default")

    assert (api.id, api.name, api.type, api.stage, api.cors) == ("h1", "my-stack", "HTTP", "$default", None)
    assert api.routes == (Route("ANY", "$default", "chat:live", payload_format="2.0", timeout=30),)


def test_sams_http_api_has_routes_and_cors(bodies):
    api = from_openapi(bodies["Web"], api_id="h2", api_type="HTTP", stage="prod", stage_variables={"color": "blue"})

    assert set(api.routes) == {
        Route("ANY", "/{proxy+}", "chat:live", payload_format="2.0", timeout=5),
        Route("GET", "/pets/{id}", "chat:live", payload_format="1.0", timeout=30),
    }
    assert api.cors == Cors(("https://a.example",), ("GET",), ("x-own",), ("x-e",), allow_credentials=True, max_age=600)
    assert api.stage_variables == {"color": "blue"}


def test_sams_rest_api_has_root_and_greedy_routes(bodies):
    api = from_openapi(bodies["ServerlessRestApi"], api_id="r1", api_type="REST", stage="Prod", name="own")

    assert set(api.routes) == {Route("ANY", "/", "chat:live"), Route("ANY", "/{proxy+}", "chat:live")}
    assert (api.name, api.binary_media_types) == ("own", ())


def test_sams_rest_api_streams_and_answers_preflight_requests(bodies):
    api = from_openapi(bodies["Rest"], api_id="r2", api_type="REST", stage="prod")
    stream, options = sorted(api.routes, key=lambda route: route.method)

    assert stream == Route("GET", "/stream", "chat:live", timeout=60, streams=True)
    assert (options.method, options.path) == ("OPTIONS", "/stream")
    assert options.fixed == FixedResponse(
        200,
        (
            ("content-type", "application/json"),
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "GET,OPTIONS"),
        ),
        "{}",
    )
    assert api.binary_media_types == ("image/png",)


def body(integration, **operation):
    return {
        "openapi": "3.0.1",
        "info": {"title": "api"},
        "paths": {"/a": {"get": {"x-amazon-apigateway-integration": integration, **operation}, "parameters": []}},
    }


def lambda_proxy(uri=FUNCTION, **settings):
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, **settings}


def signing(**operation):
    """An operation beside a scheme that means a signature."""
    scheme = {"type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4"}
    return body(lambda_proxy(), **operation) | {"components": {"securitySchemes": {"sigv4": scheme}}}


def read(document, api_type="REST", **settings):
    return from_openapi(document, api_id="a1", api_type=api_type, stage="prod", **settings)


@pytest.mark.parametrize(
    ("uri", "mode"),
    [
        pytest.param(INVOKE.format(ARN), {}, id="plain"),
        pytest.param(INVOKE.format(ARN), {"responseTransferMode": "BUFFERED"}, id="buffered"),
        pytest.param(INVOKE.format(f"{ARN}:live"), {}, id="alias"),
        pytest.param(INVOKE.format(f"{ARN}:$LATEST"), {}, id="version"),
        pytest.param(INVOKE.format(ARN).replace("arn:aws:", "arn:aws-cn:"), {}, id="partition"),
        pytest.param(ARN, {}, id="the function alone"),
        pytest.param(STREAM.format(ARN), {"responseTransferMode": "STREAM"}, id="streaming"),
    ],
)
def test_an_integrations_uri_names_the_function(uri, mode):
    [route] = read(body(lambda_proxy(uri, **mode))).routes

    name = "chat:live" if ":live/" in uri else "chat"
    assert (route.function, route.streams) == (name, "STREAM" in mode.values())


@pytest.mark.parametrize(
    ("api_type", "mode", "milliseconds", "seconds"),
    [
        ("REST", {}, None, 29),
        ("HTTP", {}, None, 30),
        ("REST", {}, 29000, 29),
        ("HTTP", {}, 30000, 30),
        ("REST", {"uri": STREAM.format(ARN), "responseTransferMode": "STREAM"}, None, 29),
        ("REST", {"uri": STREAM.format(ARN), "responseTransferMode": "STREAM"}, 900000, 900),
    ],
)
def test_an_integration_has_a_timeout(api_type, mode, milliseconds, seconds):
    given = {"timeoutInMillis": milliseconds} if milliseconds else {}
    [route] = read(body(lambda_proxy(**mode, **given)), api_type).routes

    assert route.timeout == seconds


def test_an_account_may_have_a_longer_timeout():
    [route] = read(body(lambda_proxy(timeoutInMillis=60000)), longest_timeout=120).routes

    assert route.timeout == 60


@pytest.mark.conformance("api-authorizers")
@pytest.mark.parametrize(
    ("document", "api_type", "says"),
    [
        pytest.param(body(lambda_proxy({"Fn::Sub": "x"})), "REST", "GET /a: the integration's uri", id="unresolved"),
        pytest.param(body(lambda_proxy("http://example.com")), "REST", "uri", id="no function"),
        pytest.param(body({"type": "http_proxy", "uri": "http://x"}), "HTTP", "type 'http_proxy'", id="HTTP proxy"),
        pytest.param(body({"type": "mock"}), "HTTP", "type 'mock'", id="mock of an HTTP API"),
        pytest.param(body(lambda_proxy(responseTransferMode="STREAM")), "REST", "need each other", id="mode alone"),
        pytest.param(body(lambda_proxy(STREAM.format(ARN))), "REST", "need each other", id="uri alone"),
        pytest.param(
            body(lambda_proxy(STREAM.format(ARN), responseTransferMode="STREAM")),
            "HTTP",
            "only REST",
            id="HTTP streams",
        ),
        pytest.param(body(lambda_proxy(timeoutInMillis=29001)), "REST", "most here is 29000", id="REST, too long"),
        pytest.param(body(lambda_proxy(timeoutInMillis=30001)), "HTTP", "most here is 30000", id="HTTP, too long"),
        pytest.param(body(lambda_proxy(timeoutInMillis="5")), "REST", "timeoutInMillis", id="a timeout in quotes"),
        pytest.param(body(lambda_proxy(), security=[{"api_key": []}]), "REST", "api_key", id="API key"),
        pytest.param(body(lambda_proxy(), security=[{"NONE": []}, {"Own": []}]), "HTTP", "by Own", id="authorizer"),
        pytest.param(
            body(lambda_proxy(), security=[{"AWS_IAM": []}]), "HTTP", "by AWS_IAM", id="a scheme of no meaning"
        ),
        pytest.param(signing(security=[{"sigv4": []}, {"Own": []}]), "REST", "by Own", id="a signature or more"),
        pytest.param(
            signing(security=[{"sigv4": [], "api_key": []}]), "REST", "by api_key", id="a signature and a key"
        ),
        pytest.param(
            body(lambda_proxy(), **{"x-amazon-apigateway-auth": {"type": "CUSTOM"}}), "REST", "CUSTOM", id="auth type"
        ),
        pytest.param({**body(lambda_proxy()), "security": [{"Own": []}]}, "REST", "by Own", id="of the whole document"),
        pytest.param({"info": {"title": "x"}}, "REST", "paths is not an object", id="no paths"),
        pytest.param(body(None), "REST", "integration is not an object", id="no integration"),
    ],
)
def test_what_is_not_simulated_or_not_allowed_is_refused_by_name(document, api_type, says):
    with pytest.raises(DescriptionError, match=says) as caught:
        read(document, api_type)
    assert caught.value.next_step


def test_a_route_without_authorization_may_say_so():
    document = body(lambda_proxy(), security=[{"NONE": []}], **{"x-amazon-apigateway-auth": {"type": "NONE"}})

    assert read(document).routes == (Route("GET", "/a", "chat"),)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(signing(security=[{"sigv4": []}]), id="its own"),
        pytest.param({**signing(), "security": [{"sigv4": []}]}, id="the document's"),
        pytest.param(body(lambda_proxy(), **{"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}), id="by its type"),
    ],
)
def test_an_operation_may_want_signatures(document):
    assert read(document).routes == (Route("GET", "/a", "chat", authorization="AWS_IAM"),)


def test_an_operation_may_be_open_where_others_are_not():
    document = {**signing(security=[]), "security": [{"sigv4": []}]}

    assert read(document).routes == (Route("GET", "/a", "chat"),)


def test_sams_apis_want_signatures_and_an_event_may_be_open():
    """A REST API's preflight requests want them too, which SAM's `AddDefaultAuthorizerToCorsPreflight: false` changes."""
    bodies = sams_bodies(SIGNED)
    http = from_openapi(bodies["Web"], api_id="h1", api_type="HTTP", stage="prod")
    rest = from_openapi(bodies["Rest"], api_id="r1", api_type="REST", stage="prod")

    assert {route.path: route.authorization for route in http.routes} == {"/{proxy+}": "AWS_IAM", "/open": "NONE"}
    wanted = {(route.method, route.path): route.authorization for route in rest.routes}
    assert wanted == {("GET", "/"): "AWS_IAM", ("OPTIONS", "/"): "AWS_IAM"}


def test_a_mock_with_a_template_is_refused():
    response = {"statusCode": "200", "responseTemplates": {"application/json": "$input.json('$')"}}
    with pytest.raises(DescriptionError, match="mapping template"):
        read(body({"type": "mock", "responses": {"default": response}}))


def test_the_body_is_not_changed():
    document = body(lambda_proxy())
    before = copy.deepcopy(document)
    read(document)
    assert document == before
