from __future__ import annotations

import dataclasses

import httptools
import pytest

from lambdastream.errors import WireError
from lambdastream.wire.http_message import (
    LAST_CHUNK,
    HttpRequest,
    HttpResponse,
    check_header,
    chunk,
    has_body,
    response_head,
)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        pytest.param("/", "/", "", id="root"),
        pytest.param("/a/b", "/a/b", "", id="path"),
        pytest.param("/a%2Fb%20c", "/a%2Fb%20c", "", id="stays percent-encoded"),
        pytest.param("/a?x=1&y=%20", "/a", "x=1&y=%20", id="query"),
        pytest.param("/a?", "/a", "", id="empty query"),
        pytest.param("/a?b?c", "/a", "b?c", id="question mark in the query"),
        pytest.param("/a?next=http://b/c", "/a", "next=http://b/c", id="address in the query"),
        pytest.param("//a//b", "//a//b", "", id="double slashes are a path"),
        pytest.param("/http://host/x", "/http://host/x", "", id="address in the path"),
        pytest.param("http://host/x?y", "/x", "y", id="absolute form"),
        pytest.param("https://user@host:8080/x", "/x", "", id="absolute form with user and port"),
        pytest.param("HTTP://[::1]:80/x", "/x", "", id="absolute form with an IPv6 address"),
        pytest.param("http://host", "/", "", id="absolute form without a path"),
        pytest.param("http://host?q", "/", "q", id="absolute form with a query alone"),
        pytest.param("*", "*", "", id="asterisk form"),
    ],
)
def test_a_target_has_a_path_and_a_query(target, path, query):
    request = HttpRequest("GET", target, ())

    assert (request.path, request.query) == (path, query)


def test_a_header_is_its_first_value():
    request = HttpRequest("GET", "/", (("accept", "a"), ("accept", "b"), ("empty", "")))

    assert request.header("accept") == "a"
    assert request.header("empty", "default") == ""
    assert request.header("missing") == ""
    assert request.header("missing", "default") == "default"


def test_messages_are_values():
    assert HttpRequest("GET", "/", ()) == HttpRequest("GET", "/", (), b"", "127.0.0.1")
    assert HttpResponse(200, ()) == HttpResponse(200, (), b"")
    with pytest.raises(dataclasses.FrozenInstanceError):
        HttpResponse(200, ()).status = 404


@pytest.mark.parametrize(
    ("status", "headers", "options", "head"),
    [
        pytest.param(
            200,
            (("content-type", "text/plain"),),
            {"length": 5, "keep_alive": True},
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n",
            id="known length",
        ),
        pytest.param(
            200,
            (),
            {"length": 0, "keep_alive": True},
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            id="empty body",
        ),
        pytest.param(
            404,
            (),
            {"length": None, "keep_alive": True},
            b"HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n",
            id="chunked",
        ),
        pytest.param(
            502,
            (),
            {"length": 1, "keep_alive": False},
            b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 1\r\nconnection: close\r\n\r\n",
            id="last of its connection",
        ),
        pytest.param(
            200,
            (("set-cookie", "a=1"), ("x", ""), ("set-cookie", "b=2")),
            {"length": 0, "keep_alive": True},
            b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nx: \r\nset-cookie: b=2\r\ncontent-length: 0\r\n\r\n",
            id="repeated and empty headers in their order",
        ),
        pytest.param(
            200,
            (("x", "ü\t\xff"),),
            {"length": 0, "keep_alive": True},
            b"HTTP/1.1 200 OK\r\nx: \xfc\t\xff\r\ncontent-length: 0\r\n\r\n",
            id="latin-1 and tab",
        ),
        pytest.param(
            599,
            (),
            {"length": 0, "keep_alive": True},
            b"HTTP/1.1 599 \r\ncontent-length: 0\r\n\r\n",
            id="status without a phrase",
        ),
        *(
            pytest.param(
                status,
                (),
                {"length": length, "keep_alive": True},
                b"HTTP/1.1 " + line + b"\r\n\r\n",
                id=f"{status} with length {length}",
            )
            for status, line in [(100, b"100 Continue"), (204, b"204 No Content"), (304, b"304 Not Modified")]
            for length in (None, 0, 5)
        ),
    ],
)
def test_a_response_has_a_head(status, headers, options, head):
    assert response_head(status, headers, **options) == head


