from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from urllib.parse import quote

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdastream.errors import WireError
from lambdastream.wire.http_message import HttpRequest
from lambdastream.wire.sigv4 import MAX_EXPIRES, SignatureError, parse_authorization, verify

TOKEN = "a/session+token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
INVOCATIONS = "/2015-03-31/functions/f/invocations?Qualifier=live"

CALLS = {
    "s3": ("s3", "PUT", "/bucket/key?x-id=PutObject", b"hello", {"x-amz-meta-colour": "red"}),
    "query": ("cloudformation", "POST", "/", b"Action=ListStacks", FORM),
    "json": ("lambda", "POST", INVOCATIONS, b"{}", {"X-Amz-Invocation-Type": "Event"}),
}
PRESIGNED = {
    "s3 presigned": ("s3", "GET", "/bucket/key?versionId=1"),
    "query presigned": ("sts", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15"),
    "json presigned": ("lambda", "GET", "/hello?name=x"),
}
QUERY = {
    "malformed": "IncompleteSignature",
    "scope": "SignatureDoesNotMatch",
    "time": "RequestExpired",
    "unsigned": "SignatureDoesNotMatch",
    "hash": "SignatureDoesNotMatch",
    "body": "SignatureDoesNotMatch",
    "mismatch": "SignatureDoesNotMatch",
}
JSON = dict.fromkeys(QUERY, "InvalidSignatureException") | {"malformed": "IncompleteSignatureException"}
S3 = {
    "malformed": "AuthorizationHeaderMalformed",
    "scope": "AuthorizationHeaderMalformed",
    "time": "RequestTimeTooSkewed",
    "unsigned": "AccessDenied",
    "hash": "InvalidArgument",
    "body": "XAmzContentSHA256Mismatch",
    "mismatch": "SignatureDoesNotMatch",
}
S3_PRESIGNED = S3 | {
    "malformed": "AuthorizationQueryParametersError",
    "scope": "AuthorizationQueryParametersError",
    "time": "AccessDenied",
}
CODES = {
    "s3": S3,
    "s3 presigned": S3_PRESIGNED,
    "query": QUERY,
    "query presigned": QUERY,
    "json": JSON,
    "json presigned": JSON,
}
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def signed(signing, kind):
    if kind in PRESIGNED:
        return signing.presign(*PRESIGNED[kind], token=TOKEN)
    return signing.sign(*CALLS[kind], token=TOKEN)


def with_header(name, change):
    """Change the value of a header that is there."""

    def tamper(request):
        assert request.header(name)
        return replace(request, headers=tuple((n, change(v) if n == name else v) for n, v in request.headers))

    return tamper


def without_header(name):
    return lambda request: replace(request, headers=tuple(header for header in request.headers if header[0] != name))


def adding_header(name, value):
    return lambda request: replace(request, headers=(*request.headers, (name, value)))


def adding_parameter(text):
    return lambda request: replace(request, target=f"{request.target}{'&' if '?' in request.target else '?'}{text}")


def replacing(old, new):
    """Change a text wherever the signature is: in the headers, or encoded in the query."""

    def tamper(request):
        target = request.target.replace(quote(old, safe="="), quote(new, safe="="))
        headers = tuple((name, value.replace(old, new)) for name, value in request.headers)
        return replace(request, target=target, headers=headers)

    return tamper


def at_another_time(change):
    """Move the time of signing; the scope's date stays."""

    def tamper(request):
        time = parse_authorization(request).timestamp
        return replacing(f"{time:%Y%m%dT%H%M%SZ}", f"{change(time):%Y%m%dT%H%M%SZ}")(request)

    return tamper


def another_second(time):
    return time.replace(second=(time.second + 1) % 60)


def other_signature(request):
    signature = parse_authorization(request).signature
    return replacing(signature, signature[:-1] + ("1" if signature[-1] == "0" else "0"))(request)


def other_scope_date(request):
    date = parse_authorization(request).date
    return replacing(f"/{date}/", "/20200101/")(request)


def other_path(request):
    path, mark, query = request.target.partition("?")
    return replace(request, target=f"{path}x{mark}{query}")


ANYWHERE = [
    pytest.param(lambda r: replace(r, method="DELETE"), "mismatch", id="method"),
    pytest.param(other_path, "mismatch", id="path"),
    pytest.param(adding_parameter("more=1"), "mismatch", id="parameter added"),
    pytest.param(adding_parameter("&"), "mismatch", id="empty parameter added"),
    pytest.param(with_header("host", lambda _: "localhost:4566"), "mismatch", id="host"),
    pytest.param(adding_header("host", "localhost"), "mismatch", id="host added"),
    pytest.param(without_header("host"), "malformed", id="host dropped"),
    pytest.param(replacing("/eu-west-1/", "/us-east-1/"), "mismatch", id="region"),
    pytest.param(other_scope_date, "scope", id="date of the scope"),
    pytest.param(at_another_time(lambda time: time + timedelta(days=1)), "scope", id="day of signing"),
    pytest.param(at_another_time(another_second), "mismatch", id="second of signing"),
    pytest.param(
        replacing("SignedHeaders=", "SignedHeaders=accept;"), "malformed", id="signed header that is not there"
    ),
    pytest.param(other_signature, "mismatch", id="signature"),
    pytest.param(replacing(TOKEN, "another"), "mismatch", id="session token"),
    pytest.param(adding_header("x-amz-acl", "public-read"), "unsigned", id="x-amz header added"),
]


@pytest.mark.conformance("iam-tampered")
@pytest.mark.parametrize(("tamper", "problem"), ANYWHERE)
@pytest.mark.parametrize("kind", CODES)
def test_a_tampered_request_is_refused(signing, kind, tamper, problem):
    request = signed(signing, kind)
    tampered = tamper(request)

    assert tampered != request
    assert signing.refusal(tampered) == CODES[kind][problem]


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        pytest.param(lambda r: replace(r, body=r.body + b"x"), "body", id="body"),
        pytest.param(lambda r: replace(r, body=b""), "body", id="body dropped"),
        pytest.param(without_header("x-amz-security-token"), "malformed", id="session token dropped"),
        pytest.param(adding_header("x-amz-security-token", TOKEN), "malformed", id="session token twice"),
        pytest.param(adding_header("x-amz-date", "20200101T000000Z"), "malformed", id="time twice"),
        pytest.param(with_header("x-amz-date", lambda _: "today"), "malformed", id="no time"),
    ],
)
@pytest.mark.parametrize("kind", CALLS)
def test_a_request_tampered_beside_its_authorization_header_is_refused(signing, kind, tamper, problem):
    assert signing.refusal(tamper(signed(signing, kind))) == CODES[kind][problem]


