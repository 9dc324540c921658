"""Sockets at the end of long paths."""

import socket

import pytest

from lambdastream.doors.socket_path import LONGEST, openable


@pytest.mark.parametrize("name", ["short", "l" * LONGEST], ids=["short", "long"])
def test_a_socket_can_be_listened_on_and_connected_to(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    path = folder / "s.sock"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(openable(path))
        server.listen()
        client.connect(openable(path))
        assert path.is_socket()
