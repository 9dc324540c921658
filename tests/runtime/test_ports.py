"""Ports that are free."""

import json
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


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "ports.json"


def test_an_owner_gets_its_port_again_after_a_restart(memory):
    first = Ports(memory)
    ports_before = {owner: first.take(owner) for owner in ("function a", "function b", "api c")}
    second = Ports(memory)
    assert {owner: second.take(owner) for owner in reversed(ports_before)} == ports_before


def test_what_is_given_back_is_forgotten(memory):
    pool = Ports(memory)
    pool.give_back(pool.take("function a"))
    pool.take("api b")
    assert list(json.loads(memory.read_text())) == ["api b"]


def test_a_remembered_port_is_nobody_else_s(memory, monkeypatch):
    monkeypatch.setattr(ports, "RANGE", range(20000, 20010))
    mine = Ports(memory).take("function a")
    pool = Ports(memory)
    with pytest.raises(PortTakenError):
        take_all(pool, 11)
    assert pool.take("function a") == mine


def test_an_owner_whose_port_is_taken_moves_for_good(memory):
    old = Ports(memory).take("function a")
    with socket.create_server(("127.0.0.1", old)):
        new = Ports(memory).take("function a")
    assert new != old
    assert Ports(memory).take("function a") == new


@pytest.mark.parametrize("content", ["", "[1]", '{"function a": "x"}', '{"function a": 80}', "{"])
def test_a_memory_that_is_damaged_says_nothing(memory, content):
    memory.write_text(content)
    assert Ports(memory).take("function a") in ports.RANGE
