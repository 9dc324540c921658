from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

import pytest

from lambdastream.wire.http_message import HttpRequest

TOKEN = "token/with+odd=characters=="
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
FUNCTION = "/2015-03-31/functions/" + quote("arn:aws:lambda:eu-west-1:123456789012:function:f:$LATEST", safe="")


def s3_key(key):
    return "/bucket/" + quote(key, safe="/~")


def case(service, method, target, body=b"", headers=(), *, id):  # noqa: A002 (as pytest.param has it)
    return pytest.param((service, method, target, body, headers), id=id)


WITHOUT_BODY = [
    case("s3", "GET", "/", id="s3 buckets"),
    case("s3", "GET", "/bucket?list-type=2&prefix=a%20b%2B%2F&delimiter=%2F&encoding-type=url", id="s3 list"),
    case("s3", "GET", s3_key("a b+c/ü~(x)'!*.txt"), id="s3 odd key"),
    case("s3", "GET", s3_key("a//b") + "?tagging", id="s3 double slash"),
    case("s3", "GET", s3_key("a/../b/./c") + "?versions&marker=", id="s3 dot segments"),
    case("s3", "GET", s3_key("//x/"), id="s3 slashes at the ends"),
    case("s3", "GET", s3_key("x=1&y=2?z#%41;:@,$"), id="s3 reserved characters"),
    case("s3", "GET", "/bucket/a:b@c,(d)$", id="s3 reserved characters as they are"),
    case("lambda", "GET", FUNCTION, id="lambda get"),
    case("lambda", "GET", "/2017-03-31/tags/arn:aws:lambda:eu-west-1:1:function:f:$LATEST", id="lambda raw colons"),
    case("lambda", "GET", "/a//b/../c/./d/", id="path to normalise"),
    case("lambda", "GET", "/..//.", id="nothing left of the path"),
    case("lambda", "GET", "/a%20b%2F%c3%bc/~-_.", id="encoded path"),
    case("lambda", "GET", "/?b=2&a=1&b=10&b=1&a=&c&A=0&%61=3", id="repeated, empty and unsorted keys"),
    case("lambda", "GET", "/?a=b+c&d=e%2Bf&g=h%20i&url=http://x/y:z", id="plus signs, and not encoded"),
    case("lambda", "GET", "/?%C3%BC=%7E&b=1=2&&c", id="odd pairs"),
    case("sts", "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", id="sts get"),
]
WITH_BODY = [
    case("s3", "PUT", s3_key("a b+ü"), b"hello", {"x-amz-meta-colour": "red"}, id="s3 put"),
    case("lambda", "POST", FUNCTION + "/invocations?Qualifier=%24LATEST", b'{"x": 1}', id="lambda invoke"),
    case("logs", "POST", "/", b"{}", {"X-Amz-Target": "Logs_20140328.PutLogEvents"}, id="logs"),
    case("cloudformation", "POST", "/", b"Action=DescribeStacks&StackName=a+b%2B", FORM, id="cloudformation form"),
    case("sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", FORM, id="sts form"),
    case("bedrock-runtime", "POST", "/model/anthropic.claude-x%3A0/converse-stream", b"{}", id="bedrock-runtime"),
    case("bedrock-runtime", "POST", "/model/anthropic.claude-x:0/converse-stream", b"{}", id="bedrock-runtime, colon"),
    case("lambda", "POST", "/", b"\xff\x00\n", {"Accept": " a \t b ", "Empty": ""}, id="white space in a header"),
    case("lambda", "POST", "/", b"{}", {"x-note": "caf\xe9 \xe0"}, id="header in latin-1"),
    case("lambda", "POST", "/", b"{}", {"User-Agent": "x", "X-Amzn-Trace-Id": "y"}, id="headers that are not signed"),
]


