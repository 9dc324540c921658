"""A chat that streams. The same app runs behind Mangum (handler.py) and the Lambda Web Adapter (run.sh)."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, StringConstraints

from answers import ARTIFACTS, words
from chat_protocol import END, START, artifact, text

PAUSE = 0.03  # seconds between two pieces
NOSNIFF = {"X-Content-Type-Options": "nosniff"}  # else browsers hold back short text to guess its type

app = FastAPI(title="Streaming from Lambda", description="Answers that arrive while they are being written.")


class Task(BaseModel):
    """A thing to do."""

    id: str
    text: str


TASKS = [Task(id="ptvWZ3", text="hello!"), Task(id="cqDUr3", text="another!")]


async def paced(pieces: Iterable[str]) -> AsyncIterator[str]:
    """Yield the pieces at an even pace. Each has its moment on the clock, so that delays do not add up."""
    clock = asyncio.get_running_loop().time
    start = clock()
    for number, piece in enumerate(pieces):
        await asyncio.sleep(start + number * PAUSE - clock())
        yield piece


class TextStream(StreamingResponse):
    """A response of plain text that is sent piece by piece."""

    media_type = "text/plain"


@app.get("/")
async def hello() -> dict[str, str]:
    """Greet. The adapter asks here whether the app is ready."""
    return {"message": "Hello World!"}


@app.get("/tasks")
async def tasks() -> list[Task]:
    """List the tasks."""
    return TASKS


@app.get("/stream", response_class=TextStream)
async def stream() -> TextStream:
    """Send a sentence, character by character."""
    return TextStream(paced("This is streaming from Lambda"), headers=NOSNIFF)


@app.post("/stream/chat", response_class=TextStream)
async def chat(
    query: Annotated[str, StringConstraints(strip_whitespace=True), Query(min_length=1, max_length=1000)],
) -> TextStream:
    """Answer a query word by word, then send the artifacts, in the chat protocol."""
    return TextStream(paced(answer(query)), headers=NOSNIFF)


def answer(query: str) -> Iterator[str]:
    """Yield the pieces of an answer in the protocol's order."""
    yield START
    yield from map(text, words(query))
    yield END
    yield from map(artifact, ARTIFACTS)
