"""The limits of a streamed answer: when the runtime waits, and when the answer is too long."""

import asyncio
import time

import pytest

from lambdastream.runtime.limits import LIFTED, MB, Limits
from lambdastream.runtime.stream_limits import LimitedStream

FULL_SPEED = 1000
RATE = 10_000
LARGEST = 50_000
LIMITS = Limits(stream_full_speed=FULL_SPEED, stream_rate=RATE, stream_payload=LARGEST)
MOMENT = 0.05


class Connection:
    """The runtime's connection; `flows` says whether it is read."""

    def __init__(self):
        self.read = asyncio.Event()
        self.read.set()

    @property
    def flows(self):
        return self.read.is_set()

    def pause(self):
        self.read.clear()

    def resume(self):
        self.read.set()


class Stream(LimitedStream):
    """A stream that takes pieces of so many bytes."""

    def __init__(self, limits=LIMITS, *, limited=True):
        self.connection = Connection()
        super().__init__(self.connection, limits)
        if limited:
            self.limit()

    def send(self, size):
        """Returns by how much the answer is too long."""
        self.size += size
        return self.excess() if self.size > self.checkpoint else 0

    async def until_it_flows(self):
        """The seconds until the runtime is read again."""
        began = time.monotonic()
        async with asyncio.timeout(10):
            await self.connection.read.wait()
        return time.monotonic() - began


def in_a_loop(test):
    def wrapped():
        asyncio.run(test())

    wrapped.__name__ = test.__name__
    return wrapped


def test_the_limits_are_those_of_aws():
    limits = Limits()
    assert (limits.stream_payload, limits.stream_full_speed, limits.stream_rate) == (200 * MB, 6 * MB, 2 * MB)


@in_a_loop
async def test_the_first_part_goes_at_full_speed():
    stream = Stream()
    for _ in range(FULL_SPEED):
        assert stream.send(1) == 0
    assert stream.connection.flows
    assert stream.checkpoint == FULL_SPEED, "nobody has looked at a clock"


@in_a_loop
async def test_after_it_the_runtime_waits_as_long_as_the_rate_says():
    stream = Stream()
    assert stream.send(FULL_SPEED + 2000) == 0
    assert not stream.connection.flows
    assert 0.1 < await stream.until_it_flows() < 5
    stream.send(1000)
    assert not stream.connection.flows
    assert 0.05 < await stream.until_it_flows() < 5


@in_a_loop
async def test_pieces_that_are_read_already_make_the_wait_longer():
    stream = Stream()
    for _ in range(3):
        stream.send(1000)
    assert 0.1 < await stream.until_it_flows() < 5


@in_a_loop
async def test_a_stream_that_is_slower_than_the_rate_does_not_wait():
    stream = Stream(Limits(stream_full_speed=FULL_SPEED, stream_rate=1_000_000))
    stream.send(FULL_SPEED + 1)
    await stream.until_it_flows()
    for _ in range(20):
        await asyncio.sleep(0.002)
        stream.send(FULL_SPEED // 2)
        assert stream.connection.flows


@in_a_loop
async def test_a_pause_in_the_stream_makes_room_for_as_much_as_the_first_part():
    stream = Stream(Limits(stream_full_speed=FULL_SPEED, stream_rate=100_000))
    stream.send(FULL_SPEED + 1)
    await stream.until_it_flows()
    await asyncio.sleep(2 * FULL_SPEED / 100_000)
    stream.send(FULL_SPEED // 2)
    assert stream.connection.flows
    stream.send(FULL_SPEED * 3)
    assert not stream.connection.flows


@in_a_loop
async def test_the_room_that_a_pause_made_is_not_lost_by_looking_at_the_clock():
    stream = Stream(Limits(stream_full_speed=FULL_SPEED, stream_rate=100_000))
    stream.send(FULL_SPEED + 1)
    await stream.until_it_flows()
    await asyncio.sleep(2 * FULL_SPEED / 100_000)
    for _ in range(9):
        stream.send(FULL_SPEED // 10)
        assert stream.connection.flows


@in_a_loop
async def test_a_runtime_that_is_ahead_waits_for_a_slow_client_too():
    stream = Stream()
    stream.send(FULL_SPEED + 200)
    stream.pause()
    await asyncio.sleep(200 / RATE + MOMENT)
    assert not stream.connection.flows, "the client is still slow"
    stream.resume()
    assert stream.connection.flows


@in_a_loop
async def test_a_client_that_is_fast_again_does_not_end_the_wait():
    stream = Stream()
    stream.pause()
    stream.send(FULL_SPEED + 2000)
    stream.resume()
    assert not stream.connection.flows, "it is ahead of its rate"
    assert 0.1 < await stream.until_it_flows() < 5


@in_a_loop
async def test_the_end_of_an_answer_ends_the_wait():
    stream = Stream()
    stream.send(FULL_SPEED + 100_000 // 4)
    stream.end()
    assert stream.connection.flows
    stream.end()
    assert stream.connection.flows


@in_a_loop
async def test_the_end_of_an_answer_does_not_speak_for_the_client():
    stream = Stream()
    stream.send(FULL_SPEED + 2000)
    stream.pause()
    stream.end()
    assert not stream.connection.flows
    stream.resume()
    assert stream.connection.flows


@pytest.mark.parametrize("full_speed", [FULL_SPEED, LARGEST, LIFTED], ids=["less", "as much", "lifted"])
@pytest.mark.parametrize("over", [0, 1, 700])
def test_an_answer_is_too_long_by_what_is_over_its_largest_size(full_speed, over):
    async def check():
        stream = Stream(Limits(stream_full_speed=full_speed, stream_rate=LIFTED, stream_payload=LARGEST))
        assert stream.send(LARGEST - 10) == 0
        assert stream.send(10 + over) == over
        await stream.until_it_flows()

    asyncio.run(check())


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(lambda: Stream(limited=False), id="collected by its door"),
        pytest.param(lambda: Stream(Limits(stream_rate=LIFTED, stream_payload=LIFTED)), id="the rate lifted"),
        pytest.param(lambda: Stream(Limits(stream_full_speed=LIFTED, stream_payload=LIFTED)), id="all at full speed"),
    ],
)
def test_what_has_no_limits_flows(stream):
    async def check():
        unlimited = stream()
        for _ in range(100):
            assert unlimited.send(100 * MB) == 0
        assert await unlimited.until_it_flows() < 5

    asyncio.run(check())
