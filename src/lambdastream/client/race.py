"""Asks several URLs at the same moment and compares how their answers arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambdastream.client import verdict as judge
from lambdastream.client.lanes import RunningRace
from lambdastream.client.recording import Chunk, Recording
from lambdastream.client.units import NOTHING, duration

_HEAD = ("lane", "status", "first byte", "last byte", "chunks", "what happened")
_RULE = ("---", "---", "--:", "--:", "--:", "---")
_RIGHT = ("first byte", "last byte", "chunks")


@dataclass(frozen=True, repr=False)
class Race:
    """The recordings of a race, by lane: all on one clock that starts when all requests are sent."""

    recordings: dict[str, Recording]

    def verdict(self) -> str:
        """Say in plain words how each answer arrived and which showed something first: one sentence a line."""
        return judge.verdict(self.recordings)

    def __getitem__(self, name: str) -> Recording:
        return self.recordings[name]

    def __repr__(self) -> str:
        told = ", ".join(f"{name}: {judge.shape(each)}" for name, each in self.recordings.items())
        return f"<Race {told}>"

    def __str__(self) -> str:
        rows = [_HEAD, *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(_aligned(row, widths) for row in rows)

    def _repr_markdown_(self) -> str:
        rows = (_HEAD, _RULE, *(tuple(map(_escaped, row)) for row in self._rows()))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                " ".join(name.split()),
                str(each.status or NOTHING),
                duration(each.first_byte_at),
                duration(each.last_byte_at),
                str(len(each.chunks)),
                f"broken: {each.error}" if each.error else judge.shape(each),
            )
            for name, each in self.recordings.items()
        ]


def race(
    urls: Mapping[str, str],
    *,
    method: str = "GET",
    on_chunk: Callable[[str, Chunk], None] | None = None,
    **request: Any,
) -> Race:
    """Ask all ``urls``, by the names of their lanes, at the same moment and record the answers on one clock.

    ``request`` is what ``record`` takes, the same for all: ``timeout``, ``client``, ``headers``,
    ``json``, ... ``on_chunk(name, chunk)`` is called as chunks come, in a thread of each lane.

    A lane that cannot be reached ends the race with ``UnreachableError``; one that breaks off is recorded so.
    """
    with RunningRace(urls, method=method, on_chunk=on_chunk, **request) as running:
        return Race(running.result())


def _aligned(row: Iterable[str], widths: Iterable[int]) -> str:
    cells = (
        cell.rjust(width) if title in _RIGHT else cell.ljust(width)
        for title, cell, width in zip(_HEAD, row, widths, strict=True)
    )
    return "  ".join(cells).rstrip()


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")
