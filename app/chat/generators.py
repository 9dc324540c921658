"""Two kinds of generators, side by side: one waits in a thread of the pool, the other in the event loop."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter
from pydantic import BaseModel

from pace import PAUSE

WORDS = ["Both", "of", "them", "stream."]

router = APIRouter(prefix="/stream", tags=["generators"])


class Written(BaseModel):
    """A word, and the thread in which it was written."""

    word: str
    thread: str


def written(word: str) -> Written:
    """Say where a word is written: here."""
    return Written(word=word, thread=threading.current_thread().name)


@router.get("/sync")
def in_a_thread() -> Iterator[Written]:
    """Send words from a `def` generator. It may block: each of its steps runs in a thread of the pool."""
    for word in WORDS:
        time.sleep(PAUSE)
        yield written(word)


@router.get("/async")
async def in_the_loop() -> AsyncIterator[Written]:
    """Send words from an `async def` generator. It must not block: it runs in the event loop, as everything else does."""
    for word in WORDS:
        await asyncio.sleep(PAUSE)
        yield written(word)
