"""What stands around the app: who may read its answers in a browser."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from middleware import cors

ORIGIN = "https://page.example"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
}


def test_any_page_may_read_what_nobody_had_to_log_in_for(chat):
    response = chat.get("/tasks", headers={"Origin": ORIGIN, "Cookie": "session=1"})
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-expose-headers"] == "X-Served-By"
    assert "access-control-allow-credentials" not in response.headers


def test_a_browser_that_asks_first_is_allowed_json(chat):
    response = chat.options("/stream/chat/lines", headers=PREFLIGHT)
    assert response.status_code == 200
    assert response.headers["access-control-allow-methods"] == "GET, POST"
    assert "content-type" in response.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize(("origin", "allowed"), [("https://two.example", True), (ORIGIN, False), ("null", False)])
def test_origins_can_be_named(origin, allowed):
    some = TestClient(FastAPI(middleware=[cors("https://one.example https://two.example")]))
    answered = some.get("/openapi.json", headers={"Origin": origin})
    assert answered.headers.get("access-control-allow-origin") == (origin if allowed else None)
    preflight = some.options("/openapi.json", headers=PREFLIGHT | {"Origin": origin})
    assert preflight.status_code == (200 if allowed else 400)
