"""What is written for an answer, on the wire."""

import pytest

from lambdastream.runtime.http_server.connection import HttpConnection
from lambdastream.runtime.http_server.listener import Listener
from lambdastream.wire.http_message import HttpResponse, chunk

PLAIN = (("content-type", "text/plain"),)
LARGE = 16 * 1024 * 1024


class Server(HttpConnection):
    """Leaves every request to the test."""

    def __init__(self, opened):
        super().__init__(0)
        opened.append(self)
        self.asked = False

    def serve(self, request):
        self.asked = True

    def in_turn(self, *steps):
        """Take these steps in one turn of the event loop."""
        for name, *arguments in steps:
            getattr(self, name)(*arguments)


@pytest.fixture
def asked(loop, connect, eventually):
    """A client that has sent a request, and the server's side of it."""
    opened = []
    listener = Listener(lambda: Server(opened))
    port = loop.run(listener.listen())

    def ask(method="GET"):
        client = connect(port)
        client.send(f"{method} / HTTP/1.1\r\nhost: h\r\n\r\n".encode())
        return client, eventually(lambda: opened and opened[-1].asked and opened[-1])

    yield ask
    loop.run(listener.close())


def test_a_head_does_not_wait_for_a_piece_that_does_not_come(asked, loop):
    client, server = asked()
    loop.call(server.in_turn, ("start_response", 200, PLAIN))
    assert client.head()[0] == 200


def test_a_head_and_the_first_piece_go_out_together(asked, loop):
    client, server = asked()
    loop.call(server.in_turn, ("start_response", 200, PLAIN), ("write_chunk", b"one"))
    assert client.socket.recv(1000).endswith(b"\r\n\r\n3\r\none\r\n")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([("write_chunk", b"onetwo")], id="piece"),
        pytest.param(
            [("write_chunks", memoryview(b"3\r\none\r\n3\r\nt")), ("write_chunks", memoryview(b"wo\r\n"))], id="framed"
        ),
        pytest.param([("write_chunks", memoryview(b"3\r\none\r\n")), ("write_chunk", b"two")], id="both"),
    ],
)
def test_a_stream_arrives_and_ends(asked, loop, steps):
    client, server = asked()
    loop.call(server.in_turn, ("start_response", 200, PLAIN), *steps, ("end_response",))
    assert (answer := client.answer()).body == b"onetwo"
    assert answer.whole


def test_nothing_is_kept_of_what_is_framed_however_slow_the_client(asked, loop):
    client, server = asked()
    buffer = bytearray(b"".join(chunk(b"x" * LARGE)))

    def write():
        server.start_response(200, PLAIN)
        server.write_chunk(b"one")
        server.write_chunks(memoryview(buffer))
        buffer[:] = bytes(len(buffer))
        server.end_response()

    loop.call(write)
    assert client.answer().body == b"one" + b"x" * LARGE


def test_a_head_request_gets_the_head_alone(asked, loop):
    client, server = asked("HEAD")
    steps = [("write_chunk", b"one"), ("write_chunks", memoryview(b"3\r\ntwo\r\n")), ("end_response",)]
    loop.call(server.in_turn, ("start_response", 200, PLAIN), *steps)
    client.head()
    client.send(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    loop.call(server.respond, HttpResponse(204, PLAIN))
    assert client.head()[0] == 204


def test_what_is_written_behind_a_broken_end_is_dropped(asked, loop):
    client, server = asked()
    steps = [("write_chunk", b"one"), ("break_response",), ("write_chunks", memoryview(b"3\r\ntwo\r\n"))]
    loop.call(server.in_turn, ("start_response", 200, PLAIN), *steps)
    answer = client.answer()
    assert (answer.body, answer.whole) == (b"one", False)
