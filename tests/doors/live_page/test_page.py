"""The page in Chromium, before a real local AWS: what is seen, said and reached by keyboard."""

import re
import shutil
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from lambdastream.doors.data_plane import DataPlane

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
WIDTHS = (375, 768, 1280, 1920)

CONTRASTS = """() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const rgba = color => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        return context.getImageData(0, 0, 1, 1).data;
    };
    const linear = value => value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const paper = element => {
        const found = rgba(getComputedStyle(element).backgroundColor);
        return found[3] === 255 || !element.parentElement ? found : paper(element.parentElement);
    };
    const says = element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    return [...document.querySelectorAll("body *")].filter(each => each.checkVisibility() && says(each)).map(each => {
        const [low, high] = [light(rgba(getComputedStyle(each).color)), light(paper(each))].sort((a, b) => a - b);
        return [each.textContent.trim().slice(0, 40), (high + 0.05) / (low + 0.05)];
    });
}"""

PROBLEMS = """() => {
    const ids = [...document.querySelectorAll("[id]")].map(each => each.id);
    const references = ["aria-labelledby", "aria-describedby"].flatMap(name =>
        [...document.querySelectorAll(`[${name}]`)].map(each => each.getAttribute(name)));
    const levels = [...document.querySelectorAll("h1, h2, h3")].map(each => Number(each.tagName[1]));
    return [
        ...ids.filter((id, place) => ids.indexOf(id) !== place).map(id => `twice: ${id}`),
        ...references.filter(id => !document.getElementById(id)).map(id => `refers to nothing: ${id}`),
        ...levels.filter((level, place) => level > (levels[place - 1] ?? 0) + 1).map(level => `skips to h${level}`),
        ...[...document.querySelectorAll("svg:not([aria-hidden=true])")].map(() => "a picture without a text"),
        ...[...document.querySelectorAll("tr:not([role=row]), td:not([role=cell])")].map(each => `no ${each.tagName}`),
    ];
}"""


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Open an address. Complaints fail the test, and so does whatever is asked for elsewhere."""
    complaints, asked = [], set()
    with ExitStack() as windows:

        def go(url, **settings):
            window = browser.new_context(**settings)
            windows.callback(window.close)
            page = window.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
            page.on("request", lambda request: asked.add(httpx.URL(request.url).port))
            page.goto(url)
            expect(page.locator("#connection")).to_have_text("Live")
            assert asked <= {httpx.URL(url).port}
            return page

        go.complaints = complaints
        yield go
    assert complaints == []


@pytest.fixture(scope="module")
def chat(local_of, tmp_path_factory, chat_build):
    """A local AWS with the chat app, behind Mangum and behind the adapter."""
    with local_of(tmp_path_factory.mktemp("logs")) as local:
        local.mangum = local.deploy(chat_build, name="ChatMangum", mode="BUFFERED")
        settings = {"name": "ChatLwa", "mode": "RESPONSE_STREAM", "adapter_mode": "response_stream"}
        local.lwa = local.deploy_web(chat_build, **settings)
        for each in (local.mangum, local.lwa):
            assert each.get().status_code == 200
        yield local


@pytest.fixture
def page(open_page, chat):
    return open_page(chat.plane.live_page.url)


def race(page, *functions):
    """Ask them the same at once, and wait, while the page goes on."""
    ask = {"method": "POST", "path": "stream/chat", "params": {"query": "Why?"}}
    threads = [threading.Thread(target=each.request, kwargs=ask) for each in functions]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        page.wait_for_timeout(50)


def row(page, name):
    """The newest invocation of a function."""
    return page.get_by_role("row").filter(has=page.get_by_role("button", name=name)).first


def whole(text):
    return re.compile(text)


def test_mangum_s_one_block_is_seen_next_to_the_adapter_s_many_chunks(page, chat):
    race(page, chat.mangum, chat.lwa)
    lwa, mangum = row(page, "ChatLwa"), row(page, "ChatMangum")
    expect(lwa.get_by_role("cell").last).to_contain_text(whole(r"first byte after .* whole after"))
    expect(mangum.get_by_role("cell").last).to_contain_text(whole(r"one block of .* after"))
    chunks = lwa.locator("path.ticks").get_attribute("d").count("M")
    assert chunks > 30
    assert (lwa.locator("path.block").count(), mangum.locator("path.block").count()) == (0, 1)
    assert mangum.locator("path.ticks").count() == 0
    first, last = (seconds(lwa.get_by_role("cell").nth(place)) for place in (0, 1))
    assert first < last / 2
    assert seconds(mangum.get_by_role("cell").nth(0)) == seconds(mangum.get_by_role("cell").nth(1)) > last / 2


def seconds(cell):
    value, unit = cell.text_content().split()
    return float(value) / {"ms": 1000, "s": 1}[unit]


def test_the_log_of_the_chosen_one_is_beside_it(page, chat):
    race(page, chat.lwa)
    race(page, chat.mangum)
    log = page.get_by_role("region", name="Log").last
    expect(log).to_contain_text("REPORT RequestId")
    expect(page.locator("#log-of")).to_contain_text("ChatMangum POST /stream/chat, environment")
    row(page, "ChatLwa").get_by_role("button").click()
    expect(page.locator("#log-of")).to_contain_text("ChatLwa POST /stream/chat, environment")
    expect(log).to_contain_text("START RequestId")
    expect(log).to_contain_text("/stream/chat")


def test_a_choice_stays_until_the_newest_is_asked_for_again(page, chat):
    chat.lwa.get("to-be-chosen")
    chat.mangum.get("tasks")
    chosen = page.get_by_role("row").filter(has_text="GET /to-be-chosen").get_by_role("button")
    chosen.click()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    follow = page.get_by_role("button", name="Follow the newest")
    expect(follow).to_have_attribute("aria-pressed", "false")
    chat.mangum.get("newer")
    expect(row(page, "ChatMangum")).to_contain_text("GET /newer")
    expect(page.locator("#log-of")).to_contain_text("ChatLwa GET /to-be-chosen")
    follow.click()
    expect(page.locator("#log-of")).to_contain_text("ChatMangum GET /newer")


def test_functions_are_shown_with_what_they_do(page, chat):
    functions = page.get_by_role("region", name="Functions").get_by_role("listitem")
    lwa, mangum = (functions.filter(has_text=name).first for name in ("ChatLwa", "ChatMangum"))
    expect(lwa).to_contain_text("streams")
    expect(lwa).to_contain_text("Lambda Web Adapter, response_stream")
    expect(mangum).to_contain_text("answers whole")
    expect(mangum).to_contain_text("Mangum, buffered")
    expect(lwa.get_by_role("link", name=chat.lwa.url)).to_have_attribute("rel", "noopener noreferrer")
    expect(page.get_by_role("list", name="Environments of ChatLwa").get_by_role("listitem")).to_contain_text("idle")


def test_the_keyboard_is_enough(page, chat):
    for function in (chat.lwa, chat.mangum):
        function.get()
    expect(row(page, "ChatMangum")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the invocations")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#invocations")).to_be_focused()
    for wanted in ("Time scale", "Hold still"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(wanted)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Follow the newest")).to_be_focused()
    while page.evaluate("document.activeElement.textContent") != "ChatLwa":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#log-of")).to_contain_text("ChatLwa")
    chat.mangum.get("tasks")
    expect(row(page, "ChatMangum")).to_contain_text("GET /tasks")
    assert page.evaluate("document.activeElement.textContent") == "ChatLwa"


def test_the_focus_stays_on_a_function_while_its_environments_change(page, chat):
    link = page.get_by_role("link", name=chat.lwa.url)
    link.focus()
    race(page, chat.lwa)
    expect(row(page, "ChatLwa")).to_contain_text("POST /stream/chat")
    expect(link).to_be_focused()
    expect(page.get_by_role("list", name="Environments of ChatLwa").get_by_role("listitem")).to_contain_text("idle")


def test_what_holds_still_goes_on_later(page, chat):
    page.get_by_label("Hold still").check()
    before = page.get_by_role("row").count()
    chat.lwa.get("tasks")
    page.wait_for_timeout(600)
    assert page.get_by_role("row").count() == before
    page.get_by_label("Hold still").uncheck()
    expect(row(page, "ChatLwa")).to_contain_text("GET /tasks")


def test_who_does_not_see_it_hears_of_it_but_not_of_each(page, chat):
    page.evaluate(
        """() => {
            window.said = [];
            const region = document.getElementById("announcer");
            new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true });
        }"""
    )
    began = time.monotonic()
    for _ in range(20):
        chat.mangum.get("tasks")
    told, said = 0, []
    while told < 20:
        page.wait_for_timeout(100)
        said = page.evaluate("said")
        told = sum(int((re.match(r"\d+", each) or ["1"])[0]) for each in said)
    assert len(said) <= 2 + (time.monotonic() - began) // 4
    for each in said:
        assert re.fullmatch(r"(\d+ invocations ended\. The last: )?ChatMangum, one block of .* after .*\.", each)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_roles_and_contrasts(open_page, chat, scheme):
    page = open_page(chat.plane.live_page.url, color_scheme=scheme)
    race(page, chat.mangum, chat.lwa)
    chat.lwa.get("<b>nothing</b>")
    expect(row(page, "ChatLwa")).to_contain_text("404")
    assert page.locator("#rows b").count() == 0
    assert page.evaluate(PROBLEMS) == []
    table = page.get_by_role("table", name="Invocations")
    heads = ["Invocation", "First byte", "Whole", "Chunks", "Waterfall"]
    assert [each.split("0")[0] for each in table.get_by_role("columnheader").all_text_contents()] == heads
    assert table.get_by_role("rowheader").count() == table.get_by_role("row").count() - 1
    for control in page.locator("a, button, select, input, [tabindex='0']").filter(visible=True).all():
        assert re.search(r'- \w+ "[^"]+"', control.aria_snapshot()), control.evaluate("each => each.outerHTML")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 30
    assert [text for text, ratio in contrasts if ratio < 4.5] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_on_the_screen(open_page, chat, width):
    page = open_page(chat.plane.live_page.url, viewport={"width": width, "height": 900})
    race(page, chat.mangum, chat.lwa)
    chat.lwa.get("x" * 300)
    expect(row(page, "ChatLwa")).to_contain_text("404")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    log, rows = page.locator("#log").bounding_box(), page.locator("#table").bounding_box()
    assert (log["x"] > rows["x"] + rows["width"]) is (width >= 1280)


def test_it_says_when_the_local_aws_is_gone_and_finds_it_again(open_page, loop):
    first = DataPlane()
    loop.run(first.start())
    page = open_page(first.live_page.url)
    expect(page.get_by_text("Nothing is deployed yet")).to_be_visible()
    loop.run(first.stop())
    expect(page.locator("#connection")).to_contain_text("The local AWS has ended.")
    again = DataPlane(port=first.port, keys=first.keys)
    loop.run(again.start())
    try:
        expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)
    finally:
        loop.run(again.stop())
        expect(page.locator("#connection")).to_contain_text("The local AWS has ended.")
        page.context.close()
    # Chromium tells each time that it found nobody.
    assert all("ERR_CONNECTION_REFUSED" in complaint for complaint in open_page.complaints), open_page.complaints
    open_page.complaints.clear()


WORDS = (
    ({"begun": None, "answered": None, "state": "waiting"}, "waits for an environment"),
    ({"init": [0, 1250]}, "cold start 1.25 s, one block of 1.5 kB after 2.00 s"),
    ({"answered": None, "state": "running"}, "still runs"),
    ({"streams": True, "chunks": 2}, "first byte after 9.5 ms, 2 chunks, 1.5 kB in all, whole after 2.00 s"),
    (
        {"streams": True, "collected": True},
        "first byte after 9.5 ms, 1 chunk, 1.5 kB in all, kept back, one block of 1.5 kB after 2.00 s",
    ),
    ({"state": "failed", "error": "E", "message": "m"}, "failed after 2.00 s: E: m"),
    ({"begun": None, "state": "throttled", "error": "throttled", "message": "R"}, "throttled after 2.00 s: R"),
)


def test_a_waterfall_is_told_in_words(page):
    usual = {"begun": 1, "init": None, "streams": False, "collected": False, "chunks": 1, "bytes": 1500}
    usual |= {"answered": 2000, "state": "done", "ticks": [[9.5, 1, 1500]], "error": "", "message": ""}
    say = "async all => { const { told } = await import('./words.js'); return all.map(told); }"
    assert page.evaluate(say, [usual | about for about, _ in WORDS]) == [words for _, words in WORDS]
