"""Requests are the same wherever their bytes are cut; other bytes are refused once, and nothing is read after that."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambdastream.runtime.http_server.request_reader import LONGEST_HEAD, RequestReader

MAX_BODY = 20
HOST = b"Host: h\r\n"


MARK = b"MARK"


class Recorder:
    """Hears of the requests. Bodies that are sent to /stream are streamed; what comes of them is put together again.

    It takes ``room`` bytes at a time in chunks.
    """

    peer = "127.0.0.1"

    def __init__(self, room):
        self.heard = []
        self.room = room

    def head_read(self, request, *, keep_alive):
        if request.path != "/stream":
            return False
        self.heard.append(["stream", request.headers, b""])
        return True

    def chunk_room(self):
        return self.room

    def chunks_received(self, chunks, size):
        assert size <= self.room
        self.heard[-1][2] += chunks

    def stream_received(self, data):
        self.heard[-1][2] += chunk(data)

    def stream_complete(self, trailers):
        self.heard.append(["trailers", trailers])

    def request_read(self, request, *, oversized, keep_alive):
        self.heard.append([request, oversized, keep_alive])

    def refuse(self, status):
        self.heard.append(status)

    def report(self, error):
        raise error


def read(pieces, room=0):
    """What is heard of bytes in these pieces, and whether the reader has stopped."""
    recorder = Recorder(room)
    reader = RequestReader(recorder, MAX_BODY, MARK)
    for piece in pieces:
        reader.feed(piece)
    for told in recorder.heard:
        if isinstance(told, list) and told[0] == "stream":
            told[2] = unchunked(told[2])
    return recorder.heard, reader.stopped


def unchunked(data):
    """What is in the chunks; the last one may be cut."""
    body = b""
    while data:
        size, _, data = data.partition(b"\r\n")
        body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]
    return body


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def cut(data, places):
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(ends)]


def chunked(pieces, trailers):
    chunks = b"".join(chunk(piece) for piece in pieces if piece)
    return b"%s0\r\n%s\r\n" % (chunks, b"".join(trailers))


TARGETS = st.sampled_from([b"/", b"/stream", b"/a%20b?c=d", b"http://h/x", b"*"])
LINES = ["X-A: b", "x-a:", "X-B:\t c \t", "X: \xe9", "Connection: close", "Connection: keep-alive"]
LINES += ["Upgrade: h2c", "Connection: Upgrade"]
FIELDS = st.lists(st.sampled_from([f"{line}\r\n".encode("latin-1") for line in LINES]), max_size=5)
WITH_LENGTH = st.binary(max_size=2 * MAX_BODY).map(lambda body: (b"Content-Length: %d\r\n" % len(body), body))
IN_CHUNKS = st.builds(
    lambda *parts: (b"Transfer-Encoding: chunked\r\n", chunked(*parts)),
    st.lists(st.binary(max_size=MAX_BODY), max_size=4),
    st.lists(st.sampled_from([b"A: b\r\n", b"C:\r\n"]), max_size=2),
)
REQUESTS = st.builds(
    lambda target, fields, framed: (
        b"POST %s HTTP/1.1\r\n%s%s%s\r\n%s" % (target, HOST, b"".join(fields), framed[0], framed[1])
    ),
    TARGETS,
    FIELDS,
    WITH_LENGTH | IN_CHUNKS | st.just((b"", b"")),
)
PLACES = st.lists(st.integers(0, 2000), max_size=8)
ROOMS = st.sampled_from([0, 1, 7, 1000])


@given(requests=st.lists(REQUESTS, min_size=1, max_size=3), places=PLACES, room=ROOMS)
def test_requests_are_the_same_wherever_they_are_cut(requests, places, room):
    data = b"".join(requests)
    heard, stopped = read([data])
    assert read(cut(data, places), room) == (heard, stopped)
    assert read([data[at : at + 1] for at in range(len(data))], room) == (heard, stopped)
    whole = [told for told in heard if told != 400 and told[0] != "stream"]
    last = heard[-1] == 400
    # Nothing is read after a request that closes the connection.
    assert len(whole) == len(requests) or (last and b"close" in data)


def broken(data, wounds):
    """Bytes with some of them replaced, left out or doubled."""
    for place, piece, kind in wounds:
        at = place % (len(data) + 1)
        data = data[:at] + (piece if kind != "out" else b"") + data[at + (kind != "in") :]
    return data


MARKS = [b"\r\n", b"\n", b"\r", b" ", b":", b"\0", b"\xff", b"0", b"-1", b";", b","]
FRAMINGS = [b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Host: i\r\n"]
PIECES = st.sampled_from([*MARKS, *FRAMINGS, b"0\r\n\r\n", b"CONNECT h:1 HTTP/1.1\r\n"])
WOUNDS = st.lists(st.tuples(st.integers(0, 300), PIECES, st.sampled_from(["in", "out", "over"])), max_size=4)


@given(
    data=st.builds(broken, st.lists(REQUESTS, max_size=2).map(b"".join), WOUNDS) | st.binary(),
    places=PLACES,
    room=ROOMS,
)
@example(data=b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\n", places=[30], room=0)
@example(data=b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", places=[], room=0)
@example(data=b"POST /stream HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcx", places=[], room=9)
def test_other_bytes_are_refused_once_and_nothing_is_read_after_that(data, places, room):
    heard, stopped = read([data])
    assert read(cut(data, places), room) == (heard, stopped)
    refusals = [at for at, told in enumerate(heard) if isinstance(told, int)]
    assert refusals == ([len(heard) - 1] if stopped else [])
    assert read([data, b"GET /more HTTP/1.1\r\nHost: h\r\n\r\n"])[0] == heard or not stopped


HEAD = b"POST / HTTP/1.1\r\nHost: h\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"POST /", id="target"),
        pytest.param(HEAD + b"X", id="name"),
        pytest.param(HEAD + b"X: ", id="value"),
        pytest.param(CHUNKS + b"1;", id="chunk extension"),
        pytest.param(CHUNKS + b"1\r\nx\r\n0\r\nX: ", id="trailer"),
    ],
)
def test_what_has_no_end_is_refused_and_not_kept(start):
    heard, stopped = read([start, *[b"x" * 1024] * (LONGEST_HEAD // 1024 + 2)])
    assert stopped
    assert heard in ([431], [400])


GET = b"GET /a HTTP/1.1\r\n" + HOST + b"\r\n"
OTHER = b"GET /b HTTP/1.1\r\n" + HOST + b"\r\n"
SENT = b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\n"
LAST = b"GET /a HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    "requests",
    [
        pytest.param([GET, GET, GET], id="the same"),
        pytest.param([GET, OTHER, GET, GET], id="another one between"),
        pytest.param([GET, GET + GET, GET], id="two at once"),
        pytest.param([GET, GET[:9], GET[9:], GET], id="one is cut"),
        pytest.param([SENT + b"ab", SENT, b"cd", SENT + b"ef"], id="with a body"),
        pytest.param([GET, SENT + b"ab", GET], id="a body between"),
        pytest.param([GET, b"\r\n", GET], id="an empty line between"),
        pytest.param([GET, b"garbage\r\n\r\n", GET], id="garbage between"),
        pytest.param([LAST, LAST], id="the last one, again"),
    ],
)
def test_a_request_that_comes_again_is_read_as_it_was_read_first(requests):
    data = b"".join(requests)
    assert read(requests) == read([data[at : at + 1] for at in range(len(data))])


@pytest.mark.parametrize("size", [1, 1000])
def test_a_head_may_be_as_long_however_it_is_cut(size):
    fields = b"A: b\r\n" * (LONGEST_HEAD // 6 - 10)
    data = b"GET / HTTP/1.1\r\n" + HOST + fields + b"\r\n"
    for sent, expected in ((data, False), (data.replace(b"A: b\r\n", b"A: b\r\n" * 11, 1), True)):
        assert read([sent])[1] is expected
        assert read([sent[at : at + size] for at in range(0, len(sent), size)])[1] is expected
