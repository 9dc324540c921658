"""The chat's answer in two more formats: server-sent events for browsers, and JSON Lines for programs."""

from collections.abc import AsyncIterator, Iterator
from itertools import chain, islice
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from answers import words
from pace import paced
from pieces import Failure, Piece, Problem, Question, pieces

Responses = dict[int | str, dict[str, Any]]

PROBLEM = {"application/json": {"schema": Problem.model_json_schema()}}  # "model" would take the stream's media type
FAILED: Responses = {503: {"description": "The model gave no answer", "content": PROBLEM}}
AT_ITS_END: Responses = {204: {"description": "There is nothing after the id: do not ask again"}}
BAD_BODY: Responses = {
    400: {"description": "The body is no text", "content": PROBLEM},
    413: {"description": "The body is too large", "content": PROBLEM},
}

router = APIRouter(tags=["chat"], responses=FAILED)

Numbered = tuple[int, Piece]
LastEventId = Annotated[int, Header(ge=0, le=1_000_000, description="The id of the last event that the client has")]


def after(question: Question, last_event_id: int) -> Iterator[Numbered]:
    """Ask, and return the pieces after a number. What can fail does so here, before the first byte.

    Raises ``HTTPException`` 204 when there are none: that keeps ``EventSource`` from asking again. The demo says the same
    each time it is asked; a real chat has to keep its answers for clients who resume them.
    """
    rest = islice(enumerate(pieces(words(question.query)), start=1), last_event_id, None)
    first = next(rest, None)
    if first is None:
        raise HTTPException(204)
    return chain([first], rest)


def asked_in_url(question: Annotated[Question, Query()], last_event_id: LastEventId = 0) -> Iterator[Numbered]:
    """Ask what the URL says: ``EventSource`` can do no more."""
    return after(question, last_event_id)


def asked_in_body(question: Question, last_event_id: LastEventId = 0) -> Iterator[Numbered]:
    """Ask what the body says."""
    return after(question, last_event_id)


async def events(numbered: Iterator[Numbered]) -> AsyncIterator[ServerSentEvent]:
    """Yield the pieces as events. A failure has no id: who resumes tries again from the last good piece."""
    async for number, piece in paced(numbered):
        number_or_none = None if isinstance(piece, Failure) else str(number)
        yield ServerSentEvent(data=piece, event=piece.type, id=number_or_none)


@router.get("/stream/chat/events", response_class=EventSourceResponse, responses=AT_ITS_END)
async def events_for_a_browser(
    numbered: Annotated[Iterator[Numbered], Depends(asked_in_url)],
) -> AsyncIterator[ServerSentEvent]:
    """Answer as server-sent events: `words`, `artifact`, `end` and, if the model fails on the way, `error`.

    The data of each is JSON. A client that lost its connection says the id of its last event in `Last-Event-ID`, as
    `EventSource` does by itself, and gets the rest.
    """
    async for event in events(numbered):
        yield event


@router.post("/stream/chat/events", response_class=EventSourceResponse, responses=AT_ITS_END | BAD_BODY)
async def events_for_a_program(
    numbered: Annotated[Iterator[Numbered], Depends(asked_in_body)],
) -> AsyncIterator[ServerSentEvent]:
    """Answer as server-sent events a question that is in the body, where no log of URLs keeps it."""
    async for event in events(numbered):
        yield event


@router.post("/stream/chat/lines", responses=AT_ITS_END | BAD_BODY)
async def lines(numbered: Annotated[Iterator[Numbered], Depends(asked_in_body)]) -> AsyncIterator[Piece]:
    """Answer as JSON Lines: one object a line. The last has the type `end` or, if the model fails on the way, `error`.

    `Last-Event-ID` leaves out as many lines.
    """
    async for _, piece in paced(numbered):
        yield piece
