from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from mangum.handlers.api_gateway import HTTPGateway

from lambdastream.wire.caller import Caller
from lambdastream.wire.http_message import HttpRequest
from lambdastream.wire.url_event import url_event

SEVEN = datetime(2026, 11, 21, 7, tzinfo=UTC)
DOMAIN = "abc123.lambda-url.us-east-1.on.aws"


def event_of(request: HttpRequest, *, domain_name: str = DOMAIN, time: datetime = SEVEN, **options: Any) -> Any:
    return json.loads(url_event(request, request_id="id-1", domain_name=domain_name, time=time, **options))


def get(target: str = "/", *headers: tuple[str, str]) -> HttpRequest:
    return HttpRequest("GET", target, headers)


def post(body: bytes, *headers: tuple[str, str]) -> HttpRequest:
    return HttpRequest("POST", "/", headers, body)


@pytest.mark.conformance("url-event")
def test_a_request_becomes_a_version_2_event():
    request = HttpRequest(
        "POST",
        "/a%20b/c?x=1&y=2",
        (
            ("host", DOMAIN),
            ("user-agent", "curl/8"),
            ("content-type", "application/json"),
            ("cookie", "one=1; two=2"),
            ("x-amzn-trace-id", "Root=1-2-3"),
        ),
        b'{"a": 1}',
        "203.0.113.7",
    )

    assert event_of(request) == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/a%20b/c",
        "rawQueryString": "x=1&y=2",
        "cookies": ["one=1", "two=2"],
        "headers": {
            "host": DOMAIN,
            "user-agent": "curl/8",
            "content-type": "application/json",
            "x-amzn-trace-id": "Root=1-2-3",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-proto": "http",
            "x-forwarded-port": "80",
        },
        "queryStringParameters": {"x": "1", "y": "2"},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc123",
            "domainName": DOMAIN,
            "domainPrefix": "abc123",
            "http": {
                "method": "POST",
                "path": "/a%20b/c",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "curl/8",
            },
            "requestId": "id-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "21/Nov/2026:07:00:00 +0000",
            "timeEpoch": 1795244400000,
        },
        "body": '{"a": 1}',
        "isBase64Encoded": False,
    }


def test_the_event_is_compact_json():
    event = url_event(get(), request_id="id-1", domain_name=DOMAIN, time=SEVEN)

    assert event == json.dumps(json.loads(event), separators=(",", ":")).encode()
    assert event.startswith(b'{"version":"2.0","routeKey":"$default","rawPath":"/"')


@pytest.mark.conformance("url-event-absent")
def test_what_a_request_lacks_has_no_key():
    event = event_of(get())

    assert not {"body", "cookies", "queryStringParameters"} & event.keys()
    assert event["rawQueryString"] == ""
    assert event["isBase64Encoded"] is False
    assert event["requestContext"]["http"]["userAgent"] == ""


@pytest.mark.conformance("iam-caller")
def test_a_signed_request_names_the_caller():
    caller = Caller("AKIAKEY", "123456789012", "arn:aws:iam::123456789012:user/ann", "AIDAUSER")
    context = event_of(get(), caller=caller)["requestContext"]
    assert (context["accountId"], context["authentication"]) == ("123456789012", None)
    assert context["authorizer"] == {
        "iam": {
            "accessKey": "AKIAKEY",
            "accountId": "123456789012",
            "callerId": "AIDAUSER",
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": "arn:aws:iam::123456789012:user/ann",
            "userId": "AIDAUSER",
        }
    }
    assert {"authentication", "authorizer"}.isdisjoint(event_of(get())["requestContext"])


@pytest.mark.conformance("url-event-query")
@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        pytest.param("a=1&a=2&b=3", {"a": "1,2", "b": "3"}, id="repeated key"),
        pytest.param("a%20b=c%2Cd+e", {"a b": "c,d e"}, id="decoded"),
        pytest.param("q=%E2%82%AC", {"q": "€"}, id="UTF-8"),
        pytest.param("q=%FF", {"q": "\ufffd"}, id="not UTF-8"),
        pytest.param("a&b=", {"a": "", "b": ""}, id="no values"),
        pytest.param("a=b=c;d", {"a": "b=c;d"}, id="only the ampersand separates"),
        pytest.param("&&", None, id="separators alone"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_query_is_given_raw_and_decoded(query, parameters):
    event = event_of(get(f"/?{query}"))

    assert event["rawQueryString"] == query
    assert event.get("queryStringParameters") == parameters


@pytest.mark.conformance("url-event-headers")
@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param([("accept", "a"), ("x", "1"), ("accept", "b")], {"accept": "a,b", "x": "1"}, id="repeated"),
        pytest.param(
            [
                ("connection", "keep-alive, x"),
                ("keep-alive", "timeout=5"),
                ("proxy-connection", "close"),
                ("te", "trailers"),
                ("trailer", "y"),
                ("transfer-encoding", "chunked"),
                ("upgrade", "h2c"),
                ("x", "1"),
            ],
            {"x": "1"},
            id="hop by hop",
        ),
        pytest.param([("cookie", "a=1")], {}, id="cookies are elsewhere"),
        pytest.param([("x", "GrÃ¼Ã\x9fe")], {"x": "Grüße"}, id="UTF-8 bytes"),
        pytest.param([("x", "Gr\xfc\xdfe")], {"x": "Grüße"}, id="latin-1 bytes"),
        pytest.param([("x", "")], {"x": ""}, id="empty"),
    ],
)
def test_headers_are_an_object(headers, expected):
    added = {"x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"}

    found = event_of(get("/", *headers))["headers"]

    assert added <= found.keys()
    assert {name: value for name, value in found.items() if name not in added} == expected


