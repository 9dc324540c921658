from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from lambdastream.errors import SignatureError
from lambdastream.wire.authorization import Claim, parse_authorization
from lambdastream.wire.http_message import HttpRequest

CREDENTIAL = "AKIA/20250102/eu-west-1/lambda/aws4_request"
SIGNATURE = "0123456789abcdef" * 4
TIME = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
BASIC_TIME = "20250102T030405Z"
CLAIM = Claim("AKIA", "20250102", "eu-west-1", "lambda", ("host", "x-amz-date"), SIGNATURE, TIME)


def authorization(*, algorithm="AWS4-HMAC-SHA256", credential=CREDENTIAL, names="host;x-amz-date", signature=SIGNATURE):
    return f"{algorithm} Credential={credential}, SignedHeaders={names}, Signature={signature}"


def headed(value=None, *headers, date=BASIC_TIME, **parts):
    fields = [("x-amz-date", date), ("authorization", authorization(**parts) if value is None else value)]
    return HttpRequest("GET", "/", (*fields, *headers))


def presigned(*headers, **changes):
    """A presigned URL; `changes` replace parameters, or drop them (None). `Security_Token` is X-Amz-Security-Token."""
    parameters = {
        "Algorithm": "AWS4-HMAC-SHA256",
        "Credential": CREDENTIAL,
        "Date": BASIC_TIME,
        "Expires": "60",
        "SignedHeaders": "host;x-amz-date",
        "Signature": SIGNATURE,
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    query = urlencode({f"X-Amz-{name}": value for name, value in parameters.items() if value is not None})
    return HttpRequest("GET", f"/?a=b&{query}", headers)


@pytest.mark.parametrize(
    ("request_", "changes"),
    [
        pytest.param(headed(), {}, id="header"),
        pytest.param(headed(authorization().replace(", ", ",")), {}, id="no spaces"),
        pytest.param(headed(authorization().replace(", ", " ,\t").replace(" Cred", "  Cred")), {}, id="more spaces"),
        pytest.param(
            headed(f"AWS4-HMAC-SHA256 Signature={SIGNATURE},Credential={CREDENTIAL},SignedHeaders=host;x-amz-date"),
            {},
            id="another order",
        ),
        pytest.param(headed(None, ("x-amz-security-token", "a+/=")), {"session_token": "a+/="}, id="session token"),
        pytest.param(headed(f" {authorization()}\t", date=f" {BASIC_TIME} "), {}, id="white space around values"),
        pytest.param(headed(None, ("date", "yesterday")), {}, id="x-amz-date goes before date"),
        pytest.param(headed(None, ("date", BASIC_TIME), date=""), {}, id="date in basic form"),
        pytest.param(headed(None, ("date", "Thu, 02 Jan 2025 03:04:05 GMT"), date=""), {}, id="date"),
        pytest.param(headed(None, ("date", "Thu, 02 Jan 2025 03:04:05 -0000"), date=""), {}, id="botocore's date"),
        pytest.param(headed(None, ("date", "Thu, 02 Jan 2025 04:04:05 +0100"), date=""), {}, id="date in a zone"),
        pytest.param(headed(names="host"), {"signed_headers": ("host",)}, id="one signed header"),
        pytest.param(headed(signature="SIGNATURE"), {"signature": "SIGNATURE"}, id="a signature is any text"),
        pytest.param(presigned(), {"presigned": True, "expires": 60}, id="presigned"),
        pytest.param(
            presigned(Security_Token="a+/="),
            {"presigned": True, "expires": 60, "session_token": "a+/="},
            id="presigned, session token",
        ),
        pytest.param(presigned(Expires=None), {"presigned": True, "expires": None}, id="presigned without expiry"),
        pytest.param(presigned(("x-amz-date", "now")), {"presigned": True, "expires": 60}, id="presigned, header date"),
        pytest.param(
            presigned(("authorization", "")), {"presigned": True, "expires": 60}, id="presigned, empty header"
        ),
    ],
)
def test_a_claim_is_read(request_, changes):
    assert parse_authorization(request_) == dataclasses.replace(CLAIM, **changes)


def test_a_date_without_a_zone_is_in_utc(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        request = headed(None, ("date", "Thu, 02 Jan 2025 03:04:05 -0000"), date="")
        assert parse_authorization(request).timestamp == TIME
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_claim_is_a_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CLAIM.service = "s3"


def test_other_parameters_may_be_repeated_and_have_the_names_of_version_2():
    request = dataclasses.replace(headed(), target="/?a=1&a=2&Signature=a&Signature=b&AWSAccessKeyId=c")

    assert parse_authorization(request) == CLAIM


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        pytest.param(HttpRequest("GET", "/", ()), "MissingAuthenticationToken", "not signed", id="anonymous"),
        pytest.param(headed(""), "MissingAuthenticationToken", "not signed", id="empty header"),
        pytest.param(
            HttpRequest("GET", "/?Signature=x&Expires=1", ()), "MissingAuthenticationToken", "not signed", id="no key"
        ),
        pytest.param(headed("AWS AKIA:c2ln"), "InvalidRequest", "Version 2,.*s3v4", id="SigV2"),
        pytest.param(
            HttpRequest("GET", "/k?AWSAccessKeyId=AKIA&Signature=c2ln&Expires=1", ()),
            "InvalidRequest",
            "Version 2,.*s3v4",
            id="SigV2, presigned",
        ),
        pytest.param(
            headed(algorithm="AWS4-ECDSA-P256-SHA256", credential="AKIA/20250102/s3/aws4_request"),
            "InvalidRequest",
            "Version 4A",
            id="SigV4A",
        ),
        pytest.param(
            presigned(Algorithm="AWS4-ECDSA-P256-SHA256"), "InvalidRequest", "Version 4A", id="SigV4A, presigned"
        ),
        pytest.param(headed("Bearer token"), "IncompleteSignature", "'Bearer'", id="bearer token"),
        pytest.param(headed("Basic dTpw"), "IncompleteSignature", "'Basic'", id="password"),
        pytest.param(headed(algorithm="aws4-hmac-sha256"), "IncompleteSignature", "'aws4-hmac-sha256'", id="case"),
        pytest.param(presigned(("authorization", authorization())), "InvalidArgument", "twice", id="signed twice"),
        pytest.param(
            headed(None, ("authorization", authorization())), "IncompleteSignature", "repeats", id="header twice"
        ),
    ],
)
def test_other_ways_than_version_4_are_refused(request_, code, words):
    with pytest.raises(SignatureError, match=f"(?s){words}") as caught:
        parse_authorization(request_)
    assert caught.value.code == code
    assert caught.value.next_step


