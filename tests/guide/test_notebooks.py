"""Notebooks as pages of the guide: their opening lines, the texts in the place of their pictures, the notes beside them."""

from pathlib import Path

import pytest
from pages import links, notebooks

GUIDE = Path(__file__).parents[2] / "workshop-guide"
OPENING = """\
# 04 Mangum buffers: where do my chunks go?

**What you do.** You look.

**What you learn.** What Lambda
calls.

**What you need.** Nothing.

**Time.** 30 minutes.
"""


def notebook(*cells):
    return {"cells": [{"cell_type": "markdown", "id": "opening", "metadata": {}, "source": [OPENING]}, *cells]}


def picture(name="picture"):
    outputs = [{"output_type": "display_data", "data": {"image/png": "...", "text/plain": "<Figure>"}}]
    return {"cell_type": "code", "id": name, "metadata": {"tags": ["kept"]}, "source": ["draw()"], "outputs": outputs}


def test_the_opening_lines_say_what_a_notebook_is():
    assert notebooks.opening("04-mangum-buffers", notebook()) == notebooks.Module(
        "04-mangum-buffers", "04", "Mangum buffers", "where do my chunks go?", "What Lambda calls.", 30
    )


@pytest.mark.parametrize("part", ["# 04", "**What you learn.**", "**Time.**"])
def test_a_notebook_without_a_part_of_them_is_named(part):
    broken = notebook()
    broken["cells"][0]["source"] = [OPENING.replace(part, "")]
    with pytest.raises(notebooks.OpeningError, match=r"^04-mangum"):
        notebooks.opening("04-mangum", broken)


def test_the_course_is_in_the_tables_with_its_minutes():
    found = [notebooks.opening("04-mangum-buffers", notebook())]
    assert notebooks.modules_table(found).splitlines()[-1] == (
        "| [04 Mangum buffers](/notebooks/04-mangum-buffers.ipynb) | Where do my chunks go? | 30 |"
    )
    assert notebooks.modules_contents(found) == "04 Mangum buffers <notebooks/04-mangum-buffers>"
    assert notebooks.modules_learned(found).endswith(", 30 minutes\n: What Lambda calls.")


def test_a_picture_has_a_text_and_keeps_its_tags():
    (cell,) = notebooks.cells_with_pictures(notebooks.as_page("04-x", notebook(picture()), ["A line climbs."], set()))
    assert cell["metadata"] == {"tags": ["kept"], "mystnb": {"image": {"alt": "A line climbs."}}}


@pytest.mark.parametrize("texts", [[], ["one", "two"]], ids=["too few", "too many"])
def test_pictures_and_texts_have_to_be_as_many(texts):
    with pytest.raises(ValueError, match=r"^1 cells have pictures"):
        notebooks.as_page("04-x", notebook(picture()), texts, set())


def test_the_notebook_itself_is_not_changed():
    original = notebook(picture())
    notebooks.as_page("04-x", original, ["A line climbs."], {"picture"})
    assert original == notebook(picture())


def test_a_cell_that_is_linked_to_has_a_label():
    page = notebooks.as_page("04-x", notebook(picture("claims")), ["A line climbs."], {"claims"})
    assert [cell["id"] for cell in page["cells"]] == ["opening", "label-claims", "claims", "notes"]
    assert page["cells"][1]["source"] == "(cell-04-claims)="


def test_a_page_ends_with_the_way_to_its_notes():
    last = notebooks.as_page("04-mangum-buffers", notebook(), [], set())["cells"][-1]
    assert "(/instructors/modules.md#04-mangum-buffers)" in last["source"]


@pytest.mark.parametrize(
    ("link", "there"),
    [
        pytest.param("[a](../notebooks/04-x.ipynb)", "[a](notebooks/04-x.ipynb)", id="notebook"),
        pytest.param("[a](../../notebooks/04-x.ipynb)", "[a](../notebooks/04-x.ipynb)", id="notebook, from a folder"),
        pytest.param("[a](../notebooks/04-x.ipynb#cell-id=big)", "[a](#cell-04-big)", id="cell"),
        pytest.param("[a](../cheat-sheet.md)", "[a](../cheat-sheet.md)", id="page"),
        pytest.param("![a](../../benchmarks/b.png)", "![a](../benchmarks/b.png)", id="picture"),
    ],
)
def test_links_of_pages_lead_there_in_the_source(link, there):
    assert links.in_page(f"See {link}.") == f"See {there}."


def test_links_of_notebooks_to_pages_lead_there_in_the_source():
    assert links.in_notebook("[a](../workshop-guide/cheat-sheet.md)") == "[a](../cheat-sheet.md)"


def test_the_cells_that_pages_link_to_are_known():
    pages = ["[a](../notebooks/04-x.ipynb#cell-id=big)", "[b](../../notebooks/04-x.ipynb#cell-id=small), [c](d.md)"]
    assert links.linked_cells(pages) == {"04-x": {"big", "small"}}


def test_every_notebook_is_told_with_its_minutes():
    stems = {path.stem for path in notebooks.NOTEBOOKS.glob("*.ipynb")}
    assert {module.stem for module in notebooks.modules()} == stems
    assert len(stems) >= 12


def test_every_notebook_has_notes_for_instructors():
    text = (GUIDE / f"{notebooks.NOTES}.md").read_text(encoding="utf-8")
    headings = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert headings == [module.title for module in notebooks.modules()]


def test_every_picture_of_a_notebook_has_a_text():
    texts = notebooks.alternatives()
    for path in notebooks.NOTEBOOKS.glob("*.ipynb"):
        cells = list(notebooks.cells_with_pictures(notebooks.read(path)))
        assert len(cells) == len(texts.get(path.stem, [])), path.name
    assert all(len(text) > 40 for each in texts.values() for text in each)
