"""The adapter's binaries in the user's cache."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.web_adapter.binary import machine_architecture
from lambdastream.runtime.web_adapter.cache import AdapterCache

TRUE = Path("/bin/true").read_bytes()
HERE = machine_architecture()
OTHER = {"x86_64": "arm64", "arm64": "x86_64"}[HERE]
MACHINES = {"x86_64": 62, "arm64": 183}


def quiet(_):
    pass


def binary(mark=""):
    """A program for this machine; bytes behind an ELF file's end change nothing but its digest."""
    return TRUE + mark.encode()


@pytest.fixture
def cache(tmp_path):
    return AdapterCache(tmp_path / "adapter", HERE)


def install(cache, version, content):
    with cache.lock(quiet), cache.incoming() as folder:
        (folder / "binary").write_bytes(content)
        return cache.install(folder / "binary", version)


def names(cache):
    return sorted(path.name for path in cache.folder.iterdir() if path.name != "lock")


def test_an_empty_cache_has_none_and_is_not_made_by_looking(cache):
    assert cache.newest() is None
    assert not cache.folder.exists()


def test_what_is_installed_is_found_again(cache):
    adapter = install(cache, "1.0.0", binary())

    assert cache.newest() == adapter
    assert adapter.version == "1.0.0"
    assert adapter.path.read_bytes() == binary()
    assert adapter.path.stat().st_mode & 0o777 == 0o755
    assert names(cache) == [f"lambda-adapter-1.0.0-{HERE}-{hashlib.sha256(binary()).hexdigest()}"]


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        pytest.param(["1.0.0", "1.0.0-rc1"], "1.0.0", id="the release before its candidate"),
        pytest.param(["1.0.0-rc1", "1.0.0"], "1.0.0", id="whichever came first"),
        pytest.param(["1.0.0-rc1"], "1.0.0-rc1", id="the candidate alone"),
        pytest.param(["0.9.1", "2.0.0"], None, id="no version that fits"),
    ],
)
def test_the_newest_version_that_fits_is_taken(cache, versions, newest):
    for version in versions:
        install(cache, version, binary(version))

    found = cache.newest()

    assert (found and found.version) == newest


def test_a_cache_that_two_kinds_of_machine_share_gives_each_its_own(cache):
    install(cache, "1.0.0", binary())
    assert AdapterCache(cache.folder, OTHER).newest() is None


def damage(path, kind):
    content = path.read_bytes()
    if kind == "mode":
        path.chmod(0o644)
        return
    path.unlink()
    path.write_bytes({"truncated": content[:100], "empty": b"", "changed": content[:-1] + b"!"}[kind])
    path.chmod(0o755)


@pytest.mark.parametrize("kind", ["truncated", "empty", "changed", "mode"])
def test_a_damaged_binary_is_not_used_and_removed_before_the_next_comes(cache, kind):
    damage(install(cache, "1.0.0", binary("x")).path, kind)
    assert cache.newest() is None

    said = []
    with cache.lock(said.append):
        assert names(cache) == []
    assert "damaged" in said[0]

    assert install(cache, "1.0.0", binary("x")) == cache.newest()


def test_a_damaged_release_leaves_the_candidate(cache):
    damage(install(cache, "1.0.0", binary("new")).path, "truncated")
    candidate = install(cache, "1.0.0-rc1", binary("old"))
    assert cache.newest() == candidate


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(
            TRUE[:18] + MACHINES[OTHER].to_bytes(2, "little") + TRUE[20:], f"but for {OTHER}", id="other architecture"
        ),
        pytest.param(b"<html>Sign in to the hotel's network</html>", "not a program", id="no program at all"),
        pytest.param(binary().replace(b"libc.so.6\0", b"libX.so.6\0"), "does not start", id="does not start"),
    ],
)
def test_what_cannot_run_here_is_never_installed(cache, content, reason):
    with pytest.raises(AdapterNotFoundError, match=reason):
        install(cache, "1.0.0", content)
    assert names(cache) == []


def test_the_version_of_a_copy_elsewhere_is_known_by_its_bytes(cache, tmp_path):
    copy, stranger = tmp_path / "copy", tmp_path / "stranger"
    copy.write_bytes(binary())
    stranger.write_bytes(binary("stranger"))
    assert cache.version_of(copy) is None

    install(cache, "1.0.0-rc1", binary())

    assert cache.version_of(copy) == "1.0.0-rc1"
    assert cache.version_of(stranger) is None


HOLD_THE_LOCK = """
import pathlib, sys, time
from lambdastream.runtime.web_adapter.cache import AdapterCache
cache = AdapterCache(pathlib.Path(sys.argv[1]), sys.argv[2])
with cache.lock(print), cache.incoming() as folder:
    (folder / "half").write_bytes(b"half a binary")
    print("ready", flush=True)
    time.sleep(60)
"""


def test_a_process_that_dies_while_it_fills_the_cache_blocks_and_litters_nothing(cache):
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(cache.folder), HERE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "ready\n"
        assert len(names(cache)) == 1
        holder.kill()

    before = time.monotonic()
    said = []
    with cache.lock(said.append):
        assert names(cache) == []
    assert said == []
    assert time.monotonic() - before < 20


def test_two_that_install_at_once_take_turns(cache):
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(cache.folder), HERE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "ready\n"

        def say(sentence):
            assert "Waiting" in sentence
            holder.kill()

        with cache.lock(say):
            assert holder.wait() < 0


def test_an_unreadable_folder_is_the_systems_error_for_the_caller_to_tell(tmp_path):
    (tmp_path / "adapter").write_text("in the way")
    with pytest.raises(OSError), AdapterCache(tmp_path / "adapter", HERE).lock(quiet):  # noqa: PT011
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]
