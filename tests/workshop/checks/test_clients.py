"""The checks of notebook 08."""

import codecs
import subprocess
import time

import httpx
import pytest

from lambdastream.workshop.checks import clients


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch):
    monkeypatch.setattr(clients, "PATIENCE", 0.3)


def all_at_once(url):
    started = time.perf_counter()
    for word in httpx.get(url).text.split():
        yield time.perf_counter() - started, word


def pieces_of_words(url):
    started = time.perf_counter()
    with httpx.stream("GET", url) as response:
        for piece in response.iter_text():
            for word in piece.split():
                yield time.perf_counter() - started, word


def whole_words(url, clock=time.perf_counter):
    started, rest = clock(), ""
    with httpx.stream("GET", url) as response:
        for piece in response.iter_text():
            *words, rest = (rest + piece).split(" ")
            for word in " ".join(words).split():
                yield clock() - started, word
    for word in rest.split():
        yield clock() - started, word


def with_one_time(url):
    return whole_words(url, clock=lambda: 0.0)


def without_the_end(url):
    return list(whole_words(url))[:-1]


@pytest.mark.parametrize(
    ("client", "says"),
    [
        pytest.param(all_at_once, "✗ Not yet. The server has sent its first words and waits", id="the starter"),
        pytest.param(pieces_of_words, "✗ Not yet. The pieces 'A half wo' and", id="halves of words"),
        pytest.param(with_one_time, "✗ Not yet. You say that '", id="no times"),
        pytest.param(without_the_end, "✗ Not yet. The server has sent its first", id="a list"),
        pytest.param(whole_words, "✓ Every word comes when it is whole", id="right"),
    ],
)
def test_words_with_times(client, says):
    assert repr(clients.words_with_times(client)).startswith(says)


def through_curl(*options, read, decode):
    def client(url):
        with subprocess.Popen(["curl", *options, url], stdout=subprocess.PIPE) as curl:
            for piece in read(curl.stdout):
                yield decode(piece).upper()

    return client


def lines(pipe):
    return iter(pipe)


def pieces(pipe):
    return iter(pipe.read1, b"")


def for_ever(pipe):
    while True:
        yield pipe.read1()


def incremental():
    return codecs.getincrementaldecoder("utf-8")().decode


@pytest.mark.parametrize(
    ("client", "says"),
    [
        pytest.param(
            through_curl("-s", read=lines, decode=bytes.decode), "✗ Not yet. The server has", id="the starter"
        ),
        pytest.param(through_curl("-sN", read=lines, decode=bytes.decode), "✗ Not yet. The server", id="-N alone"),
        pytest.param(through_curl("-s", read=pieces, decode=bytes.decode), "✗ Not yet. The server", id="read1 alone"),
        pytest.param(
            through_curl("-sN", read=pieces, decode=bytes.decode), "✗ Not yet. It streams now", id="no decoder"
        ),
        pytest.param(
            through_curl("-sN", read=pieces, decode=lambda piece: piece.decode(errors="ignore")),
            "✗ Not yet. Of 'Flüsse fließen.' you make 'FLSSE",
            id="letters lost",
        ),
        pytest.param(
            through_curl("-sN", read=for_ever, decode=incremental()), "✗ Not yet. It never ends", id="endless"
        ),
        pytest.param(through_curl("-sN", read=pieces, decode=incremental()), "✓ Nothing on the way", id="right"),
    ],
)
def test_shout(client, says):
    assert repr(clients.shout(client)).startswith(says)


def one_event_a_piece(pieces):
    for piece in pieces:
        fields = dict(line.split(": ", 1) for line in piece.splitlines() if line)
        yield fields["event"], fields["data"]


def wherever_cut(pieces, join="\n".join):
    rest = ""
    for piece in pieces:
        rest += piece
        while "\n\n" in rest:
            block, rest = rest.split("\n\n", 1)
            fields = [line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")]
            data = [value for name, value in fields if name == "data"]
            if data:
                yield dict(fields).get("event", "message"), join(data)


def first_line_alone(pieces):
    return wherever_cut(pieces, join=lambda data: data[0])


def at_the_end(pieces):
    yield from wherever_cut(["".join(pieces)])


def blocks_of_pieces(pieces):
    for piece in pieces:
        yield from wherever_cut([piece])


@pytest.mark.parametrize(
    ("parse", "says"),
    [
        pytest.param(one_event_a_piece, "✗ Not yet. All in one piece, it finds", id="the starter"),
        pytest.param(first_line_alone, "✗ Not yet. All in one piece, it finds", id="one line of data"),
        pytest.param(blocks_of_pieces, "✗ Not yet. Cut between 'e' and 'vent: wor', it finds", id="no memory"),
        pytest.param(at_the_end, "✗ Not yet. The first event is complete", id="at the end"),
        pytest.param(wherever_cut, "✓ The same 3 events for each of 1", id="right"),
    ],
)
def test_events(parse, says):
    assert repr(clients.events(parse)).startswith(says)
