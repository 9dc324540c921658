from __future__ import annotations

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdastream.wire.canonical_request import canonical_requests
from lambdastream.wire.http_message import HttpRequest

HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def canonical(target="/", *headers, is_s3=False):
    request = HttpRequest("GET", target, headers)
    names = sorted({name for name, _ in headers})
    return list(canonical_requests(request, signed_headers=names, payload_hash=HASH, is_s3=is_s3))


def test_it_has_six_parts():
    forms = canonical("/a%20b?d&c=1", ("x-amz-date", "20250102T030405Z"), ("host", "h"), ("host", "i"))

    assert forms[0].decode().split("\n") == [
        "GET",
        "/a%2520b",
        "c=1&d=",
        "host:h,i",
        "x-amz-date:20250102T030405Z",
        "",
        "host;x-amz-date",
        HASH,
    ]
    assert set(forms) == {forms[0]}


def test_headers_that_are_not_signed_are_not_in_it():
    request = HttpRequest("GET", "/", (("accept", "x"), ("host", "h")))

    forms = canonical_requests(request, signed_headers=["host"], payload_hash=HASH, is_s3=False)

    assert all(b"accept" not in form for form in forms)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([("a", "1"), ("b", "2"), ("a", "3")], id="repeated"),
        pytest.param([("a", "2"), ("a", ""), ("a", "1")], id="repeated, one empty, in their order"),
        pytest.param([("a", "  x  y\t z ")], id="white space"),
        pytest.param([("a", "x\r\n  y")], id="folded"),
        pytest.param([("a", '"x   y"')], id="quoted"),
        pytest.param([("a", "")], id="empty"),
        pytest.param([("a-b", "1"), ("a", "2"), ("a_b", "3"), ("a1", "4")], id="order of names"),
        pytest.param([("a", "gr\xfc\xdfe")], id="latin-1"),
    ],
)
@pytest.mark.parametrize(
    "target",
    [
        pytest.param("/", id="root"),
        pytest.param("//", id="only slashes"),
        pytest.param("//a///b//", id="slashes"),
        pytest.param("/./a/../../b/.", id="dot segments"),
        pytest.param("/a/b/../", id="dot segments, slash"),
        pytest.param("/..", id="above the root"),
        pytest.param("/a.b/...", id="dots in names"),
        pytest.param("/%2e%2E/%2F/%41", id="encoded"),
        pytest.param("/~a-b_c.d!e*f'(g)h+i=j:k@l,m;n$o&p", id="characters"),
        pytest.param("/?b=1&a=2&b=0&c&=&&A=%20+%2B", id="query"),
    ],
)
@pytest.mark.parametrize(("signer", "is_s3"), [(SigV4Auth, False), (S3SigV4Auth, True)], ids=["any service", "S3"])
def test_it_is_botocores(signer, is_s3, target, headers):
    request = AWSRequest("GET", f"http://h{target}")
    for name, value in headers:
        request.headers.add_header(name, value)
    expected = signer(Credentials("k", "s"), "x", "r").canonical_request(request)

    assert expected.encode() in canonical(target, *headers, ("host", "h"), is_s3=is_s3)


@pytest.mark.parametrize(
    ("target", "is_s3", "path", "query"),
    [
        pytest.param("/?a=b+c/d:%7e&%c3=+", False, "/", "%C3=%20&a=b%20c%2Fd%3A~", id="query"),
        pytest.param("/a(b)+c%7e%c3?x=+", True, "/a%28b%29%2Bc~%C3", "x=%20", id="S3"),
        pytest.param("/a(b)?x=+", False, "/a%28b%29", "x=%20", id="path of another service"),
        pytest.param("/?%zz=%", True, "/", "%25zz=%25", id="not an encoding"),
    ],
)
def test_another_form_spells_everything_as_aws_does(target, is_s3, path, query):
    assert canonical(target, is_s3=is_s3)[1].decode().split("\n")[1:3] == [path, query]


def test_text_outside_ascii_is_the_bytes_sent_or_utf_8():
    forms = canonical("/", ("a", "\xfc"))

    assert [b"a:\xfc\n" in form for form in forms[:2]] == [True, False]
    assert b"a:\xc3\xbc\n" in forms[1]


def test_the_signature_of_a_presigned_url_is_not_in_it():
    assert canonical("/?a=1&X-Amz-Signature=2&b=3")[0].split(b"\n")[2] == b"a=1&b=3"


@pytest.mark.parametrize("target", ["/\u20ac", "/?\u20ac", "/\ud800"])
def test_characters_outside_latin_1_are_an_error(target):
    with pytest.raises(UnicodeEncodeError):
        canonical(target)
