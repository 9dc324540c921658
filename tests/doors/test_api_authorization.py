"""Routes of APIs with AWS_IAM authorization, called by clients that sign with botocore's own signers."""

import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdastream.doors.api_authorization import refusal
from lambdastream.doors.api_description import ApiDescription, Cors
from lambdastream.doors.api_gateway import ApiGateway
from lambdastream.doors.api_responses import HTTP_ERRORS, REST_ERRORS
from lambdastream.doors.api_routes import FixedResponse, Route
from lambdastream.doors.authentication import Keys
from lambdastream.errors import SignatureError
from lambdastream.runtime.limits import Limits

BODY = b'{"a": 1}'
REGION = "eu-central-1"
SESSION = Keys("ASIAOFANAPI", "session secret", "session token", datetime(2100, 1, 1, tzinfo=UTC))
MISMATCH = "InvalidSignatureException"
UNKNOWN = "UnrecognizedClientException"
KINDS = ["HTTP 2.0", "HTTP 1.0", "REST"]


@pytest.fixture(scope="module")
def apis(local, copy_of):
    """The addresses of the APIs. Below `/open` each takes everyone; `/mock` of the REST API is a mock integration."""
    local.plane.authenticator.remember(SESSION)
    name = local.deploy(copy_of("gateway"), name="signed-apis").name

    def routes(**settings):
        signed = Route("ANY", "/{proxy+}", name, authorization="AWS_IAM", **settings)
        return signed, Route("ANY", "/open/{proxy+}", name, **settings)

    cors = Cors(("https://a.example",), ("GET",))
    mock = Route("OPTIONS", "/mock", fixed=FixedResponse(204), authorization="AWS_IAM")
    descriptions = {
        "HTTP 2.0": ApiDescription(
            "h2", "", "HTTP", "$default", routes(payload_format="2.0"), cors=cors, region=REGION
        ),
        "HTTP 1.0": ApiDescription("h1", "", "HTTP", "prod", routes(), region=REGION),
        "REST": ApiDescription("r1", "", "REST", "prod", (*routes(), mock), region=REGION),
    }
    found = {}
    with ExitStack() as stack:
        for kind, description in descriptions.items():
            gateway = ApiGateway(description, local.plane.function, Limits(), local.plane.authenticator)
            local.loop.run(gateway.listen(0))
            stack.callback(lambda gateway=gateway: local.loop.run(gateway.close()))
            found[kind] = gateway.url
        yield found


@pytest.fixture
def keys(local):
    return local.plane.keys


@pytest.fixture
def call(local, apis, keys):
    """Call an API with a signature; `spoil` changes what was signed."""

    def send(kind, path="echo", *, signer=None, spoil=None, **options):
        request = signed(signer or keys, apis[kind] + path, **options)
        return local.client.request(**(spoil(request) if spoil else request))

    return send


@pytest.fixture
def at(monkeypatch):
    """Make the clock of the client that signs wrong by so much."""

    def go(off):
        monkeypatch.setattr(auth, "get_current_datetime", lambda: datetime.now(UTC).replace(tzinfo=None) + off)

    return go


def signed(keys, address, *, method="POST", body=BODY, scope=("execute-api", REGION), headers=None, expires=None):
    """A request as botocore's signers leave it; with `expires` presigned for so many seconds, and without a body."""
    body = body if expires is None else b""
    request = AWSRequest(method, address, headers or {}, body)
    credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)
    if expires is None:
        auth.SigV4Auth(credentials, *scope).add_auth(request)
    else:
        auth.SigV4QueryAuth(credentials, *scope, expires=expires).add_auth(request)
    return {"method": method, "url": request.url, "headers": dict(request.headers.items()), "content": body}


def assert_refused(kind, response, code, words):
    """An HTTP API does not say why, but for a header of our own; a REST API does."""
    assert response.status_code == 403
    if kind == "REST":
        assert response.headers["x-amzn-errortype"] == code
        assert words in response.json()["message"]
    else:
        assert response.json() == {"message": "Forbidden"}
        assert words in response.headers["x-lambdastream-reason"]


every_kind = pytest.mark.parametrize("kind", KINDS)


# Let in


@pytest.mark.conformance("api-iam-accepted")
@every_kind
@pytest.mark.parametrize(
    ("path", "options"),
    [
        pytest.param("echo", {}, id="a body"),
        pytest.param("echo?b=2&a=1&a=0&c=x%20y%2Fz", {"method": "GET", "body": b""}, id="a query"),
        pytest.param("x%20y/echo", {"method": "PUT"}, id="an encoded path"),
        pytest.param("echo?a=1", {"method": "GET", "expires": 60}, id="presigned"),
        pytest.param("echo", {"signer": SESSION}, id="temporary keys"),
    ],
)
def test_a_signed_request_is_let_in(call, kind, path, options):
    assert call(kind, path, **options).status_code == 200


@pytest.mark.conformance("api-iam-caller")
def test_payload_2_names_the_caller(call, keys):
    iam = call("HTTP 2.0").json()["requestContext"]["authorizer"]["iam"]
    assert iam == {
        "accessKey": keys.access_key_id,
        "accountId": "123456789012",
        "callerId": "123456789012",
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": "arn:aws:iam::123456789012:root",
        "userId": "123456789012",
    }


@pytest.mark.conformance("api-iam-caller")
@pytest.mark.parametrize("kind", ["HTTP 1.0", "REST"])
def test_payload_1_names_the_caller(call, keys, kind):
    identity = call(kind).json()["requestContext"]["identity"]
    assert (identity["accessKey"], identity["accountId"]) == (keys.access_key_id, "123456789012")
    assert (identity["caller"], identity["user"]) == ("123456789012", "123456789012")
    assert identity["userArn"] == "arn:aws:iam::123456789012:root"


