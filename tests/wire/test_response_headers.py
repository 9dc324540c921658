from __future__ import annotations

import pytest

from lambdastream.errors import WireError
from lambdastream.wire.response_headers import response_headers

DEFAULT = ("content-type", "default/type")


@pytest.mark.conformance("response-renamed-headers", "url-result-multi-value")
@pytest.mark.parametrize(
    ("result", "headers"),
    [
        pytest.param({}, (DEFAULT,), id="none"),
        pytest.param({"headers": None, "multiValueHeaders": None, "cookies": None}, (DEFAULT,), id="null"),
        pytest.param(
            {"headers": {"Content-Type": "text/html", "X-A": "B"}},
            (("content-type", "text/html"), ("x-a", "B")),
            id="lower-case names, values untouched",
        ),
        pytest.param(
            {"headers": {"x": ["1", "2"]}}, (("x", "1"), ("x", "2"), DEFAULT), id="list of values is repeated"
        ),
        pytest.param({"headers": {"x": []}}, (DEFAULT,), id="empty list is no header"),
        pytest.param({"headers": {"content-type": []}}, (DEFAULT,), id="no content type in the end"),
        pytest.param({"headers": {"X": "1", "x": "2"}}, (("x", "1"), ("x", "2"), DEFAULT), id="two spellings"),
        pytest.param(
            {"headers": {"a": 5, "b": 1.5, "c": True, "d": False}},
            (("a", "5"), ("b", "1.5"), ("c", "true"), ("d", "false"), DEFAULT),
            id="numbers and booleans",
        ),
        pytest.param(
            {"headers": dict.fromkeys(("Transfer-Encoding", "TE", "Trailer", "Upgrade", "Host", "Expect", "Via"), "x")},
            (DEFAULT,),
            id="what is never passed on",
        ),
        pytest.param(
            {"headers": {"X-Amzn-RequestId": "r", "X-Amzn-Trace-Id": "t"}},
            (("x-amzn-remapped-x-amzn-requestid", "r"), DEFAULT),
            id="the request's id and its trace are AWS's to tell",
        ),
        pytest.param(
            {"headers": {"Content-Length": "5", "date": "d", "server": "s", "connection": "close"}},
            (
                ("x-amzn-remapped-content-length", "5"),
                ("x-amzn-remapped-date", "d"),
                ("x-amzn-remapped-server", "s"),
                ("x-amzn-remapped-connection", "close"),
                DEFAULT,
            ),
            id="the connection's own are renamed",
        ),
        pytest.param(
            {"headers": {"WWW-Authenticate": "Basic", "Authorization": "a", "User-Agent": "u"}},
            (
                ("x-amzn-remapped-www-authenticate", "Basic"),
                ("x-amzn-remapped-authorization", "a"),
                ("x-amzn-remapped-user-agent", "u"),
                DEFAULT,
            ),
            id="those of an authorizer and a client are renamed",
        ),
        pytest.param(
            {"multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "Content-Length": ["1"]}},
            (("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-amzn-remapped-content-length", "1"), DEFAULT),
            id="multiple values",
        ),
        pytest.param(
            {"headers": {"A": "0", "b": "2"}, "multiValueHeaders": {"a": ["1"]}},
            (("b", "2"), ("a", "1"), DEFAULT),
            id="multiple values win",
        ),
        pytest.param(
            {"headers": {"set-cookie": "a=1"}, "cookies": ["b=2; Path=/", "c=3"]},
            (("set-cookie", "a=1"), DEFAULT, ("set-cookie", "b=2; Path=/"), ("set-cookie", "c=3")),
            id="cookies",
        ),
    ],
)
def test_a_result_describes_headers(result, headers):
    assert response_headers(result, default_content_type="default/type") == headers


@pytest.mark.parametrize(
    "result",
    [
        pytest.param({"headers": []}, id="headers are a list"),
        pytest.param({"headers": "a: b"}, id="headers are text"),
        pytest.param({"headers": 0}, id="headers are a number"),
        pytest.param({"multiValueHeaders": [["a", "b"]]}, id="multiple headers are a list"),
        pytest.param({"headers": {"x": None}}, id="value is null"),
        pytest.param({"headers": {"x": {"y": "z"}}}, id="value is an object"),
        pytest.param({"headers": {"x": [["y"]]}}, id="value is a list of lists"),
        pytest.param({"headers": {"x": "a\r\nb: c"}}, id="value breaks the line"),
        pytest.param({"headers": {"x\r\ny": "a"}}, id="name breaks the line"),
        pytest.param({"headers": {"": "a"}}, id="no name"),
        pytest.param({"headers": {"x": "€"}}, id="value is not latin-1"),
        pytest.param({"headers": {"transfer-encoding ": "chunked"}}, id="disguised framing"),
        pytest.param({"multiValueHeaders": {"x": ["ok", "a\0"]}}, id="NUL in a multiple value"),
        pytest.param({"cookies": "a=1"}, id="cookies are text"),
        pytest.param({"cookies": {"a": "1"}}, id="cookies are an object"),
        pytest.param({"cookies": ["a=1", 2]}, id="cookie is a number"),
        pytest.param({"cookies": ["a=1\r\nx: y"]}, id="cookie breaks the line"),
    ],
)
def test_what_cannot_be_a_header_is_an_error_with_a_next_step(result):
    with pytest.raises(WireError) as caught:
        response_headers(result, default_content_type="default/type")

    assert caught.value.next_step
