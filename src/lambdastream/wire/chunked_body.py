"""A chunked body (RFC 9112, section 7.1), walked over as it comes: in pieces without its framing, or framed as it is.

Whoever passes a body on in chunks need not take it apart: the chunks that a read brings stay together, and are passed on
in one go.
"""

from __future__ import annotations

import re

from lambdastream.errors import WireError

LONGEST_LINE = 1024
"""Bytes of a line with a chunk's size and its extensions. Our own bound, as the RFC asks for one."""

_PLAIN = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
_EXTENDED = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_CRLF = b"\r\n"


class ChunkedBody:
    """Where in a chunked body its reader is. Both methods may be called in turns, with data that is cut anywhere.

    ``last_line`` is the line of the last chunk, once it has come: what follows are trailers. A chunk whose data begins with
    ``mark`` is never passed on framed.
    """

    def __init__(self, mark: bytes) -> None:
        self.last_line = b""
        self._mark = mark
        self._line = b""
        self._left = 0  # bytes of the chunk at hand that are still to come, with the line break behind it
        self._passed_on = False  # whether the line with its size was passed on

    @property
    def framed(self) -> bool:
        """Whether what comes now can be passed on framed: a chunk begins, or one whose size was passed on goes on."""
        return not self.last_line and not self._line and (self._passed_on or not self._left)

    def pass_on(self, data: memoryview, at: int, room: int) -> tuple[int, int]:
        """Walk over what can be passed on framed, whole chunks and parts of them, up to ``room`` bytes of the body.

        Only when ``framed``. Returns the place in ``data`` behind it, and how many bytes of the body it has. When the place
        is still ``at``, only ``piece`` goes on. Raises ``WireError`` when this is no chunked body.
        """
        end, size = len(data), 0
        if self._left:
            at, size = self._part(data, at, room)
        while not self._left and size < room and (line := _PLAIN.match(data, at)):
            length, start = int(line[1], 16), line.end()
            if not length or start == end or data[start : start + len(self._mark)] == self._mark:
                break
            after = start + length + len(_CRLF)
            if after <= end and size + length <= room:
                if data[after - 2 : after] != _CRLF:
                    raise _no_chunks()
                at, size = after, size + length
            else:
                self._begin(length, passed_on=True)
                at, more = self._part(data, start, room - size)
                size += more
        return at, size

    def piece(self, data: memoryview, at: int) -> tuple[memoryview, int]:
        """Return the next piece of the body, never of two chunks, and the place in ``data`` behind it.

        It is empty when the data ends before one comes, and when the body ends. Raises ``WireError`` when this is no
        chunked body.
        """
        if not self._left:
            at = self._read_line(data, at)
        start = at
        at, size = self._part(data, at, self._left)
        return data[start : start + size], at

    def _begin(self, length: int, *, passed_on: bool) -> None:
        self._left = length + len(_CRLF)
        self._passed_on = passed_on

    def _part(self, data: memoryview, at: int, room: int) -> tuple[int, int]:
        """Walk on in the chunk at hand. Returns the place behind, and how many bytes of its data these were."""
        size = max(0, min(self._left - len(_CRLF), len(data) - at, room))
        self._left -= size
        at += size
        if self._left <= len(_CRLF) and self._left:
            ending = data[at : at + self._left]
            if ending != _CRLF[-self._left :][: len(ending)]:
                raise _no_chunks()
            self._left -= len(ending)
            at += len(ending)
        return at, size

    def _read_line(self, data: memoryview, at: int) -> int:
        """Read the line with a chunk's size, or as much of it as is here. Returns the place behind it."""
        found = bytes(data[at : at + LONGEST_LINE]).find(b"\n")
        after = len(data) if found < 0 else at + found + 1
        self._line += data[at : min(after, at + LONGEST_LINE)]
        if len(self._line) > LONGEST_LINE or (found < 0 and len(self._line) == LONGEST_LINE):
            raise _no_chunks()
        if found >= 0:
            line, self._line = self._line, b""
            size = _EXTENDED.fullmatch(line)
            if size is None:
                raise _no_chunks()
            if length := int(size[1], 16):
                self._begin(length, passed_on=False)
            else:
                self.last_line = line
        return after


def _no_chunks() -> WireError:
    return WireError("The body is not in chunks.", next_step="Send each piece behind its size (RFC 9112, section 7.1).")
