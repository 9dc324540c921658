"""Which binary of the adapter runs: the order of the sources, and the one error when all of them fail.

A script stands in for cargo, and no registry is reachable; ``test_image`` has a real one.
"""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.web_adapter.adapter import Adapter, find_adapter
from lambdastream.runtime.web_adapter.binary import machine_architecture
from lambdastream.runtime.web_adapter.cache import AdapterCache

TRUE = Path("/bin/true").read_bytes()
UNREACHABLE = "127.0.0.1:1/lwa:1.0.0"
CARGO = """#!/bin/sh
echo built >>{log}
/bin/sleep {seconds}
/bin/mkdir -p "$7/bin" && /bin/cp /bin/true "$7/bin/lambda-adapter"
"""


@pytest.fixture(autouse=True)
def lonely_machine(tmp_path, monkeypatch):
    """An empty cache, no network, no cargo."""
    monkeypatch.setenv("LAMBDASTREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LAMBDASTREAM_ADAPTER", raising=False)
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER_IMAGE", UNREACHABLE)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "no-cargo-home"))


@pytest.fixture
def cargo(tmp_path):
    """A cargo that builds; calling it gives how often it was started."""
    return make_cargo(tmp_path)


def make_cargo(tmp_path, seconds=0):
    log = tmp_path / "built"
    program = tmp_path / "programs" / "cargo"
    program.parent.mkdir()
    program.write_text(CARGO.format(log=log, seconds=seconds))
    program.chmod(0o755)
    return lambda: len(log.read_text().splitlines()) if log.exists() else 0


def put_into_cache(tmp_path, version, content=TRUE):
    cache = AdapterCache(tmp_path / "cache" / "adapter", machine_architecture())
    with cache.lock(print), cache.incoming() as folder:
        (folder / "binary").write_bytes(content)
        return cache.install(folder / "binary", version)


def program(tmp_path, content=TRUE, mode=0o755):
    path = tmp_path / "my-adapter"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_named_binary_comes_before_all_others(tmp_path, monkeypatch, cargo):
    put_into_cache(tmp_path, "1.0.0", TRUE + b"cached")
    path = program(tmp_path)
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", str(path))

    assert find_adapter() == Adapter("custom", path)
    assert cargo() == 0


def test_the_named_binarys_version_is_known_when_the_cache_has_the_same(tmp_path, monkeypatch):
    put_into_cache(tmp_path, "1.0.0-rc1", TRUE)
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", str(program(tmp_path)))

    assert find_adapter().version == "1.0.0-rc1"


def test_the_named_binary_may_be_relative_and_the_answer_is_absolute(tmp_path, monkeypatch):
    path = program(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", "my-adapter")

    assert find_adapter().path == path


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        pytest.param(None, 0, "There is no file", id="missing"),
        pytest.param(TRUE, 0o644, "is not executable: chmod 755", id="not executable"),
        pytest.param(b"no program", 0o755, "Exec format error", id="no program"),
        pytest.param(b"#!/no/such/shell\n", 0o755, "is not on this machine", id="does not start"),
    ],
)
def test_a_named_binary_that_does_not_work_is_an_error_that_names_the_variable(
    tmp_path, monkeypatch, cargo, content, mode, reason
):
    path = program(tmp_path, content, mode) if content else tmp_path / "nothing"
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", str(path))

    with pytest.raises(AdapterNotFoundError, match=reason) as refused:
        find_adapter()

    assert refused.value.problem.startswith("LAMBDASTREAM_ADAPTER does not name")
    assert str(path) in refused.value.problem
    assert "unset it" in refused.value.next_step
    assert cargo() == 0


def test_a_named_folder_is_no_binary(tmp_path, monkeypatch):
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", str(tmp_path))
    with pytest.raises(AdapterNotFoundError, match="There is no file"):
        find_adapter()


def test_the_cache_comes_before_the_network_and_in_silence(tmp_path, cargo):
    adapter = put_into_cache(tmp_path, "1.0.0-rc1")
    said = []

    assert find_adapter(say=said.append) == adapter
    assert said == []
    assert cargo() == 0


def test_an_empty_variable_names_nothing(tmp_path, monkeypatch):
    adapter = put_into_cache(tmp_path, "1.0.0")
    monkeypatch.setenv("LAMBDASTREAM_ADAPTER", "")

    assert find_adapter() == adapter


def test_without_a_registry_cargo_builds_it_once_and_the_cache_keeps_it(tmp_path, cargo):
    said = []
    before = time.monotonic()

    adapter = find_adapter(say=said.append)

    assert adapter.version == "1.0.0-rc1"
    assert adapter.path.is_relative_to(tmp_path / "cache")
    assert adapter.path.read_bytes() == TRUE
    assert [sentence.partition(":")[0] for sentence in said] == [
        "Getting the Lambda Web Adapter from the image 127.0.0.1",
        "The image 127.0.0.1",
        "Building the Lambda Web Adapter 1.0.0-rc1 with cargo. This takes about 2 minutes, once.",
        "The Lambda Web Adapter 1.0.0-rc1 is ready",
    ]
    assert "Connection refused" in said[1]
    # oras itself would try again for more than two minutes.
    assert time.monotonic() - before < 20

    assert find_adapter() == adapter
    assert cargo() == 1


def test_a_damaged_binary_in_the_cache_is_replaced(tmp_path, cargo):
    damaged = put_into_cache(tmp_path, "1.0.0-rc1", TRUE + b"x").path
    damaged.write_bytes(damaged.read_bytes()[:-1])
    said = []

    adapter = find_adapter(say=said.append)

    assert adapter.path.read_bytes() == TRUE
    assert said[0] == f"The Lambda Web Adapter in the cache is damaged. Removing {damaged}."
    assert not damaged.exists()


def test_when_everything_fails_one_error_lists_what_was_tried_and_says_what_to_do(tmp_path):
    with pytest.raises(AdapterNotFoundError) as failed:
        find_adapter()

    first, *tried = failed.value.problem.splitlines()
    assert first == "There is no Lambda Web Adapter, and no way to get it worked:"
    assert tried[0] == "  - LAMBDASTREAM_ADAPTER is not set."
    assert tried[1].startswith(f"  - The cache {tmp_path}/cache/adapter has no version 1.0.0 or 1.0.0-rc1 for ")
    assert tried[2].startswith(f"  - The image {UNREACHABLE} could not be pulled: ")
    assert tried[3] == "  - There is no cargo on PATH to build it from source."
    assert len(tried) == 4
    for remedy in ("internet", "install Rust", "LAMBDASTREAM_ADAPTER"):
        assert remedy in failed.value.next_step
    assert [path.name for path in (tmp_path / "cache" / "adapter").iterdir()] == ["lock"]


def test_a_cache_that_cannot_be_made_is_told_with_the_variable_that_moves_it(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LAMBDASTREAM_CACHE", str(tmp_path / "file" / "cache"))

    with pytest.raises(AdapterNotFoundError, match=str(tmp_path / "file")) as failed:
        find_adapter()

    assert "LAMBDASTREAM_CACHE" in failed.value.next_step


FIND = "from lambdastream.runtime.web_adapter.adapter import find_adapter; print(find_adapter().path)"


def test_processes_that_start_at_once_build_it_once_and_share_it(tmp_path):
    builds = make_cargo(tmp_path, seconds=0.5)
    command = [sys.executable, "-c", FIND]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]

    paths = {process.communicate(timeout=60)[0].strip() for process in processes}

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert builds() == 1
    assert paths == {str(find_adapter().path)}
    assert {path.name for path in (tmp_path / "cache" / "adapter").iterdir()} == {"lock", Path(*paths).name}
