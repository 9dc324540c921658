"""`python -m lambdastream.workshop.notebooks`, which writes the outputs that are committed."""
# ruff: noqa: S108 - the temporary paths here are text to be replaced

import base64
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest

from lambdastream.workshop.notebooks import main, sanitize_patterns, scrub

RUNNER = [sys.executable, "-m", "lambdastream.workshop.notebooks"]
PROJECT = Path("/somewhere/my.project")
NO_ID = "00000000-0000-0000-0000-000000000000"
REQUEST_ID = "5f0c3b0e-6d5f-4a1e-9f3b-0d5c8f3c1a11"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"{PROJECT}/app/main.py", "PROJECT/app/main.py", id="project"),
        pytest.param(f"in {PROJECT}.", "in PROJECT.", id="project at a sentence's end"),
        pytest.param(f"file://{PROJECT}/a", "file://PROJECT/a", id="project as a URL"),
        pytest.param(f'"{PROJECT}"', '"PROJECT"', id="project in quotes"),
        pytest.param(f"\x1b[35m{PROJECT}/\x1b[0m", "\x1b[35mPROJECT/\x1b[0m", id="project in a colour"),
        pytest.param(f"{PROJECT}-2/a", f"{PROJECT}-2/a", id="another project"),
        pytest.param("/somewhere/my-project", "/somewhere/my-project", id="the dot is a dot"),
        pytest.param(f"x{PROJECT}", f"x{PROJECT}", id="inside another path"),
        pytest.param(f"{Path.home()}/.aws/config", "~/.aws/config", id="home"),
        pytest.param(f"{tempfile.gettempdir()}/tmpab_12xyz/log", "/tmp/NAME/log", id="temporary folder"),
        pytest.param("/tmp/lambdastream-ab12_xyz", "/tmp/NAME", id="temporary folder with a prefix"),
        pytest.param("/tmp/cache.json", "/tmp/cache.json", id="a name that someone chose"),
        pytest.param(f"RequestId: {REQUEST_ID}\t", f"RequestId: {NO_ID}\t", id="request id"),
        pytest.param("http://127.0.0.1:41234/a?b", "http://127.0.0.1:PORT/a?b", id="port"),
        pytest.param("http://localhost:4566", "http://localhost:PORT", id="port of localhost"),
        pytest.param("10.127.0.0.1 at 12:30:45", "10.127.0.0.1 at 12:30:45", id="no port"),
        pytest.param("Sat, 21 Nov 2026 08:00:45 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", id="date of a message"),
        pytest.param("Overwriting app/chat/main.py\n", "Writing app/chat/main.py\n", id="a file that is written again"),
        pytest.param("first byte before the last: True", "first byte before the last: True", id="the rest"),
    ],
)
def test_what_differs_between_machines_is_replaced(text, expected):
    patterns = sanitize_patterns(PROJECT)
    assert scrub(text, patterns) == expected
    assert scrub(expected, patterns) == expected  # nbval replaces in the stored output too


def test_every_string_of_an_output_is_scrubbed_but_pictures():
    picture = base64.b64encode(b"\xff\xff\xff/tmp/").decode() + "/tmp/tmpabcd1234"
    output = {
        "data": {"text/html": [f"<b>{PROJECT}</b>"], "application/json": {"a": [str(PROJECT), 1]}, "image/png": picture}
    }
    assert scrub(output, sanitize_patterns(PROJECT)) == {
        "data": {"text/html": ["<b>PROJECT</b>"], "application/json": {"a": ["PROJECT", 1]}, "image/png": picture}
    }


def test_a_machine_without_a_home_keeps_its_slashes(monkeypatch):
    monkeypatch.setenv("HOME", "/")
    assert scrub("/ and /opt", sanitize_patterns(PROJECT)) == "/ and /opt"