@pytest.mark.parametrize(
    ("kind", "tamper", "code"),
    [
        pytest.param("s3", with_header("x-amz-meta-colour", lambda _: "blue"), "SignatureDoesNotMatch", id="header"),
        pytest.param("s3", with_header("x-amz-meta-colour", lambda _: "r ed"), "SignatureDoesNotMatch", id="space"),
        pytest.param("json", with_header("x-amz-date", str.lower), "IncompleteSignatureException", id="letter case"),
        pytest.param("json", replacing("/lambda/", "/logs/"), "InvalidSignatureException", id="service"),
        pytest.param("json", replacing("/lambda/", "/s3/"), "InvalidArgument", id="service, to S3, without a hash"),
        pytest.param("s3", replacing("/s3/", "/lambda/"), "InvalidSignatureException", id="service, from S3"),
        pytest.param("json presigned", replacing("/lambda/", "/s3/"), "SignatureDoesNotMatch", id="presigned, to S3"),
        pytest.param(
            "json presigned",
            lambda r: replace(r, body=b"x"),
            "InvalidSignatureException",
            id="body of a presigned request to another service than S3",
        ),
        pytest.param(
            "s3 presigned",
            lambda r: replace(r, target=r.target.replace("X-Amz-Expires=300", "X-Amz-Expires=301")),
            "SignatureDoesNotMatch",
            id="expiry",
        ),
        pytest.param(
            "json", lambda r: replace(r, target=r.target.replace("live", "%6Cive") + "+"), JSON["mismatch"], id="+"
        ),
    ],
)
def test_other_tampering_is_refused(signing, kind, tamper, code):
    assert signing.refusal(tamper(signed(signing, kind))) == code


