"""The pace of a stream. A real answer is as slow as whoever writes it; this one keeps time."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

PAUSE = 0.03  # seconds between two pieces

Piece = TypeVar("Piece")


async def paced(pieces: Iterable[Piece]) -> AsyncIterator[Piece]:
    """Yield the pieces at an even pace. Each has its moment on the clock, so that delays do not add up."""
    clock = asyncio.get_running_loop().time
    start = clock()
    for number, piece in enumerate(pieces):
        await asyncio.sleep(start + number * PAUSE - clock())
        yield piece
