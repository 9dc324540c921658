r"""The chat protocol: how an answer and its artifacts share one stream of plain text.

The grammar, written down here and nowhere else::

    answer   = "[START]" text "[END]" *artifact
    text     = any characters but "[" and "]", in pieces of any size
    artifact = "[ARTIFACT]" object "[/ARTIFACT]"
    object   = JSON: the strings "title", "description" and "uri"; a "[" in them is written as \u005b

So a "[" always begins a marker, wherever the stream is cut. A marker has a line of its own; its line
breaks are not text. An answer that stops before "[END]" was cut off.
"""

import codecs
from collections.abc import Callable

from pydantic import BaseModel, ValidationError

START = "[START]\n"
END = "\n[END]\n"
ARTIFACT = "[ARTIFACT]\n"
ARTIFACT_END = "\n[/ARTIFACT]\n"

BRACKETS = str.maketrans("[]", "()")


class Artifact(BaseModel):
    """Something that belongs to an answer and is not part of its text."""

    title: str
    description: str
    uri: str


class ProtocolError(ValueError):
    """A stream that is no answer."""


def text(words: str) -> str:
    """Return words as a piece of the text; square brackets become round ones."""
    return words.translate(BRACKETS)


def artifact(item: Artifact) -> str:
    """Return an artifact between its markers."""
    json = item.model_dump_json(indent=2).replace("[", r"\u005b")
    return f"{ARTIFACT}{json}{ARTIFACT_END}"


def overlap(text: str, marker: str) -> int:
    """Return how many characters at the end of a text may be the beginning of a marker."""
    return next((size for size in range(len(marker) - 1, 0, -1) if text.endswith(marker[:size])), 0)


class Reader:
    """Reads an answer that arrives in pieces, wherever they are cut.

    Each part of an answer has a method. It returns what it has read, or ``None`` when it needs more.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._rest = ""  # what has come and cannot be understood yet
        self._part: Callable[[], str | Artifact | None] = self._start

    @property
    def complete(self) -> bool:
        """Whether the answer may end here: nothing is missing."""
        return self._part == self._artifact and not self._rest and not self._decoder.getstate()[0]

    def feed(self, piece: bytes) -> list[str | Artifact]:
        """Take the next piece; return the text and the artifacts that it completes.

        Raises ``ProtocolError`` when this is no answer.
        """
        self._rest += self._decoded(piece)
        found: list[str | Artifact] = []
        while (item := self._part()) is not None:
            if item:
                found.append(item)
        return found

    def _decoded(self, piece: bytes) -> str:
        try:
            return self._decoder.decode(piece)
        except UnicodeDecodeError as error:
            raise ProtocolError(f"This is not UTF-8: {piece!r}") from error

    def _start(self) -> str | None:
        """Read the marker; it means nothing to the caller."""
        if not self._has(START):
            return None
        self._rest = self._rest.removeprefix(START)
        self._part = self._text
        return ""

    def _text(self) -> str | None:
        """Read what is certainly text. Behind its end the artifacts begin."""
        words, end, after = self._rest.partition(END)
        certain = len(words) if end else len(words) - overlap(words, END)
        words, self._rest = words[:certain], words[certain:] + after
        if "[" in words:
            raise ProtocolError(f"In the text stands a marker that does not belong there: {words!r}")
        if end:
            self._part = self._artifact
            return words
        return words or None

    def _artifact(self) -> Artifact | None:
        """Read one artifact, when all of it has come."""
        json, end, after = self._rest.removeprefix(ARTIFACT).partition(ARTIFACT_END)
        if not self._has(ARTIFACT) or not end:
            return None
        self._rest = after
        try:
            return Artifact.model_validate_json(json)
        except ValidationError as error:
            raise ProtocolError(f"This is no artifact: {json!r}") from error

    def _has(self, marker: str) -> bool:
        """Whether the marker is next. If it may still come it is not; if something else came, that is an error."""
        if not self._rest.startswith(marker[: len(self._rest)]):
            raise ProtocolError(f"Not {marker!r} but this came: {self._rest!r}")
        return len(self._rest) >= len(marker)
