"""Whatever request a client sends, its event is JSON that says the same, and its signature is read or refused."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdastream.errors import SignatureError
from lambdastream.wire.caller import Caller
from lambdastream.wire.gateway_event import GatewayRequest, http_api_event, http_api_event_1, rest_api_event
from lambdastream.wire.http_message import HttpRequest
from lambdastream.wire.sigv4 import parse_authorization, verify
from lambdastream.wire.url_event import url_event

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
CALLER = Caller("AKIA", "123456789012", "arn:aws:iam::123456789012:user/a", "AIDA")

# As a connection reads them: latin-1 without control characters, and targets of visible ASCII.
TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20)
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
ESCAPED = st.binary(max_size=8).map(quote) | st.sampled_from(
    ["%", "%zz", "%ff%00", "a=b&a=c", "&&=;", "+", "//", "%2F"]
)
NAMES = st.sampled_from(
    ["host", "cookie", "content-type", "x-forwarded-for", "x-amzn-trace-id", "user-agent", "connection", "x-a"]
) | st.text("abcdefgh-", min_size=1, max_size=6)
VALUES = TEXT | st.sampled_from(
    ["text/plain", "application/json; charset=utf-8", "image/png", "a=1; b", "; ;", "h:80", "h:", "[::1]:1", ":\xb2"]
)
TARGETS = st.builds(
    "{}/{}{}".format, st.sampled_from(["", "http://h", "*"]), VISIBLE | ESCAPED, (VISIBLE | ESCAPED).map("?{}".format)
)
REQUESTS = st.builds(
    HttpRequest,
    method=st.sampled_from(["GET", "POST", "HEAD", "M-SEARCH"]),
    target=TARGETS,
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=5).map(tuple),
    body=st.binary(max_size=30) | TEXT.map(str.encode),
)


def of_url(request):
    return url_event(request, request_id="id", domain_name=request.header("host", "localhost"), time=NOW, caller=CALLER)


def of_gateway(request):
    return GatewayRequest(
        request,
        api_id="api",
        account_id="123456789012",
        stage="prod",
        method="ANY",
        resource="/{proxy+}",
        path=request.path,
        request_id="id",
        time=NOW,
        parameters={"proxy": request.path[1:]},
    )


EVENTS = {
    "function URL": of_url,
    "HTTP API 2.0": lambda request: http_api_event(of_gateway(request)),
    "HTTP API 1.0": lambda request: http_api_event_1(of_gateway(request)),
    "REST API": lambda request: rest_api_event(of_gateway(request), binary_media_types=("*/*",)),
}


@pytest.mark.parametrize("make", EVENTS.values(), ids=EVENTS)
@given(request=REQUESTS)
@example(request=HttpRequest("GET", "/%ff", (("host", "h:²"), ("content-type", ""))))
def test_any_request_is_an_event_that_brings_the_same_body(make, request):
    event = json.loads(make(request))
    body = event.get("body") or ""
    assert (b64decode(body) if event["isBase64Encoded"] else body.encode()) == request.body
    context = event["requestContext"]
    assert (context.get("http", {}).get("method") or event["httpMethod"]) == request.method
    assert all(name == name.lower() and isinstance(value, str) for name, value in event["headers"].items())
    if "rawQueryString" in event:
        assert event["rawQueryString"] == request.query


WORDS = """AWS4-HMAC-SHA256 AWS AWS4-ECDSA-P256-SHA256 Bearer Credential= SignedHeaders= Signature= AKIA /20261121
    /us-east-1 /lambda /s3 /aws4_request host ; x-amz-date , abc = X-Amz-Date"""
NAMED = """X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Expires X-Amz-SignedHeaders X-Amz-Signature
    X-Amz-Security-Token X-Amz-Content-Sha256 AWSAccessKeyId Signature"""
AUTHORIZATIONS = st.lists(st.sampled_from(WORDS.split()) | st.just(" ") | TEXT, max_size=14).map("".join)
PARAMETERS = st.sampled_from(NAMED.split())
STATED = st.sampled_from(
    ["AWS4-HMAC-SHA256", "AKIA/20261121/us-east-1/lambda/aws4_request", "20261121T070000Z", "60", "host", "9" * 10]
)
SIGNED = st.builds(
    HttpRequest,
    method=st.just("GET"),
    target=st.lists(st.tuples(PARAMETERS, STATED | ESCAPED | VISIBLE).map("=".join), max_size=9).map(
        lambda pairs: "/?" + "&".join(pairs)
    )
    | TARGETS,
    headers=st.lists(
        st.tuples(st.just("authorization"), AUTHORIZATIONS)
        | st.tuples(st.sampled_from(["x-amz-date", "date"]), STATED | TEXT)
        | st.tuples(st.sampled_from(["host", "x-amz-security-token", "x-amz-content-sha256"]), TEXT),
        max_size=5,
    ).map(tuple),
)
CREDENTIAL = "Credential=AKIA/20261121/us-east-1/lambda/aws4_request"


@given(request=SIGNED)
@example(
    request=HttpRequest(
        "GET",
        "/",
        (
            ("host", "h"),
            ("authorization", f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host, Signature=\xff"),
            ("date", "Sat, 21 Nov 99999 07:00:00 -9999"),
        ),
    )
)
def test_what_a_request_says_of_its_signature_is_read_or_refused(request):
    with pytest.raises(SignatureError) as caught:
        verify(request, parse_authorization(request), "secret", now=NOW)
    assert caught.value.code
