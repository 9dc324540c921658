"""Steps: cells that build the app, and checkpoints: cells replayed."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from lambdastream.errors import NotebookError
from lambdastream.workshop.steps import File, Step, checkpoint, known_contents, steps


def cell(source: str, *tags: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)})


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a course's notebooks; returns their folder."""

    def write_all(**notebooks: list[nbformat.NotebookNode]) -> Path:
        for name, cells in notebooks.items():
            path = tmp_path / f"{name.removeprefix('n')[:2]}-x.ipynb"
            nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        return tmp_path

    return write_all


@pytest.mark.parametrize(
    ("sources", "files"),
    [
        pytest.param(["%%writefile a.py\nx = 1"], {"a.py": File(b"x = 1\n")}, id="a file"),
        pytest.param(["%%writefile d/a.py\nü\n\n"], {"d/a.py": File("ü\n\n\n".encode())}, id="as the kernel writes it"),
        pytest.param(["%%writefile a\n1", "%%writefile a\n2"], {"a": File(b"2\n")}, id="a later version"),
        pytest.param(["%%writefile a\n1", "%%writefile -a a\n2"], {"a": File(b"1\n2\n")}, id="more of a file"),
        pytest.param(["%%writefile a\n1", "!chmod +x a"], {"a": File(b"1\n", 0o755)}, id="a program"),
        pytest.param(
            ["%%writefile a\n1", "!chmod +x a", "%%writefile a\n2"], {"a": File(b"2\n", 0o755)}, id="it stays a program"
        ),
        pytest.param(
            ["!mkdir -p d/e\n\n# a word\n!cp one.txt d/"], {"d/one.txt": File(b"one")}, id="a copy in a folder"
        ),
        pytest.param(["!cp one.txt ."], {"one.txt": File(b"one")}, id="a copy right here"),
        pytest.param(["!cp one.txt two.txt"], {"two.txt": File(b"one")}, id="a copy by another name"),
    ],
)
def test_a_step_does_what_its_cell_does(tmp_path, sources, files):
    (tmp_path / "one.txt").write_text("one")
    found = {}
    for source in sources:
        Step("01-x", source).apply(found, tmp_path)
    assert found == files


@pytest.mark.parametrize(
    "source",
    ["print(1)", "!rm -rf /", "!chmod +x nothing", "!mkdir d", "import os\n!mkdir -p d", "!cp a", "%%bash\nls"],
)
def test_another_cell_cannot_be_a_step(tmp_path, source):
    with pytest.raises(NotebookError, match="01-x"):
        Step("01-x", source).apply({}, tmp_path)


def test_only_tagged_cells_are_steps_in_the_order_of_the_course(write):
    folder = write(
        n02=[cell("%%writefile a\n2", "step")],
        n01=[cell("%%writefile a\n0"), nbformat.v4.new_markdown_cell("step"), cell("%%writefile a\n1", "step", "x")],
    )
    assert [(step.notebook, step.source[-1]) for step in steps(folder)] == [("01-x", "1"), ("02-x", "2")]


def test_a_checkpoint_is_what_the_notebooks_before_have_built(write):
    folder = write(**{f"n0{number}": [cell(f"%%writefile a\n{number}", "step")] for number in (1, 2, 4)})
    built = {number: checkpoint(folder, folder, number) for number in ("01", "02", "03", "04", "05")}
    contents = {number: files["a"].content for number, files in built.items() if files}
    assert contents == {"02": b"1\n", "03": b"2\n", "04": b"2\n", "05": b"4\n"}


def test_all_versions_of_a_file_are_known(write):
    folder = write(n01=[cell("%%writefile a\n1", "step"), cell("%%writefile a\n2", "step")], n02=[])
    assert known_contents(folder, folder) == {"a": {b"1\n", b"2\n"}}


def test_a_broken_notebook_is_named(tmp_path):
    (tmp_path / "01-x.ipynb").write_text("{")
    with pytest.raises(NotebookError, match=r"01-x\.ipynb cannot be read"):
        list(steps(tmp_path))
