"""Whoever follows a link arrives: every page and notebook of the project, and every heading and cell that a link names.

Addresses elsewhere are not asked. That they are https is all that can be said of them here.
"""

import functools
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
MADE = {"build", "cdk.out", "dist", "node_modules", "wheels", "workspace"}
README = ROOT / "README.md"
MARKDOWN = MarkdownIt("commonmark").enable("table")
DIRECTIVE = re.compile(r"\{[a-z-]+\}")
PICTURE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
ALTERNATIVE = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
# GitHub's rule: what is neither word nor blank nor hyphen goes, blanks become hyphens.
NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class Page:
    """What a page of Markdown, or all the Markdown of a notebook, consists of."""

    links: list[str]
    contents: list[str]  # the pages in a table of contents, some of which are there only when the guide is made
    pictures: list[tuple[str, str]]
    anchors: set[str]


def pages() -> Iterator[Path]:
    """All Markdown files and notebooks that are not made here."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if not name.startswith((".", "__")) and name not in MADE]
        yield from (Path(folder, name) for name in names if name.endswith((".md", ".ipynb")))


@functools.cache
def read(path: Path) -> Page:
    page = Page([], [], [], set())
    text = path.read_text(encoding="utf-8")
    cells = json.loads(text)["cells"] if path.suffix == ".ipynb" else [{"cell_type": "markdown", "source": text}]
    for cell in cells:
        page.anchors.add(f"cell-id={cell.get('id')}")
        if cell["cell_type"] == "markdown":
            take(MARKDOWN.parse("".join(cell["source"])), page)
    return page


def take(tokens: list[Token], page: Page) -> None:
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "link_open":
            page.links.append(str(token.attrs["href"]))
        elif token.type == "image":
            page.pictures.append((str(token.attrs["src"]), token.content))
        elif token.type in ("html_block", "html_inline"):
            page.pictures.extend((tag, alternative(tag)) for tag in PICTURE.findall(token.content))
        elif token.type == "fence" and token.info == "{toctree}":
            page.contents.extend(f"{line}.md" for line in token.content.split() if not line.startswith(":"))
        elif token.type == "fence" and DIRECTIVE.match(token.info):
            take(MARKDOWN.parse(token.content), page)
        elif token.type == "inline":
            if before and before.type == "heading_open":
                page.anchors.add(anchor(token, page.anchors))
            take(token.children or [], page)


def alternative(tag: str) -> str:
    found = ALTERNATIVE.search(tag)
    return (found[1] or found[2] or "") if found else ""


def anchor(heading: Token, taken: set[str]) -> str:
    text = "".join(child.content for child in heading.children or [])
    plain = NOT_IN_ANCHORS.sub("", text.lower()).replace(" ", "-")
    names = (plain, *(f"{plain}-{number}" for number in range(1, 100)))
    return next(name for name in names if name not in taken)


def problem(page: Path, link: str) -> str | None:
    """What is wrong with a link of a page; None when it leads somewhere."""
    there = urlsplit(link)
    if there.scheme or there.netloc:
        return None if there.scheme == "https" else "not https"
    target = (page.parent / unquote(there.path)).resolve() if there.path else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return "no such file"
    if there.fragment and unquote(there.fragment) not in read(target).anchors:
        return "no such heading or cell"
    return None


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(params=sorted(pages()), ids=name)
def page(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_every_link_leads_somewhere(page: Path) -> None:
    assert {link: wrong for link in read(page).links if (wrong := problem(page, link))} == {}


def test_every_picture_is_there_and_says_in_words_what_it_shows(page: Path) -> None:
    for source, words in read(page).pictures:
        assert len(words.split()) > 2, f"{source}: what does it show?"
        assert source.startswith(("<", "data:")) or problem(page, source) is None, source


def test_the_readme_leads_to_every_page_and_notebook() -> None:
    found, new = set(), {README}
    while new:
        found |= new
        links = ((page, link) for page in new for link in read(page).links + read(page).contents)
        targets = ((page.parent / urlsplit(link).path).resolve() for page, link in links)
        new = {target for target in targets if target.suffix in (".md", ".ipynb") and target.is_file()} - found
    assert sorted(map(name, set(pages()) - found)) == []


def test_the_readme_fits_on_two_screens() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 80
