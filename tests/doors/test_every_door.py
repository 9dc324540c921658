"""Requests of every kind through every door, as bytes on the wire: what the event says of them, and what comes back."""

import json
import re
from base64 import b64decode, b64encode
from contextlib import ExitStack

import pytest

from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_gateway import ApiGateway
from lambdastream.doors.api_routes import Route
from lambdastream.runtime.limits import Limits

DOORS = ("URL", "HTTP 2.0", "HTTP 1.0", "REST")
PAYLOAD_2 = DOORS[:2]
BINARY = b"\0\x80\xff"
NAME = "behind-every-door"


class Door:
    """A door with the function `gateway` behind it, on one connection of the bare wire."""

    def __init__(self, wire, base):
        self.wire = wire
        self.base = base

    def ask(self, method="GET", target="/echo", *fields, body=b""):
        """Send a request with these header fields; returns its answer."""
        fields = ("host: localhost", *fields, *([f"content-length: {len(body)}"] if body else []))
        head = "".join(f"{line}\r\n" for line in (f"{method} {self.base}{target} HTTP/1.1", *fields, ""))
        self.wire.send(head.encode("latin-1"), body)
        return self.wire.answer(has_body=method != "HEAD")

    def event(self, *request, **options):
        """The event that the function got for a request."""
        answer = self.ask(*request, **options)
        assert answer.status == 200
        return json.loads(answer.body)

    def answer(self, result):
        """The answer for a function's result."""
        return self.ask("POST", "/answer", "content-type: application/json", body=json.dumps(result).encode())


@pytest.fixture(scope="module")
def addresses(local, copy_of):
    """The port and the path of each door."""
    function = local.deploy(copy_of("gateway"), name=NAME, mode="BUFFERED")
    http = [Route("ANY", "$default", NAME, payload_format=version, timeout=30) for version in ("2.0", "1.0")]
    rest = (Route("ANY", "/", NAME), Route("ANY", "/{proxy+}", NAME))
    descriptions = {
        "HTTP 2.0": ApiDescription("h2", "http", "HTTP", "$default", (http[0],)),
        "HTTP 1.0": ApiDescription("h1", "http", "HTTP", "$default", (http[1],)),
        "REST": ApiDescription("r1", "rest", "REST", "prod", rest, binary_media_types=("image/png",)),
    }
    found = {"URL": (function.port, "")}
    with ExitStack() as stack:
        for name, description in descriptions.items():
            gateway = ApiGateway(description, local.plane.function, Limits(), local.plane.authenticator)
            local.loop.run(gateway.listen(0))
            stack.callback(lambda gateway=gateway: local.loop.run(gateway.close()))
            found[name] = (int(gateway.address.rpartition(":")[2]), description.base_path)
        yield found


@pytest.fixture
def door(kind, addresses, connect):
    port, base = addresses[kind]
    return Door(connect(port), base)


every_door = pytest.mark.parametrize("kind", DOORS)


def path_of(event):
    return event.get("rawPath") or event["path"]


# What the event says


@pytest.mark.conformance("request-methods")
@every_door
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_reaches_the_function(door, kind, method):
    event = door.event(method)
    assert (event["requestContext"]["http"]["method"] if kind in PAYLOAD_2 else event["httpMethod"]) == method


@pytest.mark.conformance("request-head")
@every_door
def test_a_head_request_reaches_the_function_and_gets_no_body(door, kind):
    answer = door.ask("HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 2
    assert door.event("GET")


@pytest.mark.conformance("request-repeated-headers")
@every_door
def test_repeated_headers_are_joined_or_listed(door, kind):
    event = door.event("GET", "/echo", "X-Own: 1", "x-own: 2")
    if kind in PAYLOAD_2:
        assert event["headers"]["x-own"] == "1,2"
    else:
        assert (event["headers"]["x-own"], event["multiValueHeaders"]["x-own"]) == ("2", ["1", "2"])


@pytest.mark.conformance("request-repeated-query")
@every_door
def test_repeated_query_keys_are_joined_or_listed(door, kind):
    event = door.event("GET", "/echo?a=1&b=x+y%2B&a=2&empty=")
    if kind in PAYLOAD_2:
        assert event["rawQueryString"] == "a=1&b=x+y%2B&a=2&empty="
        assert event["queryStringParameters"] == {"a": "1,2", "b": "x y+", "empty": ""}
    else:
        assert event["queryStringParameters"] == {"a": "2", "b": "x y+", "empty": ""}
        assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["x y+"], "empty": [""]}


@pytest.mark.conformance("request-cookies")
@every_door
def test_cookies_come_in(door, kind):
    event = door.event("GET", "/echo", "Cookie: a=1; b=2")
    if kind in PAYLOAD_2:
        assert (event["cookies"], event["headers"].get("cookie")) == (["a=1", "b=2"], None)
    else:
        assert (event["headers"]["cookie"], event.get("cookies")) == ("a=1; b=2", None)


@pytest.mark.conformance("request-path")
@every_door
@pytest.mark.parametrize(
    ("sent", "decoded"),
    [
        pytest.param("/a%20b/echo", "/a b/echo", id="a space"),
        pytest.param("/caf%C3%A9/echo", "/café/echo", id="UTF-8"),
        pytest.param("/a%2Fb/echo", "/a/b/echo", id="a slash"),
        pytest.param("/a+b/echo", "/a+b/echo", id="a plus sign"),
        pytest.param("/a%2Bb/echo", "/a+b/echo", id="an encoded plus sign"),
        pytest.param("/100%25/echo", "/100%/echo", id="a per cent sign"),
        pytest.param("/a//b/echo", "/a//b/echo", id="two slashes"),
    ],
)
def test_a_path_stays_encoded_but_for_http_apis(door, kind, sent, decoded):
    assert path_of(door.event("GET", sent)) == (decoded if kind.startswith("HTTP") else sent)


