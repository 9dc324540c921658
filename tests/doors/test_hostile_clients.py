"""Clients that send what is no request, or what two servers would read differently; that are slow, half gone, or many."""

import json
import resource
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_routes import Route

HOST = "Host: localhost\r\n"
CHUNKED = HOST + "Transfer-Encoding: chunked\r\n\r\n"
HEAD = 64 * 1024
PATIENCE = 0.5
POST = b"POST /pid HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\n"


@pytest.fixture
def wire(plain, connect):
    """A connection to the URL of the function `plain`."""
    return connect(plain.port)


def post(fields, body=""):
    return f"POST /echo HTTP/1.1\r\n{fields}{body}".encode("latin-1")


# What two servers would read differently: RFC 9112, with the section that says so.


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(post(f"{HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "xx"), 400, id="6.3 two lengths"),
        pytest.param(post(f"{HOST}Content-Length: 1, 2\r\n\r\n", "xx"), 400, id="6.3 a list of lengths"),
        pytest.param(post(f"{HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "x"), 400, id="6.3 a length twice"),
        pytest.param(
            post(f"{HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n"), 400, id="6.1 two"
        ),
        pytest.param(
            post(f"{HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "0\r\n\r\n"), 400, id="6.1 2"
        ),
        pytest.param(
            post(f"{HOST}Transfer-Encoding: chunked, identity\r\n\r\n"), 400, id="6.3 chunked is not the last"
        ),
        pytest.param(post(f"{HOST}Transfer-Encoding: identity\r\n\r\n"), (400, 501), id="6.3 no chunks at all"),
        pytest.param(
            post(f"{HOST}Transfer-Encoding: xchunked\r\n\r\n", "0\r\n\r\n"), (400, 501), id="6.1 a look-alike"
        ),
        pytest.param(
            post(f"{HOST}Transfer-Encoding: gzip, chunked\r\n\r\n", "0\r\n\r\n"), 501, id="6.1 another coding"
        ),
        pytest.param(post(f"{HOST}Transfer-Encoding: \x0bchunked\r\n\r\n", "0\r\n\r\n"), 400, id="6.1 odd white space"),
        pytest.param(post(f"{HOST}Content-Length: -1\r\n\r\n"), 400, id="6.3 a negative length"),
        pytest.param(post(f"{HOST}Content-Length: +1\r\n\r\n", "x"), 400, id="6.3 a length with a sign"),
        pytest.param(post(f"{HOST}Content-Length: 0x1\r\n\r\n", "x"), 400, id="6.3 a hexadecimal length"),
        pytest.param(post(f"{HOST}Content-Length: 1 1\r\n\r\n", "x"), 400, id="6.3 a length with a space"),
        pytest.param(post(f"{HOST}Content-Length: \r\n\r\n"), 400, id="6.3 no length"),
        pytest.param(post(f"{HOST}Content-Length: {2**64}\r\n\r\n"), 400, id="6.3 a length that overflows"),
        pytest.param(post(f"{HOST}X: a\r\n b\r\n\r\n"), 400, id="5.2 a folded line"),
        pytest.param(post(f" X: a\r\n{HOST}\r\n"), 400, id="2.2 white space before the first header"),
        pytest.param(post(f"{HOST}Content-Length : 1\r\n\r\n", "x"), 400, id="5.1 a space before the colon"),
        pytest.param(post(f"{HOST}: a\r\n\r\n"), 400, id="5.1 no name"),
        pytest.param(post(f"{HOST}X: a\nContent-Length: 1\r\n\r\n", "x"), 400, id="2.2 a bare LF in the head"),
        pytest.param(post(f"{HOST}\n"), 400, id="2.2 a bare LF ends the head"),
        pytest.param(post(f"{HOST}X: a\rb\r\n\r\n"), 400, id="2.2 a bare CR"),
        pytest.param(post(f"{HOST}X: a\0b\r\n\r\n"), 400, id="9110 5.5 a NUL"),
        pytest.param(post("\r\n"), 400, id="3.2 no Host"),
        pytest.param(post(f"{HOST}{HOST}\r\n"), 400, id="3.2 two Hosts"),
        pytest.param(post(CHUNKED, "-1\r\nx\r\n0\r\n\r\n"), 400, id="7.1 a negative chunk"),
        pytest.param(post(CHUNKED, "0x1\r\nx\r\n0\r\n\r\n"), 400, id="7.1 a chunk size with a prefix"),
        pytest.param(post(CHUNKED, "1 \r\nx\r\n0\r\n\r\n"), 400, id="7.1 a chunk size with a space"),
        pytest.param(post(CHUNKED, f"{'f' * 17}\r\nx"), 400, id="7.1 a chunk size that overflows"),
        pytest.param(post(CHUNKED, "\r\nx\r\n0\r\n\r\n"), 400, id="7.1 no chunk size"),
        pytest.param(post(CHUNKED, "1\nx\r\n0\r\n\r\n"), 400, id="7.1 a bare LF after a chunk size"),
        pytest.param(post(CHUNKED, "1\r\nxy\r\n0\r\n\r\n"), 400, id="7.1 a chunk that is longer than its size"),
        pytest.param(post(CHUNKED, "1\r\nx\n0\r\n\r\n"), 400, id="7.1 a bare LF after a chunk"),
        pytest.param(post(CHUNKED, "1;a=b\nx\r\n0\r\n\r\n"), 400, id="7.1.1 a bare LF in a chunk extension"),
        pytest.param(post(CHUNKED, "0\r\nContent-Length: 5\r\n\r\n"), 400, id="7.1.2 a length in a trailer"),
        pytest.param(b"GET /echo HTTP/1.1 \r\n" + HOST.encode() + b"\r\n", 400, id="3 white space after the version"),
        pytest.param(b"GET /a b HTTP/1.1\r\n" + HOST.encode() + b"\r\n", 400, id="3.2 a space in the target"),
        pytest.param(b"GET\t/\tHTTP/1.1\r\n" + HOST.encode() + b"\r\n", 400, id="3 tabs in the request line"),
        pytest.param(b"get /echo HTTP/1.1\r\n" + HOST.encode() + b"\r\n", 400, id="9110 9.1 no method"),
        pytest.param(b"GET /echo\r\n\r\n", 505, id="HTTP/0.9"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505), id="HTTP/2"),
        pytest.param(bytes.fromhex("16030100c8010000c40303") + bytes(200), 400, id="TLS"),
        pytest.param(b"CONNECT localhost:22 HTTP/1.1\r\n" + HOST.encode() + b"\r\n", 501, id="a tunnel"),
    ],
)
@pytest.mark.conformance("request-framing")
def test_a_request_that_two_servers_would_read_differently_is_refused(wire, sent, status):
    wire.send(sent, b"GET /pid HTTP/1.1\r\n" + HOST.encode() + b"\r\n")
    answer = wire.answer()
    assert answer.status in ((status,) if isinstance(status, int) else status)
    assert (answer.headers["connection"], answer.body) == ("close", b"")
    assert wire.at_end(), "what comes behind it is no request either"


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        pytest.param(
            post(CHUNKED, '4;a=b;c="d"\r\nbody\r\n0\r\n\r\n'), "body", id="7.1.1 chunk extensions are ignored"
        ),
        pytest.param(post(CHUNKED, f"{'0' * 30}4\r\nbody\r\n000\r\n\r\n"), "body", id="7.1 leading zeros"),
        pytest.param(post(CHUNKED, "4\r\nbody\r\n0\r\nX: y\r\n\r\n"), "body", id="7.1.2 a trailer is no header"),
        pytest.param(
            post(f"{HOST}transfer-encoding: CHUNKED\r\n\r\n", "4\r\nbody\r\n0\r\n\r\n"), "body", id="7 upper case"
        ),
        pytest.param(
            post(f"{HOST}Content-Length:\t 4 \t\r\n\r\n", "body"), "body", id="5.1 white space around a value"
        ),
        pytest.param(
            b"\r\n\r\n" + post(f"{HOST}Content-Length: 4\r\n\r\n", "body"), "body", id="2.2 empty lines before"
        ),
        pytest.param(post(f"{HOST}\r\n"), None, id="6.3 no length is no body"),
    ],
)
def test_a_request_with_one_meaning_is_read_and_so_is_the_next_one(wire, sent, body):
    wire.send(sent.replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain\r\n\r\n", 1) if sent[:1] == b"P" else sent)
    event = json.loads(wire.answer().body)
    assert (event.get("body") or None) in (body, "Ym9keQ==")
    assert "x" not in event["headers"]
    assert wire.request("GET /pid").status == 200


def test_garbage_behind_a_request_is_refused_after_its_answer(wire):
    wire.send(b"GET /pid HTTP/1.1\r\n" + HOST.encode() + b"\r\ngarbage")
    assert [wire.answer().status for _ in range(2)] == [200, 400]
    assert wire.at_end()


# Slow, half gone, greedy


def test_a_client_that_sends_a_byte_at_a_time_is_served(wire):
    sent = post(
        f"{HOST}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nbody\r\n0\r\nA: b\r\n\r\n"
    )
    for at in range(len(sent)):
        wire.send(sent[at : at + 1])
    assert json.loads(wire.answer().body)["body"] == "body"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET /pid HTTP/1.1\r\nHost: h\r\n\r\n", id="one request"),
        pytest.param(b"GET /pid HTTP/1.1\r\nHost: h\r\n\r\n" * 3, id="several requests"),
        pytest.param(b"GET /pid HTTP/1.1\r\nHost: h\r\n\r\nGET /p", id="a request, and a piece of one"),
    ],
)
@pytest.mark.conformance("request-half-closed")
def test_a_client_that_closes_its_side_gets_the_answers_to_what_it_sent(wire, sent):
    wire.send(sent)
    wire.socket.shutdown(socket.SHUT_WR)
    for _ in range(sent.count(b"\r\n\r\n")):
        assert wire.answer().status == 200
    assert wire.at_end()


