"""The results as a picture: for each figure that something is wanted of, how much of what it may take it takes.

What is wanted of it is the line at 1, whatever its unit: left of it a figure holds, also one that should be large. Shapes
tell what colours tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure as Picture

from benchmarks.figures import Figure

# Of the palette of Okabe and Ito, which colour-blind people tell apart.
HOLDS: Final = {"color": "#0072B2", "marker": "o", "label": "here, as wanted"}
HOLDS_NOT: Final = {"color": "#D55E00", "marker": "X", "label": "here, not as wanted"}
PEER: Final = {"color": "#000000", "marker": "D", "label": "peer (its name is on the right)", "fillstyle": "none"}
SIGNS: Final = {"<=": "≤", ">=": "≥", "<": "<"}
LEFT: Final = 0.01
RIGHT: Final = 200.0
WIDTH: Final = 14.0
ROW: Final = 0.34
MARGIN: Final = 1.3


def draw(figures: Sequence[Figure], path: Path, caption: str) -> None:
    """Draw the figures that something is wanted of into the PNG ``path``; there is none without them."""
    rows = [figure for figure in figures if figure.wanted and figure.holds is not None]
    if not rows:
        return
    picture = Picture(figsize=(WIDTH, ROW * len(rows) + MARGIN), layout="constrained", dpi=120)
    axes = picture.add_subplot()
    for row, figure in enumerate(rows):
        ours, peer = shares(figure)
        if peer is not None:
            _point(axes, peer, row, PEER)
        _point(axes, ours, row, HOLDS if figure.holds else HOLDS_NOT)
        axes.text(1.01, row, _words(figure), transform=axes.get_yaxis_transform(), va="center", fontsize=8)
    _frame(axes, rows)
    axes.set_title(caption, fontsize=9, loc="left")
    picture.savefig(path)


def shares(figure: Figure) -> tuple[float, float | None]:
    """What the figure and its peer have of what is wanted: 1 is just as wanted, less is better."""
    number, relation, limit = str(figure.wanted).split()
    wanted = float(limit)
    if number == "ratio":
        ours, peer = figure.ratio or 0.0, 1.0 if figure.peer else None
    else:
        ours, peer = figure.value, figure.peer.value if figure.peer else None
    return _share(ours, relation, wanted), None if peer is None else _share(peer, relation, wanted)


def _share(number: float, relation: str, wanted: float) -> float:
    """A number's share, within the picture: what takes nothing is at its left edge."""
    if relation == ">=":
        share = wanted / number if number > 0 else RIGHT
    elif wanted > 0:
        share = number / wanted
    else:
        share = RIGHT if number > wanted else LEFT
    return min(max(share, LEFT), RIGHT)


def _point(axes: Any, share: float, row: int, look: dict[str, str]) -> None:
    axes.plot([share], [row], linestyle="none", markersize=8, clip_on=False, zorder=3, **look)


def _words(figure: Figure) -> str:
    number, relation, limit = str(figure.wanted).split()
    unit = f"of {figure.peer.name}'s" if number == "ratio" and figure.peer else figure.unit
    peer = f"   {figure.peer.name}: {figure.peer.value:g} {figure.unit}" if figure.peer else ""
    return f"{figure.value:g} {figure.unit}   wanted {SIGNS[relation]} {limit} {unit}{peer}"


def _frame(axes: Any, rows: Sequence[Figure]) -> None:
    axes.axvline(1, color="#666666", linewidth=1.2)
    axes.set_xscale("log")
    axes.set_xlim(LEFT, RIGHT)
    axes.set_xticks([0.01, 0.1, 1, 10, 100], ["≤ 1 %", "10 %", "as wanted", "10 times", "100 times"], fontsize=9)
    axes.set_yticks(range(len(rows)), [figure.figure for figure in rows], fontsize=9)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(axis="both", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    found = dict(zip(labels, handles, strict=True))
    axes.figure.legend(found.values(), found.keys(), loc="outside lower center", ncols=3, fontsize=9, frameon=False)
