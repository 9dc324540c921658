"""The app as it is deployed, both ways, through every door: what a client and a browser see of it."""

import json
import re
import shutil
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import expect

from answers import ANSWER
from lambdastream.doors.api_description import ApiDescription
from lambdastream.doors.api_gateway import ApiGateway
from lambdastream.doors.api_routes import Route
from lambdastream.runtime.limits import Limits

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WHOLE = f'You asked: "Why?"\n\n{ANSWER}'
# The text at one moment of a stream: once the page says that it streams.
STREAMING = """() => document.querySelector(".verdict")?.textContent === "streaming"
    && document.querySelector(".text").textContent"""
ADAPTER, MANGUM = "Lambda Web Adapter", "Mangum"
WAYS = {"lwa": ADAPTER, "mangum": MANGUM}
EVENTS, LINES, TEXT = "stream/chat/events", "stream/chat/lines", "stream/chat"


def deploy(local, folder, name):
    """The names and URLs of the app behind the adapter and behind Mangum."""
    return {
        "lwa": local.deploy_web(folder, name=f"{name}-lwa", mode="RESPONSE_STREAM", adapter_mode="response_stream"),
        "mangum": local.deploy(folder, name=f"{name}-mangum", mode="BUFFERED"),
    }


def routes(way, function):
    """The APIs in front of a function. An HTTP API cannot read what the adapter sends to a stream, so it has none."""
    streams = way == "lwa"
    yield "REST", tuple(Route("ANY", path, function, streams=streams) for path in ("/", "/{proxy+}"))
    if not streams:
        yield "HTTP", (Route("ANY", "$default", function, payload_format="2.0"),)


@pytest.fixture(scope="module")
def open_doors(local):
    """Deploy the app in a folder; returns its addresses: function URLs, and stages of APIs in front of them."""
    with ExitStack() as stack:

        def go(folder, name):
            found = {}
            for way, function in deploy(local, folder, name).items():
                found[way] = function.url
                for kind, each in routes(way, function.name):
                    description = ApiDescription(f"{name}{way}{kind}".lower(), name, kind, "prod", each)
                    gateway = ApiGateway(description, local.plane.function, Limits(), local.plane.authenticator)
                    local.loop.run(gateway.listen(0))
                    stack.callback(lambda gateway=gateway: local.loop.run(gateway.close()))
                    found[f"{way}-{kind.lower()}"] = f"{gateway.url.rstrip('/')}/"
            return found

        yield go


@pytest.fixture(scope="module")
def addresses(open_doors, chat_build):
    """Where the app answers, at its pace."""
    return open_doors(chat_build, "paced")


@pytest.fixture(scope="module")
def hurried(open_doors, chat_build, tmp_path_factory):
    """Where the app answers without its pauses: there, a whole answer takes no two seconds."""
    folder = shutil.copytree(chat_build, tmp_path_factory.mktemp("hurried") / "app")
    pace = folder / "pace.py"
    pace.write_text(pace.read_text().replace("PAUSE = 0.03", "PAUSE = 0"))
    return open_doors(folder, "hurried")


DOORS = ["lwa", "mangum", "lwa-rest", "mangum-rest", "mangum-http"]
every_door = pytest.mark.parametrize("door", DOORS)


@pytest.fixture
def base(hurried, door):
    return hurried[door]


def stage(door):
    return "/prod" if "-" in door else ""


@every_door
@pytest.mark.parametrize(
    ("path", "options"),
    [
        (f"{TEXT}?query=Why%3F", {}),
        (EVENTS, {"json": {"query": "Why?"}, "headers": {"Last-Event-ID": "40"}}),
        (LINES, {"json": {"query": "Why?"}}),
    ],
    ids=["text", "events", "lines"],
)
def test_the_answer_is_the_same_through_every_door(base, quick, door, path, options):
    answered, expected = httpx.post(base + path, timeout=60, **options), quick.post(f"/{path}", **options)
    assert (answered.status_code, answered.content) == (200, expected.content)
    assert answered.headers["content-type"] == expected.headers["content-type"]
    assert answered.headers["x-served-by"] == WAYS[door.partition("-")[0]]


