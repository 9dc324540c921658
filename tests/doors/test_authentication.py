"""Who may call the endpoint, and how those are told who may not."""

import json
import time
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from lambdastream.doors.authentication import Keys

CALLS = {
    "lambda": lambda client: client.list_functions(),
    "cloudformation": lambda client: client.list_stacks(),
    "sts": lambda client: client.get_caller_identity(),
    "s3": lambda client: client.list_buckets(),
    "logs": lambda client: client.describe_log_groups(),
    "apigatewayv2": lambda client: client.get_apis(),
    "apigateway": lambda client: client.get_rest_apis(),
}
ISSUED = Keys("ASIAISSUED", "issued secret", "issued token")


def issued(seconds):
    """What the control plane says of the keys that STS issued, so long before they end."""
    told = {"secret_access_key": ISSUED.secret_access_key, "session_token": ISSUED.session_token}
    return told | {"expires": time.time() + seconds}


INVOKE = "/2015-03-31/functions/{}/invocations"


@pytest.fixture
def refused(new_client, local):
    """What boto3 raises for a call with these keys: its code, status and message."""

    def call(service, keys=None, aws=local, **settings):
        with pytest.raises(ClientError) as caught:
            CALLS[service](new_client(aws, service, keys=keys, **settings))
        response = caught.value.response
        error = response["Error"]
        return error["Code"], response["ResponseMetadata"]["HTTPStatusCode"], error["Message"]

    return call


@pytest.fixture
def local_aws(start_local, control_plane):
    control_plane.keys["ASIAISSUED"] = issued(60)
    return start_local(control_plane=control_plane.socket)


# Refused, by boto3's eyes


@pytest.mark.parametrize("service", CALLS)
def test_an_unsigned_call_is_refused(refused, service):
    code, status, message = refused(service, signature_version=UNSIGNED)
    assert (code, status) == ("MissingAuthenticationToken", 403)
    assert "not signed" in message


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("lambda", "InvalidSignatureException"),
        ("logs", "InvalidSignatureException"),
        ("cloudformation", "SignatureDoesNotMatch"),
        ("sts", "SignatureDoesNotMatch"),
        ("s3", "SignatureDoesNotMatch"),
    ],
)
def test_a_call_signed_with_another_secret_is_refused(refused, local, service, code):
    found, status, message = refused(service, replace(local.plane.keys, secret_access_key="another"))
    assert (found, status) == (code, 403)
    assert "does not match" in message


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("lambda", "UnrecognizedClientException"),
        ("logs", "UnrecognizedClientException"),
        ("cloudformation", "InvalidClientTokenId"),
        ("sts", "InvalidClientTokenId"),
        ("s3", "InvalidAccessKeyId"),
    ],
)
def test_a_call_signed_with_an_unknown_key_is_refused(refused, local, local_aws, service, code):
    for aws in (local, local_aws):
        found, status, message = refused(service, Keys("AKIAUNKNOWN", "secret"), aws)
        assert (found, status) == (code, 403)
        assert "lambdastream env" in message


def test_signature_version_2_is_refused(refused):
    code, status, message = refused("s3", signature_version="s3")
    assert (code, status) == ("InvalidRequest", 400)
    assert "AWS4-HMAC-SHA256" in message


def test_a_url_presigned_by_signature_version_2_is_refused(new_client, local):
    client = new_client(local, "s3", signature_version="s3")
    url = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "key"})
    assert "AWSAccessKeyId=" in url
    response = httpx.get(url)
    assert response.status_code == 400
    assert "<Code>InvalidRequest</Code>" in response.text


