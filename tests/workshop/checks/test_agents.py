"""The checks of notebook 09."""

import asyncio
import queue
import threading

import pytest
from fastapi.concurrency import iterate_in_threadpool

from lambdastream.workshop.checks import agents


async def starter(stream):
    for event in stream:
        yield event


async def sleeping(stream):
    for event in stream:
        await asyncio.sleep(0)
        yield event


async def collecting(stream):
    for event in await asyncio.to_thread(list, stream):
        yield event


async def dropping(stream):
    async for event in iterate_in_threadpool(stream):
        if event != "moon ":
            yield event


async def silent(stream):
    try:
        async for event in iterate_in_threadpool(stream):
            yield event
    except ConnectionError:
        pass


async def threadpool(stream):
    async for event in iterate_in_threadpool(stream):
        yield event


async def to_thread(stream):
    iterator = iter(stream)
    while (event := await asyncio.to_thread(next, iterator, None)) is not None:
        yield event


async def own_thread(stream):
    events = queue.Queue()

    def read():
        try:
            for event in stream:
                events.put((event, None))
        except ConnectionError as error:
            events.put((None, error))
        events.put((None, None))

    threading.Thread(target=read, daemon=True).start()
    while True:
        event, error = await asyncio.to_thread(events.get)
        if error:
            raise error
        if event is None:
            return
        yield event


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(
            starter, "✗ Not yet. The model wrote for 0.3 s, and the event loop did nothing else", id="starter"
        ),
        pytest.param(sleeping, "✗ Not yet. The model wrote for 0.3 s, and the event loop did nothing else", id="sleep"),
        pytest.param(collecting, "✗ Not yet. You hand on 'The ' when the model has written 3 words.", id="collects"),
        pytest.param(dropping, "✗ Not yet. The model writes ['The ', 'moon ', 'pulls.']. From you", id="drops one"),
        pytest.param(silent, "✗ Not yet. The stream broke off, and nobody heard of it.", id="swallows errors"),
        pytest.param(lambda stream: stream, "✗ Not yet. Your code raises TypeError", id="no async iterator"),
        pytest.param(threadpool, "✓ Each word as it comes, and the loop is free", id="FastAPI's"),
        pytest.param(to_thread, "✓ Each word as it comes, and the loop is free", id="asyncio's"),
        pytest.param(own_thread, "✓ Each word as it comes, and the loop is free", id="a thread of its own"),
    ],
)
def test_unblocked(function, says):
    assert repr(agents.unblocked(function)).startswith(says)


def test_a_stream_that_does_not_end_is_given_up(monkeypatch):
    async def endless(stream):
        async for event in iterate_in_threadpool(stream):
            yield event
        await asyncio.Event().wait()

    monkeypatch.setattr(agents, "PATIENCE", 1.5)
    assert repr(agents.unblocked(endless)).startswith("✗ Not yet. All words have come, and your stream does not end.")


def telling(text="The model failed to answer.", error=Exception, then=()):
    async def told(words):
        try:
            async for word in words:
                yield "token", word
        except error as reason:
            yield "error", text.format(reason)
            for event in then:
                yield event
        else:
            yield "done", ""

    return told


async def bare_starter(words):
    async for word in words:
        yield "token", word
    yield "done", ""


async def in_the_end(words):
    try:
        async for word in words:
            yield "token", word
    except PermissionError:
        yield "error", "failed"
    yield "done", ""


async def all_or_nothing(words):
    try:
        for word in [word async for word in words]:
            yield "token", word
    except PermissionError:
        yield "error", "failed"
    else:
        yield "done", ""


async def cancelled_is_an_error(words):
    try:
        async for word in words:
            yield "token", word
    except (PermissionError, asyncio.CancelledError):
        yield "error", "failed"
    else:
        yield "done", ""


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(bare_starter, "✗ Not yet. The error leaves your function.", id="the starter"),
        pytest.param(in_the_end, "✗ Not yet. After the error you send [('error', 'failed'), ('done', '')]", id="done"),
        pytest.param(all_or_nothing, "✗ Not yet. What came before the error is lost", id="collects"),
        pytest.param(telling("{}"), "✗ Not yet. Your client reads: arn:aws:sts::123456789012", id="AWS's own words"),
        pytest.param(telling(error=BaseException), "✗ Not yet. A client leaves, and: async generator", id="bare"),
        pytest.param(cancelled_is_an_error, "✗ Not yet. The request is cancelled, and your function", id="cancelled"),
        pytest.param(telling(then=[("error", "")]), "✗ Not yet. After the error you send", id="two errors"),
        pytest.param(lambda words: words, "✗ Not yet. When all goes well the events are ['The ',", id="as it is"),
        pytest.param(telling(), "✓ The client knows", id="right"),
    ],
)
def test_told(function, says):
    assert repr(agents.told(function)).startswith(says)


def test_it_runs_beside_a_loop():
    async def in_a_cell():
        return agents.told(telling())

    assert asyncio.run(in_a_cell())
