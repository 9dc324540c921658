import json

import pytest

from lambdastream.errors import WireError
from lambdastream.wire.gateway_response import http_api_response, http_api_response_1, rest_api_response
from lambdastream.wire.http_message import HttpResponse

JSON = ("content-type", "application/json")
TEXT = ("content-type", "text/plain; charset=utf-8")


def read(kind, result, *, binary=False):
    payload = result if isinstance(result, bytes) else json.dumps(result).encode()
    match kind:
        case "REST":
            return rest_api_response(payload, binary=binary)
        case "1.0":
            return http_api_response_1(payload)
        case _:
            return http_api_response(payload)


def default_type(kind):
    return JSON if kind == "REST" else TEXT


every_kind = pytest.mark.parametrize("kind", ["REST", "1.0", "2.0"])


@pytest.mark.conformance("rest-result")
@every_kind
@pytest.mark.parametrize(
    ("result", "status", "headers", "body"),
    [
        pytest.param({"statusCode": 200}, 200, (), b"", id="status alone"),
        pytest.param({"statusCode": "201"}, 201, (), b"", id="status in quotes"),
        pytest.param({"statusCode": 200.0, "body": "ü"}, 200, (), "ü".encode(), id="text"),
        pytest.param({"statusCode": 200, "headers": None, "body": None}, 200, (), b"", id="nulls"),
        pytest.param(
            {"statusCode": 200, "headers": {"A": "b", "C": True}}, 200, (("a", "b"), ("c", "true")), b"", id="headers"
        ),
        pytest.param(
            {"statusCode": 200, "multiValueHeaders": {"A": ["b", "c"]}},
            200,
            (("a", "b"), ("a", "c")),
            b"",
            id="several",
        ),
        pytest.param({"statusCode": 200, "body": "AP8="}, 200, (), b"AP8=", id="base64 that is not said to be"),
    ],
)
def test_a_result_describes_the_response(kind, result, status, headers, body):
    assert read(kind, result) == HttpResponse(status, (*headers, default_type(kind)), body)


@pytest.mark.conformance("rest-result-malformed")
@every_kind
@pytest.mark.parametrize(
    "result",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="not JSON"),
        pytest.param(b'{"statusCode":200}' + bytes(8) + b"body", id="a stream"),
        pytest.param({"statusCode": "test"}, id="status is a word"),
        pytest.param({"statusCode": 99}, id="status too small"),
        pytest.param({"statusCode": 600}, id="status too large"),
        pytest.param({"statusCode": 200.5}, id="status in between"),
        pytest.param({"statusCode": True}, id="status is true"),
        pytest.param({"statusCode": None}, id="status is null"),
        pytest.param(b'{"statusCode":1e999}', id="status is endless"),
        pytest.param({"statusCode": 200, "headers": ["a"]}, id="headers are a list"),
        pytest.param({"statusCode": 200, "headers": {"a b": "c"}}, id="a header that is none"),
        pytest.param({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}, id="a header with a line break"),
    ],
)
def test_a_malformed_result_is_an_error(kind, result):
    with pytest.raises(WireError):
        read(kind, result)


@pytest.mark.conformance("rest-result-multi-value")
@pytest.mark.parametrize("kind", ["REST", "1.0"])
@pytest.mark.parametrize(
    "result",
    [
        pytest.param("just a string", id="string"),
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param({"statusCode": 200, "multiValueHeaders": {"a": "b"}}, id="multiValueHeaders without a list"),
        pytest.param({"statusCode": 200, "multiValueHeaders": ["a"]}, id="multiValueHeaders are a list"),
    ],
)
def test_payload_1_needs_an_object_with_lists(kind, result):
    with pytest.raises(WireError):
        read(kind, result)


@pytest.mark.conformance("rest-result-multi-value")
@pytest.mark.parametrize("kind", ["REST", "1.0"])
def test_values_of_multi_value_headers_come_first_and_none_comes_twice(kind):
    result = {"statusCode": 200, "multiValueHeaders": {"A": ["multi", "b"]}, "headers": {"a": "solo", "A": "b"}}

    assert read(kind, result).headers == (("a", "multi"), ("a", "b"), ("a", "solo"), default_type(kind))


@pytest.mark.conformance("rest-result-strict")
@pytest.mark.parametrize(
    "result",
    [
        pytest.param({"statusCode": 200, "wrongValue": "value"}, id="another key"),
        pytest.param({"message": "hello"}, id="only another key"),
        pytest.param({"statusCode": 200, "cookies": ["a=1"]}, id="cookies"),
        pytest.param({"errorMessage": "it failed"}, id="an error"),
        pytest.param({"statusCode": 200, "body": {"a": 1}}, id="a body that is no text"),
    ],
)
def test_a_rest_api_is_strict(result):
    with pytest.raises(WireError):
        read("REST", result)


@pytest.mark.conformance("rest-result")
@pytest.mark.parametrize(
    "result", [{}, {"headers": {"content-type": "application/json"}}], ids=["empty", "only headers"]
)
def test_a_rest_api_needs_no_status(result):
    assert read("REST", result) == HttpResponse(200, (JSON,))


@pytest.mark.conformance("rest-result-base64")
def test_a_rest_api_decodes_base64_for_a_client_that_accepts_it():
    result = {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}

    assert read("REST", result, binary=True).body == b"\x00\xff"
    assert read("REST", result).body == b"AP8="
    with pytest.raises(WireError):
        read("REST", result | {"body": "!"}, binary=True)


@pytest.mark.conformance("http-result-lenient")
@pytest.mark.parametrize("kind", ["1.0", "2.0"])
def test_an_http_api_ignores_other_keys_and_always_decodes_base64(kind):
    result = {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True, "wrongValue": 1}

    assert read(kind, result) == HttpResponse(200, (TEXT,), b"\x00\xff")
    with pytest.raises(WireError):
        read(kind, result | {"body": "!"})


@pytest.mark.conformance("http-result-1")
@pytest.mark.parametrize("result", [{}, {"headers": {"a": "b"}}], ids=["empty", "only headers"])
def test_payload_1_of_an_http_api_needs_a_status(result):
    with pytest.raises(WireError):
        read("1.0", result)


@pytest.mark.conformance("http-result-2")
@pytest.mark.parametrize(
    ("payload", "body"),
    [
        pytest.param(b"{}", b"{}", id="empty"),
        pytest.param(b'{"headers": {"a": "b"}}', b'{"headers": {"a": "b"}}', id="only headers"),
        pytest.param(b'{"random": {"json-body": 1}}', b'{"random": {"json-body": 1}}', id="any object"),
        pytest.param(b'"just a string"', b"just a string", id="string, as its text"),
        pytest.param(b'"errorMessage"', b"errorMessage", id="a word that means nothing"),
        pytest.param(b"null", b"null", id="null"),
    ],
)
def test_payload_2_without_a_status_is_the_body(payload, body):
    assert read("2.0", payload) == HttpResponse(200, (JSON,), body)


@pytest.mark.conformance("http-result-2")
@pytest.mark.parametrize(
    "result",
    [
        pytest.param({"errorMessage": "it failed"}, id="an error, or what looks like one"),
        pytest.param({"statusCode": 200, "cookies": {"a": "b"}}, id="cookies that are no list"),
    ],
)
def test_payload_2_refuses(result):
    with pytest.raises(WireError):
        read("2.0", result)


@pytest.mark.conformance("http-result-cookies")
def test_payload_2_has_cookies():
    result = {"statusCode": 200, "cookies": ["a=1", "b=2"]}

    assert read("2.0", result).headers == (TEXT, ("set-cookie", "a=1"), ("set-cookie", "b=2"))
