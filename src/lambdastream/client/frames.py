"""The frames of the live view: HTML that looks right in an untrusted notebook too.

JupyterLab drops ``<style>``, ``<svg>`` and scripts from outputs that it does not trust, and every CSS
declaration that is not in its list (``currentColor`` and ``overflow-wrap: anywhere`` are not). What is
used here passes. Text takes the page's own colour, so it reads on light and on dark.

The root holds no other ``div``: ``(?s)<div class="live">.*?</div>`` is all of a frame, for tools that compare
outputs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lambdastream.client.pictures import COLOURS
from lambdastream.client.recording import Recording

LONGEST_TEXT = 2000
"""Characters of its text that a lane shows: the last ones."""

_LANE = "display:inline-block; box-sizing:border-box; vertical-align:top; text-align:left; margin:0 1% 0.5em 0"
_TEXT = "display:block; white-space:pre-wrap; word-wrap:break-word; min-height:6em; padding:0.3em 0 0 0"

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class LaneView:
    """What a frame shows of one lane. ``state`` is what ``state`` gives, clock included."""

    name: str
    state: str
    text: str


def frame(lanes: Sequence[LaneView]) -> str:
    """Give the HTML of one frame, the lanes side by side."""
    width = f"{100 // max(1, min(len(lanes), 4)) - 2}%"
    return f'<div class="live">{"".join(_lane(lane, width, i) for i, lane in enumerate(lanes))}</div>'


def plain(lanes: Iterable[LaneView]) -> str:
    """Give the lanes as plain text, one below the other."""
    return "\n\n".join(f"{lane.name}: {lane.state}\n{_shown(lane.text)}".rstrip() for lane in lanes)


def state(elapsed: float, *, begun: bool, ended: Recording | None, stopped: bool = False) -> str:
    """Say in words how far a lane is, with its clock: ``waiting, 0.3 s`` or ``done in 2.1 s``.

    ``elapsed`` is in seconds, ``begun`` whether a byte has come, ``stopped`` whether somebody ended the race.
    """
    if ended is None:
        word = "stopped after" if stopped else "streaming," if begun else "waiting,"
        return f"{word} {elapsed:.1f} s"
    if ended.error:
        return f"broken off after {ended.ended_at:.1f} s: {ended.error}"
    failed = (ended.status or 0) >= 400  # noqa: PLR2004 - the first of HTTP's error statuses
    return f"{f'status {ended.status}' if failed else 'done'} in {ended.ended_at:.1f} s"


def _lane(lane: LaneView, width: str, number: int) -> str:
    colour = COLOURS[number % len(COLOURS)]
    style = f"{_LANE}; width:{width}; border-left:4px solid {colour}; padding:0 0 0 0.6em"
    head = f'<b>{html.escape(lane.name)}</b><br><span style="opacity:0.75">{html.escape(lane.state)}</span>'
    return f'<span style="{style}">{head}<span style="{_TEXT}">{html.escape(_shown(lane.text))}</span></span>'


def _shown(text: str) -> str:
    """Cut a text to its end, and blank out control characters, which a terminal would obey."""
    cut = f"…{text[-LONGEST_TEXT:]}" if len(text) > LONGEST_TEXT else text
    return _CONTROLS.sub("\ufffd", cut.replace("\r\n", "\n"))
