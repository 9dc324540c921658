"""The page in Chromium, before the app under uvicorn."""

import re

import pytest
from playwright.sync_api import expect

from answers import ANSWER, ARTIFACTS

pytestmark = pytest.mark.slow
COMPLETE = re.compile(r"Complete after \d\.\d\d s\.")
WHOLE = f'You asked: "Why?"\n\n{ANSWER}'
PHONE = {"width": 360, "height": 800}

# The text at one moment of a stream: once the page says that it streams.
STREAMING = """() => document.querySelector(".verdict")?.textContent === "streaming"
    && document.querySelector(".text").textContent"""

CONTRASTS = """() => {
    const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const rgb = color => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const back = element => {
        for (; element; element = element.parentElement) {
            const found = rgb(getComputedStyle(element).backgroundColor);
            if (found[3] === 255) return found;
        }
    };
    const own = element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    return [...document.querySelectorAll("body *")].filter(each => each.checkVisibility() && own(each)).map(each => {
        const [ink, paper] = [rgb(getComputedStyle(each).color), back(each)].map(luminance);
        return [each.textContent.slice(0, 30), (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05)];
    });
}"""


@pytest.fixture
def page(open_page, chat):
    return open_page(f"{chat.base_url}/chat")


@pytest.fixture(scope="module")
def answered(browser, chat):
    """A page on a small screen, with a whole answer and all its fields."""
    page = browser.new_page(viewport=PHONE)
    page.goto(f"{chat.base_url}/chat")
    page.get_by_text("Addresses", exact=True).click()
    ask(page, "Why?")
    expect(page.get_by_role("status")).to_have_text(COMPLETE)
    yield page
    page.close()


def ask(page, question):
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def test_words_come_while_the_answer_is_written(page):
    ask(page, "Why?")
    begun = page.wait_for_function(STREAMING).json_value()
    assert begun.startswith('You asked: "Why?"')
    assert begun != WHOLE
    expect(page.get_by_role("status")).to_have_text(COMPLETE)
    assert page.locator(".text").text_content() == WHOLE
    expect(page.locator(".verdict")).to_have_text("streamed")
    expect(page.get_by_role("heading", level=2)).to_have_text("uvicorn")
    first, last = (float(page.locator(name).text_content().removesuffix(" s")) for name in (".first", ".last"))
    assert first < last / 2
    assert int(page.locator(".pieces").text_content()) > 30


def test_artifacts_become_cards(answered):
    cards = answered.get_by_role("list", name="Artifacts").get_by_role("listitem")
    assert cards.count() == len(ARTIFACTS)
    for card, artifact in zip(cards.all(), ARTIFACTS, strict=True):
        link = card.get_by_role("link", name=artifact.title)
        assert link.get_attribute("href") == artifact.uri
        assert link.get_attribute("rel") == "noopener noreferrer"
        assert artifact.description in card.text_content()


def test_a_card_is_no_way_for_a_script(page):
    found = page.evaluate(
        """async uris => {
            const { card } = await import("/page/lane.js");
            const item = uri => ({ title: "<b>t</b>", description: "<img src=x onerror=alert(1)>", uri });
            return uris.map(uri => card(item(uri))).map(made => [
                made.querySelectorAll("img, b, script").length, made.querySelector("a")?.href ?? null,
            ]);
        }""",
        ["https://example.com/a", "javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "https://", "x"],
    )
    assert found == [[0, "https://example.com/a"], *[[0, None]] * 5]


def test_a_question_is_never_markup(page):
    ask(page, "<b>bold</b> <script>x</script>")
    expect(page.locator(".text")).to_contain_text("<b>bold</b> <script>x</script>")
    assert page.locator(".lane b, .lane script").count() == 0


def test_the_keyboard_is_enough(open_page, observed):
    page = open_page(f"{observed.url}/chat")
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("Why?")
    page.keyboard.press("Enter")
    expect(page.locator(".text")).to_contain_text("You asked")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Stopped.")
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".text")).to_contain_text("You asked")
    page.keyboard.press("Escape")
    expect(page.get_by_role("status")).to_have_text("Stopped.")


