"""A function's log: what its processes print, and Lambda's own lines between."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Final

from lambdastream.runtime.arn import LATEST
from lambdastream.runtime.log_tail import LogTail

TAIL: Final = 50


def new_log_stream(version: str = LATEST) -> str:
    """The name of a new log stream, as Lambda makes them: the day, the version, and something random."""
    return f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{secrets.token_hex(16)}"


class FunctionLog:
    """Appends lines to a file, if there is one, remembers the last ones, and gives each to ``publish``, if that is given.

    ``invocation_tail`` gets each line, too, while it is set.
    """

    def __init__(self, path: Path | None, publish: Callable[[str], None] | None = None) -> None:
        self.path = path
        self.invocation_tail: LogTail | None = None
        self._publish = publish
        self.tail: deque[str] = deque(maxlen=TAIL)
        self._file: FileIO | None = None

    def write(self, *lines: str) -> None:
        """Add lines; each may end with its line break."""
        text = ""
        for told in lines:
            line = told.rstrip("\n") + "\n"
            text += line
            self.tail.append(line)
            if self.invocation_tail is not None:
                self.invocation_tail.write(line)
            if self._publish is not None:
                self._publish(line)
        if self.path is None:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)
        self._file.write(text.encode())

    def mentions(self, *words: str) -> bool:
        """Whether one of the last lines holds one of these words, in any case."""
        text = "".join(self.tail).lower()
        return any(word.lower() in text for word in words)

    def close(self) -> None:
        """Close the file; a later line opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