@pytest.mark.parametrize("sent", ["/?q=a+b", "/?q=a b", "/?q=a%20b"])
def test_a_signed_plus_sign_cannot_become_a_space(signing, sent):
    request = signing.sign("lambda", "GET", "/?q=a%2Bb")

    assert signing.refusal(replace(request, target=sent)) == "InvalidSignatureException"


@pytest.mark.conformance("iam-secret")
@pytest.mark.parametrize("kind", CODES)
def test_another_secret_is_refused(signing, kind):
    assert signing.refusal(signed(signing, kind), secret="another") == CODES[kind]["mismatch"]


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("wanted", [{"region": "us-east-1"}, {"service": "ecs"}], ids=["region", "service"])
def test_another_scope_than_the_wanted_one_is_refused(signing, kind, wanted):
    with pytest.raises(SignatureError, match=next(iter(wanted.values()))) as caught:
        signing.check(signed(signing, kind), **wanted)
    assert caught.value.code == CODES[kind]["scope"]
    assert isinstance(caught.value, WireError)


@pytest.mark.parametrize("signer", [HmacV1Auth, HmacV1QueryAuth])
def test_s3s_version_2_is_refused(signing, signer):
    request = AWSRequest("GET", f"http://{signing.host}/bucket/key")
    signer(Credentials(signing.key, signing.secret)).add_auth(request)
    headers = tuple((name.lower(), value) for name, value in request.headers.items())

    assert signing.refusal(HttpRequest("GET", request.url, headers)) == "InvalidRequest"


# The clock.

TOLERANCE = {"s3": 15 * MINUTE, "query": 15 * MINUTE, "json": 5 * MINUTE}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("way", [1, -1], ids=["late", "early"])
def test_a_clock_may_be_off_by_so_much(signing, kind, way):
    request = signed(signing, kind)

    signing.check(request, later=way * TOLERANCE[kind])
    assert signing.refusal(request, later=way * (TOLERANCE[kind] + SECOND)) == CODES[kind]["time"]


@pytest.mark.parametrize("kind", PRESIGNED)
def test_a_presigned_url_expires(signing, kind):
    request = signing.presign(*PRESIGNED[kind], expires=3600)

    signing.check(request, later=60 * MINUTE)
    assert signing.refusal(request, later=60 * MINUTE + SECOND) == CODES[kind]["time"]


@pytest.mark.parametrize("kind", PRESIGNED)
def test_a_presigned_url_of_the_future_is_refused(signing, kind):
    request = signing.presign(*PRESIGNED[kind], expires=3600)
    tolerance = TOLERANCE[kind.split()[0]]

    signing.check(request, later=-tolerance)
    assert signing.refusal(request, later=-tolerance - SECOND) == CODES[kind]["time"]


@pytest.mark.parametrize("kind", PRESIGNED)
def test_a_presigned_url_holds_a_week_at_most(signing, kind):
    week = signing.presign(*PRESIGNED[kind], expires=MAX_EXPIRES)

    assert timedelta(seconds=MAX_EXPIRES) == timedelta(days=7)
    signing.check(week, later=timedelta(days=7))
    for expires in (MAX_EXPIRES + 1, 0):
        longer = signing.presign(*PRESIGNED[kind], expires=expires)
        assert signing.refusal(longer) == CODES[kind]["malformed"]