@pytest.mark.parametrize("token", [None, TOKEN], ids=["key", "session token"])
@pytest.mark.parametrize("call", WITHOUT_BODY + WITH_BODY)
def test_what_botocore_signs_is_accepted(signing, call, token):
    claim = signing.check(signing.sign(*call, token=token), region=signing.region, service=call[0])

    assert (claim.access_key_id, claim.region, claim.service) == (signing.key, signing.region, call[0])
    assert (claim.session_token, claim.presigned, claim.expires) == (token or "", False, None)
    assert abs(claim.timestamp - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("token", [None, TOKEN], ids=["key", "session token"])
@pytest.mark.parametrize("call", WITHOUT_BODY)
def test_what_botocore_presigns_is_accepted(signing, call, token):
    claim = signing.check(signing.presign(*call, token=token), region=signing.region, service=call[0])

    assert (claim.access_key_id, claim.region, claim.service) == (signing.key, signing.region, call[0])
    assert (claim.session_token, claim.presigned, claim.expires) == (token or "", True, 300)
    assert claim.signed_headers == ("host",)


def test_a_date_header_can_be_the_time(signing):
    request = signing.sign("lambda", "GET", "/", b"", {"Date": "botocore replaces it"})

    assert request.header("x-amz-date") == ""
    signing.check(request)


def test_a_presigned_s3_upload_takes_any_body(signing):
    request = signing.presign("s3", "PUT", s3_key("x"))

    signing.check(replace(request, body=b"anything"))


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        pytest.param("/?q=a%20b%2Fc%3Ad", "/?q=a+b/c:d", id="parameter"),
        pytest.param("/?q=%C3%BC~", "/?q=%c3%bc%7e", id="digits and tilde"),
        pytest.param("/?q=%C3%BC", "/?q=\xc3\xbc", id="UTF-8"),
    ],
)
@pytest.mark.parametrize("service", ["lambda", "s3"])
def test_a_query_can_be_signed_in_its_canonical_spelling_and_sent_in_another(signing, service, signed, sent):
    request = signing.sign(service, "GET", signed)

    signing.check(replace(request, target=sent))


def test_a_path_for_s3_can_be_signed_in_its_canonical_spelling_and_sent_in_another(signing):
    request = signing.sign("s3", "GET", "/bucket/a%28b%29%3A%2B%C3%BC")

    signing.check(replace(request, target="/bucket/a(b):+\xc3\xbc"))


def test_text_outside_ascii_can_be_signed_as_the_bytes_that_are_sent(signing):
    request = signing.sign("lambda", "GET", "/", b"", {"x-note": "à"})

    sent = tuple((name, "Ã\xa0" if name == "x-note" else value) for name, value in request.headers)
    signing.check(replace(request, headers=sent))


def test_the_target_can_be_absolute(signing):
    request = signing.sign("lambda", "GET", "/a?b=c")

    signing.check(replace(request, target=f"http://{signing.host}/a?b=c"))


# AWS's own examples: Amazon S3 API reference, "Examples: Signature Calculations", "Authenticating Requests: Using Query
# Parameters", "Transferring Payload in Multiple Chunks"; AWS IAM user guide, "Create a signed AWS API request".

EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLE_SCOPE = "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
EXAMPLE_TIME = "20130524T000000Z"


def example(target, signature, *, method="GET", body=b"", **headers):
    fields = {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-content-sha256": sha256(body).hexdigest(),
        "x-amz-date": EXAMPLE_TIME,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    names = ";".join(sorted(fields))
    fields["authorization"] = f"AWS4-HMAC-SHA256 Credential={EXAMPLE_SCOPE},SignedHeaders={names},Signature={signature}"
    return HttpRequest(method, target, tuple(fields.items()), body)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(
            example("/test.txt", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", range="bytes=0-9"),
            id="get object",
        ),
        pytest.param(
            example(
                "/test$file.text",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
                method="PUT",
                body=b"Welcome to Amazon S3.",
                date="Fri, 24 May 2013 00:00:00 GMT",
                x_amz_storage_class="REDUCED_REDUNDANCY",
            ),
            id="put object, with a dollar sign in the path",
        ),
        pytest.param(
            example("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            id="parameter without a value",
        ),
        pytest.param(
            example("/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
            id="list objects",
        ),
        pytest.param(
            example(
                "/examplebucket/chunkObject.txt",
                "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
                method="PUT",
                host="s3.amazonaws.com",
                content_encoding="aws-chunked",
                content_length="66824",
                x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                x_amz_decoded_content_length="66560",
                x_amz_storage_class="REDUCED_REDUNDANCY",
            ),
            id="body in chunks",
        ),
        pytest.param(
            HttpRequest(
                "GET",
                f"/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={quote(EXAMPLE_SCOPE, safe='')}"
                f"&X-Amz-Date={EXAMPLE_TIME}&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
                (("host", "examplebucket.s3.amazonaws.com"),),
            ),
            id="presigned",
        ),
    ],
)
def test_the_examples_of_amazon_s3_are_accepted(signing, request_):
    signing.check(request_, secret=EXAMPLE_SECRET, region="us-east-1", service="s3")


def test_the_example_of_iam_is_accepted(signing):
    authorization = (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )
    headers = {
        "host": "iam.amazonaws.com",
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
        "x-amz-date": "20150830T123600Z",
        "authorization": authorization,
    }
    request = HttpRequest("GET", "/?Action=ListUsers&Version=2010-05-08", tuple(headers.items()))

    signing.check(request, secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", service="iam")
