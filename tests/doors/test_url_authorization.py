"""Function URLs with `AuthType: AWS_IAM`, called by clients that sign with botocore's own signers."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdastream.doors.authentication import Keys
from lambdastream.doors.url_authorization import refusal
from lambdastream.errors import SignatureError
from lambdastream.runtime.cors import Cors
from lambdastream.runtime.description import FunctionUrlConfig

BODY = b'{"a": 1}'
SESSION = Keys("ASIASESSION", "session secret", "session token", datetime(2100, 1, 1, tzinfo=UTC))
MISMATCH = "InvalidSignatureException"
UNKNOWN = "UnrecognizedClientException"
CONTENT_HASH = "X-Amz-Content-SHA256"


@pytest.fixture(scope="module")
def url(local, plain):
    """The address of the function `plain` behind a URL that wants signatures; without a slash at its end."""
    description = local.plane.function(plain.name).description
    signed = replace(description, name="signed", log_group="", url=FunctionUrlConfig("AWS_IAM"))
    local.plane.authenticator.remember(SESSION)
    return local.loop.run(local.plane.deploy(signed))["url"].rstrip("/")


@pytest.fixture(scope="module")
def keys(local):
    return local.plane.keys


@pytest.fixture
def at(monkeypatch):
    """Make the clock of the client that signs wrong by so much."""

    def go(off):
        # The signers ask one function for the time; before botocore had it, `datetime`.
        monkeypatch.setattr(auth, "get_current_datetime", lambda: datetime.now(UTC).replace(tzinfo=None) + off)

    return go


def signed(keys, address, *, method="POST", body=BODY, scope=("lambda", "us-east-1"), headers=None, expires=None):
    """A request as botocore's signers leave it: with a header, or with `expires` presigned for so many seconds.

    A presigned one has no body: botocore signs the empty one.
    """
    body = body if expires is None else b""
    request = AWSRequest(method, address, headers or {}, body)
    credentials = Credentials(keys.access_key_id, keys.secret_access_key, keys.session_token or None)
    if expires is None:
        auth.SigV4Auth(credentials, *scope).add_auth(request)
    else:
        auth.SigV4QueryAuth(credentials, *scope, expires=expires).add_auth(request)
    return {"method": method, "url": request.url, "headers": dict(request.headers.items()), "content": body}


def told(response):
    return response.status_code, response.headers.get("x-amzn-errortype", "")


# Let in


@pytest.mark.conformance("iam-accepted", "iam-presigned")
@pytest.mark.parametrize(
    ("method", "path", "body", "expires"),
    [
        pytest.param("POST", "/echo", BODY, None, id="a body"),
        pytest.param("POST", "/echo", bytes(range(256)), None, id="a binary body"),
        pytest.param("GET", "/echo", b"", None, id="no body"),
        pytest.param("GET", "/echo?b=2&a=1&a=0&c=x%20y%2Fz", b"", None, id="a query"),
        pytest.param("GET", "/echo/?a=%C5%BC", b"", None, id="UTF-8"),
        pytest.param("GET", "/echo", b"", 60, id="presigned"),
        pytest.param("POST", "/echo", b"", 60, id="presigned, for another method"),
        pytest.param("GET", "/echo?b=2&a=1&a=0&c=x%20y%2Fz", b"", 60, id="presigned, with a query"),
        pytest.param("GET", "/echo/?a=%C5%BC", b"", 60, id="presigned, UTF-8"),
    ],
)
def test_a_signed_request_is_let_in(local, url, keys, method, path, body, expires):
    request = signed(keys, url + path, method=method, body=body, expires=expires)
    response = local.client.request(**request)
    assert told(response) == (200, "")
    assert response.json()["requestContext"]["http"]["method"] == method


@pytest.mark.conformance("iam-caller")
def test_the_event_names_the_caller(local, url, keys):
    context = local.client.request(**signed(keys, f"{url}/echo")).json()["requestContext"]
    assert context["accountId"] == "123456789012"
    iam = context["authorizer"]["iam"]
    assert (iam["accessKey"], iam["accountId"]) == (keys.access_key_id, "123456789012")
    assert iam["userArn"] == "arn:aws:iam::123456789012:root"


@pytest.mark.conformance("iam-token")
@pytest.mark.parametrize("expires", [None, 60], ids=["by a header", "by its query"])
def test_temporary_keys_are_let_in_with_their_token(local, url, expires):
    assert local.client.request(**signed(SESSION, f"{url}/pid", expires=expires)).status_code == 200


@pytest.mark.conformance("iam-payload-hash")
def test_a_body_may_be_signed_by_its_hash_alone(local, url, keys):
    headers = {CONTENT_HASH: sha256(BODY).hexdigest()}
    assert local.client.request(**signed(keys, f"{url}/pid", headers=headers)).status_code == 200


@pytest.mark.conformance("iam-clock")
@pytest.mark.parametrize("minutes", [-4, 4], ids=["late", "early"])
def test_a_clock_may_be_five_minutes_off(local, url, keys, at, minutes):
    at(timedelta(minutes=minutes))
    assert local.client.request(**signed(keys, f"{url}/pid")).status_code == 200


@pytest.mark.conformance("iam-presigned")
def test_a_presigned_url_holds_until_it_expires(local, url, keys, at):
    at(timedelta(hours=-2))
    assert local.client.request(**signed(keys, f"{url}/pid", expires=3 * 3600)).status_code == 200


# Refused


@pytest.mark.conformance("iam-unsigned")
def test_a_request_that_is_not_signed_is_forbidden(local, url):
    response = local.client.get(f"{url}/pid")
    assert told(response) == (403, "AccessDeniedException")
    assert response.json() == {
        "Message": "Forbidden. For troubleshooting Function URL authorization issues, "
        "see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
    }


@pytest.mark.conformance("iam-region", "iam-service")
@pytest.mark.parametrize("expires", [None, 60], ids=["by a header", "by its query"])
@pytest.mark.parametrize(
    ("scope", "words"),
    [
        pytest.param(("lambda", "eu-west-1"), "the Region 'eu-west-1'", id="another region"),
        pytest.param(("execute-api", "us-east-1"), "the service 'execute-api'", id="another service"),
    ],
)
def test_a_signature_for_something_else_is_refused(local, url, keys, scope, words, expires):
    response = local.client.request(**signed(keys, f"{url}/pid", expires=expires, scope=scope))
    assert told(response) == (403, MISMATCH)
    assert words in response.json()["message"]


@pytest.mark.conformance("iam-secret", "iam-unknown-key")
@pytest.mark.parametrize("expires", [None, 60], ids=["by a header", "by its query"])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"secret_access_key": "another"}, MISMATCH, id="another secret"),
        pytest.param({"access_key_id": "AKIAUNKNOWN"}, UNKNOWN, id="an unknown key"),
        pytest.param({"session_token": "token"}, UNKNOWN, id="a token that the key does not have"),
    ],
)
def test_other_keys_are_refused(local, url, keys, changes, code, expires):
    response = local.client.request(**signed(replace(keys, **changes), f"{url}/pid", expires=expires))
    assert told(response) == (403, code)


@pytest.mark.conformance("iam-token")
@pytest.mark.parametrize("expires", [None, 60], ids=["by a header", "by its query"])
@pytest.mark.parametrize("token", ["", "another"], ids=["missing", "wrong"])
def test_temporary_keys_need_their_token(local, url, token, expires):
    response = local.client.request(**signed(replace(SESSION, session_token=token), f"{url}/pid", expires=expires))
    assert told(response) == (403, UNKNOWN)


def tampered(request, part):
    """The request as someone on the way would have changed it."""
    address = urlsplit(request["url"])
    match part:
        case "body":
            return request | {"content": b'{"a": 2}'}
        case "path":
            return request | {"url": address._replace(path="/fail").geturl()}
        case "query":
            return request | {"url": address._replace(query=address.query.replace("a=1", "a=2")).geturl()}
        case "a parameter more":
            return request | {"url": request["url"] + "&b=1"}
        case "header":
            return request | {"headers": request["headers"] | {"X-Amz-Meta": "changed"}}
    return request | {"method": "PUT"}


@pytest.mark.conformance("iam-tampered", "iam-presigned-body")
@pytest.mark.parametrize("expires", [None, 60], ids=["by a header", "by its query"])
@pytest.mark.parametrize("part", ["body", "path", "query", "a parameter more", "header", "method"])
def test_what_is_changed_on_the_way_is_refused(local, url, keys, part, expires):
    request = signed(keys, f"{url}/echo?a=1", headers={"X-Amz-Meta": "as signed"}, expires=expires)
    assert local.client.request(**request).status_code == 200
    response = local.client.request(**tampered(request, part))
    assert told(response) == (403, MISMATCH)
    assert "signature we calculated does not match" in response.json()["message"]


@pytest.mark.conformance("iam-unsigned-header")
def test_a_header_that_is_not_signed_and_not_aws_own_may_change(local, url, keys):
    request = signed(keys, f"{url}/echo")
    request["headers"] |= {"X-Own": "added"}
    assert local.client.request(**request).json()["headers"]["x-own"] == "added"


@pytest.mark.conformance("iam-clock")
@pytest.mark.parametrize("minutes", [-6, 6], ids=["late", "early"])
def test_a_clock_that_is_far_off_is_refused(local, url, keys, at, minutes):
    at(timedelta(minutes=minutes))
    response = local.client.request(**signed(keys, f"{url}/pid"))
    assert told(response) == (403, MISMATCH)
    assert ("expired" if minutes < 0 else "not yet current") in response.json()["message"]


@pytest.mark.conformance("iam-expired")
def test_a_presigned_url_that_has_expired_is_refused(local, url, keys, at):
    at(timedelta(seconds=-61))
    response = local.client.request(**signed(keys, f"{url}/pid", expires=60))
    assert told(response) == (403, MISMATCH)
    assert "Signature expired" in response.json()["message"]


@pytest.mark.conformance("iam-unsigned-payload")
@pytest.mark.parametrize("expires", [None, 60], ids=["by a header", "by its query"])
def test_an_unsigned_payload_is_refused(local, url, keys, expires):
    request = signed(keys, f"{url}/pid", headers={CONTENT_HASH: "UNSIGNED-PAYLOAD"}, expires=expires)
    assert told(local.client.request(**request)) == (403, MISMATCH)


@pytest.mark.conformance("iam-other-schemes")
@pytest.mark.parametrize("authorization", ["Bearer x", "AWS4-HMAC-SHA256", "AWS AKIA:x"])
def test_another_authorization_is_refused(local, url, authorization):
    response = local.client.get(f"{url}/pid", headers={"authorization": authorization})
    assert response.status_code == 403


@pytest.mark.conformance("iam-preflight")
def test_a_preflight_request_needs_no_signature_and_a_refusal_can_be_read(local, plain):
    description = local.plane.function(plain.name).description
    config = FunctionUrlConfig("AWS_IAM", cors=Cors(("https://a.example",), ("GET",)))
    shared = replace(description, name="signed-cors", log_group="", url=config)
    address = local.loop.run(local.plane.deploy(shared))["url"]
    asked = {"origin": "https://a.example", "access-control-request-method": "GET"}
    assert local.client.options(address, headers=asked).status_code == 200
    refused = local.client.get(address, headers={"origin": "https://a.example"})
    assert refused.status_code == 403
    assert refused.headers["access-control-allow-origin"] == "https://a.example"


def test_when_sts_cannot_be_asked_it_is_not_the_callers_fault():
    response = refusal(SignatureError("STS does not answer.", code="ServiceUnavailable", next_step="Try again."))
    assert (response.status, response.body) == (503, b'{"message":"STS does not answer. Try again."}')


def test_a_refused_form_is_refused_in_json(local, url, keys):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    request = signed(replace(keys, access_key_id="AKIAUNKNOWN"), url, body=b"Action=x", headers=headers)
    response = local.client.request(**request)
    assert told(response) == (403, UNKNOWN)
    assert json.loads(response.text)["message"]


@pytest.mark.conformance("iam-not-run")
def test_nobody_who_is_refused_reaches_the_function(local, plain, keys):
    description = local.plane.function(plain.name).description
    untouched = replace(
        description, name="untouched", log_group="", url=FunctionUrlConfig("AWS_IAM", "RESPONSE_STREAM")
    )
    address = local.loop.run(local.plane.deploy(untouched))["url"]
    assert local.client.get(address).status_code == 403
    wrong = signed(replace(keys, secret_access_key="another"), address)
    assert local.client.request(**wrong).status_code == 403
    assert local.status("untouched")["environments"] == []
