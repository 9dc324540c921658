"""Where the head of an HTTP/1.1 message ends: at its empty line (RFC 9112, section 2.1)."""

from __future__ import annotations

import re

_EMPTY_LINE = re.compile(rb"\r\n\r\n")
_SEAM = 3


class HeadEnd:
    """Looks for the end of one head after the other, in data that is cut anywhere."""

    def __init__(self) -> None:
        self._seam = b""  # the end of what came before: the next data may complete it

    def find(self, data: memoryview) -> int:
        """Return the place in ``data`` behind the end of the head; 0 when that is not here yet."""
        before, self._seam = self._seam, b""
        if before and (seam := _EMPTY_LINE.search(before + data[:_SEAM])):
            return seam.end() - len(before)
        if found := _EMPTY_LINE.search(data):
            return found.end()
        self._seam = (before + data[-_SEAM:])[-_SEAM:]
        return 0
