"""What goes on to the control plane arrives as it was sent, and its answers come back as they were given."""

import pytest
from botocore.exceptions import ClientError

from lambdastream.doors.control_plane_link import ControlPlaneLink

NEXT_STEP = "lambdastream up"


@pytest.fixture
def local_aws(start_local, control_plane):
    return start_local(control_plane=control_plane.socket)


@pytest.fixture
def call(local_aws, sign, connect):
    """A signed call with a target that nothing on its way changes."""
    wire = connect(local_aws.plane.port)

    def go(method, target, content=b"", *, service="s3", **headers):
        url = local_aws.endpoint_url + target
        signed = sign(local_aws.plane.keys, method, url, content, service=service, **headers)
        host = f"127.0.0.1:{local_aws.plane.port}"
        return wire.request(f"{method} {target}", content, **{"host": host} | signed)

    return go


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/bucket/a%2Fb",
        "/bucket/a+b%20c",
        "/bucket//a//b/",
        "/bucket/../a/./b",
        "/bucket/%C5%BC%C3%B3%C5%82w",
        "/bucket?list-type=2&prefix=a%2Fb&delimiter=%2F&empty=",
        "//bucket/a",
    ],
)
def test_a_target_arrives_as_it_was_sent(call, control_plane, target):
    answer = call("GET", target)
    assert answer.status == 200
    assert control_plane.seen[-1].target == target


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "PATCH"])
def test_method_headers_and_body_arrive_as_they_were_sent(call, control_plane, method):
    call(method, "/bucket/key", b"a body", **{"x-amz-meta-one": "a  b", "content-type": "text/x; charset=a"})
    [seen] = control_plane.seen
    assert (seen.method, seen.body) == (method, b"a body")
    headers = {name.lower(): value for name, value in seen.headers}
    assert headers["x-amz-meta-one"] == "a  b"
    assert headers["content-type"] == "text/x; charset=a"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=")
    assert headers["host"].startswith("127.0.0.1:")
    assert headers["content-length"] == "6"
    assert len(headers) == len(seen.headers)


def test_a_chunked_body_arrives_whole(local_aws, sign, control_plane):
    url = f"{local_aws.endpoint_url}/bucket/key"
    headers = sign(local_aws.plane.keys, "PUT", url, b"one two", service="s3")
    assert local_aws.client.put(url, content=iter([b"one ", b"two"]), headers=headers).status_code == 200
    assert control_plane.seen[-1].body == b"one two"


def test_ten_megabytes_pass_both_ways(call, control_plane):
    content = bytes(range(256)) * 40 * 1024
    control_plane.answer = (200, [], content[::-1])
    assert call("PUT", "/bucket/large", content).body == content[::-1]
    assert control_plane.seen[-1].body == content


def test_an_answer_comes_back_with_its_status_headers_and_body(call, control_plane):
    headers = [("x-one", "1"), ("content-type", "text/x"), ("etag", '"a"'), ("content-encoding", "gzip")]
    control_plane.answer = (418, headers, b"not really gzip")
    answer = call("GET", "/bucket")
    assert (answer.status, answer.body) == (418, b"not really gzip")
    assert answer.headers.items() >= dict(headers).items()


def test_repeated_headers_of_an_answer_stay_apart(local_aws, sign, control_plane):
    control_plane.answer = (200, [("set-cookie", "a=1"), ("set-cookie", "b=2")], b"")
    url = f"{local_aws.endpoint_url}/bucket"
    response = local_aws.client.get(url, headers=sign(local_aws.plane.keys, "GET", url, service="s3"))
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_ends(call, control_plane, status):
    control_plane.answer = (status, [("content-length", "0")], b"")
    assert [call("DELETE", "/bucket/key").status for _ in range(2)] == [status, status]


def test_an_answer_to_head_keeps_its_content_length(call, control_plane):
    control_plane.answer = (200, [("content-length", "12345")], b"")
    answer = call("HEAD", "/bucket/key")
    assert (answer.status, answer.headers["content-length"]) == (200, "12345")
    control_plane.answer = (200, [], b"next")
    assert call("GET", "/bucket/key").body == b"next"


def test_a_client_that_waits_for_100_continue_gets_it(local_aws, new_client, control_plane):
    control_plane.answer = (200, [("etag", '"a"')], b"")
    new_client(local_aws, "s3").put_object(Bucket="bucket", Key="a//b c+d/../é", Body=b"x" * 100_000)
    seen = control_plane.seen[-1]
    assert seen.target == "/bucket/a//b%20c%2Bd/../%C3%A9"
    assert b"x" * 1000 in seen.body
    assert "expect" not in {name.lower() for name, _ in seen.headers}


def test_an_answer_that_is_no_http_is_an_error(call, control_plane):
    control_plane.answer = (200, [("bad name", "x")], b"")
    assert call("GET", "/bucket").status == 503
    control_plane.answer = (200, [], b"fine")
    assert call("GET", "/bucket").body == b"fine"


# When it is gone


@pytest.mark.parametrize(
    ("service", "call_name"),
    [
        ("lambda", "list_functions"),
        ("cloudformation", "list_stacks"),
        ("s3", "list_buckets"),
        ("logs", "describe_log_groups"),
    ],
)
def test_a_control_plane_that_is_gone_is_an_error_with_the_next_step(
    local_aws, new_client, control_plane, service, call_name
):
    control_plane.stop()
    with pytest.raises(ClientError, match=NEXT_STEP) as caught:
        getattr(new_client(local_aws, service), call_name)()
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_the_next_call_works_when_it_is_back(call, control_plane):
    assert call("GET", "/one").status == 200
    control_plane.stop()
    gone = call("GET", "/two")
    assert gone.status == 503
    assert NEXT_STEP in gone.body.decode()
    control_plane.start()
    assert call("GET", "/three").status == 200
    assert [seen.target for seen in control_plane.seen] == ["/one", "/three"]


def test_without_it_keys_of_sts_are_not_known(local_aws, new_client, control_plane):
    control_plane.stop()
    keys = type(local_aws.plane.keys)("ASIAEXAMPLE", "secret", "token")
    with pytest.raises(ClientError, match=NEXT_STEP) as caught:
        new_client(local_aws, keys=keys).list_functions()
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_functions_answer_without_it(local_aws, new_client, control_plane, copy_of):
    control_plane.stop()
    function = local_aws.deploy(copy_of("plain"))
    assert new_client(local_aws).invoke(FunctionName=function.name)["StatusCode"] == 200


def test_calls_wait_until_it_answers(local_aws, control_plane):
    link = local_aws.plane.control_plane
    local_aws.loop.call(link.answers.clear)
    waiting = local_aws.loop.start(link.keys("AKIAWAITS"))
    # Another link's call, made later, is there and back before it.
    other = ControlPlaneLink(control_plane.socket)
    assert local_aws.loop.run(other.keys("AKIAOTHER")) is None
    local_aws.loop.run(other.close())
    local_aws.loop.call(link.answers.set)
    assert waiting() is None
    assert [seen.target.rpartition("/")[2] for seen in control_plane.seen] == ["AKIAOTHER", "AKIAWAITS"]
