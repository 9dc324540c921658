"""Shows a race while it runs: the texts growing side by side in a notebook's cell."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Mapping
from typing import Any

from lambdastream.client.frames import LONGEST_TEXT, LaneView, frame, plain, state
from lambdastream.client.lanes import RunningRace
from lambdastream.client.race import Race
from lambdastream.client.recording import Chunk, Recording

SHORTEST_REDRAW = 0.05
"""Seconds between two frames, at least: a notebook cannot show more."""

LONGEST_REDRAW = 0.25
"""Seconds between two frames of a long race, so that it does not flood the notebook."""


def watch(
    urls: Mapping[str, str],
    *,
    method: str = "GET",
    text: Callable[[bytes], str] | None = None,
    **request: Any,
) -> Race:
    """Run a race, and show in the notebook's cell how the texts of its lanes grow.

    ``text`` makes the text to show from all bytes that a lane has got so far, which may end in the middle
    of a character; without it they are shown as UTF-8. ``urls``, ``method``, ``request``, the result and
    the errors are those of ``race``. The last frame stays in the cell. Outside a notebook the texts are
    printed at the end.

    Interrupting the kernel ends the race and its threads, and raises ``KeyboardInterrupt``.
    """
    texts = {name: LaneText(text) for name in urls}

    def on_chunk(name: str, chunk: Chunk) -> None:
        texts[name].pieces.append(chunk.data)

    with RunningRace(urls, method=method, on_chunk=on_chunk, **request) as running:
        screen = _Screen(running, texts)
        try:
            while not running.wait(_redraw_after(running.elapsed())):
                screen.draw()
            race = Race(running.result())
        except BaseException:
            screen.draw(stopped=True)
            raise
        screen.finish()
    return race


class LaneText:
    """The text of one lane, made anew only when bytes have come. Threads append to ``pieces``."""

    def __init__(self, text: Callable[[bytes], str] | None = None) -> None:
        self.pieces: list[bytes] = []
        self._text = text
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._read = 0
        self._shown = ""

    def __str__(self) -> str:
        new = self.pieces[self._read :]
        if not new:
            return self._shown
        self._read += len(new)
        if self._text is None:
            # One character more than is shown, so that the frame can say that some are missing.
            self._shown = (self._shown + self._decoder.decode(b"".join(new)))[-LONGEST_TEXT - 1 :]
        else:
            self._shown = self._text(b"".join(self.pieces[: self._read]))
        return self._shown


class _Screen:
    """Where the frames of one race are shown."""

    def __init__(self, running: RunningRace, texts: Mapping[str, LaneText]) -> None:
        self._running = running
        self._texts = texts
        self._display = _notebook_display()
        self._handle: Any = None
        self._last = ""

    def draw(self, *, stopped: bool = False) -> None:
        """Show a frame in the notebook, unless it shows that one already."""
        html = frame(self._views(stopped=stopped))
        if self._display is None or html == self._last:
            return
        self._last = html
        if self._handle is None:
            self._handle = self._display(_html(html), display_id=True)
        else:
            self._handle.update(_html(html))

    def finish(self) -> None:
        """Show the last frame, or print it outside a notebook."""
        self.draw()
        if self._display is None:
            print(plain(self._views()))

    def _views(self, *, stopped: bool = False) -> list[LaneView]:
        # What ended is asked for before the texts: a lane that has ended has all its text.
        ended = self._running.ended()
        return [self._view(name, ended.get(name), stopped=stopped) for name in self._texts]

    def _view(self, name: str, ended: Recording | None, *, stopped: bool) -> LaneView:
        text = self._texts[name]
        words = state(self._running.elapsed(), begun=bool(text.pieces), ended=ended, stopped=stopped)
        return LaneView(name, words, str(text))


def _redraw_after(elapsed: float) -> float:
    return min(max(SHORTEST_REDRAW, elapsed / 100), LONGEST_REDRAW)


def _html(text: str) -> Any:
    from IPython.display import HTML  # noqa: PLC0415 - only in a notebook

    return HTML(text)  # type: ignore[no-untyped-call]


def _notebook_display() -> Callable[..., Any] | None:
    """Give IPython's ``display`` where it reaches a notebook, ``None`` in plain Python and in a terminal."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython  # noqa: PLC0415 - only where it runs
    from IPython.display import display  # noqa: PLC0415

    shell = get_ipython()
    kinds = {kind.__name__ for kind in type(shell).__mro__}
    return None if shell is None or "TerminalInteractiveShell" in kinds else display
