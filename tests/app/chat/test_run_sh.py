"""`run.sh`, which the Lambda Web Adapter's wrapper starts in place of a handler."""

import os
import socket
import sys
from pathlib import Path

import httpx
import pytest


@pytest.fixture
def script(task_root):
    return task_root / "run.sh"


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_it_can_be_executed(script):
    assert os.access(script, os.X_OK)


def test_its_lines_end_as_linux_wants(script):
    content = script.read_bytes()
    assert content.startswith(b"#!/bin/bash\n")
    assert content.endswith(b"\n")
    assert b"\r" not in content


def test_it_serves_the_app_on_its_port_from_wherever_it_is_started(serve, script, free_port, tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    server = serve([str(script)], cwd=tmp_path, PATH=path, PORT=str(free_port))
    assert server.url == f"http://127.0.0.1:{free_port}"
    assert httpx.get(server.url).json() == {"message": "Hello World!"}

    # The signal that Lambda sends to the script reaches the server: the script has become it.
    server.process.terminate()
    server.process.wait(timeout=60)
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
