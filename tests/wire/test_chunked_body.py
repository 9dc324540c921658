"""A chunked body, walked over in both ways."""

import itertools
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdastream.errors import WireError
from lambdastream.wire.chunked_body import LONGEST_LINE, ChunkedBody
from lambdastream.wire.http_message import LAST_CHUNK

MARK = b"MARK"
LAST = LAST_CHUNK[:3]
FAR = 1 << 30


def chunk(data, extension=b""):
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def pieces(data, body=None):
    """The pieces that come of these bytes, and what is left of them behind the last chunk."""
    body, view, at, found = body or ChunkedBody(MARK), memoryview(data), 0, []
    while at < len(view) and not body.last_line:
        piece, at = body.piece(view, at)
        found += [bytes(piece)] if piece else []
    return found, bytes(view[at:])


def passed_on(data, body, room=FAR):
    """What a client gets when all that can be is passed on framed, and the rest is framed again."""
    view, at, sent = memoryview(data), 0, b""
    while at < len(view) and not body.last_line:
        if body.framed:
            start = at
            at, _ = body.pass_on(view, at, room)
            sent += view[start:at]
            if at > start:
                continue
        piece, at = body.piece(view, at)
        sent += chunk(piece) if piece else b""
    return sent


def test_pieces_are_what_is_in_the_chunks_and_the_last_one_is_left_to_who_reads_trailers():
    assert pieces(chunk(b"one") + chunk(b"\r\n2") + LAST + b"a: b\r\n\r\n") == ([b"one", b"\r\n2"], b"a: b\r\n\r\n")


def test_whole_chunks_are_passed_on_together():
    data = chunk(b"one") + chunk(b"two") + LAST
    body = ChunkedBody(MARK)
    assert body.pass_on(memoryview(data), 0, FAR) == (len(data) - len(LAST), 6)
    assert not body.last_line


def test_a_chunk_is_passed_on_while_it_comes():
    body = ChunkedBody(MARK)
    assert body.pass_on(memoryview(b"6\r\nab"), 0, FAR) == (5, 2)
    assert body.framed
    assert body.pass_on(memoryview(b"cdef\r"), 0, FAR) == (5, 4)
    assert body.pass_on(memoryview(b"\n1\r\nx\r\n"), 0, FAR) == (7, 1)


def test_no_more_is_passed_on_than_there_is_room_for():
    data = memoryview(chunk(b"abc") + chunk(b"defg"))
    body = ChunkedBody(MARK)
    assert body.pass_on(data, 0, 5) == (len(chunk(b"abc")) + 3 + 2, 5)
    assert body.piece(data, 13) == (b"fg", len(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(chunk(MARK + b"!"), id="marked"),
        pytest.param(chunk(b"x", b";a=b"), id="with an extension"),
        pytest.param(b"5", id="size is cut"),
        pytest.param(b"5\r\n", id="nothing but its size"),
        pytest.param(LAST, id="last"),
    ],
)
def test_what_is_not_plain_is_not_passed_on(data):
    assert ChunkedBody(MARK).pass_on(memoryview(data), 0, FAR) == (0, 0)


def test_a_chunk_that_comes_in_pieces_is_not_passed_on_in_its_middle():
    body = ChunkedBody(MARK)
    assert pieces(b"5;x\r\nab", body) == ([b"ab"], b"")
    assert not body.framed
    assert pieces(b"cde\r\n", body) == ([b"cde"], b"")
    assert body.framed


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\r\n", id="no size"),
        pytest.param(b"+5\r\nabcde\r\n", id="sign"),
        pytest.param(b"0x5\r\nabcde\r\n", id="prefix"),
        pytest.param(b"1_0\r\n" + b"x" * 16 + b"\r\n", id="underscore"),
        pytest.param(b"5 \r\nabcde\r\n", id="space"),
        pytest.param(b"5\nabcde\r\n", id="bare line feed"),
        pytest.param(b"5;\x01\r\nabcde\r\n", id="control character"),
        pytest.param(b"5\r\nabcdefg", id="data goes on"),
        pytest.param(b"5\r\nabcde\n\n", id="line feed behind the data"),
        pytest.param(b"f" * 16 + b"\r\n", id="larger than anything"),
        pytest.param(b"5;" + b"x" * LONGEST_LINE, id="line without an end"),
        pytest.param(b"5;" + b"x" * LONGEST_LINE + b"\r\nabcde\r\n", id="long line"),
    ],
)
@pytest.mark.parametrize("walk", [pieces, passed_on])
def test_other_bytes_are_refused_wherever_they_are_cut(data, walk):
    with pytest.raises(WireError, match="not in chunks"):
        walk(data, ChunkedBody(MARK))
    body = ChunkedBody(MARK)
    with pytest.raises(WireError, match="not in chunks"):
        list(map(partial(walk, body=body), (data[at : at + 1] for at in range(len(data)))))


EXTENSIONS = st.sampled_from([b"", b"", b";a", b';b="c"'])
CHUNKS = st.lists(
    st.builds(
        chunk, st.binary(min_size=1, max_size=40) | st.just(MARK + b"!"), st.sampled_from([b"", b"", b";a", b';b="c"'])
    ),
    max_size=6,
)


@given(chunks=CHUNKS, places=st.lists(st.integers(0, 300), max_size=8), room=st.sampled_from([1, 7, FAR]))
def test_passed_on_or_in_pieces_the_body_is_the_same_wherever_it_is_cut(chunks, places, room):
    data = b"".join(chunks) + LAST
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    cut = [data[start:end] for start, end in itertools.pairwise(ends)]
    expected = b"".join(pieces(data)[0])
    one, other = ChunkedBody(MARK), ChunkedBody(MARK)
    assert b"".join(piece for part in cut for piece in pieces(part, one)[0]) == expected
    sent = b"".join(passed_on(part, other, room) for part in cut)
    assert b"".join(pieces(sent + LAST)[0]) == expected
    assert one.last_line == other.last_line == LAST
