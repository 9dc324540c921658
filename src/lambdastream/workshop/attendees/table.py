"""Tables of attendees, as text for a terminal and as HTML for a notebook.

The HTML looks right in an untrusted notebook: only inline styles. Its root holds no other ``div``, so that
``(?s)<div class="live">.*?</div>`` is all of it for tools that compare outputs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CELL: Final = "padding:0.15em 0.9em 0.15em 0; text-align:left; vertical-align:top"
COLOURS: Final = {"good": "#2e7d32", "bad": "#c62828", "busy": "#b26a00"}
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words below their titles. A row whose number has the tone ``bad`` stands out. ``foot`` is told below."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    tones: Mapping[int, str]
    foot: str = ""

    def __str__(self) -> str:
        return plain(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self)


def table(
    titles: Sequence[str], rows: Sequence[Sequence[str]], tones: Mapping[int, str] | None = None, foot: str = ""
) -> Table:
    """Make a table. Control characters in its words, which a terminal would obey, become spaces."""
    clean = tuple(tuple(CONTROLS.sub(" ", word) for word in row) for row in rows)
    return Table(tuple(titles), clean, tones or {}, foot)


def counted(number: int, noun: str) -> str:
    """Give a number with its noun: ``1 stack``, ``2 stacks``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def plain(shown: Table) -> str:
    """Give a table as lines of text, in columns. Columns in which nothing is said are left out."""
    if not shown.rows:
        return shown.foot
    kept = _kept(shown)
    lines = [[shown.titles[column] for column in kept], *([row[column] for column in kept] for row in shown.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(kept))]
    text = ["  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*text, *([shown.foot] if shown.foot else [])])


def as_html(shown: Table) -> str:
    """Give a table as HTML. What begins with ``http`` is a link."""
    kept = _kept(shown)
    head = "".join(f'<th style="{CELL}">{html.escape(shown.titles[column])}</th>' for column in kept)
    rows = "".join(
        f'<tr style="background:none">{"".join(_cell(row[column], shown.tones.get(number, "")) for column in kept)}</tr>'
        for number, row in enumerate(shown.rows)
    )
    foot = (
        f'<span style="display:block; white-space:pre-line; padding-top:0.4em">{html.escape(shown.foot)}</span>'
        if shown.foot
        else ""
    )
    body = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="live"><table style="border-collapse:collapse">{body}</table>{foot}</div>'


def _kept(shown: Table) -> list[int]:
    return [column for column in range(len(shown.titles)) if not column or any(row[column] for row in shown.rows)]


def _cell(word: str, tone: str) -> str:
    said = html.escape(word)
    if word.startswith(("http://", "https://")):
        said = f'<a href="{said}">{said}</a>'
    colour = f"; color:{COLOURS[tone]}" if tone == "bad" else ""
    return f'<td style="{CELL}{colour}">{said}</td>'
