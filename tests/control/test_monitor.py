"""One thread at a time, and what it changed is saved."""

import threading

import pytest

from lambdastream.control import monitor
from lambdastream.control.monitor import Monitor


@pytest.fixture
def saved() -> list[str]:
    """The names of the threads that saved."""
    return []


@pytest.fixture
def watched(saved: list[str], monkeypatch: pytest.MonkeyPatch) -> Monitor:
    """A monitor that tells of each save; one that comes later comes at once."""
    monkeypatch.setattr(monitor, "LATER", 0.0)
    made = Monitor()
    made.on_change = lambda: saved.append(threading.current_thread().name)
    return made


def test_a_change_is_saved_before_the_next_one_comes_in(watched: Monitor, saved: list[str]) -> None:
    seen = []

    def other() -> None:
        with watched.reading():
            seen.append(len(saved))

    thread = threading.Thread(target=other)
    with watched:
        thread.start()
    thread.join()
    assert (seen, len(saved)) == ([1], 1)


def test_what_fails_may_have_changed_something(watched: Monitor, saved: list[str]) -> None:
    with pytest.raises(ValueError, match="it"), watched:
        raise ValueError("it")
    assert len(saved) == 1


def test_reading_and_stepping_outside_save_nothing(watched: Monitor, saved: list[str]) -> None:
    with watched.reading(), watched.outside(), watched.reading():
        pass
    assert saved == []


def test_a_failing_save_keeps_nobody_out(watched: Monitor) -> None:
    def fail() -> None:
        raise OSError

    watched.on_change = fail
    with pytest.raises(OSError), watched:  # noqa: PT011 - it has no words
        pass
    with watched.reading():
        pass


def test_many_small_changes_are_saved_a_moment_later(watched: Monitor, saved: list[str], eventually) -> None:
    with watched.writing_often():
        assert saved == []
    eventually(lambda: saved)
    assert saved != [threading.current_thread().name]
    with watched.writing_often():
        pass
    eventually(lambda: len(saved) == 2)
