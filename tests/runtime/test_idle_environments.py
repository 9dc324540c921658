"""The environments that wait, and when they have waited for long enough."""

import asyncio
import math

import pytest

from lambdastream.runtime.idle_environments import IdleEnvironments


class Environment:
    """Nothing is asked of it."""


async def until_empty(idle):
    async with asyncio.timeout(10):
        while idle:  # noqa: ASYNC110 - it has no event, and needs none
            await asyncio.sleep(0.005)


@pytest.fixture
def evicted():
    return []


def test_the_one_that_came_last_is_taken_first(loop, evicted):
    async def use():
        idle, environments = IdleEnvironments(60, evicted.append), [Environment() for _ in range(3)]
        for environment in environments:
            idle.push(environment)
        assert [idle.pop(), idle.pop(), idle.pop()] == environments[::-1]
        assert not idle
        idle.clear()

    loop.run(use())
    assert evicted == []


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
def test_those_that_have_waited_for_long_are_evicted_in_their_order(loop, evicted, taken):
    environments = [Environment() for _ in range(3)]

    async def use():
        idle = IdleEnvironments(0.05, evicted.append)
        for environment in environments:
            idle.push(environment)
            await asyncio.sleep(0.01)
        for _ in range(taken):
            idle.pop()
        await until_empty(idle)

    loop.run(use())
    assert evicted == environments[: 3 - taken]


def test_one_that_is_taken_and_comes_back_waits_anew(loop, evicted):
    environment = Environment()

    async def use():
        idle = IdleEnvironments(0.1, evicted.append)
        began = asyncio.get_running_loop().time()
        idle.push(environment)
        while asyncio.get_running_loop().time() < began + 0.3:
            idle.push(idle.pop())
            await asyncio.sleep(0.01)
        assert evicted == []
        await until_empty(idle)

    loop.run(use())
    assert evicted == [environment]


@pytest.mark.parametrize(
    ("longest", "leave"),
    [
        pytest.param(0.01, lambda idle, _: idle.clear(), id="forgotten"),
        pytest.param(0.01, lambda idle, environment: idle.remove(environment), id="removed"),
        pytest.param(math.inf, lambda idle, _: None, id="kept for ever"),
    ],
)
def test_one_that_is_not_here_or_may_stay_is_not_evicted(loop, evicted, longest, leave):
    async def use():
        idle, environment = IdleEnvironments(longest, evicted.append), Environment()
        idle.push(environment)
        leave(idle, environment)
        other = IdleEnvironments(0.03, lambda _: done.set())
        done = asyncio.Event()
        other.push(Environment())
        await done.wait()
        assert idle.remove(environment) is (longest == math.inf)

    loop.run(use())
    assert evicted == []