def test_the_time_of_arrival_may_be_in_any_zone(signing):
    request = signed(signing, "json")
    claim = parse_authorization(request)

    verify(request, claim, signing.secret, now=claim.timestamp.astimezone(timezone(timedelta(hours=9))))
    verify(request, claim, signing.secret, now=datetime.now(UTC))


# Headers that must be signed, and the payload's hash.


@pytest.mark.conformance("iam-unsigned-header")
@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("name", ["host", "x-amz-date"])
def test_host_and_aws_headers_must_be_signed(signing, kind, name):
    request = replacing(f"{name};", "")(signed(signing, kind))

    assert name not in parse_authorization(request).signed_headers
    assert signing.refusal(request) == CODES[kind]["unsigned"]


@pytest.mark.parametrize("name", ["x-amzn-trace-id", "user-agent", "accept", "amz-sdk-request", "cookie"])
def test_other_headers_need_not_be_signed(signing, name):
    signing.check(adding_header(name, "x")(signed(signing, "json")))


def test_the_hash_itself_need_not_be_among_the_signed_headers(signing):
    body = b"{}"
    request = signing.sign("lambda", "POST", "/", body)

    signing.check(adding_header("x-amz-content-sha256", sha256(body).hexdigest())(request))


@pytest.mark.conformance("iam-payload-hash")
@pytest.mark.parametrize(
    ("service", "stated", "code"),
    [
        pytest.param("s3", "UNSIGNED-PAYLOAD", "", id="S3, unsigned"),
        pytest.param("s3", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "", id="S3, signed chunks"),
        pytest.param("s3", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "", id="S3, signed chunks and trailer"),
        pytest.param("s3", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", id="S3, unsigned chunks"),
        pytest.param("s3", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "InvalidArgument", id="S3, chunks in SigV4A"),
        pytest.param("s3", sha256(b"{}").hexdigest(), "", id="S3, hash"),
        pytest.param("s3", sha256(b"{}").hexdigest().upper(), "InvalidArgument", id="S3, hash in capitals"),
        pytest.param("s3", sha256(b"").hexdigest(), "XAmzContentSHA256Mismatch", id="S3, hash of another body"),
        pytest.param("s3", "", "InvalidArgument", id="S3, no hash"),
        pytest.param("lambda", "UNSIGNED-PAYLOAD", "InvalidSignatureException", id="Lambda, unsigned"),
        pytest.param("lambda", sha256(b"").hexdigest(), "InvalidSignatureException", id="Lambda, another body"),
        pytest.param("lambda", sha256(b"{}").hexdigest(), "", id="Lambda, hash"),
        pytest.param("lambda", "hash", "InvalidSignatureException", id="Lambda, no hash"),
        pytest.param("ebs", "UNSIGNED-PAYLOAD", "", id="another service, unsigned"),
        pytest.param(
            "ebs", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "InvalidSignatureException", id="another service, chunks"
        ),
        pytest.param("sts", "hash", "SignatureDoesNotMatch", id="query service, no hash"),
    ],
)
def test_a_payload_has_its_hash_or_a_marker_of_its_service(signing, service, stated, code):
    request = signing.sign_as_stated(service, "PUT", "/bucket/key", b"{}", {"X-Amz-Content-SHA256": stated})

    if code:
        assert signing.refusal(request) == code
    else:
        signing.check(request)


def test_s3_needs_the_hash(signing):
    assert signing.refusal(signing.sign_as_stated("s3", "PUT", "/bucket/key", b"{}")) == "InvalidArgument"


def test_a_presigned_url_can_carry_the_hash(signing):
    body = b"{}"
    stated = sha256(body).hexdigest()
    request = signing.presign("s3", "PUT", f"/bucket/key?X-Amz-Content-Sha256={stated}", body, payload_hash=stated)

    signing.check(request)
    assert signing.refusal(replace(request, body=b"x")) == "XAmzContentSHA256Mismatch"
