"""The colours of code cells: one that writes a file is shown in that file's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from IPython.lib.lexers import IPython3Lexer
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Token
from pygments.util import ClassNotFound

WRITES: Final = re.compile(r"%%writefile (?:-a )?(?P<file>\S+)\n")


class CellLexer(IPython3Lexer):  # type: ignore[misc]  # it has no types
    """IPython, and after ``%%writefile NAME`` the language of the file: by its name, or by its first line."""

    def get_tokens_unprocessed(self, text: str) -> Iterator[Any]:
        """Give each token with its place."""
        found = WRITES.match(text)
        lexer = _of_file(found["file"], text[found.end() :]) if found else None
        if not found or not lexer:
            yield from super().get_tokens_unprocessed(text)
            return
        yield 0, Token.Operator, found[0]
        for place, kind, value in lexer.get_tokens_unprocessed(text[found.end() :]):
            yield found.end() + place, kind, value


def _of_file(name: str, text: str) -> Lexer | None:
    try:
        lexer: Lexer = get_lexer_for_filename(name)
    except ClassNotFound:
        return get_lexer_by_name("bash" if text.startswith("#!/bin/bash") else "text")
    return lexer
