"""What happens in the workflow, as server-sent events: each word as it is written, each step's result when it has run."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

from anyio import CancelScope
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel

from model import ModelError
from workflow import State, workflow

Part = TypeVar("Part")


class StepText(BaseModel):
    """Some text of a step: a piece of it (event ``token``), or its whole result (event ``step``)."""

    step: str
    text: str


async def events(topic: str) -> AsyncGenerator[ServerSentEvent, None]:
    """Yield the events of one run. Raises ``ModelError``."""
    begin: State = {"results": {"topic": topic}}
    async for part in workflow.astream(begin, stream_mode=["custom", "updates"], version="v2"):
        if part["type"] == "custom":
            yield ServerSentEvent(event="token", data=StepText(**part["data"]))
        elif part["type"] == "updates":
            for name, update in part["data"].items():
                yield ServerSentEvent(event="step", data=StepText(step=name, text=update["results"][name]))
    yield ServerSentEvent(event="done", data={})


async def cancelled_once(parts: AsyncGenerator[Part, None]) -> AsyncGenerator[Part, None]:
    """Yield what a generator yields, each part awaited in a task. When the client leaves, that task is cancelled, once.

    FastAPI cancels the request itself at each of its awaits, until it has ended. LangGraph, which awaits while it cleans up,
    would never come to cancel the step that runs: the model would write on, for nobody (langchain-ai/langgraph#5682).
    """
    async with aclosing(parts):
        while True:
            part = asyncio.ensure_future(anext(parts, None))
            try:
                await asyncio.shield(part)
            finally:
                if not part.done():
                    part.cancel()
                    with CancelScope(shield=True):
                        await asyncio.gather(part, return_exceptions=True)
            if (found := part.result()) is None:
                return
            yield found


async def with_errors(first: ServerSentEvent, rest: AsyncIterator[ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
    """Yield events. An error ends them with an event of its own: the status has been sent, and said that all is well."""
    yield first
    try:
        async for event in rest:
            yield event
    except ModelError as error:
        yield ServerSentEvent(event="error", data={"message": str(error)})
