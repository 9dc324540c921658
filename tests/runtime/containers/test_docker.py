"""Without Docker a function that is an image is not deployed, and it is said why."""

import shutil
from pathlib import Path

import pytest

from lambdastream.errors import DockerNotFoundError
from lambdastream.runtime.containers.docker import find_docker
from lambdastream.runtime.description import ContainerImage


def test_without_the_program_it_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DockerNotFoundError, match="no program docker on the PATH") as caught:
        find_docker()
    assert "zip archive" in caught.value.next_step


@pytest.fixture
def dead_daemon(monkeypatch, tmp_path):
    """Docker's command line, with an address where nobody listens."""
    if shutil.which("docker") is None:
        pytest.skip("There is no docker here to ask a daemon: install Debian's docker.io to test it.")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/dead.sock")


def test_without_a_daemon_it_is_told_what_to_start(dead_daemon):
    with pytest.raises(DockerNotFoundError, match=r"daemon does not answer: .*dead\.sock") as caught:
        find_docker()
    assert "DOCKER_HOST" in caught.value.next_step


def test_the_function_is_not_deployed_and_what_was_there_runs_on(dead_daemon, local, write_function):
    code = write_function({"handler.py": "def handler(event, context): return {'statusCode': 200}"})
    before = local.deploy(code, name="was-a-zip", mode="BUFFERED")
    with pytest.raises(DockerNotFoundError):
        local.deploy(Path(), "", name="was-a-zip", mode="BUFFERED", image=ContainerImage("127.0.0.1:5000/app:1"))
    assert before.get().status_code == 200
