"""The stand-in for Amazon Bedrock, as boto3 calls it."""

import asyncio
import time
from contextlib import ExitStack, closing
from itertools import islice

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from urllib3.exceptions import ProtocolError

from lambdastream.doors.authentication import Keys
from lambdastream.doors.bedrock_runtime import PACE, serve

MODEL = "amazon.nova-lite-v1:0"
QUICK = "stand-in.fast-v1:0"
OUTLINE = "1. What tea is\n2. Why tea matters\n3. Where tea fails"


def message(text, role="user"):
    return {"role": role, "content": [{"text": text}]}


@pytest.fixture(scope="module")
def bedrock(new_client, local):
    return new_client(local, "bedrock-runtime")


@pytest.fixture
def converse_stream(bedrock):
    """The events of an answer, as they come."""
    with ExitStack() as stack:

        def call(prompt="Outline an article about tea.", *, model=QUICK, **settings):
            response = bedrock.converse_stream(modelId=model, messages=[message(prompt)], **settings)
            assert response["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/vnd.amazon.eventstream"
            return iter(stack.enter_context(closing(response["stream"])))

        yield call


def text_of(events):
    return "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event)


@pytest.mark.conformance("bedrock-stream")
def test_an_answer_is_a_message_with_one_text(converse_stream):
    events = list(converse_stream())
    assert [*map(next, map(iter, events))] == [
        "messageStart",
        *["contentBlockDelta"] * len(OUTLINE.split()),
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    assert text_of(events) == OUTLINE
    assert events[-2] == {"messageStop": {"stopReason": "end_turn"}}
    metadata = events[-1]["metadata"]
    assert metadata["usage"] == {"inputTokens": 7, "outputTokens": 13, "totalTokens": 20}
    assert metadata["metrics"]["latencyMs"] >= PACE / 10 * len(OUTLINE.split()) * 1000 - 1


@pytest.mark.conformance("bedrock-stream-pace")
def test_words_arrive_one_by_one_at_an_even_pace(converse_stream):
    start = time.monotonic()
    arrived = [
        time.monotonic() - start
        for event in converse_stream("Write about tea.", model=MODEL)
        if "contentBlockDelta" in event
    ]
    # A busy machine may delay words; it cannot bring them forward.
    assert [moment >= PACE * number * 0.9 for number, moment in enumerate(arrived, start=1)] == [True] * len(arrived)
    assert arrived[0] < arrived[-1] / 2


@pytest.mark.conformance("bedrock-converse")
def test_converse_gives_the_same_answer_in_one_piece(bedrock):
    answer = bedrock.converse(
        modelId=QUICK,
        system=[{"text": "You outline articles."}],
        messages=[message("About coffee"), message("1. What coffee is", "assistant"), message("<topic>tea</topic>")],
    )
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": OUTLINE}]}
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["outputTokens"] == 13
    assert answer["ResponseMetadata"]["RequestId"]


@pytest.mark.conformance("bedrock-limits")
@pytest.mark.parametrize(
    ("settings", "text", "reason"),
    [
        pytest.param({"maxTokens": 3}, "1. What tea", "max_tokens", id="max tokens"),
        pytest.param({"stopSequences": [" tea"]}, "1. What", "stop_sequence", id="stop sequences"),
    ],
)
def test_an_answer_ends_where_it_is_told_to(converse_stream, settings, text, reason):
    events = list(converse_stream(inferenceConfig=settings))
    assert text_of(events) == text
    assert events[-2]["messageStop"]["stopReason"] == reason


@pytest.mark.conformance("bedrock-model-id")
@pytest.mark.parametrize(
    "model",
    [
        "us.amazon.nova-2-lite-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
    ],
)
def test_models_are_named_by_inference_profile_and_arn_too(converse_stream, model):
    assert text_of(converse_stream("stand-in:fast List one point about tea.", model=model)) == "1. What tea is"


@pytest.mark.conformance("bedrock-model-id", "bedrock-validation")
@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        pytest.param({"modelId": "gpt-4"}, "The provided model identifier is invalid.", id="an unknown model"),
        pytest.param(
            {"modelId": "amazon.nova-2-lite-v1:0"}, "Invocation of model ID amazon.nova-2-lite-v1:0", id="no profile"
        ),
        pytest.param(
            {"messages": [message(" ")]}, "The text field in the ContentBlock object at messages.0", id="blank"
        ),
        pytest.param({"messages": []}, "A conversation must start with a user message.", id="no messages"),
        pytest.param({"messages": [message("x" * 1_000_001)]}, "Input is too long for requested model.", id="too long"),
    ],
)
@pytest.mark.parametrize("operation", ["converse", "converse_stream"])
def test_a_call_that_cannot_be_is_a_validation_exception(bedrock, operation, request_, problem):
    with pytest.raises(bedrock.exceptions.ValidationException) as caught:
        getattr(bedrock, operation)(**{"modelId": MODEL, "messages": [message("tea")], **request_})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["Error"]["Message"].startswith(problem)


def test_a_body_that_is_no_json_is_refused(local, sign):
    url = f"{local.endpoint_url}/model/{MODEL}/converse-stream".replace(":0", "%3A0")
    response = local.client.post(
        url, content=b"{", headers=sign(local.plane.keys, "POST", url, b"{", service="bedrock")
    )
    assert (response.status_code, response.headers["x-amzn-errortype"]) == (400, "ValidationException")


