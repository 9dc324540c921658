"""Interpreters for the runtimes that functions declare."""

import subprocess

import pytest

from lambdastream.errors import RuntimeNotFoundError
from lambdastream.runtime.interpreter import available_runtimes, find_interpreter, managed_runtime, own_runtime


@pytest.fixture
def path_with(tmp_path, monkeypatch):
    """A PATH whose first folders hold these scripts."""

    def put(*scripts):
        folders = []
        for number, (name, text) in enumerate(scripts):
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
            folders.append(str(folder))
        monkeypatch.setenv("PATH", ":".join(folders))

    return put


SHIM = "#!/bin/sh\necho 'no such version' >&2; exit 127\n"
LIAR = "#!/bin/sh\necho python3.12; echo /some/python\n"
GOOD = "#!/bin/sh\necho python3.19; echo /good/python3.19\n"


def test_the_labs_own_version_is_always_here():
    assert available_runtimes()[0] == own_runtime()
    assert find_interpreter(own_runtime()).exists()


def test_a_runtime_that_this_machine_lacks_is_an_error_that_names_the_ways_out():
    with pytest.raises(RuntimeNotFoundError) as caught:
        managed_runtime("python3.99")
    assert "python3.99" in caught.value.problem
    assert "Install it so that the command python3.99 works" in caught.value.next_step
    assert own_runtime() in caught.value.next_step


@pytest.mark.parametrize(
    ("scripts", "found"),
    [
        pytest.param([("python3.19", SHIM)], None, id="a shim that does not start"),
        pytest.param([("python3.19", LIAR)], None, id="another version under the name"),
        pytest.param([("python3.19", SHIM), ("python3.19", GOOD)], "/good/python3.19", id="the first that starts"),
    ],
)
def test_only_an_interpreter_that_starts_with_the_right_version_counts(path_with, scripts, found):
    path_with(*scripts)
    if found:
        assert str(find_interpreter("python3.19")) == found
    else:
        with pytest.raises(RuntimeNotFoundError):
            find_interpreter("python3.19")


@pytest.mark.conformance("runtime-managed")
def test_a_managed_runtime_has_the_interface_client_and_boto3_and_nothing_of_the_lab():
    runtime = managed_runtime(own_runtime())
    source = "import importlib.util as u; print([bool(u.find_spec(m)) for m in ('awslambdaric', 'boto3', 'pytest')])"
    answer = subprocess.run([runtime.python, "-I", "-c", source], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[True, True, False]"


def test_a_managed_runtime_writes_nothing_into_the_task_root(tmp_path):
    (tmp_path / "app.py").write_text("")
    subprocess.run([managed_runtime(own_runtime()).python, "-c", "import app"], cwd=tmp_path, check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]
