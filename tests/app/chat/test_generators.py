"""Two kinds of generators, side by side."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from generators import WORDS, in_a_thread, in_the_loop

ROUTES = ("/stream/sync", "/stream/async")


def written(response):
    return [json.loads(line) for line in response.text.splitlines()]


def test_one_waits_in_a_thread_of_the_pool_and_the_other_in_the_event_loop(chat):
    threads = {}
    for route in ROUTES:
        found = written(chat.get(route))
        assert [each["word"] for each in found] == WORDS
        threads[route] = {each["thread"] for each in found}
    assert threads["/stream/async"] == {"MainThread"}
    assert all("worker thread" in name for name in threads["/stream/sync"])


@pytest.mark.parametrize("route", ROUTES)
def test_neither_keeps_another_client_waiting(chat, route):
    """Twenty streams at a time take about as long as one: nobody sleeps in the event loop."""
    with ThreadPoolExecutor(20) as threads:
        started = time.monotonic()
        all_written = list(threads.map(lambda _: written(chat.get(route)), range(20)))
    assert all(len(each) == len(WORDS) for each in all_written)
    assert time.monotonic() - started < 20 * 0.03 * len(WORDS) / 2


@pytest.mark.parametrize("route", ROUTES)
def test_both_end_when_their_client_leaves(observed, route):
    with httpx.stream("GET", f"{observed.url}{route}", timeout=30) as response:
        next(response.iter_raw())
    assert 1 <= int(observed.wait_for(rf"done with {route} after (\d+) pieces")[1]) < len(WORDS)


def test_both_yield_the_same_words():
    async def collect():
        return [each.word async for each in in_the_loop()]

    assert [each.word for each in in_a_thread()] == asyncio.run(collect()) == WORDS
