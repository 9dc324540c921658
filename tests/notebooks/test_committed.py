"""Every committed notebook looks right to someone who only reads it."""

import re
from pathlib import Path

import nbformat
import pytest

from lambdastream.workshop.notebooks import clean, is_base64, sanitize_patterns, scrub, text_of

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NONE_YET = pytest.param(None, id="none", marks=pytest.mark.skip(reason="notebooks/ holds no notebook yet"))

LONGEST_CELL = 25
CODE_IN_MARKDOWN = re.compile(r"^```.*?^```$|^    [^\n]*$|`[^`]*`", re.MULTILINE | re.DOTALL)
MINUTES_IN_TITLE = re.compile(r"^\*\*Time\.\*\* (\d+) minutes\.$", re.MULTILINE)
MINUTES_IN_TABLE = re.compile(r"^\| \[\d\d\]\(([\w-]+\.ipynb)\) .* \| (\d+) \|$", re.MULTILINE)
# Where people and build machines keep projects and homes, and what lies inside an environment or this project.
MACHINE_PATH = re.compile(
    r"(?<![\w.~/-])/(?:home|Users|root|builds|workspaces|private|var/folders)/[\w.-]+"
    r"|(?<![\w.~/:-])/(?:[\w.-]+/)+(?:\.venv|site-packages|\.lambdastream|notebooks|workspace)\b"
    r"|\bfile:///|\b[A-Z]:\\\w+"
)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def has_outputs(notebook):
    return any(cell.outputs for cell in code_cells(notebook))


def has_no_unexpected_error(notebook):
    return not any(
        output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
        for cell in code_cells(notebook)
        for output in cell.outputs
    )


def strings(value):
    """Yield every string that a reader can see in nested lists and mappings; pictures hold none."""
    if isinstance(value, str):
        yield value
    for key, item in value.items() if isinstance(value, dict) else ():
        yield from () if is_base64(key) else strings(item)
    for item in value if isinstance(value, list) else ():
        yield from strings(item)


def names_no_path_of_a_machine(notebook):
    return not any(MACHINE_PATH.search(text) for text in strings(notebook.cells))


def has_short_cells(notebook):
    return all(
        len(cell.source.splitlines()) <= LONGEST_CELL or cell.source.startswith("%%writefile")
        for cell in notebook.cells
    )


def was_run_from_top_to_bottom(notebook):
    run = [cell for cell in code_cells(notebook) if "skip-execution" not in cell.metadata.get("tags", [])]
    return [cell.execution_count for cell in run] == list(range(1, len(run) + 1))


def has_no_trace_of_this_machine(notebook):
    patterns = sanitize_patterns(ROOT)
    return all(scrub(cell.outputs, patterns) == cell.outputs for cell in code_cells(notebook))


def has_whole_exercises(notebook):
    """Each exercise is a starter, its check and its solution: a solution without its tag would never be run."""
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", []) if not tag.startswith("nbval")]
    told = sum("<summary>Solution</summary>" in cell.source for cell in notebook.cells)
    parts = [tag for tag in tags if tag in {"exercise", "check", "solution"}]
    return parts == ["exercise", "check", "solution"] * told


