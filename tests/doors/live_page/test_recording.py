"""What is remembered of an invocation is right, and bounded."""

import pytest

from lambdastream.doors.live_page.recording import LONGEST_LINE, LONGEST_LOG, MOST_TICKS, LogLines, Recording, Ticks


def recording():
    return Recording(7, "id", "f", "URL, BUFFERED", "GET /", collected=False, arrived=100.0, arrived_at=5.0)


def test_times_are_milliseconds_since_the_arrival():
    made = recording()
    made.begin(100.5, "abc", (99.0, 100.25))
    made.piece(100.75, 2, 10)
    made.answer(101.0)
    made.over = 101.5
    told = made.to_json()
    assert [told[name] for name in ("init", "begun", "answered", "over")] == [[0, 250], 500, 1000, 1500]
    assert (told["arrivedAt"], told["chunks"], told["bytes"], told["environment"]) == (5000, 2, 10, "abc")


def test_an_init_that_was_over_before_is_none_of_it():
    made = recording()
    made.begin(100.0, "abc", (90.0, 99.0))
    assert made.init is None


def test_it_is_waiting_running_streaming_then_done():
    made = recording()
    states = [made.state]
    made.begin(101, "abc", None)
    states.append(made.state)
    made.piece(102, 1, 1)
    states.append(made.state)
    made.answer(103)
    assert [*states, made.state] == ["waiting", "running", "streaming", "done"]
    assert not made.is_final
    made.over = 104
    assert made.is_final


@pytest.mark.parametrize(("error", "state"), [("throttled", "throttled"), ("Runtime.ExitError", "failed")])
def test_one_that_never_began_is_final_with_its_answer(error, state):
    made = recording()
    made.answer(100.1, error, "why")
    assert (made.state, made.is_final) == (state, True)


def test_chunks_of_one_moment_are_one_tick():
    ticks = Ticks()
    for at in (0.1, 0.1004, 0.2):
        ticks.add(at, 1, 10)
    assert ticks.ticks == [(0.1, 2, 20), (0.2, 1, 10)]


def test_many_ticks_become_coarser_and_lose_nothing():
    ticks, count = Ticks(), 20 * MOST_TICKS
    for number in range(count):
        ticks.add(number * 0.002, 1, 3)
        assert len(ticks.ticks) <= MOST_TICKS
    assert ticks.coarser
    assert len(ticks.ticks) > MOST_TICKS // 4
    assert [sum(each) for each in zip(*ticks.ticks, strict=True)][1:] == [count, 3 * count]
    assert ticks.ticks[0][0] == 0
    assert ticks.ticks == sorted(ticks.ticks)


def test_a_long_log_keeps_its_end():
    log = LogLines()
    for number in range(1000):
        log.add(f"{number} {'x' * 100}\n")
    assert sum(map(len, log.lines)) <= LONGEST_LOG
    assert log.left_out + len(log.lines) == 1000
    assert log.lines[-1].startswith("999 ")


def test_a_long_line_is_cut_and_lines_are_told_apart():
    log = LogLines()
    log.add("x" * (10 * LONGEST_LOG))
    log.add("a\nb\n")
    assert [len(log.lines[0]), *list(log.lines)[1:]] == [LONGEST_LINE + 4, "a", "b"]
