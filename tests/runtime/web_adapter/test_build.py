"""Building the adapter's binary with cargo. A script stands in for cargo: the real one takes two minutes."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.web_adapter.build import build_adapter, find_cargo

BUILDS = """
echo "    Updating crates.io index" >&2
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do
    echo "   Compiling crate-$number v1.0.0" >&2
done
/bin/mkdir -p "$7/bin" && /bin/cp /bin/true "$7/bin/lambda-adapter"
"""
OFFLINE = """
echo "    Updating crates.io index" >&2
echo "warning: spurious network error (3 tries remaining): Could not resolve host" >&2
echo "error: failed to query replaced source registry" >&2
echo >&2
echo "Caused by:" >&2
echo "  Could not resolve host" >&2
exit 101
"""
RUNS_ON = """
/bin/sleep 60 &
echo $$ $! >"$CARGO_PIDS.new" && /bin/mv "$CARGO_PIDS.new" "$CARGO_PIDS"
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    echo "   Compiling crate-$number v1.0.0" >&2
done
wait
"""


@pytest.fixture
def cargo(tmp_path, monkeypatch):
    """Puts a shell script under the name of cargo on an otherwise empty ``PATH``."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "no-cargo-home"))
    monkeypatch.setenv("CARGO_PIDS", str(tmp_path / "pids"))

    def write(body, folder=programs):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "cargo"
        path.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/arguments\n{body}')
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    return path


def quiet(_):
    pass


def is_alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_cargo_builds_the_locked_crate_in_the_folder_and_nowhere_else(cargo, folder, tmp_path):
    cargo(BUILDS)

    binary = build_adapter("1.0.0-rc1", folder, quiet)

    assert binary.read_bytes() == Path("/bin/true").read_bytes()
    assert (tmp_path / "arguments").read_text() == (
        f"install --locked lambda_web_adapter --version 1.0.0-rc1 --root {folder}/root --target-dir {folder}/target\n"
    )
    assert folder.exists()


def test_progress_is_told_now_and_then(cargo, folder):
    cargo(BUILDS)
    said = []

    build_adapter("1.0.0-rc1", folder, said.append)

    assert said == ["cargo compiles crate 20 of about 121."]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(OFFLINE, "error: failed to query replaced source registry Caused by: Could not", id="offline"),
        pytest.param("echo 'linker `cc` not found' >&2\nexit 101\n", "linker `cc` not found", id="no word of an error"),
        pytest.param("exit 101\n", "it ended with 101", id="silent"),
        pytest.param("kill -KILL $$\n", "it ended with -9", id="killed"),
        pytest.param("echo 'error: \377' >&2\nexit 1\n", "error: ", id="not UTF-8"),
    ],
)
def test_a_failure_is_told_in_cargos_own_words(cargo, folder, body, reason):
    cargo(body)
    with pytest.raises(AdapterNotFoundError) as failed:
        build_adapter("1.0.0-rc1", folder, quiet)
    assert f"cargo could not build lambda_web_adapter 1.0.0-rc1: {reason}" in failed.value.problem
    assert "spurious" not in failed.value.problem


def test_a_long_failure_is_cut(cargo, folder):
    cargo("for n in 1 2 3 4 5 6 7 8 9; do echo 'error: a very long line of words' $PATH $PATH >&2; done; exit 1\n")
    with pytest.raises(AdapterNotFoundError) as failed:
        build_adapter("1.0.0-rc1", folder, quiet)
    assert len(failed.value.problem) < 600


def test_without_cargo_there_is_nothing_to_build_with(folder, cargo):
    with pytest.raises(AdapterNotFoundError, match="no cargo"):
        build_adapter("1.0.0-rc1", folder, quiet)


def test_cargo_is_found_where_rustup_puts_it(cargo, tmp_path):
    path = cargo("", tmp_path / "no-cargo-home" / "bin")
    assert find_cargo() == path


def test_an_interrupted_build_leaves_no_process(cargo, folder, tmp_path):
    cargo(RUNS_ON)

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_adapter("1.0.0-rc1", folder, interrupt)

    pids = (tmp_path / "pids").read_text().split()
    wait_until(lambda: not any(map(is_alive, pids)))


BUILD = """
import pathlib, sys
from lambdastream.runtime.web_adapter.build import build_adapter
build_adapter("1.0.0-rc1", pathlib.Path(sys.argv[1]), print)
"""


def test_a_build_whose_owner_is_killed_leaves_no_process_and_no_folder(cargo, folder, tmp_path):
    cargo(RUNS_ON)
    with subprocess.Popen([sys.executable, "-u", "-c", BUILD, str(folder)], stdout=subprocess.PIPE, text=True) as owner:
        # It hears of the crates after it has told the watchdog of the build.
        assert any("20" in line for line in owner.stdout)
        pids = (tmp_path / "pids").read_text().split()
        assert all(map(is_alive, pids))
        owner.kill()

    wait_until(lambda: not any(map(is_alive, pids)))
    wait_until(lambda: not folder.exists())
