import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from mangum.handlers.api_gateway import APIGateway, HTTPGateway

from lambdastream.wire.gateway_event import (
    GatewayRequest,
    http_api_event,
    http_api_event_1,
    is_binary,
    rest_api_event,
)
from lambdastream.wire.http_message import HttpRequest

SEVEN = datetime(2026, 11, 21, 7, tzinfo=UTC)
HOST = "a1b2c3.execute-api.us-east-1.amazonaws.com"
EVENTS = {"HTTP 2.0": http_api_event, "HTTP 1.0": http_api_event_1, "REST": rest_api_event}

every_event = pytest.mark.parametrize("make", EVENTS.values(), ids=EVENTS)
payload_1 = pytest.mark.parametrize("make", [http_api_event_1, rest_api_event], ids=["HTTP 1.0", "REST"])

REQUEST = HttpRequest(
    "POST",
    "/prod/pets/a%20b?x=1&x=2&y=%2F",
    (
        ("host", HOST),
        ("user-agent", "curl/8"),
        ("content-type", "application/json"),
        ("content-length", "8"),
        ("cookie", "one=1; two=2"),
        ("own", "1"),
        ("own", "2"),
        ("x-amzn-trace-id", "Root=1-2-3"),
    ),
    b'{"a": 1}',
    "203.0.113.7",
)


def call(request: HttpRequest = REQUEST, **settings: Any) -> GatewayRequest:
    given = {
        "api_id": "a1b2c3",
        "account_id": "123456789012",
        "stage": "prod",
        "method": "ANY",
        "resource": "/pets/{id}",
        "path": "/pets/a%20b",
        "request_id": "id-1",
        "time": SEVEN,
        "parameters": {"id": "a%20b"},
        **settings,
    }
    return GatewayRequest(request=request, **given)


def get(*headers, target="/prod/", **settings) -> GatewayRequest:
    return call(HttpRequest("GET", target, (("host", HOST), *headers)), path="/", parameters={}, **settings)


def post(body, *headers) -> GatewayRequest:
    return call(HttpRequest("POST", "/prod/", (("host", HOST), *headers), body))


def event_of(make, given, **options) -> Any:
    return json.loads(make(given, **options))


@pytest.mark.conformance("http-event-2")
def test_an_http_api_makes_payload_2():
    event = event_of(http_api_event, call(stage_variables={"color": "blue"}, parameters={"id": "a b"}))

    assert event == {
        "version": "2.0",
        "routeKey": "ANY /pets/{id}",
        "rawPath": "/prod/pets/a b",
        "rawQueryString": "x=1&x=2&y=%2F",
        "cookies": ["one=1", "two=2"],
        "headers": {
            "host": HOST,
            "user-agent": "curl/8",
            "content-type": "application/json",
            "content-length": "8",
            "own": "1,2",
            "x-amzn-trace-id": "Root=1-2-3",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-proto": "http",
            "x-forwarded-port": "80",
        },
        "queryStringParameters": {"x": "1,2", "y": "/"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": HOST,
            "domainPrefix": "a1b2c3",
            "http": {
                "method": "POST",
                "path": "/prod/pets/a b",
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "curl/8",
            },
            "requestId": "id-1",
            "routeKey": "ANY /pets/{id}",
            "stage": "prod",
            "time": "21/Nov/2026:07:00:00 +0000",
            "timeEpoch": 1795244400000,
        },
        "pathParameters": {"id": "a b"},
        "stageVariables": {"color": "blue"},
        "body": '{"a": 1}',
        "isBase64Encoded": False,
    }


@pytest.mark.conformance("rest-event")
def test_a_rest_api_makes_payload_1():
    event = event_of(rest_api_event, call(stage_variables={"color": "blue"}))

    headers = {
        "host": HOST,
        "user-agent": "curl/8",
        "content-type": "application/json",
        "cookie": "one=1; two=2",
        "own": "2",
        "x-amzn-trace-id": "Root=1-2-3",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-proto": "http",
        "x-forwarded-port": "80",
    }
    ids = {name: event["requestContext"].pop(name) for name in ("deploymentId", "resourceId")}
    assert all(len(value) == 6 for value in ids.values())
    assert event == {
        "resource": "/pets/{id}",
        "path": "/pets/a%20b",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()} | {"own": ["1", "2"]},
        "queryStringParameters": {"x": "2", "y": "/"},
        "multiValueQueryStringParameters": {"x": ["1", "2"], "y": ["/"]},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": HOST,
            "domainPrefix": "a1b2c3",
            "requestId": "id-1",
            "stage": "prod",
            "extendedRequestId": "id-1",
            "httpMethod": "POST",
            "identity": {
                "accessKey": None,
                "accountId": None,
                "caller": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": "203.0.113.7",
                "user": None,
                "userAgent": "curl/8",
                "userArn": None,
            },
            "path": "/prod/pets/a%20b",
            "protocol": "HTTP/1.1",
            "requestTime": "21/Nov/2026:07:00:00 +0000",
            "requestTimeEpoch": 1795244400000,
            "resourcePath": "/pets/{id}",
        },
        "pathParameters": {"id": "a%20b"},
        "stageVariables": {"color": "blue"},
        "body": '{"a": 1}',
        "isBase64Encoded": False,
    }


