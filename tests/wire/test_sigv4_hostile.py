"""Whatever comes over the wire, a request is verified or refused, and that quickly."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from lambdastream.wire.http_message import HttpRequest
from lambdastream.wire.sigv4 import SignatureError, parse_authorization, verify

ROUNDS = 1500
CHARACTERS = "\0\t\n\r \"%&'+,-./;=?\\\x7f\x85\xa0\xff\u20ac\ud800\u0663"
WORDS = """%zz %00 %ff .. // aws4_request AWS4-HMAC-SHA256 X-Amz-Expires= &X-Amz-Signature= Credential= SignedHeaders= host;
    20250102T030405Z Thu, 02 Jan 2025 -9999 UNSIGNED-PAYLOAD 99999999999999999999"""
PIECES = (*CHARACTERS, *WORDS.split(), "9" * 5000, "")


def mutated(text, chance):
    """Change `text` in a few places: pieces go in, out, or change places."""
    for _ in range(chance.randint(1, 4)):
        start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        piece = chance.choice((chance.choice(PIECES), text[start:end] * 2, ""))
        text = text[:start] + piece + text[min(end, start + chance.choice((0, 1, 8, 1000))) :]
    return text


def parsed_and_verified(request):
    claim = parse_authorization(request)
    verify(request, claim, "another secret", now=claim.timestamp)


def refused(request):
    """Return the refusal, for another secret than the signer's. Any other exception is the test's failure."""
    with pytest.raises(SignatureError) as caught:
        parsed_and_verified(request)
    assert caught.value.code.isalnum()
    assert len(str(caught.value)) < 500
    return caught.value.code


def hostile(request, chance):
    if chance.random() < 0.4:
        return replace(request, target="/" + mutated(request.target, chance))
    headers = list(request.headers)
    place = chance.randrange(len(headers))
    name, value = headers[place]
    if chance.random() < 0.15:
        headers.insert(place, (mutated(name, chance), value))
    else:
        headers[place] = (name, mutated(value, chance))
    return replace(request, headers=tuple(headers))


def test_a_mutated_request_is_refused_and_nothing_else_happens(signing):
    chance = random.Random(20250102)  # noqa: S311 (not for secrets)
    calls = [
        ("s3", "PUT", "/bucket/key?x=y", b"body", {"x-amz-meta-a": "b"}),
        ("lambda", "POST", "/path?x=y", b"body", {"Date": "now"}),
        ("sts", "POST", "/", b"Action=GetCallerIdentity"),
    ]
    requests = [signing.sign(*call, token="token") for call in calls]
    requests += [signing.presign(call[0], "GET", call[2], token="token") for call in calls]

    codes = {refused(hostile(chance.choice(requests), chance)) for _ in range(ROUNDS)}

    assert codes > {"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "InvalidArgument"}


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(HttpRequest("GET", "", ()), id="empty"),
        pytest.param(HttpRequest("", "*", (("authorization", "\ud800"),)), id="surrogate"),
        pytest.param(HttpRequest("GET", "/", (("authorization", "," * 100_000),)), id="commas"),
        pytest.param(HttpRequest("GET", "/", (("authorization", "AWS4-HMAC-SHA256 " + "a=b," * 10_000),)), id="fields"),
        pytest.param(HttpRequest("GET", "/?" + "&" * 100_000, ()), id="empty parameters"),
        pytest.param(HttpRequest("GET", "/?X-Amz-Credential=" + "/" * 100_000, ()), id="slashes"),
        pytest.param(
            HttpRequest("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + "a" * 100_000, ()),
            id="credential",
        ),
    ],
)
def test_what_was_never_signed_is_refused(request_):
    assert refused(request_) in {"MissingAuthenticationToken", "IncompleteSignature"}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("target", ["/" + "a/../" * 30_000, "/?" + "&".join(map(str, range(30_000, 0, -1)))], ids=len)
def test_a_huge_request_is_refused_in_time(signing, target):
    request = signing.sign("lambda", "GET", "/")
    names = [f"x-{number}" for number in range(5_000)]
    signed = [*(header for header in request.headers if header[0] != "authorization"), *((name, "v") for name in names)]
    authorization = request.header("authorization").replace(
        "host;x-amz-date", ";".join(sorted(["host", "x-amz-date", *names]))
    )

    huge = replace(request, target=target, headers=(*signed, ("authorization", authorization)))

    assert signing.refusal(huge) == "InvalidSignatureException"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"method": "GET\u20ac"}, id="method"),
        pytest.param({"target": "/\u20ac"}, id="path"),
        pytest.param({"target": "/?\ud800"}, id="query"),
    ],
)
@pytest.mark.parametrize("service", ["s3", "lambda"])
def test_characters_outside_latin_1_are_refused(signing, service, change):
    request = replace(signing.sign(service, "GET", "/"), **change)

    assert signing.refusal(request) in {"SignatureDoesNotMatch", "InvalidSignatureException"}
