"""Exercises: what a check says, and notebooks with their solutions put in."""

import nbformat
import pytest

from lambdastream.errors import NotebookError
from lambdastream.workshop.exercise import NotYet, check, solved


@check
def double(function):
    if function(2) == 2:
        raise NotYet("It gives back what it gets.", "Twice as much.")
    if function(2) != 4:
        raise NotYet("That is not twice as much.")
    return "Well done."


@pytest.mark.parametrize(
    ("function", "right", "text"),
    [
        pytest.param(lambda x: x * 2, True, "✓ Well done.", id="right"),
        pytest.param(
            lambda x: x, False, "✗ Not yet. It gives back what it gets.\n  Hint: Twice as much.", id="with a hint"
        ),
        pytest.param(lambda x: 0, False, "✗ Not yet. That is not twice as much.", id="without one"),
        pytest.param(
            lambda x: x / 0, False, "✗ Not yet. Your code raises ZeroDivisionError: division by zero", id="it raises"
        ),
        pytest.param(
            None, False, "✗ Not yet. Your code raises TypeError: 'NoneType' object is not callable", id="none"
        ),
    ],
)
def test_a_check_says_what_is_missing(function, right, text):
    verdict = double(function)
    assert (bool(verdict), repr(verdict)) == (right, text)


SOLUTION = "<details><summary>Solution</summary>\n\n```python\ndef mine(x):\n    return 2 * x\n```\n\n</details>"


def notebook(*cells):
    made = nbformat.v4.new_notebook()
    for source, tag in cells:
        new = nbformat.v4.new_markdown_cell if tag == "solution" else nbformat.v4.new_code_cell
        made.cells.append(new(source, metadata={"tags": [tag]}))
    return made


STARTER = ("def mine(x):\n    return x", "exercise")
CHECK = ("import math\ndouble(mine)", "check")


def sources(made):
    return [cell.source for cell in made.cells if cell.cell_type == "code"]


@pytest.mark.parametrize(("solution", "passes"), [(SOLUTION, True), (SOLUTION.replace("2 *", "3 *"), False)])
def test_a_solution_is_put_in_and_must_pass(solution, passes):
    before = notebook(STARTER, CHECK, (solution, "solution"), ("after = 1", "later"))
    made = solved(before)
    nbformat.validate(made)
    assert len(before.cells) == 4
    *first, last = sources(made)
    assert (first[:2], last) == ([STARTER[0], CHECK[0]], "after = 1")
    names = {"double": double}
    exec("\n".join(first[:-1]), names)  # noqa: S102 - as a kernel does
    assert not names["double"](lambda x: x)
    if passes:
        exec(first[-1], names)  # noqa: S102
    else:
        with pytest.raises(AssertionError, match="That is not twice as much"):
            exec(first[-1], names)  # noqa: S102


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param([STARTER, (SOLUTION, "solution"), CHECK], id="before its check"),
        pytest.param([STARTER, CHECK, ("No code.", "solution")], id="without code"),
        pytest.param([STARTER, CHECK, (SOLUTION + SOLUTION, "solution")], id="with two blocks"),
    ],
)
def test_an_exercise_that_is_not_whole_is_refused(cells):
    with pytest.raises(NotebookError, match="prompt, starter"):
        solved(notebook(*cells))
