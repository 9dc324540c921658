"""A decoder that must give the same answer wherever its input is cut: each case is fed in three ways."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator

import pytest

from lambdastream.errors import WireError
from lambdastream.wire.prelude import CONTENT_TYPE, MAX_PRELUDE, SEPARATOR, Prelude, PreludeDecoder

Pieces = Iterable[bytes]
Cut = Callable[[bytes], Iterator[Pieces]]

OCTETS = ("content-type", "application/octet-stream")
BODIES = {
    "no body": b"",
    "text": b"This is streaming",
    "body begins with NULs": b"\0\0\0\0\0",
    "body holds a separator": b"a" + SEPARATOR + b"b",
    "body is separators": SEPARATOR * 3,
}


def whole(data: bytes) -> Iterator[Pieces]:
    yield [data]


def byte_by_byte(data: bytes) -> Iterator[Pieces]:
    yield (data[position : position + 1] for position in range(len(data)))


def in_two(data: bytes) -> Iterator[Pieces]:
    for position in range(len(data) + 1):
        yield data[:position], data[position:]


every_cut = pytest.mark.parametrize("cut", [whole, byte_by_byte, in_two])


def decoded(pieces: Pieces) -> tuple[Prelude | None, bytes]:
    decoder = PreludeDecoder()
    body = b"".join([decoder.feed(piece) for piece in pieces])
    return decoder.prelude, body


def test_the_constants_are_those_of_the_runtimes():
    assert CONTENT_TYPE == "application/vnd.awslambda.http-integration-response"
    assert SEPARATOR == b"\0\0\0\0\0\0\0\0"


PRELUDES = [
    pytest.param(b"{}", Prelude(200, (OCTETS,)), id="nothing said"),
    pytest.param(b' {"statusCode" : 404}\n', Prelude(404, (OCTETS,)), id="spaces"),
    pytest.param(b'{"statusCode":100}', Prelude(100, (OCTETS,)), id="lowest status"),
    pytest.param(b'{"statusCode":599}', Prelude(599, (OCTETS,)), id="highest status"),
    pytest.param(
        b'{"statusCode":201,"headers":{"Content-Type":"text/plain","date":"now","x":["1","2"]},"cookies":["a=b"]}',
        Prelude(
            201,
            (
                ("content-type", "text/plain"),
                ("x-amzn-remapped-date", "now"),
                ("x", "1"),
                ("x", "2"),
                ("set-cookie", "a=b"),
            ),
        ),
        id="as the Lambda Web Adapter sends it",
    ),
    pytest.param(
        b'{"headers":{"x":"\\u00fc"},"unknown":[{}]}',
        Prelude(200, (("x", "ü"), OCTETS)),
        id="escaped text, unknown fields",
    ),
    pytest.param('{"headers":{"x":"ü"}}'.encode(), Prelude(200, (("x", "ü"), OCTETS)), id="two-byte character"),
    pytest.param(b'{"headers":null,"cookies":null}', Prelude(200, (OCTETS,)), id="null"),
]


@pytest.mark.conformance("url-prelude")
@every_cut
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(("text", "prelude"), PRELUDES)
def test_an_answer_splits_into_prelude_and_body(text: bytes, prelude: Prelude, body: bytes, cut: Cut):
    for pieces in cut(text + SEPARATOR + body):
        assert decoded(pieces) == (prelude, body)


@every_cut
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="no JSON"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"hello", id="text"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"statusCode"', id="string"),
        pytest.param(b'{"x":"\xff"}', id="not UTF-8"),
        pytest.param(b'{"x":"\0"}', id="NUL inside"),
        pytest.param(b'{"statusCode":"200"}', id="status is text"),
        pytest.param(b'{"statusCode":200.0}', id="status is a fraction"),
        pytest.param(b'{"statusCode":true}', id="status is true"),
        pytest.param(b'{"statusCode":null}', id="status is null"),
        pytest.param(b'{"statusCode":[200]}', id="status is a list"),
        pytest.param(b'{"statusCode":99}', id="status too low"),
        pytest.param(b'{"statusCode":600}', id="status too high"),
        pytest.param(b'{"statusCode":-200}', id="status below zero"),
        pytest.param(b'{"headers":[]}', id="headers are a list"),
        pytest.param(b'{"headers":{"x":null}}', id="header is null"),
        pytest.param(b'{"headers":{"x":"a\\r\\ny: b"}}', id="header breaks the line"),
        pytest.param(b'{"headers":{"x\\r\\ny":"a"}}', id="name breaks the line"),
        pytest.param(b'{"headers":{"x":"a\\u0000"}}', id="NUL in a header"),
        pytest.param(b'{"cookies":"a=b"}', id="cookies are text"),
    ],
)
def test_a_malformed_prelude_is_an_error(text: bytes, cut: Cut):
    for pieces in cut(text + SEPARATOR + b"body"):
        with pytest.raises(WireError):
            decoded(pieces)


def test_a_deeply_nested_prelude_is_an_error():
    with pytest.raises(WireError, match="nested"):
        PreludeDecoder().feed(b"[" * 200_000 + SEPARATOR)


def test_the_error_for_a_long_status_is_short():
    with pytest.raises(WireError) as caught:
        PreludeDecoder().feed(b'{"statusCode":"' + b"9" * 100_000 + b'"}' + SEPARATOR)

    assert len(str(caught.value)) < 200
    assert "100 to 599" in caught.value.next_step


@every_cut
def test_there_is_no_prelude_before_the_separator_is_whole(cut: Cut):
    for pieces in cut(b'{"statusCode":200}' + SEPARATOR[:-1]):
        assert decoded(pieces) == (None, b"")


def test_body_passes_through_uncopied():
    decoder = PreludeDecoder()
    assert decoder.feed(b"{}" + SEPARATOR + b"first") == b"first"
    prelude = decoder.prelude
    data = SEPARATOR + bytes(100_000)

    assert decoder.feed(data) is data
    assert decoder.feed(b"") == b""
    assert decoder.prelude is prelude


def test_a_decoder_that_failed_stays_failed():
    decoder = PreludeDecoder()
    with pytest.raises(WireError) as first:
        decoder.feed(b"nonsense" + SEPARATOR)

    with pytest.raises(WireError) as second:
        decoder.feed(b"{}" + SEPARATOR)

    assert str(second.value) == str(first.value)
    assert decoder.prelude is None


def in_blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[position : position + size] for position in range(0, len(data), size))


@pytest.mark.parametrize("size", [1 << 30, 65_536, 4099], ids=["whole", "64 KiB pieces", "odd pieces"])
def test_a_prelude_may_be_as_long_as_the_limit_and_no_longer(size: int):
    text = b"{}".ljust(MAX_PRELUDE)

    assert decoded(in_blocks(text + SEPARATOR + b"body", size)) == (Prelude(200, (OCTETS,)), b"body")
    with pytest.raises(WireError, match="separator"):
        decoded(in_blocks(text + b" " + SEPARATOR + b"body", size))


@pytest.mark.parametrize("size", [1 << 30, 65_536, 8], ids=["whole", "64 KiB pieces", "8 byte pieces"])
def test_a_stream_without_separator_is_refused_at_the_limit(size: int):
    fed = 0

    def counted() -> Iterator[bytes]:
        nonlocal fed
        for piece in in_blocks(bytes(7) + b"x" * 2 * MAX_PRELUDE, size):
            fed += len(piece)
            yield piece

    with pytest.raises(WireError, match="separator") as caught:
        decoded(counted())

    assert fed >= MAX_PRELUDE
    assert size > MAX_PRELUDE or fed <= MAX_PRELUDE + len(SEPARATOR) + size
    assert "NUL" in caught.value.next_step


def test_tiny_pieces_cost_linear_time():
    text = b"{}".ljust(MAX_PRELUDE) + SEPARATOR
    began = time.process_time()

    assert decoded(in_blocks(text, 8))[0] is not None

    # Linear is a tenth of a second; a search from the start for each piece takes many.
    assert time.process_time() - began < 2


def random_pieces(chance: random.Random, data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        size = chance.choice([0, 1, 2, 7, 8, 9, 50])
        yield data[position : position + size]
        position += size


@pytest.mark.parametrize("seed", range(20))
def test_random_answers_survive_random_cuts(seed: int):
    chance = random.Random(seed)  # noqa: S311 - no secret, only the same cases each time
    for _ in range(25):
        headers = {f"x-{n}": "v" * chance.randrange(30) for n in range(chance.randrange(5))}
        status = chance.randrange(100, 600)
        body = bytes(chance.choices(b"\0\0\0a", k=chance.randrange(60)))
        answer = json.dumps({"statusCode": status, "headers": headers}).encode() + SEPARATOR + body

        prelude, rest = decoded(random_pieces(chance, answer))

        assert prelude == Prelude(status, (*headers.items(), OCTETS))
        assert rest == body


@pytest.mark.parametrize("seed", range(20))
def test_random_damage_is_decoded_or_refused_alike_however_it_is_cut(seed: int):
    chance = random.Random(seed)  # noqa: S311 - no secret, only the same cases each time
    good = b'{"statusCode":200,"headers":{"content-type":"text/plain","x":["1"]},"cookies":["a"]}' + SEPARATOR
    for _ in range(50):
        damaged = bytearray(good + b"body")
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.choice(b'\0\0"{}[],:0a\xff\\')

        data = bytes(damaged)

        assert outcome(random_pieces(chance, data)) == outcome([data])


def outcome(pieces: Pieces) -> tuple[Prelude | None, bytes] | str:
    try:
        return decoded(pieces)
    except WireError as error:
        return str(error)
