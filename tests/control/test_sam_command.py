"""Running `sam`: the one beside this interpreter, or else of the `PATH`."""

import os

import pytest

from lambdastream.control.sam_command import LAST_LINES, run_sam
from lambdastream.errors import SetupError


@pytest.fixture
def sam(tmp_path, monkeypatch):
    """Puts a shell script under the name of sam beside the interpreter."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    (tmp_path / "bin").mkdir()

    def write(body):
        program = tmp_path / "bin" / "sam"
        program.write_text(f"#!/bin/sh\n{body}")
        program.chmod(0o755)

    return write


def run(folder, *options, **variables):
    run_sam(folder, "build", *options, environment={"PATH": os.environ["PATH"], **variables}, next_step="Mend that.")


def test_it_runs_in_the_folder_with_its_variables_and_leaves_no_temporary_folder(sam, tmp_path):
    sam('echo "$@" "$COLOUR" >said; touch "$TMPDIR/left"; echo "$TMPDIR" >temporary; command -v sam >which')
    run(tmp_path, "--cached", COLOUR="blue")
    assert (tmp_path / "said").read_text() == "build --cached blue\n"
    assert not os.path.lexists((tmp_path / "temporary").read_text().strip())
    assert (tmp_path / "which").read_text().strip() == str(tmp_path / "bin" / "sam"), "sam finds this Python first"


def test_the_end_of_what_a_failing_sam_says_is_told(sam, tmp_path):
    sam("seq 100; echo 'Error: no template' >&2; exit 1")
    with pytest.raises(SetupError) as raised:
        run(tmp_path)
    first, *said = raised.value.problem.splitlines()
    assert first == "sam build fails:"
    assert (len(said), said[-1]) == (LAST_LINES, "Error: no template")
    assert raised.value.next_step == "Mend that."


def test_without_any_sam_it_says_what_to_install(sam, tmp_path):
    with pytest.raises(SetupError, match=r"no sam on the PATH\.\n.*pip install aws-sam-cli"):
        run(tmp_path, PATH=str(tmp_path))