def test_who_stops_reading_stops_the_server(open_page, observed):
    done = "done with /stream/chat after"
    before = observed.log.read_text().count(done)
    page = open_page(f"{observed.url}/chat")
    ask(page, "Why?")
    expect(page.locator(".text")).to_contain_text("You asked")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_have_text("Stopped.")
    assert int(observed.wait_for(rf"(?s)(?:.*?{done} (\d+)){{{before + 1}}}")[1]) < len(WHOLE.split())
    said = page.locator(".text").text_content()
    assert said
    assert said != WHOLE


@pytest.mark.parametrize(
    ("question", "said", "shown"),
    [
        ("fail halfway", "The answer was cut off.", True),
        ("fail at once", "There is no answer now. Try again later. (status 503)", False),
    ],
)
def test_a_failure_is_told(open_page, chat, question, said, shown):
    page = open_page(f"{chat.base_url}/chat")
    page.get_by_role("button", name=question).click()
    expect(page.get_by_role("status")).to_have_text(said)
    assert bool(page.locator(".text").text_content()) == shown
    assert page.locator(".lane").get_attribute("data-state") == "failed"
    open_page.complaints.clear()  # Chromium notes a status of 503 in its console


def test_one_page_races_two_origins(open_page, chat):
    rival = f"http://localhost:{chat.base_url.port}/"  # the same server, and to a browser another one
    page = open_page(f"{chat.base_url}/chat?rival={rival}")
    ask(page, "Why?")
    assert page.locator(".text").count() == 2
    for lane in page.locator(".lane").all():
        expect(lane.get_by_role("status")).to_have_text(COMPLETE)
        assert lane.locator(".text").text_content() == WHOLE
        expect(lane.get_by_role("heading", level=2)).to_have_text("uvicorn")  # a header that CORS has to let through
    assert page.locator(".address").all_text_contents() == [f"{chat.base_url}/", rival]


def test_an_address_where_nothing_answers_is_told(open_page, chat):
    page = open_page(f"{chat.base_url}/chat?address=http://127.0.0.1:9/")
    ask(page, "Why?")
    expect(page.get_by_role("status")).to_contain_text("Nothing answers there")
    open_page.complaints.clear()


@pytest.mark.parametrize("address", ["", "nonsense", "ftp://example.com/"])
def test_an_address_that_is_none_is_not_asked(page, address):
    page.get_by_text("Addresses", exact=True).click()
    page.get_by_label("The app").fill(address)
    ask(page, "Why?")
    assert page.locator(".text").count() == 0
    expect(page.get_by_label("The app")).to_be_focused()


@pytest.mark.parametrize(("color_scheme", "back"), [("light", "rgb(244, 246, 248)"), ("dark", "rgb(17, 22, 27)")])
def test_all_text_can_be_read(answered, color_scheme, back):
    answered.emulate_media(color_scheme=color_scheme)
    assert answered.evaluate("getComputedStyle(document.body).backgroundColor") == back
    contrasts = answered.evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert [each for each in contrasts if each[1] < 4.5] == []  # WCAG 2.2, 1.4.3


def test_nothing_is_wider_than_a_phone(answered):
    assert answered.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_everything_has_a_name_for_who_does_not_see_it(answered):
    for field in answered.locator("input").all():
        assert field.evaluate("each => each.labels.length") == 1
    assert all(answered.get_by_role("button").all_text_contents())
    # Politely, and not word by word: a status that changes a few times, and an answer that is no live region.
    assert answered.get_by_role("status").count() == 1
    assert answered.locator("[aria-live]").count() == 0
    expect(answered.get_by_role("region", name="Answer")).to_have_attribute("aria-busy", "false")
    expect(answered.get_by_role("region", name="uvicorn")).to_be_visible()
