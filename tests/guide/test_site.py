"""The guide as it is built: complete, self-contained, and read on a phone. One build serves all of these tests."""

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PHONE = 375
PATIENCE = 20_000  # ms
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
}

pytestmark = pytest.mark.slow
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine: apt install chromium")


@dataclass
class Page(HTMLParser):
    """What a page links to, what it loads, its ids, its pictures and its headings."""

    path: Path
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    pictures: list[dict] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self.text = self.path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload", "preconnect"):
            self.loads.append(given["href"])
        if given.get(LOADS.get(tag, "")):
            self.loads.append(given[LOADS[tag]])
        if tag == "img":
            self.pictures.append(given)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


@pytest.fixture(scope="module")
def contents(pages: dict[Path, Page]) -> dict[Path, Page]:
    """The pages that were written, without the one that searches them."""
    return {path: page for path, page in pages.items() if path.name != "search.html"}


def test_every_notebook_is_a_page_with_its_outputs(site):
    stems = [path.stem for path in NOTEBOOKS.glob("*.ipynb")]
    assert len(stems) >= 12
    for stem in stems:
        assert "output text_plain" in (site / "notebooks" / f"{stem}.html").read_text(encoding="utf-8"), stem


def test_every_page_is_reached_from_the_first(site, pages, contents):
    reached, new = set(), {site / "index.html"}
    while new:
        reached |= new
        found = {(page.parent / unquote(urlsplit(link).path)).resolve() for page in new for link in pages[page].links}
        new = {path for path in found if path in pages} - reached
    assert [str(path.relative_to(site)) for path in contents if path not in reached] == []


def test_no_link_is_dead(site, pages):
    dead = []
    for path, page in pages.items():
        for link in page.links:
            where = urlsplit(link)
            if where.scheme or where.netloc:
                continue
            target = (path.parent / unquote(where.path)).resolve() if where.path else path
            if not target.is_file() or (where.fragment and unquote(where.fragment) not in pages[target].ids):
                dead.append(f"{path.relative_to(site)}: {link}")
    assert dead == []
    assert sum(len(page.links) for page in pages.values()) > 1000


def test_nothing_is_loaded_from_elsewhere(site, pages):
    loads = {f"{path.relative_to(site)}: {what}" for path, page in pages.items() for what in page.loads}
    assert [what for what in loads if re.search(r": (https?:)?//", what)] == []
    assert any(what.endswith("furo.css") or "furo.css" in what for what in loads)
    for path in site.rglob("*.css"):
        assert (
            re.findall(r"(?:url\(\s*['\"]?|@import\s+['\"])(?:https?:)?//[^)]*", path.read_text(encoding="utf-8")) == []
        )
    # A module of JavaScript may load others.
    text = "".join(page.text for page in pages.values())
    assert re.findall(r"(?:import|fetch|require)[^\n]{0,20}['\"]https?://", text.partition("<article")[0]) == []
    assert not re.search(r"require\.min\.js|mathjax|plotly", "".join(what for what in loads), re.IGNORECASE)


def test_every_picture_has_a_text_in_its_place(site, contents):
    pictures = [(path.relative_to(site), given) for path, page in contents.items() for given in page.pictures]
    assert len(pictures) > 14
    assert [where for where, given in pictures if len(given.get("alt", "")) < 20 or ".png" in given["alt"]] == []


def test_headings_go_down_one_at_a_time(site, contents):
    for path, page in contents.items():
        steps = zip(page.headings, page.headings[1:], strict=False)
        assert page.headings[0] == 1, path.relative_to(site)
        assert [step for step in steps if step[1] > step[0] + 1] == [], path.relative_to(site)


def test_what_is_called_a_heading_says_its_level(site, contents):
    called = {path: re.findall(r'<[^>]*role="heading"[^>]*>', page.text) for path, page in contents.items()}
    assert all(called.values()), "the navigation's captions"
    assert {path for path, each in called.items() if any("aria-level" not in tag for tag in each)} == set()


