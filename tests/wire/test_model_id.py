"""What names a model of Amazon Bedrock."""

import re

import pytest
from botocore.session import get_session

from lambdastream.wire.model_id import model_name, wants_profile

ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012"
NAMES = [
    pytest.param("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", id="a model"),
    pytest.param(
        "anthropic.claude-3-haiku-20240307-v1:0:200k", "anthropic.claude-3-haiku-20240307-v1:0:200k", id="a size"
    ),
    pytest.param("anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6", id="without a version"),
    pytest.param("us.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0", id="an inference profile"),
    pytest.param("global.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6", id="a global profile"),
    pytest.param(
        "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", id="ARN"
    ),
    pytest.param(
        f"{ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0", id="a profile's ARN"
    ),
    pytest.param(f"{ACCOUNT}:application-inference-profile/a1b2c3", "a1b2c3", id="an application's profile"),
    pytest.param(f"{ACCOUNT}:provisioned-model/a1b2c3d4e5f6", "a1b2c3d4e5f6", id="provisioned throughput"),
    pytest.param("stand-in.throttled-v1:0", "stand-in.throttled-v1:0", id="the stand-in's own"),
]


@pytest.mark.conformance("bedrock-model-id")
@pytest.mark.parametrize(("model_id", "name"), NAMES)
def test_a_model_is_known_by_id_profile_and_arn(model_id, name):
    assert model_name(model_id) == name


@pytest.mark.parametrize("model_id", [case.values[0] for case in NAMES])
def test_what_is_known_here_fits_the_service_model(model_id):
    shape = get_session().get_service_model("bedrock-runtime").shape_for("ConversationalModelId")
    assert re.fullmatch(shape.metadata["pattern"], model_id)


@pytest.mark.conformance("bedrock-model-id")
@pytest.mark.parametrize(
    "model_id",
    [
        pytest.param("", id="nothing"),
        pytest.param("gpt-4", id="no provider"),
        pytest.param("nobody.model-v1:0", id="an unknown provider"),
        pytest.param("mars.amazon.nova-lite-v1:0", id="an unknown geography"),
        pytest.param("amazon.nova-lite-v1:0 ", id="a blank behind it"),
        pytest.param("amazon.Nova-Lite", id="capitals"),
        pytest.param("arn:aws:bedrock:us-east-1::foundation-model/nova", id="an ARN of no model"),
        pytest.param(f"{ACCOUNT}:prompt/ABCDEFGHIJ", id="a prompt of Prompt management"),
        pytest.param("arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine", id="another service"),
    ],
)
def test_anything_else_is_no_model(model_id):
    assert model_name(model_id) is None


@pytest.mark.conformance("bedrock-model-id")
@pytest.mark.parametrize(
    ("model_id", "wants"),
    [
        ("amazon.nova-lite-v1:0", False),
        ("amazon.nova-2-lite-v1:0", True),
        ("us.amazon.nova-2-lite-v1:0", False),
        ("anthropic.claude-3-haiku-20240307-v1:0", False),
        ("anthropic.claude-sonnet-4-6", True),
        ("global.anthropic.claude-sonnet-4-6", False),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0", True),
        (f"{ACCOUNT}:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0", False),
    ],
)
def test_some_models_are_there_by_an_inference_profile_alone(model_id, wants):
    assert model_name(model_id)
    assert wants_profile(model_id) == wants
