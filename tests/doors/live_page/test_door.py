"""Who may look at the page, and what browsers are told about it."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from lambdastream.doors.authentication import Keys
from lambdastream.doors.live_page.door import ASSETS, PREFIX, page_token
from lambdastream.doors.live_page.viewers import MOST_VIEWERS

ASSET_NAMES = sorted(path.name for path in ASSETS.iterdir())


@pytest.fixture
def page(local):
    return urlsplit(local.plane.live_page.url).path


@pytest.fixture
def get(local, connect):
    """A request to the endpoint, and its whole answer."""

    def go(path, method="GET", **headers):
        return connect(local.plane.port).request(f"{method} {path}", **headers)

    return go


def assert_closed(answer):
    """Nothing from elsewhere, nothing in a frame, nothing kept, no address told on."""
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_there_for_who_has_its_address(get, page):
    answer = get(page)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<!doctype html>" in answer.body
    assert_closed(answer)


@pytest.mark.parametrize("name", ASSET_NAMES)
def test_its_parts_are_there_with_their_types(get, page, name):
    answer = get(page + name)
    types = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    assert (answer.status, answer.headers["content-type"]) == (200, f"{types[Path(name).suffix]}; charset=utf-8")
    assert answer.body == (ASSETS / name).read_bytes()
    assert_closed(answer)


@pytest.mark.parametrize("name", ["nothing.js", "../door.py", "%2e%2e/door.py", "..", "assets/live.js", "live.js/"])
def test_nothing_else_is(get, page, name):
    answer = get(page + name)
    assert answer.status == 404
    assert_closed(answer)


@pytest.mark.parametrize("rest", ["", "events", "live.js"])
@pytest.mark.parametrize("token", ["", "wrong", "%C5%BC", "{}x", "{}%20", "x{}"])
def test_without_the_token_nothing_is(get, page, token, rest):
    own = page.removeprefix(PREFIX).rstrip("/")
    answer = get(f"{PREFIX}{token.format(own)}/{rest}")
    assert answer.status == 403
    assert own.encode() not in answer.body
    assert_closed(answer)


def test_the_token_for_deployments_is_another_one(get, local):
    assert get(f"{PREFIX}{local.plane.token}/").status == 403
    assert local.plane.keys.secret_access_key not in local.plane.live_page.url


def test_the_token_is_the_project_s():
    keys = Keys.at_random()
    assert page_token(keys) == page_token(keys) != page_token(Keys.at_random())
    assert len(page_token(keys)) == 32


@pytest.mark.parametrize("name", ["", "events", "live.js"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_is_there_to_be_looked_at(get, page, method, name):
    answer = get(page + name, method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_its_head_can_be_asked_for(get, page):
    assert get(page, "HEAD").status == 200


def test_an_address_without_its_slash_leads_to_the_page(get, page):
    answer = get(page.rstrip("/"))
    assert (answer.status, answer.headers["location"]) == (308, page)


@pytest.mark.parametrize("host", ["rebound.example", "rebound.example:{port}", "127.0.0.1.example", "10.0.0.1:{port}"])
def test_a_name_that_leads_here_is_no_way_in(get, local, page, host):
    assert get(page, host=host.format(port=local.plane.port)).status == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost", 200), ("http://localhost:1", 403), ("https://a.example", 403), ("null", 403)],
)
def test_a_module_is_for_the_page_itself(get, page, origin, status):
    assert get(f"{page}live.js", origin=origin).status == status


def test_its_own_origin_opens_nothing_else(get):
    assert get("/_lambdastream/status", origin="http://localhost").body == (
        b'{"message":"Only programs on this machine may call the local AWS"}'
    )


def test_so_many_may_look_at_once(local, look, page, connect, eventually):
    def status():
        wire = connect(local.plane.port)
        wire.send(f"GET {page}events HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
        return wire.head()[0]

    onlookers = [look(local) for _ in range(MOST_VIEWERS)]
    assert status() == 503
    onlookers[0].wire.close()
    eventually(lambda: status() == 200)
