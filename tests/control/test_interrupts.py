"""Interrupts that wait."""

import signal
import threading
from collections.abc import Iterator

import pytest

from lambdastream.control.interrupts import ENDINGS, uninterrupted


@pytest.fixture
def came() -> Iterator[list[int]]:
    """The signals that were handled, in order."""
    handled: list[int] = []
    before = {number: signal.signal(number, lambda number, _: handled.append(number)) for number in ENDINGS}
    yield handled
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDINGS)
def test_an_interrupt_waits_for_the_end_of_the_block(came: list[int], number: signal.Signals) -> None:
    with uninterrupted():
        signal.raise_signal(number)
        assert came == []
    assert came == [number]
    signal.raise_signal(number)
    assert came == [number, number], "from then on it is handled as before"


def test_without_one_nothing_comes(came: list[int]) -> None:
    with uninterrupted():
        pass
    assert came == []


def test_ctrl_c_is_raised_where_the_block_ends() -> None:
    steps = []

    def work() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            steps.append("to the end")
        steps.append("past it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == ["to the end"]


def test_an_error_in_the_block_is_raised_and_the_handlers_are_back(came: list[int]) -> None:
    with pytest.raises(ValueError, match="mine"), uninterrupted():
        raise ValueError("mine")
    signal.raise_signal(signal.SIGTERM)
    assert came == [signal.SIGTERM]


def test_other_threads_need_nothing_of_it(came: list[int]) -> None:
    entered = []

    def work() -> None:
        with uninterrupted():
            entered.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [1]