@pytest.mark.conformance("http-event-1")
def test_an_http_apis_payload_1_differs_from_a_rest_apis():
    rest, http = event_of(rest_api_event, call()), event_of(http_api_event_1, call())
    differing = {name for name in rest.keys() | http.keys() if rest.get(name) != http.get(name)}

    assert differing == {"version", "path", "headers", "multiValueHeaders", "requestContext"}
    assert (http["version"], http["path"]) == ("1.0", "/prod/pets/a b")
    assert http["headers"].keys() - rest["headers"].keys() == {"content-length"}
    assert http["requestContext"]["path"] == "/prod/pets/a b"
    assert http["requestContext"]["resourceId"] is None
    assert http["requestContext"]["authorizer"] == {"claims": None, "scopes": None}


@every_event
def test_the_event_is_compact_json(make):
    event = make(call())

    assert event == json.dumps(json.loads(event), separators=(",", ":")).encode()


@pytest.mark.conformance("http-event-absent")
def test_what_a_request_lacks_has_no_key_in_payload_2():
    event = event_of(http_api_event, get())

    assert not {"body", "cookies", "queryStringParameters", "pathParameters", "stageVariables"} & event.keys()


@pytest.mark.conformance("http-event-absent", "rest-event")
@payload_1
def test_what_a_request_lacks_is_null_in_payload_1(make):
    event = event_of(make, get())
    parameters = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables")

    assert [event[name] for name in (*parameters, "body")] == [None] * 5
    assert event["isBase64Encoded"] is False
    assert event["requestContext"]["identity"]["userAgent"] is None


@pytest.mark.parametrize(
    ("method", "resource", "key"),
    [("GET", "/pets", "GET /pets"), ("ANY", "/{proxy+}", "ANY /{proxy+}"), ("ANY", "$default", "$default")],
)
def test_a_route_has_a_key(method, resource, key):
    event = event_of(http_api_event, get(method=method, resource=resource))

    assert event["routeKey"] == event["requestContext"]["routeKey"] == key


@pytest.mark.conformance("rest-event-path")
@pytest.mark.parametrize(
    ("target", "path", "full"),
    [
        pytest.param("/test/a", "/a", "/test/a", id="plain"),
        pytest.param("/test/a/", "/a/", "/test/a/", id="a trailing slash"),
        pytest.param("//test/a", "/a", "/test/a", id="slashes before the stage"),
        pytest.param("/test//a", "/a", "/test//a", id="slashes after the stage"),
        pytest.param("/test/a%2Bb@c+d", "/a%2Bb@c+d", "/test/a%2Bb@c+d", id="encoded"),
    ],
)
def test_a_rest_apis_paths_are_as_recorded_on_aws(target, path, full):
    event = event_of(rest_api_event, call(HttpRequest("GET", target, ()), path=path))

    assert (event["path"], event["requestContext"]["path"]) == (path, full)


@pytest.mark.conformance("rest-event-query")
def test_query_parameters_are_decoded_once_as_recorded_on_aws():
    query = "dateTimeOffset=2023-06-12T18:05:10.123456+00:00&email=test%2Balias@gmail.com&url=https://x/&w=foo%20bar&e="
    event = event_of(rest_api_event, get(target=f"/prod/?{query}"))

    assert event["queryStringParameters"] == {
        "dateTimeOffset": "2023-06-12T18:05:10.123456 00:00",
        "email": "test+alias@gmail.com",
        "url": "https://x/",
        "w": "foo bar",
        "e": "",
    }


