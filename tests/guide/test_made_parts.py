"""The parts of pages that are made from what is said elsewhere already."""

import argparse
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pages import assembly, benchmarks, cells, command_line, messages, way
from pygments.token import Token

GUIDE = Path(__file__).parents[2] / "workshop-guide"


def test_a_made_part_takes_its_place_in_the_page():
    text = "# Title\n\n<!-- made: it -->\n\nend"
    assert assembly.filled(text, {"it": lambda: "| a |"}) == "# Title\n\n| a |\n\nend"


def test_a_part_that_nothing_makes_is_named():
    with pytest.raises(assembly.UnknownPartError, match="other"):
        assembly.filled("<!-- made: other -->", {"it": lambda: ""})


def test_every_made_part_has_a_page_and_every_page_its_parts():
    from pages.parts import PARTS

    asked = [name for path in GUIDE.rglob("*.md") for name in assembly.MADE.findall(path.read_text(encoding="utf-8"))]
    assert set(asked) == set(PARTS)


def test_a_source_that_is_as_it_was_keeps_its_time(tmp_path, monkeypatch):
    monkeypatch.setattr(assembly, "GUIDE", tmp_path / "guide")
    monkeypatch.setattr(assembly, "notebook_pages", lambda _: {})
    (tmp_path / "guide").mkdir()
    for name in ("same", "other"):
        (tmp_path / "guide" / f"{name}.md").write_text(name)
    source = tmp_path / "source"
    assembly.assemble(source, {})
    before = (source / "same.md").stat().st_mtime_ns
    (tmp_path / "guide" / "other.md").unlink()
    (source / "gone.md").write_text("of a build before")
    assembly.assemble(source, {})
    assert [path.name for path in source.glob("*.md")] == ["same.md"]
    assert (source / "same.md").stat().st_mtime_ns == before


@pytest.fixture
def parser():
    top = argparse.ArgumentParser(prog="tool")
    below = top.add_subparsers()
    made = below.add_parser("make", help="make a thing", epilog="a: b")
    made.add_argument("thing", metavar="THING")
    made.add_argument("--port", type=int, default=4566, help="the port (%(default)s)")
    made.add_argument("--how", choices=["fast", "well"], help="in which way, a|b")
    made.add_argument("--all", action="store_true", help="all of it")
    made.add_subparsers().add_parser("deep", help="deeper")
    return top


def test_commands_are_told_as_their_help_does(parser):
    assert [(found.prog, what) for found, what in command_line.commands(parser)] == [
        ("tool make", "make a thing"),
        ("tool make THING deep", "deeper"),
    ]
    text = command_line.command(*next(command_line.commands(parser)))
    assert text.startswith("## tool make\n\nMake a thing.\n\n```text\ntool make [-h] [--port PORT]")
    assert "| `THING` |  |" in text
    assert "| `--port PORT` | the port (4566) |" in text
    assert "| `--how fast\\|well` | in which way, a\\|b |" in text
    assert "| `--all` | all of it |" in text
    assert "```text\na: b\n```" in text
    assert "--help" not in text


def test_a_long_usage_is_cut_between_options():
    usage = "tool " + " ".join(f"[--option-{number} VALUE]" for number in range(9)) + " (--a A | --b B)"
    lines = command_line.wrapped(usage).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert all(line.count("[") == line.count("]") and line.count("(") == line.count(")") for line in lines)
    assert " ".join(" ".join(lines).split()) == usage


FIGURE = {
    "figure": "first byte",
    "value": 1.0174,
    "unit": "ms",
    "wanted": None,
    "holds": None,
    "peer": None,
    "ratio": None,
}


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        pytest.param({}, "| first byte | 1.02 ms |  |  |  |  |", id="alone"),
        pytest.param(
            {"peer": {"name": "uvicorn", "value": 1234.5}, "ratio": 0.5},
            "| first byte | 1.02 ms | uvicorn: 1234 ms | 0.5 |  |  |",
            id="beside a peer",
        ),
        pytest.param(
            {"wanted": "value <= 0.5", "holds": False},
            "| first byte | 1.02 ms |  |  | at most 0.5 ms | no |",
            id="missed",
        ),
        pytest.param(
            {"wanted": "ratio >= 0.5", "holds": True},
            "| first byte | 1.02 ms |  |  | at least 0.5 times that | yes |",
            id="a ratio",
        ),
    ],
)
def test_a_figure_is_told_as_it_was_measured(changed, row):
    assert benchmarks.row(FIGURE | changed) == row


