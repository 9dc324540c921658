import threading
import time

import httpx
import pytest

from lambdastream.client import Race, race
from lambdastream.errors import UnreachableError, UsageError


def test_a_race_asks_all_at_the_same_moment(server):
    both_are_asked = threading.Barrier(2)
    server.on_request = lambda _target: both_are_asked.wait(5)
    result = race({"one": server.url("/hello"), "other": server.url("/two-in-one")})
    assert [each.text for each in result.recordings.values()] == ["Hello World!", "one two"]


def test_a_race_tells_the_streamed_answer_from_the_one_at_once(server):
    result = race({"buffered": server.url("/at-once"), "streamed": server.url("/words")})
    buffered, streamed, first = result.verdict().splitlines()
    assert result["buffered"].body == result["streamed"].body
    assert buffered.startswith("buffered answered all at once")
    assert streamed.startswith("streamed streamed")
    assert first.startswith("streamed showed its first byte first")


def test_each_chunk_is_told_with_the_name_of_its_lane(server):
    told = {"buffered": [], "streamed": []}
    result = race(
        {"buffered": server.url("/hello"), "streamed": server.url("/halves")},
        on_chunk=lambda name, chunk: told[name].append(chunk),
    )
    assert {name: tuple(chunks) for name, chunks in told.items()} == {
        name: each.chunks for name, each in result.recordings.items()
    }


def test_the_lanes_share_one_clock_so_a_late_start_is_seen(server):
    late = 0.2
    pauses = iter([late])

    class Headers(dict):
        def items(self):
            time.sleep(next(pauses, 0))
            return super().items()

    result = race({"a": server.url("/hello"), "b": server.url("/hello")}, headers=Headers())
    assert max(each.first_byte_at for each in result.recordings.values()) > late


def test_the_request_is_the_same_for_all(server):
    result = race({"a": server.url("/echo"), "b": server.url("/echo")}, method="POST", content=b"same", timeout=5)
    assert all(
        each.text.startswith("POST /echo") and each.text.endswith("\nsame") for each in result.recordings.values()
    )


def test_lanes_take_turns_on_the_connections_of_a_client(server):
    with httpx.Client() as client:
        for _ in range(3):
            race({"a": server.url("/hello"), "b": server.url("/hello")}, client=client)
        assert not client.is_closed
    assert server.connections == 2


def test_a_lane_that_breaks_off_is_recorded_and_the_others_run_on(server):
    result = race({"dies": server.url("/dies"), "lives": server.url("/words")})
    assert (result["dies"].complete, result["lives"].complete) == (False, True)
    assert "dies broke off" in result.verdict()


@pytest.mark.parametrize("order", [("dead", "silent"), ("silent", "dead")], ids=["dead first", "dead last"])
def test_a_lane_that_cannot_be_reached_ends_the_race(server, dead_url, order):
    urls = {"dead": dead_url, "silent": server.url("/silent")}
    with pytest.raises(UnreachableError, match=dead_url):
        race({name: urls[name] for name in order})
    assert lanes_at_work() == []


def test_an_error_of_the_callback_ends_the_race(server):
    def on_chunk(name, chunk):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        race({"words": server.url("/words"), "silent": server.url("/silent")}, on_chunk=on_chunk)
    assert lanes_at_work() == []


def test_a_race_of_nobody_is_an_error():
    with pytest.raises(UsageError, match="nothing to race"):
        race({})


@pytest.fixture
def result(recorded) -> Race:
    return Race(
        {
            "Mangum": recorded((1.9, b"one two")),
            "LWA | streams": recorded((0.05, b"one "), (2.0, b"two")),
            "gone": recorded(status=None, error="the server closed the connection without an answer"),
        }
    )


def test_a_terminal_gets_an_aligned_table(result):
    assert str(result).splitlines() == [
        "lane           status  first byte  last byte  chunks  what happened",
        "Mangum         200         1.90 s     1.90 s       1  at once",
        "LWA | streams  200          50 ms     2.00 s       2  streamed",
        "gone           -                -          -       0  broken: the server closed the connection without an answer",
    ]


def test_a_notebook_gets_a_markdown_table(result):
    assert result._repr_markdown_().splitlines() == [
        "| lane | status | first byte | last byte | chunks | what happened |",
        "| --- | --- | --: | --: | --: | --- |",
        "| Mangum | 200 | 1.90 s | 1.90 s | 1 | at once |",
        "| LWA \\| streams | 200 | 50 ms | 2.00 s | 2 | streamed |",
        "| gone | - | - | - | 0 | broken: the server closed the connection without an answer |",
    ]


def test_its_repr_is_one_line(result):
    assert repr(result) == "<Race Mangum: at once, LWA | streams: streamed, gone: broken>"


def lanes_at_work() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lane ")]
