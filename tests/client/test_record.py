import time

import httpx
import pytest

from lambdastream.client import record
from lambdastream.errors import UnreachableError, UsageError


def test_every_chunk_is_told_before_the_next_is_sent(server):
    recording = record("get", server.url("/paced"), on_chunk=lambda _chunk: server.client_has_read.release())
    assert tuple(chunk.data for chunk in recording.chunks) == server.words
    assert recording.complete


def test_the_times_are_seconds_since_the_request_and_in_order(server):
    before = time.perf_counter()
    recording = record("GET", server.url("/words"))
    took = time.perf_counter() - before

    times = [recording.headers_at, *(chunk.at for chunk in recording.chunks), recording.ended_at]
    assert times[0] > 0
    assert times == sorted(times)
    assert times[-1] < took
    assert sum(recording.gaps) > server.gap * (len(server.words) - 1) / 2


def test_an_answer_that_is_held_back_comes_in_one_piece(server):
    recording = record("GET", server.url("/at-once"))
    assert [chunk.data for chunk in recording.chunks] == [b"".join(server.words)]
    assert recording.first_byte_at > server.gap * (len(server.words) - 1)


@pytest.mark.parametrize(
    ("path", "pieces"),
    [
        pytest.param("/two-in-one", [b"one ", b"two"], id="two chunks of one packet stay two"),
        pytest.param("/one-in-two", [b"one ", b"two"], id="one chunk of two packets is recorded as it came"),
        pytest.param("/hello", [b"Hello World!"], id="a body with its length"),
        pytest.param("/nothing", [], id="an empty body"),
    ],
)
def test_a_chunk_is_what_was_handed_over(server, path, pieces):
    recording = record("GET", server.url(path))
    assert [chunk.data for chunk in recording.chunks] == pieces
    assert recording.complete


def test_characters_that_come_byte_by_byte_are_whole_in_the_text(server):
    recording = record("GET", server.url("/halves"))
    assert recording.text == "naïve €, 日本, 🙂"
    assert len(recording.chunks) == len(recording.text.encode())


def test_an_error_status_is_an_answer_like_any_other(server):
    recording = record("GET", server.url("/fails"))
    assert (recording.status, recording.text, recording.complete) == (502, "Internal Server Error", True)


def test_the_request_is_what_httpx_makes_of_it(server):
    recording = record("post", server.url("/echo"), params={"query": "a b"}, json={"n": 1}, headers={"X-Mine": "yes"})
    assert recording.text.startswith("POST /echo?query=a+b")
    assert "x-mine: yes" in recording.text
    assert recording.text.endswith('{"n":1}')
    assert (recording.method, recording.url) == ("POST", server.url("/echo?query=a+b"))


@pytest.mark.parametrize(
    ("headers", "asked_for"),
    [
        pytest.param({}, "identity", id="none by default"),
        pytest.param({"Accept-Encoding": "gzip"}, "gzip", id="what the caller wants"),
    ],
)
def test_compression_is_asked_for_by_the_caller_only(server, headers, asked_for):
    assert f"accept-encoding: {asked_for}\n" in record("GET", server.url("/echo"), headers=headers).text


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        pytest.param("/dies", b"this is ", "closed the connection before the end", id="the last chunk is missing"),
        pytest.param("/dies-short", b"short", "closed the connection before the end", id="shorter than its length"),
        pytest.param("/stalls", b"this is ", "nothing came for 0.1 s", id="silence in mid-stream"),
        pytest.param("/malformed-chunk", b"", "what came is not HTTP", id="a malformed chunk"),
    ],
)
def test_a_transfer_that_breaks_is_recorded_with_what_arrived(server, path, body, told):
    recording = record("GET", server.url(path), timeout=0.1)
    assert (recording.status, recording.body, recording.complete) == (200, body, False)
    assert told in recording.error


def test_a_reset_is_recorded_with_what_arrived(server):
    def on_chunk(chunk):
        if chunk.data == server.words[1]:
            server.client_has_read.release()

    recording = record("GET", server.url("/resets"), on_chunk=on_chunk)
    assert recording.body == b"this is "
    assert "the connection broke before the end of its answer" in recording.error


@pytest.mark.parametrize(
    ("path", "told"),
    [
        pytest.param("/no-answer", "the server closed the connection without an answer", id="closed"),
        pytest.param("/silent", "nothing came for 0.1 s", id="silence"),
        pytest.param("/nonsense", "what came is not HTTP", id="another protocol"),
    ],
)
def test_an_answer_that_never_comes_is_recorded(server, path, told):
    recording = record("GET", server.url(path), timeout=0.1)
    assert (recording.status, recording.headers_at, recording.chunks) == (None, None, ())
    assert told in recording.error
    assert recording.ended_at > 0


def test_a_connection_that_cannot_be_made_is_an_error_with_a_next_step(dead_url):
    with pytest.raises(UnreachableError, match="cannot be reached") as caught:
        record("GET", f"{dead_url}?token=secret")
    assert dead_url in caught.value.problem
    assert "secret" not in str(caught.value)
    assert caught.value.next_step


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("example.test/stream", id="no scheme"),
        pytest.param("ftp://example.test/", id="another scheme"),
        pytest.param("http://[::1/", id="not a URL"),
        pytest.param("http://127.0.0.1:1/\n", id="a line break in the URL"),
    ],
)
def test_a_request_that_cannot_be_sent_is_an_error_with_a_next_step(url):
    with pytest.raises(UsageError, match="cannot be sent") as caught:
        record("GET", url)
    assert "http://" in caught.value.next_step


def test_headers_that_http_does_not_allow_are_the_callers_error(server):
    with pytest.raises(UsageError, match="cannot be sent"):
        record("GET", server.url("/hello"), headers={"x-mine": "two\nlines"})


def test_an_error_of_the_callback_is_the_callers_not_a_broken_transfer(server):
    def fetch_something_else(_chunk):
        raise httpx.ConnectError("somewhere else")

    with pytest.raises(httpx.ConnectError, match="somewhere else"):
        record("GET", server.url("/words"), on_chunk=fetch_something_else)


def test_a_client_keeps_its_connection_from_one_recording_to_the_next(server):
    with httpx.Client() as client:
        recordings = [record("GET", server.url("/two-in-one"), client=client) for _ in range(3)]
    assert [recording.text for recording in recordings] == ["one two"] * 3
    assert server.connections == 1


def test_a_client_is_left_usable_by_a_recording_that_broke(server):
    with httpx.Client() as client:
        assert not record("GET", server.url("/dies"), client=client).complete
        assert record("GET", server.url("/hello"), client=client).text == "Hello World!"


def test_redirects_are_followed_when_asked_and_the_url_is_the_one_that_answered(server):
    assert record("GET", server.url("/moved")).status == 302
    recording = record("GET", server.url("/moved"), follow_redirects=True)
    assert (recording.status, recording.url) == (200, server.url("/hello?from=moved"))


def test_no_proxy_stands_between_us_and_this_machine(server, dead_url, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", dead_url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert record("GET", server.url("/hello")).text == "Hello World!"
