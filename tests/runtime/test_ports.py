"""Ports that are free."""

import socket

import pytest

from lambdastream.errors import PortTakenError
from lambdastream.runtime import ports
from lambdastream.runtime.ports import Ports, is_free


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def take_all(pool, count):
    return [pool.take() for _ in range(count)]


def test_no_port_is_handed_out_twice_until_it_is_given_back(monkeypatch):
    monkeypatch.setattr(ports, "RANGE", range(20000, 20010))
    pool = Ports()
    with pytest.raises(PortTakenError, match="No free port") as caught:
        take_all(pool, 11)
    assert caught.value.next_step
    given_back = next(port for port in range(20000, 20010) if is_free(port))
    pool.give_back(given_back)
    assert pool.take() == given_back


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_on_which_somebody_listens_is_not_free(address):
    with socket.create_server((address, 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_port_is_free_again_right_after_its_server_is_gone(listener):
    port = listener.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)) as client, listener.accept()[0] as served:
        served.close()
        assert client.recv(1) == b""
    listener.close()
    assert is_free(port)