@pytest.mark.parametrize(
    ("status", "expected"), [(100, False), (199, False), (200, True), (204, False), (304, False), (500, True)]
)
def test_some_statuses_have_no_body(status, expected):
    assert has_body(status) is expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("x", "a\r\nset-cookie: b", id="line break in the value"),
        pytest.param("x", "a\n", id="LF at the end"),
        pytest.param("x", "\ra", id="CR"),
        pytest.param("x", "a\0", id="NUL in the value"),
        pytest.param("x", "€", id="not latin-1"),
        pytest.param("x", "\ud800", id="half a surrogate pair"),
        pytest.param("x\r\ny", "a", id="line break in the name"),
        pytest.param("x\n", "a", id="LF at the end of the name"),
        pytest.param("x\0", "a", id="NUL in the name"),
        pytest.param("x y", "a", id="space in the name"),
        pytest.param("x:", "a", id="colon in the name"),
        pytest.param("ü", "a", id="name outside ASCII"),
        pytest.param("", "a", id="no name"),
        pytest.param("content-length", "5", id="a second length"),
        pytest.param("Transfer-Encoding", "chunked", id="a second framing"),
    ],
)
def test_a_header_that_would_change_the_message_is_never_written(name, value):
    with pytest.raises(WireError):
        response_head(200, (("ok", "1"), (name, value)), length=0, keep_alive=True)


@pytest.mark.parametrize("name", ["x" * 10_000, "x y" * 10_000], ids=["bad value", "bad name"])
def test_the_error_for_a_header_names_it_briefly_and_hides_its_value(name):
    with pytest.raises(WireError) as caught:
        check_header(name, "secret\n")

    assert name[:3] in caught.value.problem
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 250
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        pytest.param(b"hello", (b"5\r\n", b"hello", b"\r\n"), id="short"),
        pytest.param(b"\r\n" * 8, (b"10\r\n", b"\r\n" * 8, b"\r\n"), id="size in hexadecimal"),
        pytest.param(b"", (b"", b"", b""), id="nothing, which must not end the body"),
    ],
)
def test_data_becomes_a_chunk(data, parts):
    assert chunk(data) == parts


def test_a_chunk_does_not_copy_its_data():
    data = bytes(100_000)

    assert chunk(data)[1] is data


class _Reader:
    """What an independent parser makes of a response."""

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = False
        self.keep_alive: bool | None = None
        self.parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.keep_alive = self.parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete = True


@pytest.mark.parametrize("keep_alive", [True, False])
@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "with a length"])
def test_an_independent_parser_reads_the_same_response(chunked, keep_alive):
    pieces = [b"first", b"", b"\r\n0\r\n\r\n", bytes(range(256)) * 20]
    body = b"".join(pieces)
    head = response_head(
        201,
        (("content-type", "text/plain"), ("x", "ü")),
        length=None if chunked else len(body),
        keep_alive=keep_alive,
    )
    sent = b"".join(part for piece in pieces for part in chunk(piece)) + LAST_CHUNK if chunked else body

    reader = _Reader()
    for position in range(len(head)):
        reader.parser.feed_data(head[position : position + 1])
    reader.parser.feed_data(sent)

    assert reader.parser.get_status_code() == 201
    assert reader.headers[:2] == [(b"content-type", b"text/plain"), (b"x", b"\xfc")]
    assert reader.body == body
    assert reader.complete
    assert reader.keep_alive is keep_alive
