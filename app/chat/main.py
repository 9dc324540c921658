"""A chat that streams. The same app runs behind Mangum (handler.py) and the Lambda Web Adapter (run.sh)."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, StringConstraints

import files
from answers import ARTIFACTS, words
from chat_protocol import END, START, artifact, text
from pace import paced

SENTENCE = "This is streaming from Lambda"
NOSNIFF = {"X-Content-Type-Options": "nosniff"}  # else a browser may hold back short text to guess its type

app = FastAPI(title="Streaming from Lambda", description="Answers that arrive while they are being written.")
app.include_router(files.router)


class Task(BaseModel):
    """A thing to do."""

    id: str
    text: str


class Word(BaseModel):
    """A word of the sentence, and its place."""

    number: int
    word: str


TASKS = [Task(id="ptvWZ3", text="hello!"), Task(id="cqDUr3", text="another!")]
WORDS = [Word(number=number, word=word) for number, word in enumerate(SENTENCE.split(), start=1)]


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
    return TextStream(paced(SENTENCE), headers=NOSNIFF)


@app.get("/stream/events", response_class=EventSourceResponse)
async def events() -> AsyncIterator[ServerSentEvent]:
    """Send a sentence word by word, as server-sent events."""
    async for word in paced(WORDS):
        yield ServerSentEvent(raw_data=word.word, event="word", id=str(word.number))


@app.get("/stream/lines")
async def lines() -> AsyncIterator[Word]:
    """Send a sentence word by word, as JSON Lines."""
    async for word in paced(WORDS):
        yield word


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
