"""The checks of notebook 01: what they say of starters, of answers that are nearly right, and of right ones."""

import asyncio
import time

import pytest
from starlette.concurrency import iterate_in_threadpool

from lambdastream.workshop.checks import streaming


def whole_countdown(n):
    yield "".join(f"{number}\n" for number in range(n, 0, -1)) + "liftoff\n"


def returned_countdown(n):
    return "3\n2\n1\nliftoff\n"


async def coroutine_countdown(n):
    return ["3\n", "2\n", "1\n", "liftoff\n"]


def countdown_without_liftoff(n):
    yield from (f"{number}\n" for number in range(n, 0, -1))


def hasty_countdown(n):
    yield from countdown_without_liftoff(n)
    yield "liftoff\n"


def endless_countdown(n):
    while True:
        yield f"{n}\n"


def raising_countdown(n):
    yield "3\n"
    raise LookupError("two")


def countdown(n):
    for line in hasty_countdown(n):
        yield line
        time.sleep(0.1)


async def blocking_countdown(n):
    for line in hasty_countdown(n):
        yield line
        time.sleep(0.1)  # noqa: ASYNC251 - the mistake


async def nodding_countdown(n):
    for line in hasty_countdown(n):
        yield line
        time.sleep(0.1)  # noqa: ASYNC251 - the mistake
        await asyncio.sleep(0)


async def async_countdown(n):
    for line in hasty_countdown(n):
        yield line
        await asyncio.sleep(0.1)


def think():
    for word in streaming.WORDS:
        time.sleep(0.1)
        yield word


async def answer_from_a_thread():
    for word in await asyncio.to_thread(think):
        yield word


async def collected_answer():
    for word in await asyncio.to_thread(lambda: list(think())):
        yield word


def joined_answer():
    yield "".join(think())


def other_answer():
    yield "42"


def answer():
    yield from think()


async def answer_iterated_in_threads():
    async for word in iterate_in_threadpool(think()):
        yield word


async def answer_word_by_word():
    words = think()
    while word := await asyncio.to_thread(next, words, None):
        yield word


def all_at_once(path, size):
    with path.open("rb") as file:
        yield file.read()


def text_chunks(path, size):
    with path.open(encoding="latin-1") as file:
        while chunk := file.read(size // 2):
            yield chunk.encode()


def one_chunk(path, size):
    with path.open("rb") as file:
        yield file.read(size)


def chunks_without_end(path, size):
    with path.open("rb") as file:
        while True:
            yield file.read(size)


def sliced_chunks(path, size):
    data = path.read_bytes()
    for start in range(0, len(data), size):
        yield data[start : start + size]


def list_of_chunks(path, size):
    return [*sliced_chunks(path, size)]


async def async_chunks(path, size):
    yield path.read_bytes()


def hoarded_chunks(path, size):
    hoard = []
    for chunk in chunks(path, size):
        hoard.append(chunk)
        yield chunk


def chunks(path, size):
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk


def small_chunks(path, size):
    return chunks(path, size // 3)


@pytest.mark.parametrize(
    ("check", "function", "said"),
    [
        pytest.param("countdown", whole_countdown, "But it comes in 1 piece, and 4 are wanted", id="starter"),
        pytest.param("countdown", returned_countdown, "which is no stream", id="a string"),
        pytest.param("countdown", coroutine_countdown, "without a yield is no generator", id="a coroutine"),
        pytest.param("countdown", countdown_without_liftoff, r"sends '3\n2\n1\n', and", id="another text"),
        pytest.param("countdown", hasty_countdown, "all at the same moment", id="no pause"),
        pytest.param("countdown", endless_countdown, "goes on after 1000 pieces", id="no end"),
        pytest.param("countdown", raising_countdown, "raises LookupError: two", id="raises"),
        pytest.param("countdown", lambda n: None, "gives None, which is no stream", id="nothing"),
        pytest.param("countdown", blocking_countdown, "the whole server waits", id="blocks"),
        pytest.param("countdown", nodding_countdown, "the whole server waits", id="blocks, with pauses"),
        pytest.param("answer", answer_from_a_thread, "the event loop stands still", id="the article's"),
        pytest.param("answer", collected_answer, "nothing streams any more", id="collects"),
        pytest.param("answer", joined_answer, "nothing streams any more", id="joins"),
        pytest.param("answer", other_answer, "answer() sends '42'", id="another answer"),
        pytest.param("chunks", all_at_once, "largest chunk has 2,097,159 bytes, and 65,536", id="all at once"),
        pytest.param("chunks", text_chunks, "not what is in the file", id="as text"),
        pytest.param("chunks", one_chunk, "not what is in the file", id="the first only"),
        pytest.param("chunks", chunks_without_end, "One chunk is empty", id="without an end"),
        pytest.param("chunks", sliced_chunks, "the whole file is read", id="sliced"),
        pytest.param("chunks", list_of_chunks, "chunks gives a list", id="a list"),
        pytest.param("chunks", async_chunks, "chunks is an async generator", id="async"),
        pytest.param("chunks", hoarded_chunks, "the whole file is in memory", id="keeps them"),
    ],
)
def test_a_check_says_what_is_missing(check, function, said):
    verdict = getattr(streaming, check)(function)
    assert not verdict
    assert said in repr(verdict)


@pytest.mark.parametrize(
    ("check", "function"),
    [
        pytest.param("countdown", countdown, id="countdown"),
        pytest.param("countdown", async_countdown, id="countdown, async"),
        pytest.param("answer", answer, id="answer, sync"),
        pytest.param("answer", answer_iterated_in_threads, id="answer, iterated in threads"),
        pytest.param("answer", answer_word_by_word, id="answer, word by word"),
        pytest.param("chunks", chunks, id="chunks"),
        pytest.param("chunks", small_chunks, id="chunks, smaller ones"),
    ],
)
def test_a_right_answer_passes(check, function):
    verdict = getattr(streaming, check)(function)
    assert verdict, verdict


def test_an_answer_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(streaming, "PATIENCE", 0.1)
    verdict = streaming.countdown(countdown)
    assert "It has not ended after 0.1 s" in repr(verdict)