@pytest.mark.conformance("bedrock-errors")
@pytest.mark.parametrize(
    ("model", "prompt"),
    [("stand-in.{}-v1:0", "tea"), (MODEL, "tea, stand-in:{}, please")],
    ids=["by the model", "by a word in the prompt"],
)
@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("throttled", 429, "ThrottlingException"),
        ("throttled-once", 429, "ThrottlingException"),
        ("denied", 403, "AccessDeniedException"),
        ("unavailable", 503, "ServiceUnavailableException"),
    ],
)
def test_a_refusal_comes_before_the_stream(converse_stream, model, prompt, fault, status, code):
    with pytest.raises(ClientError) as caught:
        converse_stream(prompt.format(fault), model=model.format(fault))
    told = caught.value.response
    assert (told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]) == (status, code)


@pytest.mark.conformance("bedrock-errors")
def test_an_sdk_that_tries_again_gets_past_a_throttle_that_ends(local):
    keys = local.plane.keys
    client = boto3.client(
        "bedrock-runtime",
        endpoint_url=local.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=Config(retries={"total_max_attempts": 2}),
    )
    response = client.converse_stream(modelId="stand-in.throttled-once-v1:0", messages=[message("List one point.")])
    assert text_of(response["stream"])
    assert response["ResponseMetadata"]["RetryAttempts"] == 1
    client.close()


@pytest.mark.conformance("bedrock-stream-error")
@pytest.mark.parametrize(
    ("fault", "code"),
    [("stream-error", "modelStreamErrorException"), ("stream-throttled", "throttlingException")],
)
def test_an_error_in_the_middle_is_an_event_that_is_raised(converse_stream, fault, code):
    events = converse_stream(f"Outline tea stand-in:{fault}")
    assert text_of(islice(events, 3)) == "1. What"
    with pytest.raises(ClientError) as caught:
        list(events)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.conformance("bedrock-stream-error")
@pytest.mark.parametrize(
    ("fault", "error"),
    [("stream-error", "ModelErrorException"), ("stream-throttled", "ThrottlingException"), ("cut", "")],
)
def test_an_error_in_the_middle_of_converse_is_its_answer(bedrock, fault, error):
    expected = getattr(bedrock.exceptions, error) if error else ConnectionClosedError
    with pytest.raises(expected):
        bedrock.converse(modelId=QUICK, messages=[message(f"tea stand-in:{fault}")])


def test_a_connection_can_be_cut_in_the_middle(converse_stream):
    with pytest.raises(ProtocolError):
        list(converse_stream("Outline tea stand-in:cut"))


def test_the_connection_goes_on_after_an_answer_and_after_an_error(local, sign, connect):
    wire = connect(local.plane.port)
    for path, body, status in (
        ("converse-stream", b'{"messages":[{"role":"user","content":[{"text":"List one point."}]}]}', 200),
        ("converse-stream", b"{}", 400),
        ("converse", b'{"messages":[{"role":"user","content":[{"text":"List one point."}]}]}', 200),
    ):
        target = f"/model/stand-in.fast-v1%3A0/{path}"
        headers = sign(local.plane.keys, "POST", local.endpoint_url + target, body, service="bedrock")
        signed = {name.lower().replace("-", "_"): value for name, value in headers.items()}
        answer = wire.request(f"POST {target}", body, **signed | {"host": f"127.0.0.1:{local.plane.port}"})
        assert (answer.status, answer.whole) == (status, True)


def serving(local):
    """How many calls the stand-in has under way."""

    async def count():
        return sum(task.get_coro().__qualname__ == serve.__qualname__ for task in asyncio.all_tasks())

    return local.loop.run(count())


@pytest.mark.conformance("bedrock-client-leaves")
def test_a_client_that_leaves_ends_the_work(bedrock, local, eventually):
    long = "List 9 points about all that there is to say of tea, and of coffee, and of milk in both."
    stream = bedrock.converse_stream(modelId=MODEL, messages=[message(long)])["stream"]
    events = iter(stream)
    for _ in range(3):
        next(events)
    assert serving(local) == 1
    stream.close()
    # By itself it would go on for five seconds.
    eventually(lambda: not serving(local), seconds=4)


@pytest.mark.conformance("bedrock-signed")
def test_a_call_is_signed_with_keys_of_this_account(new_client, local):
    temporary = Keys.at_random("ASIA", "the-token")
    call = {"modelId": QUICK, "messages": [message("tea")]}
    with pytest.raises(ClientError) as caught:
        new_client(local, "bedrock-runtime", keys=temporary).converse_stream(**call)
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
    local.loop.call(local.plane.authenticator.remember, temporary)
    assert text_of(new_client(local, "bedrock-runtime", keys=temporary).converse_stream(**call)["stream"])


@pytest.mark.parametrize("service", ["s3", "lambda"])
def test_the_path_is_a_models_only_in_a_call_to_bedrock(local, sign, service):
    url = f"{local.endpoint_url}/model/{QUICK}/converse"
    response = local.client.post(url, headers=sign(local.plane.keys, "POST", url, service=service))
    assert (response.status_code, "no control plane" in response.text) == (501, True)


@pytest.mark.parametrize("operation", ["invoke_model", "invoke_model_with_response_stream"])
def test_a_call_in_a_models_own_language_is_not_implemented(bedrock, operation):
    with pytest.raises(ClientError) as caught:
        getattr(bedrock, operation)(modelId=MODEL, body=b"{}")
    assert caught.value.response["Error"]["Code"] == "NotImplemented"
    assert "Converse and ConverseStream" in caught.value.response["Error"]["Message"]