@pytest.mark.conformance("request-half-closed")
def test_a_client_that_closes_its_side_gets_the_whole_stream(streaming, connect, tmp_path):
    gate = tmp_path / "gate"
    body = json.dumps({"steps": [["chunk", "one"], ["wait", str(gate)], ["chunk", "two"], ["end"]]}).encode()
    wire = connect(streaming.port)
    wire.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    assert wire.head()[0] == 200
    arriving = wire.chunks()
    assert next(arriving) == b"one"
    wire.socket.shutdown(socket.SHUT_WR)
    gate.touch()
    assert list(arriving) == [b"two", b""]
    assert wire.at_end()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /pid HTTP/1.1\r\nHos", id="a piece of a head"),
        pytest.param(b"POST /pid HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nbody", id="a piece of a body"),
    ],
)
def test_a_client_that_closes_its_side_before_its_request_is_whole_gets_nothing(wire, sent):
    wire.send(sent)
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.at_end()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * HEAD), id="a target"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nX: %s\r\n\r\n" % (b"x" * HEAD), id="a header"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\n%s\r\n" % (b"A: b\r\n" * (HEAD // 6)), id="headers"),
        pytest.param(post(CHUNKED, "0\r\nX: ") + b"%s\r\n\r\n" % (b"x" * HEAD), id="a trailer"),
    ],
)
def test_a_head_that_is_too_long_is_refused_also_when_it_comes_slowly(connect, plain, sent):
    for size in (len(sent), 4096):
        wire = connect(plain.port)
        for at in range(0, len(sent), size):
            wire.send(sent[at : at + size])
        assert wire.answer().status == 431
        assert wire.at_end()