@pytest.mark.conformance("api-iam-accepted")
@every_kind
def test_a_route_without_authorization_takes_everyone(local, apis, kind):
    context = local.client.get(apis[kind] + "open/echo").json()["requestContext"]
    assert "iam" not in context.get("authorizer", {})
    assert context.get("identity", {}).get("accessKey") is None


@pytest.mark.conformance("api-iam-accepted")
def test_an_api_that_is_deployed_takes_signatures_for_its_region(ask, local, keys, apis):
    uri = "arn:aws:lambda:us-east-1:123456789012:function:signed-apis"
    operation = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": uri, "payloadFormatVersion": "2.0"}}
    operation["x-amazon-apigateway-auth"] = {"type": "AWS_IAM"}
    body = {"info": {"title": ""}, "paths": {"/$default": {"x-amazon-apigateway-any-method": operation}}}
    told = {"id": "signed", "name": "", "type": "HTTP", "stage": "$default", "body": body, "region": REGION}
    url = ask("PUT", "/_lambdastream/apis/signed", json=told).json()["url"]
    regions = (REGION, "us-east-1")
    answers = [local.client.request(**signed(keys, f"{url}echo", scope=("execute-api", name))) for name in regions]
    ask("DELETE", "/_lambdastream/apis/signed")
    assert [answer.status_code for answer in answers] == [200, 403]


# Refused


@pytest.mark.conformance("api-iam-unsigned")
@every_kind
def test_a_request_that_is_not_signed_is_refused(local, apis, kind):
    response = local.client.get(apis[kind] + "echo")
    told = {"message": "Missing Authentication Token" if kind == "REST" else "Forbidden"}
    assert (response.status_code, response.json()) == (403, told)
    wanted = "MissingAuthenticationTokenException" if kind == "REST" else None
    assert response.headers.get("x-amzn-errortype") == wanted
    assert response.headers["x-amzn-requestid" if kind == "REST" else "apigw-requestid"]


@pytest.mark.conformance("api-iam-refused")
@every_kind
@pytest.mark.parametrize(
    ("scope", "words"),
    [
        pytest.param(("execute-api", "us-east-1"), "the Region 'us-east-1'", id="another region"),
        pytest.param(("lambda", REGION), "the service 'lambda'", id="another service"),
    ],
)
def test_a_signature_for_something_else_is_refused(call, kind, scope, words):
    assert_refused(kind, call(kind, scope=scope), MISMATCH, words)


@pytest.mark.conformance("api-iam-refused")
@every_kind
@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        pytest.param({"secret_access_key": "another"}, MISMATCH, "signature we calculated", id="another secret"),
        pytest.param({"access_key_id": "AKIAUNKNOWN"}, UNKNOWN, "security token", id="an unknown key"),
        pytest.param({"session_token": "token"}, UNKNOWN, "session token", id="a token that the key does not have"),
    ],
)
def test_other_keys_are_refused(call, keys, kind, changes, code, words):
    assert_refused(kind, call(kind, signer=replace(keys, **changes)), code, words)


@pytest.mark.conformance("api-iam-refused")
@every_kind
@pytest.mark.parametrize("minutes", [-6, 6], ids=["late", "early"])
def test_a_clock_that_is_far_off_is_refused(call, at, kind, minutes):
    at(timedelta(minutes=minutes))
    assert_refused(kind, call(kind), MISMATCH, "expired" if minutes < 0 else "not yet current")


@pytest.mark.conformance("api-iam-refused")
@every_kind
@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"content": b'{"a": 2}'}, id="body"),
        pytest.param({"method": "PUT"}, id="method"),
        pytest.param({"params": {"more": "1"}}, id="query"),
    ],
)
def test_what_is_changed_on_the_way_is_refused(call, kind, changed):
    assert_refused(kind, call(kind, spoil=lambda request: request | changed), MISMATCH, "signature we calculated")


@pytest.mark.conformance("api-iam-refused")
def test_a_bearer_token_is_no_signature(local, apis):
    response = local.client.get(apis["REST"] + "echo", headers={"authorization": "Bearer x"})
    assert (response.status_code, response.headers["x-amzn-errortype"][:19]) == (403, "IncompleteSignature")


@pytest.mark.conformance("api-iam-preflight")
def test_an_http_apis_preflight_needs_no_signature_and_a_mock_does(local, apis, call):
    asked = {"origin": "https://a.example", "access-control-request-method": "GET"}
    assert local.client.options(apis["HTTP 2.0"] + "echo", headers=asked).status_code == 204
    refused = local.client.get(apis["HTTP 2.0"] + "echo", headers={"origin": "https://a.example"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (403, "https://a.example")
    assert local.client.options(apis["REST"] + "mock", headers=asked).status_code == 403
    assert call("REST", "mock", method="OPTIONS", body=b"").status_code == 204


@pytest.mark.parametrize("errors", [HTTP_ERRORS, REST_ERRORS], ids=["HTTP", "REST"])
def test_when_sts_cannot_be_asked_it_is_not_the_callers_fault(errors):
    error = SignatureError("STS does not answer.", code="ServiceUnavailable", next_step="Try again.")
    response = refusal(error, errors)
    assert (response.status, json.loads(response.body)) == (503, {"message": "STS does not answer. Try again."})


def test_a_reason_fits_into_a_header():
    response = refusal(SignatureError("Not ż.", code=MISMATCH), HTTP_ERRORS)
    assert dict(response.headers)["x-lambdastream-reason"] == "Not \\u017c."