def test_no_page_tells_of_this_machine(site, contents):
    for path, page in contents.items():
        assert str(NOTEBOOKS.parent) not in page.text, path.relative_to(site)
        assert "<!-- made" not in page.text, path.relative_to(site)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A web server for files that writes no log."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the guide is served on loopback."""
    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


# The theme lets the text scroll in its own box when something in it is too wide.
WIDTH = "Math.max(...[document.documentElement, document.querySelector('.content')].map(each => each.scrollWidth))"


@needs_chromium
def test_on_a_phone_no_page_scrolls_sideways(browser, site, contents):
    page = browser.new_page(viewport={"width": PHONE, "height": 800})
    widths = {}
    for path in contents:
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        widths[str(path.relative_to(site))] = page.evaluate(WIDTH)
    page.close()
    assert {path: width for path, width in widths.items() if width > PHONE} == {}


@needs_chromium
@pytest.mark.parametrize("served", [True, False], ids=["from a server", "from its folder"])
def test_search_works_without_a_network(browser, site, address, served):
    page = browser.new_page()
    begin = address if served else site.as_uri()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{begin}/index.html")
    page.get_by_label("Search").first.fill("nosniff", timeout=PATIENCE)
    page.keyboard.press("Enter")
    found = page.locator("ul.search li a")
    found.first.wait_for(timeout=PATIENCE)
    assert "08 Consume it" in " ".join(found.all_inner_texts())
    page.close()
    assert [url for url in asked if not url.startswith((begin, "data:"))] == []


@needs_chromium
def test_the_keyboard_reaches_the_text_before_the_navigation(browser, site):
    page = browser.new_page()
    page.goto((site / "attendees" / "set-up.html").as_uri())
    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.textContent.trim()")
    page.keyboard.press("Enter")
    assert first == "Skip to content"
    assert page.url.endswith("#furo-main-content")
    page.close()


@needs_chromium
def test_the_keyboard_scrolls_what_is_too_wide(browser, site):
    page = browser.new_page(viewport={"width": PHONE, "height": 800})
    page.goto((site / "notebooks" / "07-deploy-with-sam.html").as_uri())
    wide = page.locator("article pre")
    too_wide = "wide => wide.filter(each => each.scrollWidth > each.clientWidth)"
    assert wide.evaluate_all(f"{too_wide[:-1]} && each.tabIndex < 0).length") == 0
    index = wide.evaluate_all("all => all.findIndex(each => each.scrollWidth > each.clientWidth)")
    wide.nth(index).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.activeElement.scrollLeft > 0", timeout=PATIENCE)
    page.close()


def contrast(page, selector):
    """How much a text stands out from what is behind it (WCAG 2's ratio)."""
    return page.evaluate(
        """selector => {
            const light = colour => {
                const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
                    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
            };
            let element = document.querySelector(selector), behind = element;
            while (/rgba\\(.*, 0\\)/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
            const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(light);
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        }""",
        selector,
    )


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out(browser, site, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.goto((site / "notebooks" / "00-start-here.html").as_uri())
    for selector in (
        "article p",
        "article a.reference",
        ".sidebar-tree a",
        ".cell_input .highlight pre",
        ".cell_output pre",
        "article th",
    ):
        assert contrast(page, selector) >= 4.5, selector
    page.goto((site / "notebooks" / "11-other-roads.html").as_uri())
    classes = set(page.locator(".cell_output [class*=-Color-]").evaluate_all("all => all.map(each => each.className)"))
    assert len(classes) > 4, "a terminal's colours"
    for each in classes:
        assert contrast(page, f"[class='{each}']") >= 4.5, each
    page.goto((site / "notebooks" / "90-for-instructors.html").as_uri())
    assert contrast(page, ".cell_output [style*='color:#c62828']") >= 4.5
    page.close()