@pytest.fixture
def impatient(start_local):
    """A data plane whose clients have little time."""
    return start_local(request_head=PATIENCE)


def evenly(count, seconds):
    """Numbers up to `count`, so many seconds in all."""
    for number in range(count):
        yield number
        time.sleep(seconds / count)


@pytest.fixture
def hasty_ports(impatient, copy_of):
    """The ports of all its doors: the endpoint's, a function URL's, an API's."""
    function = impatient.deploy(copy_of("plain"), name="hasty", mode="BUFFERED")
    api = ApiDescription("api", "api", "HTTP", "$default", (Route("ANY", "/", "hasty"),))
    url = impatient.loop.run(impatient.plane.deploy_api(api))["url"]
    return [impatient.plane.port, function.port, urlsplit(url).port]


@pytest.mark.conformance("request-silence")
def test_a_client_that_falls_silent_is_not_waited_for(hasty_ports, connect):
    in_head, in_body, silent = ([connect(port) for port in hasty_ports] for _ in range(3))
    for wire in in_head:
        wire.send(POST[:-2])
    for wire in in_body:
        wire.send(POST, b"body")
    assert silent[0].request("GET /").status == 403
    for wire in in_head + in_body:
        answer = wire.answer()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert wire.at_end()
    assert all(wire.at_end() for wire in silent), "who asks for nothing is told nothing"


