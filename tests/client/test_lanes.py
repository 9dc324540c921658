import threading
import time

import httpx
import pytest

from lambdastream.client.lanes import RunningRace

SOON = 1.5
"""Seconds: well under the timeout of a request, well over what a wake-up takes."""


@pytest.fixture
def asked(server) -> threading.Event:
    """Set when the server has read a request."""
    event = threading.Event()
    server.on_request = lambda _target: event.set()
    return event


@pytest.mark.parametrize("path", ["/silent", "/stalls"])
def test_leaving_the_block_ends_a_lane_that_waits(server, asked, path):
    with RunningRace({"lane": server.url(path)}) as running:
        assert asked.wait(5)
        started = time.monotonic()
    assert time.monotonic() - started < SOON
    assert running.result()["lane"].error == "the recording was stopped"
    assert not any(thread.name == "lane lane" for thread in threading.enumerate())


def test_leaving_the_block_ends_a_lane_on_a_kept_alive_connection(server):
    with httpx.Client() as client:
        client.get(server.url("/hello"))
        begun = threading.Event()
        with RunningRace(
            {"lane": server.url("/stalls")}, client=client, on_chunk=lambda _name, _chunk: begun.set()
        ) as running:
            assert begun.wait(5)
            started = time.monotonic()
        assert time.monotonic() - started < SOON
        assert running.result()["lane"].body.startswith(b"this ")
        assert client.get(server.url("/hello")).text == "Hello World!"


def test_leaving_the_block_leaves_the_connections_of_ended_lanes_alone(server):
    with httpx.Client() as client:
        with RunningRace({"lane": server.url("/hello")}, client=client) as running:
            running.wait()
        assert client.get(server.url("/hello")).text == "Hello World!"
    assert server.connections == 1


def test_a_lane_that_has_ended_is_known_while_another_runs(server, asked):
    with RunningRace({"quick": server.url("/hello"), "silent": server.url("/silent")}) as running:
        deadline = time.monotonic() + 5
        while not running.ended() and time.monotonic() < deadline:
            assert not running.wait(0.01)
        assert list(running.ended()) == ["quick"]
        assert running.elapsed() > running.ended()["quick"].ended_at
