"""What an event tells of its request, without what may be secret."""

import json

import pytest

from lambdastream.doors.live_page.observer import LARGEST_EVENT, LONGEST_CALL, called

URL_EVENT = {"requestContext": {"http": {"method": "GET", "path": "/stream"}}, "rawQueryString": "key=secret"}


@pytest.mark.parametrize(
    ("event", "call"),
    [
        pytest.param(json.dumps(URL_EVENT).encode(), "GET /stream", id="URL, HTTP API 2.0"),
        pytest.param(b'{"httpMethod": "POST", "path": "/a", "requestContext": {}}', "POST /a", id="REST API"),
        pytest.param(b"{}", "", id="none"),
        pytest.param(b"[1]", "", id="a list"),
        pytest.param(b'{"requestContext": 1}', "", id="no context"),
        pytest.param(b'{"requestContext": {"http": "GET"}}', "", id="no request"),
        pytest.param(b"{", "", id="no JSON"),
        pytest.param(b"\xff", "", id="no text"),
        pytest.param(json.dumps(URL_EVENT | {"body": "x" * LARGEST_EVENT}).encode(), "", id="too large to be read"),
    ],
)
def test_method_and_path_are_read(event, call):
    assert called(event) == call


def test_a_long_path_is_cut():
    assert len(called(json.dumps({"httpMethod": "GET", "path": "/" * 1000}).encode())) == LONGEST_CALL
