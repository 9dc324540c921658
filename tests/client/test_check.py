"""Checks of real answers, on loopback."""

import sys
import threading
import time

import pytest

from lambdastream.client import check, record
from lambdastream.errors import UnreachableError, UsageError

MODULE = sys.modules["lambdastream.client.check"]
"""The package has a function of that name."""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/lasting", ("streams", "over time")),
        ("/binary", ("streams", "over time")),
        ("/events", ("streams", "over time")),
        ("/events-in-the-end", ("cannot tell", "keep-alives only")),
        ("/held-back", ("buffers", "at once")),
        ("/held-back-json", ("cannot tell", "one value")),
        ("/cached", ("cannot tell", "from a cache")),
        ("/cold-at-first", ("cannot tell", "too quick")),
        ("/words", ("cannot tell", "too quick")),
        ("/hello", ("cannot tell", "too quick")),
        ("/nothing", ("cannot tell", "no body")),
        ("/moved", ("cannot tell", "redirect")),
        ("/fails", ("cannot tell", "error status")),
        ("/dies", ("cannot tell", "broke off")),
        ("/no-answer", ("cannot tell", "no answer")),
        ("/nonsense", ("cannot tell", "no answer")),
        ("/result", ("buffers", "result not understood")),
    ],
)
def test_a_real_answer_gets_its_verdict(server, path, expected):
    found = check(server.url(path), timeout=20)
    assert (found.verdict, found.judgement.reason) == expected, str(found)
    assert found.streams is (expected[0] == "streams")


def test_only_what_came_at_once_is_asked_for_again(server):
    asked = []
    server.on_request = asked.append
    for path in ("/lasting", "/held-back", "/hello"):
        check(server.url(path))
    assert asked == ["/lasting", "/held-back", "/held-back", "/hello"]


def test_the_second_request_goes_over_the_connection_that_is_there(server):
    found = check(server.url("/held-back"))
    assert server.connections == 1
    assert [each.connected_at is None for each in found.recordings] == [False, True]


def test_once_is_once(server):
    found = check(server.url("/held-back"), once=True)
    assert len(found.recordings) == 1
    assert found.judgement.reason == "maybe a cold start"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/silent", "no answer", id="nothing comes"),
        pytest.param("/stalls", "still coming", id="it begins, and stops"),
        pytest.param("/endless", "over time", id="it never ends"),
        pytest.param("/pings-for-ever", "keep-alives only", id="it never ends and says nothing"),
    ],
)
def test_no_answer_is_waited_for_longer_than_the_timeout(server, path, expected):
    before = time.perf_counter()
    found = check(server.url(path), timeout=0.7)
    assert time.perf_counter() - before < 5
    assert found.judgement.reason == expected


def test_what_streams_without_an_end_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr(MODULE, "LONG_ENOUGH", 0.5)
    before = time.perf_counter()
    assert check(server.url("/endless")).streams
    assert time.perf_counter() - before < 10


def test_what_is_large_is_not_read_to_its_end(server, monkeypatch):
    monkeypatch.setattr(MODULE, "LARGE_ENOUGH", 8)
    assert check(server.url("/endless")).judgement.reason == "still coming"


def test_no_thread_is_left(server):
    check(server.url("/hello"))
    check(server.url("/silent"), timeout=0.1)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer) and thread.is_alive()]


def test_the_request_is_what_was_asked_for(server):
    found = check(server.url("/echo?a=b"), method="post", headers={"x-mine": "1"}, json={"q": 1})
    said = found.recordings[0].text
    assert said.startswith("POST /echo?a=b\n")
    assert "x-mine: 1\n" in said
    assert "accept-encoding: identity\n" in said
    assert said.endswith('{"q":1}')


def test_what_cannot_be_asked_is_an_error(dead_url):
    with pytest.raises(UnreachableError):
        check(dead_url)
    with pytest.raises(UsageError):
        check("no url")


def test_the_evidence_is_there_to_read_and_as_json(server):
    found = check(server.url("/lasting?token=secret"))
    told, value = str(found), found.to_json()
    assert told.startswith("streams: ")
    assert "answered  200 HTTP/1.1 content-type: text/plain, transfer-encoding: chunked\n" in told
    assert "in 8 chunks at 8 moments, longest pause " in told
    assert "secret" not in told + str(value)
    assert (value["verdict"], value["reason"], value["status"], value["http_version"]) == (
        *("streams", "over time"),
        *(200, "HTTP/1.1"),
    )
    (answer,) = value["answers"]
    assert (answer["chunks"], answer["moments"], answer["error"]) == (8, 8, None)
    assert answer["spread"] > answer["explained_by_a_network"] > 0


def test_a_recording_tells_of_its_connection(server):
    recording = record("GET", server.url("/hello"))
    assert recording.http_version == "HTTP/1.1"
    assert 0 < recording.round_trip < recording.connected_at < recording.headers_at