@pytest.fixture(scope="module")
def written(write_notebook, tmp_path_factory):
    """A notebook that has been run; its stored outputs and metadata were another machine's."""
    folder = tmp_path_factory.mktemp("notebooks")
    path = write_notebook(
        folder / "one.ipynb",
        ("import os, sys\nprint(os.getcwd(), flush=True)\nprint('e', file=sys.stderr, flush=True)\nprint('a')", []),
        ("from IPython.display import display\nhandle = display('one', display_id=True)\nhandle.update('two')", []),
        ("handle.update('three')\n6 * 7", []),
        kernelspec={"display_name": "my kernel", "language": "python", "name": "mine"},
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2, "version_minor": 0}},
    )
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["metadata"] = {"execution": {"iopub.status.busy": "2026"}, "tags": ["step"]}
    path.write_text(json.dumps(notebook))
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()) as printed:
        assert main([path.name]) == 0
    assert printed.getvalue() == "one.ipynb: written.\n"
    return path


def test_outputs_are_written_as_a_reader_sees_them(written):
    first, second, third = nbformat.read(written, as_version=4).cells
    assert [(output.name, output.text) for output in first.outputs] == [
        ("stdout", "PROJECT\na\n"),
        ("stderr", "e\n"),
    ]
    assert [output.data for output in second.outputs] == [{"text/plain": "'three'"}]
    assert [output.data for output in third.outputs] == [{"text/plain": "42"}]
    assert [cell.execution_count for cell in (first, second, third)] == [1, 2, 3]


def test_nothing_of_the_machine_is_kept(written):
    notebook = nbformat.read(written, as_version=4)
    assert notebook.metadata.kernelspec == {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    assert "version" not in notebook.metadata.language_info
    assert "widgets" not in notebook.metadata
    assert [cell.metadata for cell in notebook.cells] == [{"tags": ["step"]}, {}, {}]
    assert written.read_text().endswith("}\n")


def test_a_second_run_changes_nothing(written):
    before = written.read_bytes()
    assert main([str(written.parent)]) == 0  # the folder names the same notebook
    assert written.read_bytes() == before


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        pytest.param("print('so far')\n1 / 0", [], "ZeroDivisionError", id="raises"),
        pytest.param("import time\ntime.sleep(60)", ["--timeout", "1"], "timed out", id="takes too long"),
        pytest.param("import os\nos._exit(1)", [], "Kernel died", id="ends its kernel"),
    ],
)
def test_a_failing_cell_is_named_and_its_notebook_left_alone(write_notebook, tmp_path, capsys, source, options, said):
    path = write_notebook(tmp_path / "bad.ipynb", "print(1)", source, "print(3)")
    before = path.read_bytes()
    assert main([str(path), *options]) == 1
    printed = capsys.readouterr()
    assert f"{path}: cell 2 of 3 failed." in printed.err
    assert said in printed.err
    assert not printed.out
    assert path.read_bytes() == before


def test_an_interrupted_run_leaves_no_kernel_and_the_notebook_as_it_was(write_notebook, tmp_path):
    pid_file = tmp_path / "pid"
    source = f"import os, pathlib, time\npathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\ntime.sleep(60)"
    path = write_notebook(tmp_path / "long.ipynb", source)
    before = path.read_bytes()
    with subprocess.Popen([*RUNNER, str(path)], stderr=subprocess.PIPE, text=True) as runner:
        kernel = poll(lambda: int(pid_file.read_text() or 0) if pid_file.exists() else 0)
        runner.send_signal(signal.SIGINT)
        _, stderr = runner.communicate(timeout=60)
    assert runner.returncode == 1, stderr
    assert poll(lambda: not alive(kernel))
    assert path.read_bytes() == before


def poll(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "No such file", id="missing"),
        pytest.param("no notebook", "cannot be read as a notebook", id="not JSON"),
        pytest.param('{"a": 1}', "cannot be read as a notebook", id="other JSON"),
    ],
)
def test_what_is_no_notebook_is_wrong_usage(tmp_path, capsys, content, said):
    path = tmp_path / "x.ipynb"
    if content is not None:
        path.write_text(content)
    message = wrong_usage(path, capsys)
    assert str(path) in message
    assert said in message


def test_a_folder_without_notebooks_is_wrong_usage(tmp_path, capsys):
    assert f"{tmp_path} holds no notebooks." in wrong_usage(tmp_path, capsys)


def wrong_usage(path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([str(path)])
    return capsys.readouterr().err
