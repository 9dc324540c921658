"""The demo stack, as its outputs tell of it."""

from lambdastream.workshop.demo import function_name, lanes

OUTPUTS = {
    "ChatMangumUrl": "http://127.0.0.1:20000/",
    "ChatLwaUrl": "http://127.0.0.1:20001/",
    "ChatLwaArn": "arn:aws:lambda:us-east-1:123456789012:function:streaming-chat-ChatLwa-x",
    "ChatMangumArn": "arn:aws:lambda:us-east-1:123456789012:function:streaming-chat-ChatMangum-y",
}


def test_the_race_is_between_the_two_function_urls() -> None:
    path = "stream/chat?query=Why%20does%20it%20stream%3F"
    assert lanes(OUTPUTS) == {"Mangum": f"http://127.0.0.1:20000/{path}", "LWA": f"http://127.0.0.1:20001/{path}"}


def test_a_lane_has_its_function() -> None:
    assert function_name(OUTPUTS, "LWA") == "streaming-chat-ChatLwa-x"
    assert function_name(OUTPUTS, "Mangum") == "streaming-chat-ChatMangum-y"