@pytest.mark.conformance("rest-event-headers")
@every_event
def test_headers_of_the_connection_are_left_out_and_those_of_a_proxy_added(make):
    kept = get(("connection", "keep-alive"), ("te", "trailers"), ("x-forwarded-for", "1.2.3.4"), ("n", "Gr\xfc\xdfe"))
    headers = event_of(make, kept)["headers"]

    assert not {"connection", "te"} & headers.keys()
    assert headers["x-forwarded-for"] == "1.2.3.4, 127.0.0.1"
    assert headers["n"] == "Grüße"
    assert headers["x-amzn-trace-id"].startswith("Root=1-")


@pytest.mark.conformance("rest-event-headers")
def test_a_rest_api_drops_some_headers_of_a_request():
    names = ("content-length", "content-md5", "expect", "max-forwards", "server", "trailer", "www-authenticate")
    event = event_of(rest_api_event, get(*((name, "x") for name in names), ("via", "x"), ("range", "x")))
    for headers in (event["headers"], event["multiValueHeaders"]):
        assert headers.keys() >= {"via", "range"}
        assert headers.keys().isdisjoint(names)


@pytest.mark.conformance("http-event-binary")
@pytest.mark.parametrize("make", [http_api_event, http_api_event_1], ids=["HTTP 2.0", "HTTP 1.0"])
@pytest.mark.parametrize(
    ("body", "content_type", "encoded"),
    [
        pytest.param("ü".encode(), "text/plain; charset=utf-8", False, id="text"),
        pytest.param(b"{}", "application/problem+json", False, id="JSON"),
        pytest.param(b"\x89PNG", "image/png", True, id="binary"),
        pytest.param(b"\x1f\x8b", "application/json", True, id="compressed"),
    ],
)
def test_an_http_api_encodes_what_is_not_text(make, body, content_type, encoded):
    event = event_of(make, post(body, ("content-type", content_type)))

    assert event["isBase64Encoded"] is encoded
    assert (base64.b64decode(event["body"]) if encoded else event["body"].encode()) == body


@pytest.mark.conformance("rest-event-binary")
@pytest.mark.parametrize(
    ("types", "content_type", "body"),
    [
        pytest.param([], "image/png", "\ufffdPNG", id="no binary types: damaged"),
        pytest.param(["image/png"], "image/png", base64.b64encode(b"\x89PNG").decode(), id="its type"),
        pytest.param(["*/*"], "text/plain", base64.b64encode(b"\x89PNG").decode(), id="every type"),
        pytest.param(["image/gif"], "image/png", "\ufffdPNG", id="another type"),
    ],
)
def test_a_rest_api_encodes_its_binary_media_types(types, content_type, body):
    event = event_of(rest_api_event, post(b"\x89PNG", ("content-type", content_type)), binary_media_types=types)

    assert (event["body"], event["isBase64Encoded"]) == (body, "PNG" not in body)


@pytest.mark.conformance("rest-event-binary")
@pytest.mark.parametrize(
    ("content_type", "types", "binary"),
    [
        ("image/png", ["image/png"], True),
        ("IMAGE/PNG; a=b", ["image/png"], True),
        ("image/png", ["IMAGE/PNG"], True),
        ("image/png", ["image/gif", "*/*"], True),
        ("", ["application/json"], True),
        ("", ["image/png"], False),
        ("image/png", [], False),
    ],
)
def test_a_binary_media_type_is_one_of_the_list_or_any(content_type, types, binary):
    assert is_binary(content_type, types) is binary


@pytest.mark.parametrize(
    ("make", "gateway", "path"),
    [
        pytest.param(http_api_event, HTTPGateway, "/prod/pets/a b", id="HTTP 2.0"),
        pytest.param(http_api_event_1, HTTPGateway, "/prod/pets/a b", id="HTTP 1.0"),
        pytest.param(rest_api_event, APIGateway, "/pets/a b", id="REST"),
    ],
)
def test_mangum_reads_the_same_request(make, gateway, path):
    event = event_of(make, call())

    assert gateway.infer(event, {}, {})
    read = gateway(event, {}, {"api_gateway_base_path": "/"})
    scope = read.scope
    assert read.body == b'{"a": 1}'
    assert (scope["method"], scope["path"], scope["scheme"]) == ("POST", path, "http")
    assert scope["query_string"] == b"x=1&x=2&y=%2F"
    assert scope["client"] == ("203.0.113.7", 0)
    headers = dict(map(tuple, scope["headers"]))
    assert headers[b"cookie"] == b"one=1; two=2"
    assert headers[b"own"].replace(b" ", b"") == b"1,2"