@pytest.mark.parametrize(
    "authorization", ["Bearer x", "Basic eDp5", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a"]
)
def test_what_is_no_signature_is_refused(local, plain, authorization):
    url = local.endpoint_url + INVOKE.format(plain.name)
    response = local.client.post(url, content=b"{}", headers={"authorization": authorization})
    assert (response.status_code, response.headers["x-amzn-errortype"]) == (400, "IncompleteSignature")


def test_the_token_of_the_own_calls_is_no_signature(ask):
    assert ask("GET", "/2015-03-31/functions").status_code == 400


@pytest.mark.parametrize(
    ("service", "content_type", "code", "status"),
    [
        ("lambda", "application/json", "InvalidSignatureException", 403),
        ("sts", "application/x-www-form-urlencoded", "SignatureDoesNotMatch", 403),
        ("s3", "text/plain", "XAmzContentSHA256Mismatch", 400),
    ],
)
def test_a_body_that_was_changed_on_the_way_is_refused(local, sign, service, content_type, code, status):
    url = f"{local.endpoint_url}/bucket/key"
    headers = sign(local.plane.keys, "POST", url, b"before", service=service, **{"content-type": content_type})
    response = local.client.post(url, content=b"behind", headers=headers)
    assert response.status_code == status
    assert code in response.text


def test_a_function_is_not_invoked_by_who_may_not(local, sign, plain, tmp_path):
    url, begun = local.endpoint_url + INVOKE.format(plain.name), tmp_path / "begun"
    content = json.dumps({"do": "wait", "begun": str(begun), "gate": str(tmp_path)}).encode()
    wrong = sign(replace(local.plane.keys, secret_access_key="x"), "POST", url, content)
    signed = sign(local.plane.keys, "POST", url, content)
    for headers, status in (({}, 403), (wrong, 403), (signed | {"X-Amz-Date": "20200101T000000Z"}, 403)):
        assert local.client.post(url, content=content, headers=headers).status_code == status
    assert not begun.exists()
    assert local.client.post(url, content=content, headers=signed).status_code == 200
    assert begun.exists()


# Let in


def test_a_presigned_url_lets_in(new_client, local_aws, control_plane):
    client = new_client(local_aws, "s3", signature_version="s3v4")
    url = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "a+b"})
    assert httpx.get(url).status_code == 200
    assert httpx.get(url.replace("a%2Bb", "other")).status_code == 403
    assert [seen.target.partition("?")[0] for seen in control_plane.seen] == ["/bucket/a%2Bb"]


def test_keys_that_sts_issued_let_in(new_client, local_aws, control_plane, copy_of):
    function = local_aws.deploy(copy_of("plain"))
    client = new_client(local_aws, keys=ISSUED)
    for _ in range(2):
        assert client.invoke(FunctionName=function.name)["StatusCode"] == 200
    asked = [seen.target for seen in control_plane.seen if "credentials" in seen.target]
    assert asked == ["/_lambdastream/credentials/ASIAISSUED"]


@pytest.mark.parametrize("token", ["", "another token"])
@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("lambda", "UnrecognizedClientException", 403),
        ("sts", "InvalidClientTokenId", 403),
        ("s3", "InvalidToken", 400),
    ],
)
def test_keys_that_sts_issued_need_their_token(refused, local_aws, service, code, status, token):
    assert refused(service, replace(ISSUED, session_token=token), local_aws)[:2] == (code, status)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [("lambda", "ExpiredTokenException", 403), ("sts", "ExpiredToken", 403), ("s3", "ExpiredToken", 400)],
)
def test_keys_that_have_expired_are_forgotten_and_refused(
    refused, local_aws, control_plane, eventually, service, code, status
):
    control_plane.keys["ASIAISSUED"] = issued(0.5)
    authenticator = local_aws.plane.authenticator
    first = refused("lambda", replace(ISSUED, secret_access_key="another"), local_aws)[0]
    assert first == "InvalidSignatureException"
    claim = SimpleNamespace(access_key_id="ASIAISSUED")
    assert authenticator.knows(claim)
    eventually(lambda: not authenticator.knows(claim))
    assert refused(service, ISSUED, local_aws)[:2] == (code, status)
    assert not authenticator.knows(claim)


def test_the_projects_own_keys_have_no_token(refused, local):
    assert refused("lambda", replace(local.plane.keys, session_token="t"))[0] == "UnrecognizedClientException"


def test_keys_that_sts_issued_need_their_secret(refused, local_aws):
    keys = replace(ISSUED, secret_access_key="another")
    assert refused("lambda", keys, local_aws)[0] == "InvalidSignatureException"


def test_keys_are_other_ones_for_every_project(start_local, local):
    other = start_local()
    assert other.plane.keys.access_key_id != local.plane.keys.access_key_id
    assert other.plane.keys.access_key_id.startswith("AKIA")
    assert len(other.plane.keys.secret_access_key) == 40