def test_a_head_must_come_in_time_and_a_body_may_take_longer(impatient, connect):
    head, body = connect(impatient.plane.port), connect(impatient.plane.port)
    head.send(POST[:-2])
    body.send(POST)
    for at in evenly(20, 3 * PATIENCE):
        with suppress(ConnectionError):
            head.send(b"X: %d\r\n" % at)
        body.send(b"x")
    assert body.answer().status == 403, "it went on, so it was waited for"
    with suppress(ConnectionError):
        assert head.answer().status == 408
    assert head.at_end()


def test_a_client_that_waits_for_its_answer_may_be_silent(impatient, connect, copy_of, tmp_path, eventually):
    wire = connect(impatient.deploy(copy_of("plain"), mode="BUFFERED").port)
    begun, gate = tmp_path / "begun", tmp_path / "gate"
    wire.send(f"GET /wait?begun={begun}&gate={gate} HTTP/1.1\r\n{HOST}\r\n".encode())
    eventually(begun.exists)
    time.sleep(2 * PATIENCE)
    gate.touch()
    assert wire.answer().status == 200


def test_a_client_that_asks_much_and_reads_nothing_holds_up_nobody(plain, connect):
    greedy = connect(plain.port, receive_buffer=4096)
    for _ in range(20):
        greedy.send(b"GET /large?size=1000000 HTTP/1.1\r\nHost: h\r\n\r\n")
    assert connect(plain.port).request("GET /pid").status == 200
    greedy.close()
    assert connect(plain.port).request("GET /pid").status == 200


# Many


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    "count", [pytest.param(300, id="hundreds"), pytest.param(4000, marks=pytest.mark.slow, id="thousands")]
)
def test_many_connections_at_once_all_get_an_answer_and_are_closed(local, copy_of, eventually, count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * count + 500:
        if hard < 2 * count + 500:
            pytest.skip(f"the limit of open files is {hard}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    function = local.deploy(copy_of("plain"), mode="BUFFERED", reserved_concurrency=2)
    assert function.get("pid").status_code == 200
    before = descriptors()
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection(("127.0.0.1", function.port), 30)) for _ in range(count)
        ]
        for each in sockets:
            each.sendall(b"GET /pid HTTP/1.1\r\nHost: h\r\n\r\n")
        statuses = [each.recv(4096).split(b" ", 2)[1] for each in sockets]
        assert set(statuses) <= {b"200", b"429"}, "an answer, or the word that there are too many"
        assert b"200" in statuses
        assert function.get("pid").status_code == 200
    # What stays belongs to execution environments: a few, whatever the count.
    eventually(lambda: descriptors() < before + count / 5)
    assert function.get("pid").status_code == 200