UNREADABLE = "IncompleteSignature"
HEADER = "IncompleteSignatureException"
S3_CREDENTIAL = CREDENTIAL.replace("lambda", "s3")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        pytest.param(headed("AWS4-HMAC-SHA256"), UNREADABLE, id="no fields"),
        pytest.param(headed("AWS4-HMAC-SHA256 Credential"), UNREADABLE, id="no equals sign"),
        pytest.param(headed(authorization().replace(", ", "; ")), UNREADABLE, id="semicolons"),
        pytest.param(headed(authorization() + ", Signature=x"), UNREADABLE, id="field twice"),
        pytest.param(headed(authorization() + ", Extra=x"), UNREADABLE, id="unknown field"),
        pytest.param(headed(signature=""), UNREADABLE, id="empty signature"),
        pytest.param(headed(credential="AKIA"), UNREADABLE, id="no scope"),
        pytest.param(headed(credential=CREDENTIAL + "/x"), UNREADABLE, id="scope too long"),
        pytest.param(headed(credential="/20250102/eu-west-1/lambda/aws4_request"), UNREADABLE, id="no key"),
        pytest.param(headed(credential="AKIA/2025-01-02/r/s/aws4_request"), UNREADABLE, id="date with hyphens"),
        pytest.param(headed(credential="AKIA/٢٠٢٥٠١٠٢/r/s/aws4_request"), UNREADABLE, id="other digits"),
        pytest.param(headed(credential="AKIA/20250102//s/aws4_request"), UNREADABLE, id="no region"),
        pytest.param(headed(credential="AKIA/20250102/r/s\n/aws4_request"), UNREADABLE, id="line break"),
        pytest.param(headed(credential="AKIA/20250102/r/s/aws4"), UNREADABLE, id="other end of the scope"),
        pytest.param(headed(names="Host;x-amz-date"), HEADER, id="upper case"),
        pytest.param(headed(names="x-amz-date;host"), HEADER, id="unsorted"),
        pytest.param(headed(names="host;host"), HEADER, id="name twice"),
        pytest.param(headed(names="host;"), HEADER, id="empty name"),
        pytest.param(headed(names="host x-amz-date"), HEADER, id="space"),
        pytest.param(headed(date=""), HEADER, id="no time"),
        pytest.param(headed(date="2025-01-02T03:04:05Z"), HEADER, id="extended form"),
        pytest.param(headed(date="20251302T030405Z"), HEADER, id="13th month"),
        pytest.param(headed(date="20250102T030461Z"), HEADER, id="61st second"),
        pytest.param(headed(date="00000102T030405Z"), HEADER, id="year 0"),
        pytest.param(headed(None, ("date", "Fri, 31 Dec 9999 23:59:59 -2359"), date=""), HEADER, id="after year 9999"),
        pytest.param(headed(None, ("x-amz-date", BASIC_TIME)), HEADER, id="time twice"),
        pytest.param(headed(None, ("x-amz-security-token", "é")), HEADER, id="session token is not ASCII"),
        pytest.param(headed(credential=S3_CREDENTIAL, date=""), "AuthorizationHeaderMalformed", id="S3"),
        pytest.param(presigned(Algorithm=None), UNREADABLE, id="presigned, no algorithm"),
        pytest.param(presigned(Credential=None), UNREADABLE, id="presigned, no credential"),
        pytest.param(presigned(Signature=None), HEADER, id="presigned, no signature"),
        pytest.param(presigned(Date=None), HEADER, id="presigned, no date"),
        pytest.param(presigned(SignedHeaders=None), HEADER, id="presigned, no signed headers"),
        pytest.param(presigned(Expires="soon"), HEADER, id="expires soon"),
        pytest.param(presigned(Expires="-1"), HEADER, id="negative expiry"),
        pytest.param(presigned(Expires="9" * 5000), HEADER, id="endless expiry"),
        pytest.param(
            presigned(Expires=None, Credential=S3_CREDENTIAL), "AuthorizationQueryParametersError", id="S3, no expiry"
        ),
        pytest.param(
            dataclasses.replace(presigned(), target=presigned().target + "&X-Amz-Date=x"), UNREADABLE, id="date twice"
        ),
    ],
)
def test_a_malformed_claim_is_refused(request_, code):
    with pytest.raises(SignatureError) as caught:
        parse_authorization(request_)
    assert caught.value.code == code
    assert len(str(caught.value)) < 300
    assert caught.value.next_step
