"""Pictures of recordings, with matplotlib."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from lambdastream.client.recording import Recording
from lambdastream.client.units import duration
from lambdastream.errors import SetupError, UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Of the palette of Okabe and Ito, which colour-blind people tell apart, those that show on white and on black."""

# Densely dashed and dotted: wide gaps would hide the steps.
_LINES = ("-", (0, (4, 1)), (0, (5, 1, 1, 1)), (0, (1, 1)))
_MARKERS = ("o", "s", "^", "D")
_WIDTH, _HEIGHT, _LEGEND_ROW = 6.0, 2.6, 0.2
_DPI = 100


def bytes_over_time(recordings: Mapping[str, Recording], *, ax: Axes | None = None) -> Figure:
    """Draw the bytes that had come (y) by each second since the request (x), one line of steps a recording.

    A marker shows the first byte, a cross where a transfer broke. Draws into ``ax`` if there is one, else into a new
    figure, for two recordings 6 x 3 inches at 100 dpi. Returns the figure; in a notebook it shows itself.

    Raises ``SetupError`` without matplotlib, ``UsageError`` without recordings.
    """
    if not recordings:
        raise UsageError("There is nothing to draw.", next_step="Give at least one recording, by its name.")
    if ax is None:
        ax = _new_axes(len(recordings))
    for (name, recording), look in zip(recordings.items(), _looks(), strict=False):
        _draw(ax, _label(name, recording), recording, look)
    _name_axes(ax)
    # The stubs allow for axes that were removed from their figure; these are drawn in one.
    return cast("Figure", ax.get_figure(root=True))


def steps(recording: Recording) -> tuple[list[float], list[int]]:
    """Give the corners of the line of steps: seconds since the request, and the bytes that had come by then."""
    times = [0.0, *(chunk.at for chunk in recording.chunks), recording.ended_at]
    sizes = itertools.accumulate((len(chunk.data) for chunk in recording.chunks), initial=0)
    return times, [*sizes, recording.size]


def _new_axes(lanes: int) -> Axes:
    try:
        from matplotlib import style  # noqa: PLC0415 - the package works without it

        from lambdastream.client.figure import NotebookFigure  # noqa: PLC0415 - it imports matplotlib
    except ImportError as exc:
        problem = "There is no matplotlib here to draw with."
        raise SetupError(problem, next_step="Install it: pip install 'lambdastream[notebook]'.") from exc
    # The default style has a white ground of its own, so that the picture reads the same on dark pages.
    with style.context("default"):
        size = (_WIDTH, _HEIGHT + lanes * _LEGEND_ROW)
        return NotebookFigure(figsize=size, dpi=_DPI, layout="constrained").add_subplot()


def _draw(ax: Axes, label: str, recording: Recording, look: dict[str, Any]) -> None:
    times, sizes = steps(recording)
    first_byte = [1] if recording.chunks else []
    ax.plot(times, sizes, drawstyle="steps-post", linewidth=2, label=label, markevery=first_byte, markersize=8, **look)
    if not recording.complete:
        ax.plot(times[-1], sizes[-1], marker="X", markersize=10, color=look["color"])


def _label(name: str, recording: Recording) -> str:
    begun = f"first byte {duration(recording.first_byte_at)}" if recording.chunks else "no body"
    if not recording.complete:
        return f"{name}: {begun}, broken after {duration(recording.ended_at)}"
    return f"{name}: {begun}, last {duration(recording.last_byte_at)}" if recording.chunks else f"{name}: {begun}"


def _looks() -> Iterator[dict[str, Any]]:
    """Give each line a look of its own, told apart without colours too."""
    for colour, line, marker in itertools.cycle(zip(COLOURS, _LINES, _MARKERS, strict=True)):
        yield {"color": colour, "linestyle": line, "marker": marker}


def _name_axes(ax: Axes) -> None:
    ax.set_xlabel("time since the request (s)")
    ax.set_ylabel("received (bytes)")
    ax.grid(visible=True, alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
