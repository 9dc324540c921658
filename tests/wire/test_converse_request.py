"""What Converse is asked, and what it refuses."""

import pytest

from lambdastream.errors import WireError
from lambdastream.wire.converse_request import NOT_FIRST, NOT_IN_TURN, ConverseRequest, converse_request


def message(role, *texts):
    return {"role": role, "content": [{"text": text} for text in texts]}


def test_a_request_is_read():
    body = {
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}, {"text": "Be kind."}],
        "messages": [message("user", "one", "two"), message("assistant", "three"), message("user", "four")],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "stopSequences": ["END"]},
        "toolConfig": {"tools": []},
    }
    asked = converse_request(body)
    assert asked == ConverseRequest("Be brief.\n\nBe kind.", ("one\ntwo", "three", "four"), 9, ("END",))
    assert asked.prompt == "four"
    assert asked.text == "Be brief.\n\nBe kind.\none\ntwo\nthree\nfour"


def test_what_is_not_given_is_not_there():
    asked = converse_request({"messages": [message("user", "one")]})
    assert asked == ConverseRequest("", ("one",))


def test_the_prompt_is_the_users_also_when_the_answer_is_begun():
    asked = converse_request({"messages": [message("user", "one"), message("assistant", "tw")]})
    assert asked.prompt == "one"


def test_a_system_message_stands_with_the_system_prompts():
    messages = [message("user", "one"), message("system", "Be brief."), message("assistant", "two")]
    asked = converse_request({"messages": messages, "system": [{"text": "Be kind."}]})
    assert asked == ConverseRequest("Be kind.\nBe brief.", ("one", "two"))


def test_what_is_no_text_is_taken_and_not_read():
    image = {"image": {"format": "png", "source": {"bytes": "AA=="}}}
    assert converse_request({"messages": [{"role": "user", "content": [image, {"text": "what"}]}]}).prompt == "what"


@pytest.mark.conformance("bedrock-validation")
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param({}, NOT_FIRST, id="no messages"),
        pytest.param({"messages": []}, NOT_FIRST, id="none at all"),
        pytest.param({"messages": [message("assistant", "a")]}, NOT_FIRST, id="the model begins"),
        pytest.param({"messages": [message("user", "a"), message("user", "b")]}, NOT_IN_TURN, id="twice in turn"),
        pytest.param(
            {"messages": [message("user")]}, "content field in the Message object at messages.0", id="no content"
        ),
        pytest.param({"messages": [message("user", "a", " \n")]}, "at messages.0.content.1 is blank", id="blank text"),
        pytest.param({"messages": [message("user", "")]}, "at messages.0.content.0 is blank", id="empty text"),
        pytest.param({"messages": [message("user", 1)]}, "at messages.0.content.0 is blank", id="text that is none"),
        pytest.param({"messages": [message("robot", "a")]}, "Value 'robot' at 'messages.0.role'", id="another role"),
        pytest.param({"messages": "a"}, "Value 'a' at 'messages'", id="messages that are none"),
        pytest.param({"messages": ["a"]}, "Value 'a' at 'messages.0'", id="a message that is none"),
        pytest.param([], "at 'the body'", id="no object"),
        pytest.param(
            {"messages": [message("user", "a")], "inferenceConfig": {"maxTokens": 0}},
            "Value '0' at 'inferenceConfig.maxTokens'",
            id="no tokens",
        ),
    ],
)
def test_what_the_service_refuses_is_refused_in_its_words(body, problem):
    with pytest.raises(WireError) as caught:
        converse_request(body)
    assert problem in caught.value.problem