@pytest.mark.conformance("request-not-ascii")
@every_door
def test_a_target_with_bytes_outside_ascii_is_refused(door, kind):
    assert door.ask("GET", "/caf\xe9/echo").status == 400
    assert door.wire.at_end()


@pytest.mark.conformance("request-no-body")
@every_door
def test_a_request_without_a_body_has_none(door, kind):
    for event in (door.event("GET"), door.event("POST", "/echo", "content-length: 0")):
        assert (event.get("body"), event["isBase64Encoded"]) == (None, False)


@pytest.mark.conformance("request-binary-body")
@every_door
@pytest.mark.parametrize("content_type", ["application/octet-stream", "image/png"])
def test_a_binary_body_is_base64_and_a_rest_apis_only_for_its_types(door, kind, content_type):
    event = door.event("POST", "/echo", f"content-type: {content_type}", body=BINARY)
    if kind != "REST" or content_type == "image/png":
        assert (b64decode(event["body"]), event["isBase64Encoded"]) == (BINARY, True)
    else:
        assert (event["body"], event["isBase64Encoded"]) == ("\0\ufffd\ufffd", False)


@pytest.mark.conformance("request-chunked")
@every_door
def test_a_body_in_chunks_is_one_body(door, kind):
    head = f"POST {door.base}/echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
    door.wire.send(head.encode(), b"transfer-encoding: chunked\r\n\r\n", b"3\r\none\r\n")
    door.wire.send(b"4;x=y\r\n two\r\n0\r\nTrailer: x\r\n\r\n")
    event = json.loads(door.wire.answer().body)
    assert (event["body"], event["isBase64Encoded"]) == ("one two", False)
    assert "transfer-encoding" not in event["headers"]
    assert door.event("GET")


@pytest.mark.conformance("request-expect")
@every_door
def test_a_client_that_expects_100_continue_gets_it_and_the_function_does_not_hear_of_it(door, kind):
    head = f"POST {door.base}/echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
    door.wire.send(head.encode(), b"content-length: 4\r\nexpect: 100-continue\r\n\r\n")
    assert door.wire.head() == (100, {})
    door.wire.send(b"body")
    event = json.loads(door.wire.answer().body)
    assert event["body"] == "body"
    assert "expect" not in event["headers"]


@pytest.mark.conformance("request-trace")
@every_door
@pytest.mark.parametrize("told", ["", "Root=1-67e6d3f0-0123456789abcdef01234567"], ids=["none", "its own"])
def test_the_trace_of_the_event_is_the_functions(door, kind, told):
    answer = json.loads(door.ask("GET", "/trace", *([f"x-amzn-trace-id: {told}"] if told else [])).body)
    assert answer["event"].startswith(told or "Root=1-")
    assert answer["function"].startswith(f"{answer['event']};Parent=")


# What comes back


@pytest.mark.conformance("response-trace")
@every_door
@pytest.mark.parametrize("action", ["/trace", "/fail"], ids=["answers", "fails"])
def test_the_answer_has_the_functions_trace(door, kind, action):
    answer = door.ask("GET", action)
    if kind.startswith("HTTP"):
        assert "x-amzn-trace-id" not in answer.headers
        return
    trace = answer.headers["x-amzn-trace-id"]
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", trace)
    if action == "/trace":
        assert json.loads(answer.body)["function"] == trace


@pytest.mark.conformance("response-cookies")
@every_door
def test_cookies_go_out(local, addresses, kind):
    port, base = addresses[kind]
    cookies = ["a=1; Path=/", "b=2"]
    result = {"cookies": cookies} if kind in PAYLOAD_2 else {"multiValueHeaders": {"Set-Cookie": cookies}}
    answer = local.client.post(f"http://127.0.0.1:{port}{base}/answer", json={"statusCode": 200, **result})
    assert answer.headers.get_list("set-cookie") == cookies


@pytest.mark.conformance("response-no-body")
@every_door
@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none_and_the_connection_goes_on(door, kind, status):
    answer = door.answer({"statusCode": status, "body": "dropped\n"})
    assert (answer.status, answer.body) == (status, b"")
    assert "content-length" not in answer.headers
    assert door.event("GET")


@pytest.mark.conformance("response-base64")
@every_door
def test_base64_goes_out_as_bytes(door, kind):
    result = {"statusCode": 200, "headers": {"content-type": "image/png"}, "isBase64Encoded": True}
    body = json.dumps(result | {"body": b64encode(BINARY).decode()}).encode()
    answer = door.ask("POST", "/answer", "content-type: application/json", "accept: image/png", body=body)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, BINARY, "image/png")


@pytest.mark.conformance("response-renamed-headers")
@every_door
def test_headers_of_awss_side_are_renamed_or_dropped(door, kind):
    headers = {"WWW-Authenticate": "Basic", "Date": "then", "Server": "own", "Upgrade": "x", "X-Own": "yes"}
    answer = door.answer({"statusCode": 401, "headers": headers, "body": "no"})
    assert (answer.status, answer.headers["x-own"]) == (401, "yes")
    assert answer.headers["x-amzn-remapped-www-authenticate"] == "Basic"
    assert answer.headers["x-amzn-remapped-date"] == "then"
    assert answer.headers["x-amzn-remapped-server"] == "own"
    assert {"www-authenticate", "upgrade"}.isdisjoint(answer.headers)
