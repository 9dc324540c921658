"""The conformance table and the tests that prove it say the same."""

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambdastream.conformance import markdown, rows

TESTS = Path(__file__).parent


def marks(path: Path) -> Iterator[tuple[str, str]]:
    """Every row that a mark in this file names, with the test that has the mark; an empty name for a mark without one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    owners = {
        call: node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        for decorator in node.decorator_list
        for call in ast.walk(decorator)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.conformance":
            for argument in call.args:
                yield ast.literal_eval(argument), owners.get(call, "")


@pytest.fixture(scope="module")
def proofs() -> list[tuple[str, str]]:
    """The rows that marks name, and the tests that have them."""
    return [mark for path in sorted(TESTS.rglob("test_*.py")) for mark in marks(path)]


def test_every_row_is_proven_by_a_test(proofs):
    assert [row["id"] for row in rows() if row["id"] not in {name for name, _ in proofs}] == []


def test_every_mark_names_a_row_and_stands_on_a_test(proofs):
    known = {row["id"] for row in rows()}
    assert [proof for proof in proofs if proof[0] not in known or not proof[1]] == []


def test_a_mark_is_found_wherever_a_test_can_have_it(tmp_path):
    path = tmp_path / "test_it.py"
    path.write_text(
        '@pytest.mark.conformance("a", "b")\n'
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.conformance('c'))])\n"
        "def test_one(x): ...\n\n"
        '@pytest.mark.conformance("d")\n'
        "def helper(): ...\n"
    )
    assert sorted(marks(path)) == [("a", "test_one"), ("b", "test_one"), ("c", "test_one"), ("d", "")]


def test_rows_have_names_of_their_own():
    names = [row["id"] for row in rows()]
    assert len(names) == len(set(names)) > 100
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_a_row_is_a_sentence_with_its_source_and_its_module():
    for row in rows():
        assert row["behaviour"].endswith("."), row["id"]
        assert row["source"], row["id"]
        assert importlib.util.find_spec(f"lambdastream.{row['module']}"), row["id"]


def test_as_markdown_it_has_every_row_in_the_table_of_its_part():
    lines = markdown().splitlines()
    shown = [line.rpartition("| `")[2].removesuffix("` |") for line in lines if line.endswith("` |")]
    assert shown == [row["id"] for row in rows()]
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == list(
        dict.fromkeys(row["part"] for row in rows())
    )
