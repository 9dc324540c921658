import socket

import pytest

from lambdastream.client.abort import AbortSignal


class Connection:
    """A connected socket, as httpcore hands it out."""

    def __init__(self, sock):
        self.sock = sock

    def get_extra_info(self, info):
        return self.sock if info == "socket" else None


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(0.05)
        yield Connection(ours), theirs


def is_shut_down(theirs) -> bool:
    try:
        return theirs.recv(1) == b""
    except TimeoutError:
        return False


@pytest.mark.parametrize("by_trace", [True, False], ids=["made", "reused"])
def test_the_connection_it_holds_is_shut_down_on_abort(pair, by_trace):
    ours, theirs = pair
    signal = AbortSignal()
    if by_trace:
        signal.trace("connection.connect_tcp.complete", {"return_value": ours})
        signal.trace("http11.send_request_headers.complete", {"return_value": None})
    else:
        signal.hold(ours)
    assert not is_shut_down(theirs)
    signal.abort()
    signal.abort()
    assert signal.aborted
    assert is_shut_down(theirs)


def test_a_connection_made_after_the_abort_is_shut_down_at_once(pair):
    ours, theirs = pair
    signal = AbortSignal()
    signal.abort()
    signal.hold(ours)
    assert is_shut_down(theirs)


def test_a_connection_that_was_let_go_stays_open(pair):
    ours, theirs = pair
    signal = AbortSignal()
    signal.hold(ours)
    signal.release()
    signal.abort()
    assert not is_shut_down(theirs)
