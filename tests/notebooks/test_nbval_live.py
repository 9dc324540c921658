"""nbval with the plugin of `nbval_live.py`: what passes is what a reader would see again."""

import pytest

SETUP = "from IPython.display import clear_output, display"


def said(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(text):
    return {"output_type": "display_data", "data": {"text/plain": repr(text)}, "metadata": {}}


def result(text, count):
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": count}


LIVE = 'handle = display("one", display_id=True)\nhandle.update("two")'
AMONG_OTHERS = """\
print(1)
one = display("a", display_id=True)
two = display("b", display_id=True)
display("c")
two.update("B")
one.update("A")
"""
CLEARED = 'for frame in "abc":\n    clear_output(wait=True)\n    print(frame)'
LEFT_BEHIND = """\
import asyncio
turn = asyncio.Event()
async def late():
    await turn.wait()
    print("late", flush=True)
task = asyncio.create_task(late())
"""
MACHINE = """\
import os, tempfile, uuid
with tempfile.TemporaryDirectory() as folder:
    print(os.getcwd(), folder)
print(uuid.uuid4(), "http://127.0.0.1:8123/")
"""

# The cells of one notebook: what is run, what is stored, what nbval must say.
CELLS = {
    "setup": (SETUP, [], "PASSED"),
    "plain": ("print(1)", [said("1\n")], "PASSED"),
    "wrong output": ("print(1)", [said("2\n")], "FAILED"),
    "missing output": ("print(1)", [], "FAILED"),
    "exception": ("1 / 0", [], "FAILED"),
    "live": (LIVE, [shown("two")], "PASSED"),
    "live, first frame stored": (LIVE, [shown("one")], "FAILED"),
    "live, among others": (
        AMONG_OTHERS,
        [said("1\n"), shown("A"), shown("B"), shown("c")],
        "PASSED",
    ),
    "live, shown twice": ("h = display(1, display_id='x')\nh.display(2)", [shown(2), shown(2)], "PASSED"),
    "update of an earlier cell": ('handle.update("late")\nprint("still here")', [said("still here\n")], "PASSED"),
    "cleared": (CLEARED, [said("c\n")], "PASSED"),
    "cleared, first frame stored": (CLEARED, [said("a\n")], "FAILED"),
    "cleared, all frames stored": (CLEARED, [said("a\nb\nc\n")], "FAILED"),
    "cleared at once": ("print(1)\nclear_output()", [], "PASSED"),
    "cleared later, when nothing follows": ("print(1)\nclear_output(wait=True)", [said("1\n")], "PASSED"),
    "cleared display": (
        'h = display("a", display_id=True)\nclear_output()\ndisplay("c")\nh.update("b")',
        [shown("c")],
        "PASSED",
    ),
    "a task that goes on": (LEFT_BEHIND, [], "PASSED"),
    "output of an earlier cell": (
        "print(1)\nclear_output(wait=True)\nturn.set()\nawait task",
        [said("1\n")],
        "PASSED",
    ),
    "result": ("6 * 7", [result("42", 19)], "PASSED"),
    "history": ("print(Out)", [said("{19: 42}\n")], "PASSED"),
    "machine": (
        MACHINE,
        [said("PROJECT /tmp/NAME\n00000000-0000-0000-0000-000000000000 http://127.0.0.1:PORT/\n")],
        "PASSED",
    ),
}


@pytest.fixture(scope="module")
def notebook(write_notebook, tmp_path_factory):
    path = tmp_path_factory.mktemp("notebooks") / "cells.ipynb"
    return write_notebook(path, *[(source, outputs) for source, outputs, _ in CELLS.values()])


@pytest.fixture(scope="module")
def as_written(notebook):
    return notebook.read_bytes()


@pytest.fixture(scope="module")
def live(nbval, notebook, as_written):
    return nbval(notebook)


@pytest.fixture(scope="module")
def plain(nbval, notebook):
    return nbval(notebook, live=False)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_judged_by_what_it_leaves(live, name):
    assert dict(zip(CELLS, live.outcomes, strict=True))[name] == CELLS[name][2], live.output


def test_a_failing_cell_fails_the_run_and_the_notebook_stays_as_it_is(live, notebook, as_written):
    """What a run comes to in which all pass, `course/` shows of every notebook of the course."""
    assert live.returncode == 1
    assert notebook.read_bytes() == as_written


@pytest.mark.parametrize("name", ["live", "cleared", "cleared at once", "history"])
def test_nbval_alone_still_needs_the_plugin(plain, name):
    # The day this fails, nbval has learnt it, and the plugin can go.
    assert dict(zip(CELLS, plain.outcomes, strict=True))[name] == "FAILED", plain.output
