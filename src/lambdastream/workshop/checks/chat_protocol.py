"""The checks of notebook 02: how a client makes sense of half a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol

from lambdastream.workshop.exercise import NotYet, check

END: Final = "\n[END]\n"
MARKERS: Final = (b"\n[END]\n", b"[ARTIFACT]\n", b"\n[/ARTIFACT]\n")

PIECES: Final = (
    b"[START]\n",
    b"High ",
    b"water ",
    b"at noon.",
    b"\n[END]\n",
    b'[ARTIFACT]\n{"title": "Tide table", "description": "", ',
    b'"uri": "https://example.com/tides"}\n[/ARTIFACT]\n',
)
WORDS: Final = ["High ", "water ", "at noon."]


class Reader(Protocol):
    """What is asked of a reader: to take pieces, and to say whether the answer is complete."""

    @property
    def complete(self) -> bool: ...

    def feed(self, piece: bytes) -> list[Any]:
        """Take the next piece; return what it completes."""


MakeReader = Callable[[], Reader]


@check
def overlap(function: Callable[[str, str], int]) -> str:
    """Check a function that says how many characters at a text's end may be the beginning of a marker."""
    _holds(function, "High water", END, 0, "A text that cannot go on as a marker has nothing to hold back.")
    _holds(function, "noon.\n[EN", END, 4, "Compare the end of the text with each beginning of the marker.")
    _holds(function, "noon.\n", END, 1, 'The marker begins with a line break: "\\n" may become "\\n[END]\\n".')
    _holds(function, "noon.\n[END]", END, 6, "All of the marker but its last character is a beginning too.")
    _holds(function, "\n[", END, 2, "The whole text may be the beginning.")
    _holds(function, "noon.\n[ETA", END, 0, "All of a beginning counts, up to the text's last character.")
    _holds(function, "-", "-->", 1, "Ask the marker for its characters and its length: other markers have others.")
    _holds(function, "a--", "-->", 2, 'Two beginnings fit here, "-" and "--". Only the longest is safe.')
    return "It holds back what may be a marker, and not one character more."


def _holds(function: Callable[[str, str], int], text: str, marker: str, size: int, hint: str) -> None:
    if (found := function(text, marker)) != size:
        raise NotYet(f"overlap({text!r}, {marker!r}) gives {found!r}, but {size} is right.", hint)


@check
def cuttings(survives: Callable[[MakeReader, bytes], bool], reader: MakeReader, data: bytes) -> str:
    """Check a test of readers: it must pass the one that is right, and catch each that is broken."""
    if not survives(reader, data):
        raise NotYet(
            "Your test says that the good reader is broken.",
            "Join the pieces of text before you compare: only where they are cut may differ.",
        )
    for broken, hint in BROKEN.items():
        if survives(_making(broken, reader), data):
            raise NotYet(f"A broken reader passes your test: {broken.__doc__}", hint)
    return f"Your test passes the good reader and catches all {len(BROKEN)} broken ones."


def _making(broken: type[_Broken], reader: MakeReader) -> MakeReader:
    return lambda: broken(reader())


class _Broken:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def complete(self) -> bool:
        return self._reader.complete

    def feed(self, piece: bytes) -> list[Any]:
        try:
            return self._spoilt(piece)
        except ValueError:  # what it has spoilt is no answer any more
            return []

    def _spoilt(self, piece: bytes) -> list[Any]:
        raise NotImplementedError


class _Decodes(_Broken):
    """it decodes each piece by itself."""

    def _spoilt(self, piece: bytes) -> list[Any]:
        return self._reader.feed(piece.decode(errors="ignore").encode())


class _Shows(_Broken):
    """it shows the beginning of a marker as text."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._last = b""

    def _spoilt(self, piece: bytes) -> list[Any]:
        self._last = (self._last + piece)[-max(map(len, MARKERS)) :]
        beginnings = (marker[:size] for marker in MARKERS for size in range(2, len(marker)))
        shown = [begun.decode() for begun in beginnings if self._last.endswith(begun)]
        return [*self._reader.feed(piece), *shown]


class _Forgets(_Broken):
    """it remembers the piece before, and no more."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self._silent = 0

    def _spoilt(self, piece: bytes) -> list[Any]:
        if self._silent > 1:
            return []
        found = self._reader.feed(piece)
        self._silent = 0 if found else self._silent + 1
        return found


BROKEN: Final[dict[type[_Broken], str]] = {
    _Shows: "Cut everywhere: for cut in range(1, len(data)).",
    _Decodes: "Cut everywhere, also in the middle of a character: cut the bytes, not the text.",
    _Forgets: "Two pieces are not enough for this one. How many pieces can an answer come in, at most?",
}


@check
def receiving(receive: Callable[[Iterable[bytes], Callable[[str], object]], list[Any]]) -> str:
    """Check a client: it shows text at once, returns the artifacts, and notices that an answer is cut off."""
    happened: list[tuple[str, str]] = []
    artifacts = receive(_watched(PIECES, happened), lambda text: happened.append(("shown", text)))
    _showed_all([what for kind, what in happened if kind == "shown"])
    if happened.index(("shown", WORDS[0])) > happened.index(("sent", WORDS[1])):
        raise NotYet(
            "It works, but the first word is shown only when the next piece has come.",
            "Call show inside the loop over the pieces, with what each piece completes.",
        )
    titles = [getattr(item, "title", item) for item in artifacts or []]
    if titles != ["Tide table"]:
        raise NotYet(
            f"One artifact was sent. You return {artifacts!r}.", "Collect what is no text, and return the list."
        )
    _notices_a_cut(receive)
    return "Words at once, artifacts at the end, and half an answer is not taken for a whole one."


def _watched(pieces: Iterable[bytes], happened: list[tuple[str, str]]) -> Iterator[bytes]:
    for piece in pieces:
        happened.append(("sent", piece.decode()))
        yield piece


def _showed_all(shown: list[Any]) -> None:
    if any(not isinstance(text, str) for text in shown):
        raise NotYet("You show something that is no text.", "isinstance(item, str) tells text from artifacts.")
    if "".join(shown) != "".join(WORDS):
        raise NotYet(f"The text is {''.join(WORDS)!r}. You show {''.join(shown)!r}.", "Show each piece of text once.")
    if shown != WORDS:
        raise NotYet(
            "All the text is shown, but not word by word.", "Feed the reader piece by piece; do not join them."
        )


def _notices_a_cut(receive: Callable[[Iterable[bytes], Callable[[str], object]], list[Any]]) -> None:
    for size in (3, len(PIECES) - 1):
        try:
            receive(iter(PIECES[:size]), lambda _: None)
        except EOFError:
            continue
        raise NotYet(
            f"An answer that stops after {PIECES[size - 1].decode()!r} is taken for a whole one.",
            "After the loop, raise EOFError unless the reader is complete.",
        )
