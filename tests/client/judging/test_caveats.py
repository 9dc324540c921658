"""What is said beside a verdict."""

from dataclasses import replace

import httpx
import pytest

from lambdastream.client.judging.caveats import caveats, proxy_of

WORDS = [(0.1, b"one"), (1.0, b"two"), (2.0, b"three")]


@pytest.mark.parametrize(
    ("chunks", "headers", "more", "told"),
    [
        pytest.param(WORDS, {}, {}, [], id="nothing"),
        pytest.param(WORDS, {"content-encoding": "gzip"}, {}, ["compressed (gzip)"], id="compressed"),
        pytest.param(WORDS, {"via": "1.1 proxy"}, {}, ["another server (1.1 proxy)"], id="a proxy"),
        pytest.param(WORDS, {"content-length": "11"}, {}, ["told beforehand"], id="a length"),
        pytest.param(WORDS, {}, {"http_version": "HTTP/1.0"}, ["HTTP/1.0"], id="an old protocol"),
        pytest.param([(1.0, b"all")], {}, {}, ["one moment, in 1 chunk"], id="one piece"),
        pytest.param([*WORDS, (3.0, bytes(500))], {}, {}, ["98% of it came in its last moment"], id="most at the end"),
    ],
)
def test_what_may_hide_how_it_was_sent_is_told(recorded, chunks, headers, more, told):
    found = caveats([replace(recorded(*chunks), headers=httpx.Headers(headers), **more)])
    assert len(found) == len(told)
    assert all(words in note for words, note in zip(told, found, strict=True))


@pytest.mark.parametrize(("connected_at", "how"), [(None, "same connection"), (0.1, "new connection")])
def test_a_second_request_is_told_and_on_which_connection(recorded, connected_at, how):
    answer = recorded(*WORDS)
    assert how in caveats([answer, replace(answer, connected_at=connected_at)])[-1]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://app.example.test/", "proxy.example.test"),
        ("http://app.example.test/", None),
        ("https://127.0.0.1/", None),
        ("https://localhost/", None),
        ("https://inside.example.test/", None),
    ],
)
def test_a_proxy_of_this_machine_is_named(monkeypatch, url, expected):
    monkeypatch.setenv("no_proxy", "inside.example.test")
    assert proxy_of(url, {"https": "http://user:secret@proxy.example.test:3128"}) == expected
