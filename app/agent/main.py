"""An agent that streams: four steps, each one's words as the model writes them, over server-sent events."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, StringConstraints

from events import cancelled_once, events, with_errors
from model import ModelError

app = FastAPI(title="A streaming agent", description="A workflow of prompts, told while it runs.")


class Question(BaseModel):
    """What to write about."""

    topic: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str


@app.get("/")
async def hello() -> dict[str, str]:
    """Greet. The adapter asks here whether the app is ready."""
    return {"message": "POST a topic to /agent."}


async def begun(question: Question) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    """Run the workflow up to its first event. What fails until then has a status of its own; later it cannot."""
    async with aclosing(cancelled_once(events(question.topic))) as run:
        try:
            first = await anext(run)
        except ModelError as error:
            raise HTTPException(error.status, str(error)) from error
        yield with_errors(first, run)


@app.post(
    "/agent",
    response_class=EventSourceResponse,
    responses={502: {"model": Problem}, 503: {"model": Problem}},
)
async def agent(run: Annotated[AsyncIterator[ServerSentEvent], Depends(begun)]) -> AsyncIterator[ServerSentEvent]:
    """Write a short article about a topic: outline, draft, review and, if the review says so, a revision."""
    async for event in run:
        yield event
