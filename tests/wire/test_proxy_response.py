from __future__ import annotations

import base64
import json

import pytest

from lambdastream.errors import WireError
from lambdastream.wire.http_message import HttpResponse
from lambdastream.wire.proxy_response import proxy_response

JSON = ("content-type", "application/json")


@pytest.mark.conformance("url-result-inferred")
@pytest.mark.parametrize(
    ("payload", "body"),
    [
        pytest.param(b'{"message": "Hello World!"}', b'{"message": "Hello World!"}', id="object, as it stands"),
        pytest.param(b'{"body": "x", "headers": {"a": "b"}}', b'{"body": "x", "headers": {"a": "b"}}', id="no status"),
        pytest.param(b"[1, 2]", b"[1, 2]", id="list"),
        pytest.param(b"null", b"null", id="null"),
        pytest.param(b"1.50", b"1.50", id="number"),
        pytest.param(b"true", b"true", id="true"),
        pytest.param(b'"hello"', b"hello", id="string, as its text"),
        pytest.param(b'"\\u20ac"', "€".encode(), id="escaped string"),
        pytest.param(b'""', b"", id="empty string"),
    ],
)
def test_a_result_without_a_status_is_the_body(payload, body):
    assert proxy_response(payload) == HttpResponse(200, (JSON,), body)


@pytest.mark.conformance("url-result-described")
@pytest.mark.parametrize(
    ("result", "response"),
    [
        pytest.param({"statusCode": 204}, HttpResponse(204, (JSON,)), id="status alone"),
        pytest.param({"statusCode": 200.0}, HttpResponse(200, (JSON,)), id="whole number with a point"),
        pytest.param({"statusCode": 599, "body": None}, HttpResponse(599, (JSON,)), id="body is null"),
        pytest.param({"statusCode": 100}, HttpResponse(100, (JSON,)), id="lowest status"),
        pytest.param({"statusCode": 200, "body": "ü"}, HttpResponse(200, (JSON,), "ü".encode()), id="text"),
        pytest.param({"statusCode": 200, "body": ""}, HttpResponse(200, (JSON,)), id="empty text"),
        pytest.param(
            {"statusCode": 200, "body": {"a": [1, "ü"]}},
            HttpResponse(200, (JSON,), b'{"a":[1,"\\u00fc"]}'),
            id="object is dumped",
        ),
        pytest.param({"statusCode": 200, "body": 0}, HttpResponse(200, (JSON,), b"0"), id="zero is a body"),
        pytest.param({"statusCode": 200, "body": False}, HttpResponse(200, (JSON,), b"false"), id="false is a body"),
        pytest.param(
            {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True},
            HttpResponse(200, (JSON,), b"\x00\xff"),
            id="base64",
        ),
        pytest.param(
            {"statusCode": 200, "body": "AP8=", "isBase64Encoded": False},
            HttpResponse(200, (JSON,), b"AP8="),
            id="not base64",
        ),
        pytest.param({"statusCode": 200, "isBase64Encoded": True}, HttpResponse(200, (JSON,)), id="base64 of no body"),
        pytest.param(
            {
                "statusCode": 302,
                "headers": {"Content-Type": "text/html", "Location": "/x", "content-length": "3"},
                "multiValueHeaders": {"x": ["1", "2"]},
                "cookies": ["a=1", "b=2"],
                "body": "abc",
            },
            HttpResponse(
                302,
                (
                    ("content-type", "text/html"),
                    ("location", "/x"),
                    ("x-amzn-remapped-content-length", "3"),
                    ("x", "1"),
                    ("x", "2"),
                    ("set-cookie", "a=1"),
                    ("set-cookie", "b=2"),
                ),
                b"abc",
            ),
            id="everything",
        ),
    ],
)
def test_a_result_with_a_status_describes_the_response(result, response):
    assert proxy_response(json.dumps(result).encode()) == response


@pytest.mark.conformance("url-result-malformed")
@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"<html>", id="not JSON"),
        pytest.param(b'"\xff"', id="not UTF-8"),
        pytest.param(b"[" * 200_000, id="nested too deeply"),
        pytest.param(b'{"statusCode":200}' + bytes(8) + b"body", id="streamed to a buffered URL"),
        pytest.param(b'"\\ud800"', id="half a surrogate pair"),
        pytest.param(b'{"statusCode":"200"}', id="status is text"),
        pytest.param(b'{"statusCode":null}', id="status is null"),
        pytest.param(b'{"statusCode":true}', id="status is true"),
        pytest.param(b'{"statusCode":{}}', id="status is an object"),
        pytest.param(b'{"statusCode":200.5}', id="status is a fraction"),
        pytest.param(b'{"statusCode":NaN}', id="status is not a number"),
        pytest.param(b'{"statusCode":1e999}', id="status is infinite"),
        pytest.param(b'{"statusCode":99}', id="status too low"),
        pytest.param(b'{"statusCode":600}', id="status too high"),
        pytest.param(b'{"statusCode":200,"headers":["a"]}', id="headers are a list"),
        pytest.param(b'{"statusCode":200,"headers":{"a":"b\\r\\nc: d"}}', id="header breaks the line"),
        pytest.param(b'{"statusCode":200,"multiValueHeaders":"a"}', id="multiple headers are text"),
        pytest.param(b'{"statusCode":200,"cookies":"a=1"}', id="cookies are text"),
        pytest.param(b'{"statusCode":200,"body":"\\ud800"}', id="body is half a surrogate pair"),
        pytest.param(b'{"statusCode":200,"body":[1e999]}', id="body holds an infinite number"),
        pytest.param(b'{"statusCode":200,"body":"AP8","isBase64Encoded":true}', id="base64 without padding"),
        pytest.param(b'{"statusCode":200,"body":"A P8=","isBase64Encoded":true}', id="space in base64"),
        pytest.param(b'{"statusCode":200,"body":"\\u00fc","isBase64Encoded":true}', id="base64 outside ASCII"),
        pytest.param(b'{"statusCode":200,"body":{},"isBase64Encoded":true}', id="base64 of an object"),
    ],
)
def test_a_malformed_result_is_an_error(payload):
    with pytest.raises(WireError):
        proxy_response(payload)


def test_the_error_for_bad_base64_says_what_to_do():
    with pytest.raises(WireError) as caught:
        proxy_response(b'{"statusCode":200,"body":"plain","isBase64Encoded":true}')

    assert "base64.b64encode" in caught.value.next_step


@pytest.mark.conformance("response-base64")
def test_every_byte_survives_base64():
    body = bytes(range(256)) * 3
    result = {"statusCode": 200, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    assert proxy_response(json.dumps(result).encode()).body == body
