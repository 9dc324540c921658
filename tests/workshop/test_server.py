"""Servers for cells."""

import os
import signal
import subprocess
import sys
import textwrap

import httpx
import pytest

from lambdastream.errors import SetupError
from lambdastream.workshop import serve

APP = """
from fastapi import FastAPI
app = FastAPI()
print("the app starts")

@app.get("/")
def number(): return NUMBER
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "main.py").write_text(APP.replace("NUMBER", "1"))
    (tmp_path / "broken.py").write_text("import nothing_of_that_name")
    return tmp_path


def test_it_answers_and_ends_with_its_block(folder):
    with serve("main:app", folder) as server:
        assert httpx.get(server.url).json() == 1
        assert "the app starts" in server.log
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    server.stop()


def test_the_same_again_takes_the_place_of_the_one_before(folder):
    before = serve("main:app", folder)
    (folder / "main.py").write_text(APP.replace("NUMBER", "2"))
    with serve("main:app", folder) as server:
        assert httpx.get(server.url).json() == 2
        with pytest.raises(httpx.ConnectError):
            httpx.get(before.url)


def test_an_app_that_does_not_start_says_why(folder):
    with pytest.raises(SetupError, match="No module named 'nothing_of_that_name'"):
        serve("broken:app", folder)


@pytest.mark.parametrize("end", ["the kernel ends", signal.SIGKILL])
def test_it_does_not_outlive_its_kernel(folder, end, eventually, is_alive):
    program = f"""
        import sys
        from lambdastream.workshop import serve
        server = serve("main:app", {str(folder)!r})
        print(server._process.pid, flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as kernel:
        pid = int(kernel.stdout.readline())
        assert is_alive(pid)
        if end == signal.SIGKILL:
            os.kill(kernel.pid, end)
    eventually(lambda: not is_alive(pid))
