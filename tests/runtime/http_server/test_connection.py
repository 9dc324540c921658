"""The data plane's HTTP connection, on the wire."""

from typing import ClassVar

import pytest

from lambdastream.runtime.http_server.connection import LONGEST_PIPELINE, HttpConnection
from lambdastream.runtime.http_server.listener import Listener
from lambdastream.runtime.http_server.request_reader import LONGEST_HEAD
from lambdastream.wire.http_message import HttpResponse

MAX_BODY = 1000
LARGE = 32 * 1024 * 1024
PLAIN = (("content-type", "text/plain"),)


class Server(HttpConnection):
    """Answers each path in its own way. A request for /later waits until the test releases it."""

    waiting: ClassVar = []
    streamed: ClassVar = []

    def __init__(self):
        super().__init__(MAX_BODY)

    def serve(self, request):
        match request.path:
            case "/later":
                self.waiting.append(self)
            case "/chunks":
                self.start_response(200, PLAIN)
                for piece in (b"one ", b"", b"two"):
                    self.write_chunk(piece)
                self.end_response()
            case "/broken":
                self.start_response(200, PLAIN)
                self.write_chunk(b"one")
                self.break_response()
            case path if path.startswith("/status/"):
                self.respond(HttpResponse(int(path.removeprefix("/status/")), PLAIN))
            case _:
                self.respond(HttpResponse(200, PLAIN, f"{request.method} {request.target} ".encode() + request.body))

    def oversized(self, request):
        self.respond(HttpResponse(413, PLAIN, b"too large"))

    def accepts_stream(self, request):
        return request.path == "/stream"

    def stream_received(self, data):
        self.streamed.append(data)

    def stream_complete(self, trailers):
        self.respond(HttpResponse(200, PLAIN, repr((b"".join(self.streamed), trailers)).encode()))


@pytest.fixture(scope="module")
def port(loop):
    listener = Listener(Server)
    yield loop.run(listener.listen())
    loop.run(listener.close())


@pytest.fixture
def wire(connect, port):
    Server.waiting.clear()
    Server.streamed.clear()
    return connect(port)


@pytest.fixture
def release(loop, eventually):
    """Answer the request that has waited longest."""

    def answer():
        connection = eventually(lambda: Server.waiting and Server.waiting.pop(0))
        loop.call(connection.respond, HttpResponse(200, PLAIN, b"at last"))

    return answer


def test_a_connection_is_kept_alive(wire):
    assert [wire.request(f"GET /{number}").body for number in range(3)] == [b"GET /0 ", b"GET /1 ", b"GET /2 "]


def test_a_client_that_wants_to_close_is_told_so_and_the_connection_ends(wire):
    assert wire.request("GET /", connection="close").headers["connection"] == "close"
    assert wire.at_end()


def test_pipelined_requests_are_answered_in_their_order(wire, release):
    wire.send(b"GET /later HTTP/1.1\r\n\r\n", b"GET /chunks HTTP/1.1\r\n\r\n", b"GET /last HTTP/1.1\r\n\r\n")
    release()
    assert [wire.answer().body for _ in range(3)] == [b"at last", b"one two", b"GET /last "]


