"""The cheat sheet: its commands and settings are real, each number leads to a cell, and it is one page."""

import json
import re
import shlex
import shutil
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "workshop-guide" / "cheat-sheet.md"
TEXT = PAGE.read_text(encoding="utf-8")
LINK = re.compile(r"\[(\d\d)\]\((\.\./notebooks/([\w-]+)\.ipynb)#cell-id=([\w-]+)\)")
CODE = re.compile(r"`([^`]+)`")
# Words of a command that stand for something of the reader's.
PLACEHOLDERS = {"NAME", "URL", "FUNCTION", "PROFILE", "PATH/TO/lambdastream/lint"}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""


def table(heading):
    """The cells of the first table that has this heading, row by row."""
    lines = TEXT[TEXT.index(heading) :].splitlines()
    rows = takewhile(lambda line: line.startswith("|"), lines)
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows][2:]


SETTINGS = [(span, row[-1]) for row in table("| where | setting |") for span in CODE.findall(row[1])]
PROGRAMS = {"lambdastream", "make", "sam", "cfn-lint", "eval"}
COMMANDS = [
    span for row in table("| for | command |") for span in CODE.findall(" ".join(row)) if span.split()[0] in PROGRAMS
]


@cache
def notebook(stem):
    return {
        cell["id"]: cell
        for cell in json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    }


@cache
def taught():
    """All that the notebooks say and show, and the template."""
    cells = [cell for path in (ROOT / "notebooks").glob("*.ipynb") for cell in notebook(path.stem).values()]
    said = ["".join(cell["source"]) + json.dumps(cell.get("outputs", "")) for cell in cells]
    return "\n".join([*said, (ROOT / "template.yaml").read_text(encoding="utf-8")])


@pytest.mark.parametrize("link", sorted(set(LINK.findall(TEXT))), ids="-".join)
def test_each_number_leads_to_a_code_cell(link):
    number, path, stem, wanted = link
    assert stem.startswith(number)
    assert (PAGE.parent / path).is_file()
    assert notebook(stem)[wanted]["cell_type"] == "code"


def test_there_are_settings_and_commands_to_test():
    assert len(SETTINGS) > 12
    assert len(COMMANDS) > 18


@pytest.mark.parametrize(("setting", "value"), SETTINGS, ids=[setting for setting, _ in SETTINGS])
def test_a_setting_is_one_that_the_course_uses_and_a_number_stands_beside_it(setting, value):
    assert re.search(rf"(?<!\w){re.escape(setting)}(?!\w)", taught())
    assert LINK.search(value)


@pytest.mark.parametrize("row", table("| `InvokeMode` | `AWS_LWA_INVOKE_MODE` |"), ids=" ".join)
def test_a_mode_is_one_that_the_course_uses(row):
    url, adapter = (cell.strip("`") for cell in row[:2])
    assert re.search(rf"InvokeMode: {url}\b", taught())
    assert re.search(rf"AWS_LWA_INVOKE_MODE: {adapter}\b", taught())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_there_is(command):
    from lambdastream.cli import parser

    inside = re.fullmatch(r'eval "\$\((.+)\)"', command)
    for each in (inside[1] if inside else command).split(" && "):
        program, *words = shlex.split(each)
        if program == "lambdastream":
            assert parser().parse_args(words)
        elif program == "make":
            assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        else:
            known = [word for word in words if word not in PLACEHOLDERS]
            assert all(word in taught() for word in [f"{program} {words[0]}", *known])


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"`(LAMBDASTREAM_\w+)`", TEXT))))
def test_a_variable_is_one_that_is_read(variable):
    assert any(f'"{variable}"' in path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine: apt install chromium")
@pytest.mark.slow
def test_it_is_one_printed_page(site):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto((site / "cheat-sheet.html").as_uri())
        printed = page.pdf(format="A4", prefer_css_page_size=True)
        browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
