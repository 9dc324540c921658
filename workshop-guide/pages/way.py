"""The picture of the data's way, as SVG in the page: it takes the page's colours, light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 400
LEFT: Final = 66
BOX: Final = 300
HEIGHT: Final = 52
GAP: Final = 50
STEP: Final = HEIGHT + GAP
MIDDLE: Final = LEFT + BOX / 2
TITLE: Final = "The way of a streamed word"
DESCRIPTION: Final = (
    "From top to bottom: your app yields a word. uvicorn sends it as an HTTP chunk to the Lambda Web Adapter. The adapter "
    "writes it into the body of its POST to the Runtime API. In the data plane, one process with one event loop, "
    "RequestReader reads it, calls RuntimeApiConnection.chunks_received, and that calls ResponseWriter.chunks of the "
    "client's connection. The client reads it. An arrow goes back from the client to the adapter: a slow client's "
    "connection pauses the runtime's."
)


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the way: its name, what it is, and how the word leaves it."""

    name: str
    what: str
    leaves: str = ""


STOPS: Final = (
    Stop("your app, on uvicorn", "yields a word", "an HTTP chunk, to $PORT"),
    Stop("Lambda Web Adapter", "asks for events, posts answers", "POST …/response, a body that lasts"),
    Stop("RequestReader", "reads the runtime's connection", "calls"),
    Stop("RuntimeApiConnection.chunks_received", "knows whose answer it is", "calls"),
    Stop("ResponseWriter.chunks", "the client's connection", "an HTTP chunk, framed as it came"),
    Stop("the client", "curl, httpx, a browser"),
)
FRAMES: Final = (("execution environment", 0, 1), ("data plane: one event loop, no queue", 2, 4))
STYLE: Final = (
    ".way rect { fill: var(--color-background-primary); stroke: var(--color-foreground-secondary) }"
    ".way .frame { fill: var(--color-background-secondary); stroke-dasharray: 4 3 }"
    ".way text { fill: var(--color-foreground-primary); font: 13px var(--font-stack); text-anchor: middle }"
    ".way .name { font-weight: 600 } .way .side { text-anchor: start; font-size: 12px }"
    ".way .frame-name { text-anchor: end; font-size: 12px; font-style: italic }"
    ".way path { fill: none; stroke: var(--color-foreground-primary) } .way .head { fill: var(--color-foreground-primary) }"
    ".way .back { stroke-dasharray: 5 4 }"
)


def picture() -> str:
    """The picture, with its text alternative, as a block of Markdown."""
    height = top(len(STOPS) - 1) + HEIGHT + 10
    parts = [*map(frame, FRAMES), *(stop(number, each) for number, each in enumerate(STOPS)), back()]
    svg = (
        f'<svg class="way" role="img" aria-labelledby="way-title way-text" viewBox="0 0 {WIDTH} {height}" '
        f'style="max-width: 30rem; width: 100%"><title id="way-title">{TITLE}</title>'
        f'<desc id="way-text">{escape(DESCRIPTION)}</desc><style>{STYLE}</style>{"".join(parts)}</svg>'
    )
    return f"```{{raw}} html\n{svg}\n```"


def top(number: int) -> int:
    """Where a stop begins, from above."""
    return 26 + number * STEP


def stop(number: int, each: Stop) -> str:
    """A box with its name, and the arrow to the next one."""
    y = top(number)
    box = f'<rect x="{LEFT}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="6"/>'
    words = f"{text(y + 21, each.name, 'name')}{text(y + 40, each.what)}"
    return box + words + (arrow(y + HEIGHT, each.leaves) if each.leaves else "")


def arrow(y: int, label: str) -> str:
    """An arrow down from here to the next box, with a word beside it."""
    line = f'<path d="M{LEFT + 24} {y} V{y + GAP - 2}"/>{head(LEFT + 24, y + GAP, 1)}'
    return f'{line}<text class="side" x="{LEFT + 36}" y="{y + 19}">{escape(label)}</text>'


def back() -> str:
    """The dashed arrow from the client back to the adapter."""
    begins, ends = top(len(STOPS) - 1) + HEIGHT // 2, top(1) + HEIGHT // 2
    line = f'<path class="back" d="M{LEFT} {begins} H30 V{ends} H{LEFT - 8}"/>'
    point = f'<path class="head" d="M{LEFT} {ends} l-9 -5 v10 z"/>'
    x, y = 20, (begins + ends) // 2
    return f'{line}{point}<text x="{x}" y="{y}" transform="rotate(-90 {x} {y})">a slow client pauses the runtime</text>'


def frame(each: tuple[str, int, int]) -> str:
    """The dashed frame around some stops, with its name."""
    name, first, last = each
    y = top(first) - 22
    box = (
        f'<rect class="frame" x="{LEFT - 14}" y="{y}" width="{BOX + 28}" height="{top(last) + HEIGHT + 8 - y}" rx="8"/>'
    )
    return f'{box}<text class="frame-name" x="{LEFT + BOX + 6}" y="{y + 15}">{escape(name)}</text>'


def head(x: int, y: int, direction: int) -> str:
    """The point of an arrow that goes down."""
    return f'<path class="head" d="M{x} {y} l-5 {-9 * direction} h10 z"/>'


def text(y: int, words: str, kind: str = "what") -> str:
    """A line of words in the middle of the boxes."""
    return f'<text class="{kind}" x="{MIDDLE:g}" y="{y}">{escape(words)}</text>'