@every_door
@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        (TEXT, {"params": {"query": "fail at once"}}, 503),
        (EVENTS, {"json": {"query": "fail at once"}}, 503),
        (LINES, {"json": {"query": "fail at once"}}, 503),
        (LINES, {"json": {}}, 422),
        (LINES, {"content": b" " * 20_000}, 413),
        (EVENTS, {"json": {"query": "Why?"}, "headers": {"Last-Event-ID": "1000"}}, 204),
        ("page/nothing.js", {}, 405),
    ],
)
def test_what_fails_before_the_first_byte_has_its_status(base, path, options, status):
    response = httpx.post(base + path, timeout=60, **options)
    assert response.status_code == status
    assert "Traceback" not in response.text


@every_door
def test_what_fails_on_the_way_is_told(base):
    query = {"query": "fail halfway"}
    assert "[END]" not in httpx.post(base + TEXT, params=query, timeout=60).text
    last = httpx.post(base + LINES, json=query, timeout=60).text.splitlines()[-1]
    assert json.loads(last)["type"] == "error"
    assert "event: error\n" in httpx.post(base + EVENTS, json=query, timeout=60).text


@every_door
def test_the_openapi_page_finds_its_way_back(base, door):
    docs = httpx.get(f"{base}docs", timeout=60)
    [url] = re.findall(r"""url:\s*['"]([^'"]+)""", docs.text)
    assert url == f"{stage(door)}/openapi.json"
    document = httpx.get(httpx.URL(base).join(url), timeout=60).json()
    servers = document.get("servers", [{"url": ""}])
    assert servers == [{"url": stage(door)}]
    assert httpx.get(httpx.URL(base).join(f"{servers[0]['url']}/tasks"), timeout=60).json()[0]["id"] == "ptvWZ3"


@every_door
def test_another_origin_may_ask(base):
    ask_first = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    response = httpx.options(base + LINES, headers={"Origin": "https://page.example", **ask_first}, timeout=60)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"


# The page


def ask(page):
    page.get_by_label("Your question").fill("Why?")
    page.keyboard.press("Enter")


def complete(lane, verdict):
    expect(lane.get_by_role("status")).to_contain_text("Complete after", timeout=30_000)
    expect(lane.locator(".verdict")).to_have_text(verdict)
    assert lane.locator(".text").text_content() == WHOLE
    assert lane.get_by_role("listitem").count() == 2


@pytest.mark.parametrize("door", ["lwa", "lwa-rest"])
def test_behind_the_adapter_the_page_shows_words_as_they_are_written(open_page, addresses, door):
    page = open_page(f"{addresses[door]}chat")
    ask(page)
    begun = page.wait_for_function(STREAMING).json_value()
    assert begun.startswith('You asked: "Why?"')
    assert begun != WHOLE
    complete(page.locator(".lane"), "streamed")
    expect(page.get_by_role("heading", level=2)).to_have_text(ADAPTER)


@pytest.mark.parametrize("door", ["mangum-rest"])
def test_behind_mangum_the_page_says_buffered(open_page, addresses, door):
    page = open_page(f"{addresses[door]}chat")
    ask(page)
    complete(page.locator(".lane"), "buffered")
    expect(page.get_by_role("heading", level=2)).to_have_text(MANGUM)


def test_one_page_races_both(open_page, addresses):
    page = open_page(f"{addresses['lwa']}chat?rival={addresses['mangum']}")
    ask(page)
    first = {}
    ways = [(ADAPTER, "streamed"), (MANGUM, "buffered")]
    for lane, (name, verdict) in zip(page.locator(".lane").all(), ways, strict=True):
        complete(lane, verdict)
        expect(lane.get_by_role("heading", level=2)).to_have_text(name)
        first[name] = float(lane.locator(".first").text_content().removesuffix(" s"))
    assert first[ADAPTER] < first[MANGUM] / 2


# Requests that nobody thinks of


@pytest.mark.parametrize("way", ["lwa", "mangum"])
def test_no_request_is_too_much_for_the_app(hurried, fuzz, way):
    import schemathesis

    answered = fuzz(schemathesis.openapi.from_url(f"{hurried[way]}openapi.json"), examples=5)
    assert answered.total() > 40
    assert {200, 422} <= set(answered)
