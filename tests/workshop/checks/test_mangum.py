"""The checks of notebook 04."""

import copy

import pytest

from lambdastream.workshop.checks import mangum

EVENT = {
    "version": "2.0",
    "rawPath": "/",
    "rawQueryString": "",
    "requestContext": {"http": {"method": "GET", "path": "/", "sourceIp": "203.0.113.7"}},
}


def event_for(method, path, query=""):
    context = {"http": {"method": method, "path": path, "sourceIp": "203.0.113.7"}}
    return EVENT | {"rawPath": path, "rawQueryString": query, "requestContext": context}


def without_context(method, path, query=""):
    return EVENT | {"rawPath": path, "rawQueryString": query}


def without_raw_path(method, path, query=""):
    return event_for(method, path, query) | {"rawPath": "/"}


def without_query(method, path, query=""):
    return event_for(method, path)


def with_a_query(method, path, query="a=b"):
    return event_for(method, path, query)


SHARED = copy.deepcopy(EVENT)


def sharing(method, path, query=""):
    made = SHARED.copy()
    made["rawPath"], made["rawQueryString"] = path, query
    made["requestContext"]["http"].update(method=method, path=path)
    return made


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(lambda *_: EVENT, "✗ Not yet. The event of GET /tasks says", id="the starter"),
        pytest.param(without_context, '✗ Not yet. The event of GET /tasks says ["requestContext"]', id="context"),
        pytest.param(without_raw_path, '✗ Not yet. The event of GET /tasks says ["rawPath"] is', id="raw path"),
        pytest.param(without_query, "✗ Not yet. The event of POST /stream/chat?query=Why%3F says", id="query"),
        pytest.param(with_a_query, "✗ Not yet. A request without a query has one.", id="query by default"),
        pytest.param(sharing, "✗ Not yet. The event of GET /tasks says", id="shared inner dictionaries"),
        pytest.param(lambda *_: {}, "✗ Not yet. Your code raises KeyError: 'requestContext'", id="empty"),
        pytest.param(event_for, "✓ Mangum finds all that it needs.", id="right"),
    ],
)
def test_event_for(function, says):
    assert repr(mangum.event_for(function)).startswith(says)


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        pytest.param(lambda n, pause, collected: n * pause, "✗ Not yet. A stream of 29 pieces", id="the starter"),
        pytest.param(
            lambda n, pause, collected: n * pause if collected else 0,
            "✗ Not yet. 29 pieces, 0.03 s apart, collected: you say 0.87 s.\n  Hint: Count the pauses",
            id="one too many",
        ),
        pytest.param(
            lambda n, pause, collected: 0, "✗ Not yet. 29 pieces, 0.03 s apart, collected: you say 0.00", id="never"
        ),
        pytest.param(
            lambda n, pause, collected: (max(n, 2) - 1) * pause if collected else 0,
            "✗ Not yet. One piece alone",
            id="one piece",
        ),
        pytest.param(lambda n, pause, collected: (n - 1) * pause if collected else 0, "✓ So behind Mangum", id="right"),
    ],
)
def test_first_byte(formula, says):
    assert repr(mangum.first_byte(formula)).startswith(says)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        pytest.param(
            lambda size, is_text: size < 6_291_556,
            "✗ Not yet. 5,000,000 bytes of binary data: you say yes.",
            id="the starter",
        ),
        pytest.param(lambda size, is_text: True, "✗ Not yet. 7,000,000 bytes of text: you say yes.", id="always"),
        pytest.param(lambda size, is_text: False, "✗ Not yet. 5,000,000 bytes of text: you say no.", id="never"),
        pytest.param(
            lambda size, is_text: size < (6_291_556 if is_text else 3_000_000),
            "✗ Not yet. 4,600,000 bytes of binary data: you say no.",
            id="too careful",
        ),
        pytest.param(
            lambda size, is_text: size * (1 if is_text else 4 / 3) <= 6_291_556,
            "✗ Not yet. 6,291,356 bytes of text: you say yes.",
            id="the body alone",
        ),
        pytest.param(
            lambda size, is_text: (size if is_text else (size + 2) // 3 * 4) + 300 <= 6_291_556, "✓ Now", id="right"
        ),
    ],
)
def test_fits(rule, says):
    assert repr(mangum.fits(rule)).startswith(says)
