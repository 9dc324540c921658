"""Cross-origin requests to an HTTP API."""

from dataclasses import replace

import pytest

from lambdastream.doors.api_cors import preflight_response, with_cors
from lambdastream.doors.api_description import Cors
from lambdastream.wire.http_message import HttpRequest

FULL = Cors(
    ("https://a.example",), ("GET", "POST"), ("x-own", "x-b"), ("x-e", "x-f"), allow_credentials=True, max_age=600
)
ASKS = ("access-control-request-method", "GET")


def request(origin, *headers, method="OPTIONS"):
    return HttpRequest(method, "/", (("host", "localhost"), ("origin", origin), *headers))


@pytest.mark.conformance("http-cors-preflight")
def test_a_preflight_request_is_answered_with_the_configuration():
    response = preflight_response(FULL, request("https://a.example", ASKS))

    assert response.status == 204
    assert dict(response.headers) == {
        "access-control-allow-origin": "https://a.example",
        "vary": "Origin",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "x-own,x-b",
        "access-control-max-age": "600",
    }


def test_a_preflight_request_of_another_origin_learns_nothing():
    assert preflight_response(FULL, request("https://b.example", ASKS)).headers == ()


def test_what_is_not_configured_is_not_said():
    response = preflight_response(Cors(("*",)), request("https://b.example", ASKS))

    assert response.headers == (("access-control-allow-origin", "*"),)


def test_an_age_of_zero_is_said():
    response = preflight_response(replace(FULL, max_age=0), request("https://a.example", ASKS))

    assert ("access-control-max-age", "0") in response.headers


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(request("https://a.example"), id="no method asked for"),
        pytest.param(request("", ASKS), id="no origin"),
        pytest.param(request("https://a.example", ASKS, method="GET"), id="another method"),
    ],
)
def test_other_requests_are_no_preflight(asked):
    assert preflight_response(FULL, asked) is None


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        pytest.param(("https://a.example",), "https://a.example", "https://a.example", id="the origin"),
        pytest.param(("http://x", "https://a.example"), "https://a.example", "https://a.example", id="one of them"),
        pytest.param(("https://a.example",), "https://b.example", None, id="another origin"),
        pytest.param(("*",), "https://b.example", "*", id="every origin"),
        pytest.param(("https://*",), "https://b.example", "https://b.example", id="every https origin"),
        pytest.param(("https://*",), "http://b.example", None, id="not https"),
        pytest.param(("https://*.example",), "https://a.example", None, id="no other patterns"),
        pytest.param(("*",), "", None, id="no origin: not a cross-origin request"),
        pytest.param((), "https://a.example", None, id="no origins"),
    ],
)
def test_an_answer_says_which_origin_may_read_it(origins, origin, allowed):
    headers = dict(with_cors(Cors(origins), request(origin, method="GET"), (("x", "1"),)))

    assert headers.pop("x") == "1"
    assert headers.get("access-control-allow-origin") == allowed
    assert bool(headers) is (allowed is not None)


@pytest.mark.conformance("http-cors-answer")
def test_headers_of_the_function_are_replaced():
    own = (("Access-Control-Allow-Origin", "own"), ("access-control-max-age", "1"), ("x-e", "2"))

    assert with_cors(FULL, request("https://b.example"), own) == (("x-e", "2"),)
    assert with_cors(FULL, request("https://a.example"), own) == (
        ("x-e", "2"),
        ("access-control-allow-origin", "https://a.example"),
        ("vary", "Origin"),
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", "x-e,x-f"),
    )