@pytest.mark.parametrize(
    ("headers", "cookies"),
    [
        pytest.param([("cookie", "a=1;b=2 ; c=3")], ["a=1", "b=2", "c=3"], id="spaces"),
        pytest.param([("cookie", "a=1"), ("cookie", "b=2")], ["a=1", "b=2"], id="two headers"),
        pytest.param([("cookie", 'a="x=y"; ;')], ['a="x=y"'], id="empty ones"),
        pytest.param([("cookie", "")], None, id="empty header"),
    ],
)
def test_cookies_are_a_list(headers, cookies):
    assert event_of(get("/", *headers)).get("cookies") == cookies


@pytest.mark.conformance("url-event-forwarded")
@pytest.mark.parametrize(
    ("headers", "domain_name", "name", "value"),
    [
        pytest.param([], DOMAIN, "x-forwarded-for", "127.0.0.1", id="source"),
        pytest.param(
            [("x-forwarded-for", "1.2.3.4")],
            DOMAIN,
            "x-forwarded-for",
            "1.2.3.4, 127.0.0.1",
            id="behind a proxy",
        ),
        pytest.param([("x-forwarded-proto", "https")], DOMAIN, "x-forwarded-proto", "http", id="protocol"),
        pytest.param([], DOMAIN, "x-forwarded-port", "80", id="no port said"),
        pytest.param([("host", "localhost:8123")], DOMAIN, "x-forwarded-port", "8123", id="port of the host"),
        pytest.param([("host", "[::1]:8123")], DOMAIN, "x-forwarded-port", "8123", id="port after IPv6"),
        pytest.param([("host", "[::1]")], DOMAIN, "x-forwarded-port", "80", id="no port after IPv6"),
        pytest.param([], "127.0.0.1:9000", "x-forwarded-port", "9000", id="port of the domain"),
    ],
)
def test_forwarding_headers_are_added(headers, domain_name, name, value):
    assert event_of(get("/", *headers), domain_name=domain_name)["headers"][name] == value


@pytest.mark.conformance("url-event-trace")
def test_a_missing_trace_header_is_added():
    trace = event_of(get())["headers"]["x-amzn-trace-id"]
    root, seconds, unique = trace.split("-")

    assert root == "Root=1"
    assert int(seconds, 16) == int(SEVEN.timestamp())
    assert len(unique) == 24
    assert int(unique, 16)


TEXT = "text ü".encode()


@pytest.mark.conformance("url-event-text")
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/anything",
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/problem+json",
        "application/xml",
        "image/svg+xml",
        "application/javascript",
        "application/x-www-form-urlencoded ; x=y",
    ],
)
def test_text_is_plain(content_type):
    event = event_of(post(TEXT, ("content-type", content_type)))

    assert (event["body"], event["isBase64Encoded"]) == ("text ü", False)


@pytest.mark.conformance("url-event-text")
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(TEXT, [("content-type", "application/octet-stream")], id="binary"),
        pytest.param(TEXT, [("content-type", "multipart/form-data; boundary=text/plain")], id="multipart"),
        pytest.param(TEXT, [("content-type", "application/jsonish")], id="another type"),
        pytest.param(TEXT, [("content-type", "")], id="empty type"),
        pytest.param(TEXT, [], id="no type"),
        pytest.param(b"\xff\xfe", [("content-type", "text/plain")], id="not UTF-8"),
        pytest.param(b"\x1f\x8b\x08", [("content-type", "application/json")], id="compressed"),
        pytest.param(bytes(range(256)), [("content-type", "image/png")], id="every byte"),
    ],
)
def test_everything_else_is_base64(body, headers):
    event = event_of(post(body, *headers))

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"], validate=True) == body


@pytest.mark.conformance("url-event-time")
@pytest.mark.parametrize(
    ("time", "text", "epoch"),
    [
        pytest.param(
            datetime(2026, 1, 2, 3, 4, 5, 6999, tzinfo=UTC),
            "02/Jan/2026:03:04:05 +0000",
            1767323045006,
            id="milliseconds are cut off",
        ),
        pytest.param(
            datetime(2026, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))),
            "01/Jan/2027:00:30:00 +0000",
            1798763400000,
            id="another zone",
        ),
    ],
)
def test_the_time_is_given_in_two_ways(time, text, epoch):
    context = event_of(get(), time=time)["requestContext"]

    assert (context["time"], context["timeEpoch"]) == (text, epoch)


def test_months_have_english_names():
    names = [event_of(get(), time=SEVEN.replace(month=month))["requestContext"]["time"][3:6] for month in range(1, 13)]

    assert names == ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.mark.parametrize("body", [b'{"a": "\xc3\xbc"}', b"\x00\xff" * 50, b""], ids=["text", "binary", "empty"])
def test_mangum_reads_the_same_request(body):
    request = HttpRequest(
        "PUT",
        "/caf%C3%A9?x=1&x=2&y=%26",
        (
            ("host", "localhost:8123"),
            ("content-type", "application/json"),
            ("cookie", "a=1; b=2"),
            ("x", "1"),
        ),
        body,
        "203.0.113.7",
    )
    event = event_of(request)

    assert HTTPGateway.infer(event, {}, {})
    gateway = HTTPGateway(event, {}, {"api_gateway_base_path": "/"})
    scope = gateway.scope

    assert gateway.body == body
    assert (scope["method"], scope["path"], scope["scheme"]) == ("PUT", "/café", "http")
    assert scope["query_string"] == b"x=1&x=2&y=%26"
    assert scope["server"] == ("localhost", 8123)
    assert scope["client"] == ("203.0.113.7", 0)
    headers = dict(map(tuple, scope["headers"]))
    assert headers[b"cookie"] == b"a=1; b=2"
    assert headers[b"x"] == b"1"
