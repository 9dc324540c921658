"""The load generator's HTTP: a table of answers, each also fed byte by byte; and a real connection."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from benchmarks.http_client import ChunkedBody, Connection, SizedBody
from lambdastream.errors import WireError

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PAUSE = 0.03

WHOLE = [
    pytest.param(b"0\r\n\r\n", b"", id="nothing"),
    pytest.param(b"5\r\nhello\r\n0\r\n\r\n", b"hello", id="one chunk"),
    pytest.param(b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello", id="two chunks"),
    pytest.param(b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n", id="data that looks like the end"),
    pytest.param(b"1A\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n", b"x" * 26, id="a size in hexadecimal"),
]
WRONG = [
    pytest.param(b"hello\r\n", "not the size of a chunk", id="no size"),
    pytest.param(b"0\r\nname: value\r\n\r\n", "goes on after its end", id="a trailer"),
    pytest.param(b"0\r\n\r\n5\r\n", "goes on after its end", id="more after the end"),
]
BROKEN = [
    pytest.param(b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "502 Bad Gateway", id="another status"),
    pytest.param(b"HTTP/1.1 200 OK\r\nx: y\r\n\r\nok", "Not a 200 with a body", id="no kind of body"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok", "closed before the answer was complete", id="too short"
    ),
    pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nok", "goes on after its end", id="too long"),
    pytest.param(HEAD + b"5\r\nhel", "closed before the answer was complete", id="cut in a chunk"),
    pytest.param(HEAD + b"5\r\nhello\r\n", "closed before the answer was complete", id="cut between chunks"),
    pytest.param(HEAD[:20], "closed before the answer was complete", id="cut in the head"),
    pytest.param(HEAD + b"0\r\n\r\n", "has no body", id="empty"),
]


def feed(wire, *, step):
    body = ChunkedBody(keep=True)
    for start in range(0, len(wire), step):
        body.feed(bytearray(wire), start, min(start + step, len(wire)))
    return body


@pytest.mark.parametrize("step", [1, 1000], ids=["byte by byte", "at once"])
@pytest.mark.parametrize(("wire", "data"), WHOLE)
def test_a_chunked_body_is_read_wherever_it_is_cut(wire, data, step):
    body = feed(wire, step=step)
    assert body.complete
    assert (bytes(body.kept), body.size) == (data, len(data))


@pytest.mark.parametrize("step", [1, 1000], ids=["byte by byte", "at once"])
@pytest.mark.parametrize(("wire", "problem"), WRONG)
def test_what_is_no_chunked_body_is_refused(wire, problem, step):
    with pytest.raises(WireError, match=problem):
        feed(wire, step=step)


def test_a_body_of_a_length_ends_with_its_last_byte():
    body = SizedBody(5, keep=True)
    for start in range(5):
        assert not body.complete
        body.feed(bytearray(b"hello"), start, start + 1)
    assert (body.complete, bytes(body.kept), body.size) == (True, b"hello", 5)


@contextmanager
def answering(*pieces):
    """Serve one connection on loopback; between two pieces there is a pause. Gives its address, and what was received."""
    received = []

    def serve(listener):
        connection, _ = listener.accept()
        with connection:
            received.append(connection.recv(1000))
            for number, piece in enumerate(pieces):
                time.sleep(PAUSE * bool(number))
                connection.sendall(piece)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield listener.getsockname(), received
        finally:
            thread.join(10)
        assert not thread.is_alive()


def test_the_first_byte_is_the_bodys_not_the_heads():
    with answering(HEAD + b"5\r\n", b"hello\r\n", b"0\r\n\r\n") as (address, _), Connection(address) as connection:
        answer = connection.request("/", keep=True)
    assert (answer.body, answer.size) == (b"hello", 5)
    assert answer.first_byte_at >= PAUSE
    assert answer.ended_at >= 2 * PAUSE


@pytest.mark.parametrize(("wire", "problem"), BROKEN)
def test_an_answer_that_is_not_whole_is_an_error(wire, problem):
    with (
        answering(wire) as (address, _),
        Connection(address) as connection,
        pytest.raises(WireError, match=problem),
    ):
        connection.request("/")


def test_what_is_posted_has_its_length_and_fields():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with answering(answer) as (address, received), Connection(address) as connection:
        told = connection.request("/x", method="POST", fields={"mark": "1"}, content=b"hello", keep=True)
    host = "{}:{}".format(*address).encode()
    assert received == [b"POST /x HTTP/1.1\r\nhost: " + host + b"\r\nmark: 1\r\ncontent-length: 5\r\n\r\nhello"]
    assert told.body == b"ok"
