"""Checks of the app behind the real adapter, and behind Mangum."""

import pytest

from lambdastream.client import check

pytestmark = pytest.mark.slow

CHAT = "stream/chat?query=Why%20does%20it%20stream%3F"


@pytest.fixture(scope="module")
def functions(local, chat_build):
    def web(name, mode, adapter_mode):
        return local.deploy_web(chat_build, name=f"checked-{name}", mode=mode, adapter_mode=adapter_mode)

    return {
        "lwa": web("lwa", "RESPONSE_STREAM", "response_stream"),
        "lwa, URL buffers": web("url", "BUFFERED", "response_stream"),
        "lwa buffers": web("adapter", "RESPONSE_STREAM", "buffered"),
        "mangum": local.deploy(chat_build, name="checked-mangum", mode="BUFFERED"),
        "mangum, URL streams": local.deploy(chat_build, name="checked-mangum-stream", mode="RESPONSE_STREAM"),
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lwa", ("streams", "over time")),
        ("lwa, URL buffers", ("buffers", "prelude in the body")),
        ("lwa buffers", ("buffers", "result not understood")),
        ("mangum", ("buffers", "at once")),
        ("mangum, URL streams", ("buffers", "result not understood")),
    ],
)
def test_each_way_to_deploy_the_chat_gets_its_verdict(functions, name, expected):
    found = check(functions[name].url + CHAT, method="POST")
    assert (found.verdict, found.judgement.reason) == expected, str(found)


def test_a_cold_start_is_not_taken_for_a_buffer(local, chat_build):
    cold = local.deploy(chat_build, name="checked-cold", mode="BUFFERED")
    found = check(cold.url)
    assert (found.verdict, found.judgement.reason) in {
        ("cannot tell", "too quick"),
        ("cannot tell", "one value"),
    }, str(found)
