"""A chat that streams. The same app runs behind Mangum (handler.py) and the Lambda Web Adapter (run.sh)."""

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, StringConstraints

import chat_formats
import files
import generators
import page
from answers import ARTIFACTS, ModelError, words
from chat_protocol import END, START, artifact, text
from middleware import MIDDLEWARE
from pace import paced

SENTENCE = "This is streaming from Lambda"
NOSNIFF = {"X-Content-Type-Options": "nosniff"}  # else a browser may hold back short text to guess its type

log = logging.getLogger(__name__)
app = FastAPI(
    title="Streaming from Lambda",
    description="Answers that arrive while they are being written.",
    middleware=MIDDLEWARE,
)
for part in (chat_formats, files, generators, page):
    app.include_router(part.router)


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


@app.get("/stream", response_class=TextStream, tags=["sentence"])
async def stream() -> TextStream:
    """Send a sentence, character by character."""
    return TextStream(paced(SENTENCE), headers=NOSNIFF)


@app.get("/stream/events", response_class=EventSourceResponse, tags=["sentence"])
async def events() -> AsyncIterator[ServerSentEvent]:
    """Send a sentence word by word, as server-sent events."""
    async for word in paced(WORDS):
        yield ServerSentEvent(raw_data=word.word, event="word", id=str(word.number))


@app.get("/stream/lines", tags=["sentence"])
async def lines() -> AsyncIterator[Word]:
    """Send a sentence word by word, as JSON Lines."""
    async for word in paced(WORDS):
        yield word


@app.post("/stream/chat", response_class=TextStream, responses=chat_formats.FAILED, tags=["chat"])
async def chat(
    query: Annotated[
        str,
        StringConstraints(strip_whitespace=True),
        Query(min_length=1, max_length=1000, examples=["Why is it streamed?", "fail halfway"]),
    ],
) -> TextStream:
    """Answer a query word by word, then send the artifacts, in the chat protocol."""
    said = words(query)  # what can fail before the first byte fails here, and the client gets a status that says so
    return TextStream(paced(answer(said)), headers=NOSNIFF)


def answer(said: Iterator[str]) -> Iterator[str]:
    """Yield the pieces of an answer in the protocol's order. When the model fails on the way, it ends without ``[END]``."""
    yield START
    try:
        yield from map(text, said)
    except ModelError as error:
        log.warning("The answer was cut off: %s", error)
        return
    yield END
    yield from map(artifact, ARTIFACTS)


@app.exception_handler(ModelError)
async def no_answer(_: Request, error: ModelError) -> JSONResponse:
    """Say that there is no answer. Why is for the log alone."""
    log.warning("No answer: %s", error)
    return JSONResponse({"detail": "There is no answer now. Try again later."}, status_code=503)