def test_the_benchmarks_say_on_which_machine(tmp_path):
    machine = {"cores": 2, "cpu": "A CPU", "ram_gb": 24, "os": "Linux", "kernel": "6", "python": "3.11.7"}
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"machine": machine, "commit": "abc", "figures": [FIGURE]}))
    text = benchmarks.tables(results)
    assert text.startswith("Measured on 2 cores of A CPU, 24 GB, Linux, Python 3.11.7, at commit `abc`.")
    assert text.endswith(benchmarks.row(FIGURE))


MODULE = """
from lambdastream.errors import SetupError, UsageError
NAME: Final = "local"

def first(path, number):
    what = f"The file {path} is " + "gone."
    raise SetupError(what, next_step=f"Use {NAME}." if number else "")

def run():
    raise SetupError("It is not there.", next_step=f"{shlex.quote(sys.executable)} -c {shlex.quote('a b')}")

def second():
    raise UsageError("No next step here.")

def third(said):
    raise UsageError(said, next_step="Nobody knows what was said.")

def fourth(said):
    raise UsageError("Two lines\\nof it.", next_step=said or "Try again.")
"""


def test_messages_are_read_from_the_code_that_says_them(tmp_path):
    (tmp_path / "module.py").write_text(MODULE.replace(' if number else ""', ""))
    assert list(messages.raised(tmp_path)) == [
        ("SetupError", messages.Said("The file … is gone.", "Use local.")),
        ("SetupError", messages.Said("It is not there.", "python -c 'a b'")),
        ("UsageError", messages.Said("Two lines\nof it.", "Try again.")),
    ]


def test_a_message_is_no_markdown():
    assert messages.cell("a|b *c*\n<d> `e`") == "a\\|b \\*c\\*<br>\\<d\\> \\`e\\`"


def test_the_package_s_own_errors_and_checks_are_found():
    errors, checks = messages.errors(), messages.doctor_checks()
    assert "| Start it: lambdastream up --detach (or make lab). |" in errors
    assert errors.count("\n## ") > 8
    assert "## WireError" not in errors
    assert "| ✗ There is no sam on PATH. |" in checks


def test_the_picture_of_the_way_has_a_text_and_every_stop():
    svg = ET.fromstring(way.picture().removeprefix("```{raw} html\n").removesuffix("\n```"))  # noqa: S314 - it is our own
    ids = {part.get("id"): "".join(part.itertext()) for part in svg.iter() if part.get("id")}
    assert [ids[name] for name in svg.get("aria-labelledby").split()] == [way.TITLE, way.DESCRIPTION]
    words = [part.text for part in svg.iter("text")]
    assert [stop.name for stop in way.STOPS if stop.name not in words] == []
    _, _, width, height = map(float, svg.get("viewBox").split())
    for box in svg.iter("rect"):
        x, y, wide, high = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        pytest.param("import os\n", Token.Keyword.Namespace, "import", id="Python"),
        pytest.param("%%writefile a.yaml\nkey: !Ref It\n", Token.Name.Tag, "key", id="YAML"),
        pytest.param('%%writefile -a a.py\nx = "y"\n', Token.Operator, "=", id="more Python"),
        pytest.param("%%writefile bootstrap\n#!/bin/bash\necho $HOME\n", Token.Name.Builtin, "echo", id="a script"),
        pytest.param("%%writefile attendees.txt\nZoë\n", Token.Text, "Zoë", id="text"),
        pytest.param("%%writefile run\nplain $words\n", Token.Text, "plain $words\n", id="no known kind"),
    ],
)
def test_a_cell_that_writes_a_file_is_shown_in_the_file_s_language(source, kind, text):
    tokens = list(cells.CellLexer().get_tokens(source))
    assert "".join(value for _, value in tokens) == source
    assert (kind, text) in tokens or any(found is kind and text in value for found, value in tokens)
    assert Token.Error not in [found for found, _ in tokens]
