"""The registry: started at first need, at the same address each time, and gone with the local Lambda."""

import shutil

import httpx
import pytest

from lambdastream.errors import RegistryNotFoundError
from lambdastream.runtime.containers.registry import PROGRAMS, Registry
from lambdastream.runtime.host import Host
from lambdastream.runtime.ports import Ports


@pytest.fixture
def start_host(tmp_path):
    """The machine's side of a local Lambda, each time as after a restart."""
    hosts = []

    def start():
        hosts.append(Host(ports=Ports(tmp_path / "ports.json")))
        return hosts[-1]

    yield start
    for host in hosts:
        host.close()


@pytest.fixture
def host(start_host):
    return start_host()


def test_without_a_program_it_is_told_what_to_install(loop, host, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RegistryNotFoundError, match="docker-registry") as caught:
        loop.run(Registry(tmp_path / "images").address(host))
    assert "apt-get install docker-registry" in caught.value.next_step


@pytest.mark.skipif(not any(map(shutil.which, PROGRAMS)), reason="There is no docker-registry here: install it.")
def test_it_answers_and_keeps_what_it_has(loop, host, start_host, tmp_path):
    registry = Registry(tmp_path / "images")
    address = loop.run(registry.address(host))
    assert loop.run(registry.address(host)) == address
    url = f"http://{address}/v2/"
    assert httpx.get(url).json() == {}
    upload = httpx.URL(httpx.post(f"{url}app/blobs/uploads/").headers["location"])
    digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert httpx.put(upload.copy_merge_params({"digest": digest}), content=b"x").status_code == 201
    loop.run(registry.close())
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    again = Registry(tmp_path / "images")
    try:
        assert loop.run(again.address(start_host())) == address
        assert httpx.get(f"{url}app/blobs/{digest}").content == b"x"
    finally:
        loop.run(again.close())
