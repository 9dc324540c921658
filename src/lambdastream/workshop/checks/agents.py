"""The checks of notebook 09: a stream that is waited for in a thread, and an error that is the last event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, Final, TypeVar

from lambdastream.workshop.exercise import NotYet, check

Value = TypeVar("Value")
Unblocked = Callable[[Iterable[str]], AsyncIterable[str]]
Told = Callable[[AsyncIterator[str]], AsyncGenerator[tuple[str, str], None]]

WORDS: Final = ("The ", "moon ", "pulls.")
PAUSE: Final = 0.1
BEAT: Final = 0.01
FEWEST_BEATS: Final = 3
"""In one pause of the model a loop that is free has ten; on a busy machine fewer."""
PATIENCE: Final = 5.0

ACCOUNT: Final = "123456789012"
REASON: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/agent is not authorized"


class _Model:
    """Words as boto3 hands them out: whoever asks for the next one waits for it. ``made`` counts them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.made = 0
        self._error = error

    def __iter__(self) -> Iterator[str]:
        for word in WORDS:
            time.sleep(PAUSE)
            self.made += 1
            yield word
        if self._error:
            raise self._error


@check
def unblocked(function: Unblocked) -> str:
    """Exercise 1: the loop beats while the model writes, each word is handed on as it comes, and errors get through."""
    model = _Model()
    heard, beats = _in_a_loop_of_its_own(_heard_and_beats(function, model))
    words = [word for word, _ in heard]
    if words != [*WORDS]:
        raise NotYet(f"The model writes {[*WORDS]}. From you comes {words}.", "Yield each event of the stream.")
    if beats < FEWEST_BEATS * len(WORDS):
        raise NotYet(
            f"The model wrote for {PAUSE * len(WORDS):.1f} s, and the event loop did nothing else meanwhile.",
            "Wait for the next event in a thread: asyncio.to_thread, or FastAPI's iterate_in_threadpool.",
        )
    for number, (word, made) in enumerate(heard, start=1):
        if made > number + 1:
            raise NotYet(f"You hand on {word!r} when the model has written {made} words.", "One event at a time.")
    _lets_errors_through(function)
    return "Each word as it comes, and the loop is free meanwhile."


async def _heard_and_beats(function: Unblocked, model: _Model) -> tuple[list[tuple[str, int]], int]:
    """Each word with how many the model had made by then; and how often the loop came round."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(BEAT)
            beats += 1

    heart = asyncio.create_task(beat())
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(PATIENCE):
            heard = [(word, model.made) async for word in function(model)]
    except TimeoutError as error:
        raise NotYet(
            "All words have come, and your stream does not end.",
            "next() says by StopIteration that it is the end, and no future may carry that. next(iterator, None) does not.",
        ) from error
    finally:
        heart.cancel()
    return heard, beats


def _lets_errors_through(function: Unblocked) -> None:
    async def heard() -> list[str]:
        return [word async for word in function(_Model(ConnectionError("cut")))]

    try:
        _in_a_loop_of_its_own(heard())
    except ConnectionError:
        return
    raise NotYet("The stream broke off, and nobody heard of it.", "Let errors of the stream through.")


@check
def told(function: Told) -> str:
    """Exercise 2: an error is the last event, says nothing of AWS's own, and a client that leaves is no error."""
    expected = [("token", word) for word in WORDS]
    whole = _in_a_loop_of_its_own(_events(function, None))
    if whole != [*expected, ("done", "")]:
        raise NotYet(f"When all goes well the events are {whole}.", "The words, and then ('done', '').")
    broken = _broken(function)
    if broken[: len(WORDS)] != expected:
        raise NotYet(f"What came before the error is lost: {broken}.", "Words that are there leave at once.")
    if [name for name, _ in broken[len(WORDS) :]] != ["error"]:
        raise NotYet(
            f"After the error you send {broken[len(WORDS) :]}.", "One event, 'error', and no 'done': try has an else."
        )
    if ACCOUNT in broken[-1][1]:
        raise NotYet(
            f"Your client reads: {broken[-1][1]}",
            "AWS's words name accounts and roles. They go to the log; the client gets words of yours.",
        )
    _in_a_loop_of_its_own(_leaves(function))
    return "The client knows that the answer is not whole, and no more than that."


def _broken(function: Told) -> list[tuple[str, str]]:
    try:
        return _in_a_loop_of_its_own(_events(function, PermissionError(REASON)))
    except PermissionError as error:
        raise NotYet(
            "The error leaves your function. The server then breaks off the transfer, and the client does not know why.",
            "try and except, around the loop.",
        ) from error


async def _words(error: BaseException | None) -> AsyncIterator[str]:
    for word in WORDS:
        yield word
    if error:
        raise error


async def _events(function: Told, error: BaseException | None) -> list[tuple[str, str]]:
    return [event async for event in function(_words(error))]


async def _leaves(function: Told) -> None:
    """A client that leaves: the server closes the generator, or cancels what it waits for."""
    hint = "except Exception leaves out what ends a generator, or cancels a task. A bare except does not."
    try:
        async with aclosing(function(_words(None))) as events:
            await anext(events)
    except RuntimeError as error:
        raise NotYet(f"A client leaves, and: {error}.", hint) from error
    try:
        await _events(function, asyncio.CancelledError())
    except asyncio.CancelledError:
        return
    raise NotYet("The request is cancelled, and your function goes on.", hint)


def _in_a_loop_of_its_own(work: Coroutine[Any, Any, Value]) -> Value:
    """Run a coroutine where no loop runs: a notebook's cell is called by one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