@pytest.mark.parametrize(
    ("request_bytes", "body"),
    [
        pytest.param(b"GET /a?b=%20c HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /a?b=%20c ", id="without a body"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", b"POST / hello", id="with its length"),
        pytest.param(
            b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nSum: 1\r\n\r\n",
            b"PUT / hello",
            id="in chunks, with a trailer",
        ),
        pytest.param(b"GET / HTTP/1.1\r\nX-Empty:\r\n\r\n", b"GET / ", id="with an empty header"),
    ],
)
def test_a_request_is_read_however_it_is_cut(wire, splits, request_bytes, body):
    for pieces in splits(request_bytes):
        for piece in pieces:
            wire.send(piece)
        assert wire.answer().body == body


@pytest.mark.parametrize("path", ["/", "/chunks"])
def test_head_gets_the_head_alone(wire, path):
    answer = wire.request(f"HEAD {path}")
    assert answer.status == 200
    assert {"content-length", "transfer-encoding"} & answer.headers.keys()
    assert wire.request("GET /next").body == b"GET /next "


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_gets_none(wire, status):
    answer = wire.request(f"GET /status/{status}")
    assert answer.status == status
    assert not {"content-length", "transfer-encoding"} & answer.headers.keys()
    assert wire.request("GET /next").body == b"GET /next "


def test_a_client_that_expects_100_continue_gets_it_before_it_sends_its_body(wire):
    wire.send(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    assert wire.head()[0] == 100
    wire.send(b"hello")
    assert wire.answer().body == b"POST / hello"


@pytest.mark.parametrize("size", [MAX_BODY, MAX_BODY + 1, 300 * 1024])
def test_a_body_over_the_limit_is_read_to_its_end_and_refused(wire, size):
    answer = wire.request("POST /", b"x" * size)
    assert answer.status == (200 if size <= MAX_BODY else 413)
    assert wire.request("GET /next").body == b"GET /next "


def test_a_streamed_body_is_not_bound_by_the_limit_and_brings_its_trailers(wire):
    wire.send(b"POST /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.send(b"1000\r\n", b"x" * 4096, b"\r\n0\r\nA: b\r\n\r\n")
    assert wire.answer().body == repr((b"x" * 4096, (("a", "b"),))).encode()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"nonsense\r\n\r\n", 400, id="no request"),
        pytest.param(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, id="no header"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400, id="no length"),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, id="two lengths"
        ),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400, id="no chunk"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", 505, id="HTTP/1.0"),
        pytest.param(b"CONNECT a:1 HTTP/1.1\r\n\r\n", 501, id="a tunnel"),
        pytest.param(b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * LONGEST_HEAD), 431, id="a target that is too long"),
        pytest.param(b"GET / HTTP/1.1\r\nX: %s\r\n\r\n" % (b"x" * LONGEST_HEAD), 431, id="a header that is too long"),
        pytest.param(
            b"GET / HTTP/1.1\r\n%s\r\n" % (b"A: b\r\n" * (LONGEST_HEAD // 2)), 431, id="headers that are too many"
        ),
        pytest.param(b"GET / HTTP/1.1\r\nX: %s" % (b"x" * 4 * LONGEST_HEAD), 431, id="a header without an end"),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_ends(wire, head, status):
    wire.send(head)
    answer = wire.answer()
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert wire.at_end()


def test_a_refusal_waits_for_the_answers_to_the_requests_before_it(wire, release):
    wire.send(b"GET /later HTTP/1.1\r\n\r\n", b"GET /second HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n")
    release()
    assert [wire.answer().body for _ in range(2)] == [b"at last", b"GET /second "]
    assert wire.answer().status == 400
    assert wire.at_end()


def test_a_client_that_piles_up_requests_is_refused_after_those_that_fit(wire, release):
    wire.send(b"GET /later HTTP/1.1\r\n\r\n", b"GET /more HTTP/1.1\r\n\r\n" * (LONGEST_PIPELINE + 5))
    release()
    statuses = [wire.answer().status for _ in range(LONGEST_PIPELINE + 2)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {200}
    assert wire.at_end()


@pytest.mark.parametrize("body", [b"", b"hello"], ids=["without a body", "with a body"])
def test_a_wish_to_upgrade_is_ignored(wire, body):
    answer = wire.request("POST /", body, connection="Upgrade, HTTP2-Settings", upgrade="h2c", http2_settings="AAMA")
    assert answer.body == b"POST / " + body
    assert wire.request("GET /next").body == b"GET /next "


def test_an_answer_of_chunks_has_no_empty_one_before_its_end(wire):
    wire.send(b"GET /chunks HTTP/1.1\r\n\r\n")
    wire.head()
    assert list(wire.chunks()) == [b"one ", b"two", b""]


def test_a_broken_answer_never_looks_whole(wire):
    answer = wire.request("GET /broken")
    assert answer.body == b"one"
    assert not answer.whole


def test_a_close_lets_a_client_read_what_was_written_and_does_not_wait_for_one_that_never_reads(loop, connect):
    class Large(Server):
        def serve(self, request):
            self.start_response(200, PLAIN)
            self.write_chunk(bytes(LARGE))
            self.end_response()

    listener = Listener(Large)
    port = loop.run(listener.listen())
    wires = [connect(port, receive_buffer=64 * 1024) for _ in range(2)]
    for wire in wires:
        wire.send(b"GET / HTTP/1.1\r\n\r\n")
        wire.head()
    wait_until_closed = loop.start(listener.close(grace=1))
    assert sum(len(chunk) for chunk in wires[0].chunks()) == LARGE
    wait_until_closed()
    assert list(wires[1].chunks())[-1] is None