def has_no_prices_that_become_formulas(notebook):
    """JupyterLab takes what stands between two dollar signs for mathematics."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return not any(CODE_IN_MARKDOWN.sub("", text).count("$") > 1 for text in prose)


CHECKS = [
    has_outputs,
    has_no_unexpected_error,
    names_no_path_of_a_machine,
    has_short_cells,
    was_run_from_top_to_bottom,
    has_no_trace_of_this_machine,
    has_whole_exercises,
    has_no_prices_that_become_formulas,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS or [NONE_YET], ids=lambda path: path.stem)
def test_a_committed_notebook(path, check):
    assert check(nbformat.read(path, as_version=4)), f"{path}: run `make notebooks`, or change the cell"


@pytest.mark.parametrize("path", NOTEBOOKS or [NONE_YET], ids=lambda path: path.stem)
def test_a_committed_notebook_is_in_its_layout(path):
    text = path.read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert text == text_of(clean(nbformat.reads(text, as_version=4), sanitize_patterns(ROOT))), (
        f"{path} was saved by hand: run `make notebooks`"
    )


def test_the_first_notebook_tells_how_long_each_takes():
    titles = {path.name: nbformat.read(path, as_version=4).cells[0].source for path in NOTEBOOKS[1:]}
    way = next(cell for cell in nbformat.read(NOTEBOOKS[0], as_version=4).cells if cell.id == "map")
    assert dict(MINUTES_IN_TABLE.findall(way.source)) == {
        name: MINUTES_IN_TITLE.search(title)[1] for name, title in titles.items()
    }


def said(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def error():
    return {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}


def code(source="print(1)", outputs=(), count=1, **metadata):
    return nbformat.v4.new_code_cell(
        source, outputs=[nbformat.from_dict(output) for output in outputs], execution_count=count, metadata=metadata
    )


def prose(text, **metadata):
    return nbformat.v4.new_markdown_cell(text, metadata=metadata)


GOOD = [code(outputs=[said("1\n")]), nbformat.v4.new_markdown_cell("# Words"), code("", count=None), code(count=2)]
LONG = "\n".join(["pass"] * 26)
STARTER, CHECK = code(outputs=[said("1")], tags=["exercise"]), code(count=2, tags=["check", "nbval-ignore-output"])
SOLUTION = "<details><summary>Solution</summary>"
TOLD, UNTAGGED = prose(SOLUTION, tags=["solution"]), prose(SOLUTION)
PICTURE = {"output_type": "display_data", "data": {"image/png": "/home/you"}, "metadata": {}}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "cells",
    [
        pytest.param(GOOD, id="good"),
        pytest.param([code(outputs=[error()], tags=["raises-exception"])], id="an expected error"),
        pytest.param([code("%%writefile main.py\n" + LONG, [said("1")])], id="a long file"),
        pytest.param([code(outputs=[PICTURE])], id="a picture"),
        pytest.param([*GOOD, code(count=None, tags=["skip-execution"])], id="a cell that is not run"),
        pytest.param([code("!ls /opt/python/ /var/task /tmp", [said("PROJECT/notebooks ~/x")])], id="Lambda's paths"),
        pytest.param([code(outputs=[said("http://127.0.0.1:PORT/stream/notebooks")])], id="a URL"),
        pytest.param([STARTER, CHECK, TOLD], id="an exercise"),
        pytest.param(
            [code(outputs=[said("1")]), prose("$1\n\n```python\n$x $y\n```\n\n    $ sam\n\n`$PORT`")], id="a price"
        ),
    ],
)
def test_a_good_notebook_passes_each_check(cells, check):
    assert check(nbformat.v4.new_notebook(cells=cells))


@pytest.mark.parametrize(
    ("check", "cells"),
    [
        pytest.param(has_outputs, [code()], id="no outputs"),
        pytest.param(has_outputs, [], id="empty"),
        pytest.param(has_no_unexpected_error, [code(outputs=[error()])], id="an error"),
        pytest.param(names_no_path_of_a_machine, [code(outputs=[said("/home/you/x")])], id="a home"),
        pytest.param(names_no_path_of_a_machine, [code("open('/Users/you/x')")], id="a home in a source"),
        pytest.param(names_no_path_of_a_machine, [code(outputs=[said("/a/b/.venv/bin")])], id="an environment"),
        pytest.param(names_no_path_of_a_machine, [code(outputs=[said("file:///a/notebooks")])], id="a file URL"),
        pytest.param(names_no_path_of_a_machine, [code(outputs=[said("C:\\you")])], id="a drive"),
        pytest.param(has_short_cells, [code(LONG)], id="a long cell"),
        pytest.param(has_short_cells, [nbformat.v4.new_markdown_cell(LONG)], id="long prose"),
        pytest.param(was_run_from_top_to_bottom, [code(count=None)], id="not run"),
        pytest.param(was_run_from_top_to_bottom, [code(count=1), code(count=3)], id="run with a gap"),
        pytest.param(was_run_from_top_to_bottom, [code(count=2), code(count=1)], id="run out of order"),
        pytest.param(has_whole_exercises, [STARTER, CHECK, UNTAGGED], id="a solution that is not run"),
        pytest.param(has_whole_exercises, [STARTER, CHECK], id="no solution"),
        pytest.param(has_no_prices_that_become_formulas, [prose("It costs $1, or $2.")], id="two prices"),
        pytest.param(has_no_trace_of_this_machine, [code(outputs=[said(f"{ROOT}/a")])], id="this project"),
        pytest.param(has_no_trace_of_this_machine, [code(outputs=[said("http://127.0.0.1:8000")])], id="a port"),
    ],
)
def test_a_bad_notebook_fails_its_check(check, cells):
    assert not check(nbformat.v4.new_notebook(cells=cells))
