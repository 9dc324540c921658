"""The checks of notebook 08: clients that read a stream while it is written.

Two of them read from a server that stops in the middle of its answer, and goes on when the client has shown what it has.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self, TypeVar

from lambdastream.workshop.exercise import NotYet, check

Item = TypeVar("Item")
Event = tuple[str, str]
Parser = Callable[[Iterable[str]], Iterable[Event]]

PATIENCE: Final = 0.7
"""Seconds that the server waits in the middle for its client. One that reads as the bytes come needs a few milliseconds."""

PAUSE: Final = 0.2
"""Seconds between the server's two halves, so that their times can be told apart."""

ENDLESS: Final = 1000

WORDS: Final = ("A half wo", "rd is no\n\nword ")
LETTERS: Final = "Flüsse fließen.".encode()
MIDDLE: Final = 3  # of the two bytes of "ü", the first is before it
EVENTS: Final = (
    "event: word\ndata: This\nid: 1\n\n",
    ": ping\n\n",
    "event: word\ndata: two\ndata: lines: all of it\nid: 2\n\n",
    "event: end\ndata: bye\n\n",
)
EXPECTED: Final = [("word", "This"), ("word", "two\nlines: all of it"), ("end", "bye")]


class HaltingServer:
    """Answers a GET with two pieces. It sends the second one when ``heard`` is set, or ``PATIENCE`` is over."""

    def __init__(self, first: bytes, second: bytes) -> None:
        self.heard = threading.Event()
        self.gave_up = False
        self._pieces = (first, second)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.heard.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        halting = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.end_headers()  # HTTP/1.0: the end of the connection is the end of the answer
                halting._answer(self.wfile.write)

            def log_message(self, *_: object) -> None:
                """Say nothing: it would stand in the reader's cell."""

        return Handler

    def _answer(self, send: Callable[[bytes], object]) -> None:
        first, second = self._pieces
        try:
            send(first)
            self.gave_up = not self.heard.wait(PATIENCE)
            time.sleep(PAUSE)
            send(second)
        except OSError:
            pass  # the client has left


def listen(client: Callable[[str], Iterable[Item]], first: bytes, second: bytes) -> list[tuple[float, Item]]:
    """Let a client read from a ``HaltingServer``; returns what it gives, each with the seconds since it was called.

    Raises ``NotYet`` when it gives nothing before the server has sent all, or never ends.
    """
    with HaltingServer(first, second) as server:
        started, given = time.perf_counter(), []
        for item in itertools.islice(client(server.url), ENDLESS):
            given.append((time.perf_counter() - started, item))
            server.heard.set()
        if server.gave_up:
            raise NotYet(
                "The server has sent its first words and waits; you show nothing until it has sent the last.",
                "Go through every part on the way: what does it wait for?",
            )
        if len(given) == ENDLESS:
            raise NotYet("It never ends.", "An empty piece is the end of the answer.")
        return given


@check
def words_with_times(client: Callable[[str], Iterable[tuple[float, str]]]) -> str:
    """Exercise 1: whole words, each with the time it came."""
    heard = listen(client, *(half.encode() for half in WORDS))
    words, expected = [word for _, (_, word) in heard], "".join(WORDS).split()
    if words != expected:
        raise NotYet(
            f"The pieces {WORDS[0]!r} and {WORDS[1]!r} give the words {words}.",
            "A word is whole when a space follows it. Keep what follows the last space for the next piece.",
        )
    for at, (seconds, word) in heard:
        if abs(seconds - at) > PAUSE / 2:
            raise NotYet(
                f"You say that {word!r} came after {seconds:.1f} s. It came after {at:.1f} s.",
                "Read time.perf_counter() before the request, and again for each word.",
            )
    return "Every word comes when it is whole, and not later."


@check
def shout(client: Callable[[str], Iterable[str]]) -> str:
    """Exercise 3: a client in three parts, each of which held something back or broke it."""
    try:
        heard = listen(client, LETTERS[:MIDDLE], LETTERS[MIDDLE:])
    except UnicodeDecodeError as error:
        raise NotYet(
            "It streams now, but a piece may end in the middle of a letter: 'ü' has two bytes.",
            "codecs.getincrementaldecoder('utf-8')() makes a decoder that keeps half a letter for the next piece.",
        ) from error
    said = "".join(piece for _, piece in heard)
    if said != LETTERS.decode().upper():
        raise NotYet(f"Of {LETTERS.decode()!r} you make {said!r}.", "Nothing may be lost: neither bytes nor spaces.")
    return "Nothing on the way waits any more."


@check
def events(parse: Parser) -> str:
    """Exercise 2: server-sent events, wherever the text is cut."""
    text = "".join(EVENTS)
    _same(parse, [text], "All in one piece")
    _same(parse, list(EVENTS), "An event in each piece")
    for cut in range(1, len(text)):
        _same(
            parse, [text[:cut], text[cut:]], f"Cut between {text[max(0, cut - 9) : cut]!r} and {text[cut : cut + 9]!r}"
        )
    _same(parse, list(text), "One character in each piece")
    asked: list[str] = []
    next(iter(parse(_noted(EVENTS, asked))))
    if len(asked) > 1:
        raise NotYet("The first event is complete, and you ask for more before you give it.", "Yield it at once.")
    return f"The same {len(EXPECTED)} events for each of {len(text) - 1} cuts."


def _same(parse: Parser, pieces: Sequence[str], how: str) -> None:
    try:
        found = list(itertools.islice(parse(pieces), ENDLESS))
    except Exception as error:
        raise NotYet(
            f"{how}, it raises {type(error).__name__}: {error}",
            "Collect the pieces, and look only at what an empty line has ended. Lines that begin with ':' say nothing.",
        ) from error
    if found != EXPECTED:
        raise NotYet(
            f"{how}, it finds {found}\n  and not {EXPECTED}.",
            "An event ends with an empty line; several data lines are one text of several lines.",
        )


def _noted(pieces: Iterable[str], asked: list[str]) -> Iterator[str]:
    for piece in pieces:
        asked.append(piece)
        yield piece
