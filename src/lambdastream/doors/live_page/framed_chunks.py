"""Counts the chunks of a streamed answer that passes by framed (RFC 9112, section 7.1)."""

from __future__ import annotations

import re
from typing import Final

_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
_CRLF: Final = 2


class FramedChunks:
    """Where in the chunks of one answer its reader is. They are cut anywhere, but for the line with a chunk's size.

    So ``wire.chunked_body`` passes them on, which has seen to it that they are whole.
    """

    def __init__(self) -> None:
        self._left = 0  # bytes of the chunk at hand that are still to come, with the line break behind it

    def count(self, data: memoryview) -> tuple[int, int]:
        """Return how many chunks begin in ``data``, and how many bytes of the body it has."""
        at, chunks, size = 0, 0, 0
        while at < len(data):
            if not self._left:
                line = _LINE.match(data, at)
                if line is None:
                    break
                self._left, at, chunks = int(line[1], 16) + _CRLF, line.end(), chunks + 1
            step = min(self._left, len(data) - at)
            size += min(step, max(self._left - _CRLF, 0))
            self._left -= step
            at += step
        return chunks, size
