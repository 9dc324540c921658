"""The checks of notebook 06."""

import pytest

from lambdastream.workshop.checks import race

RIGHT = b"This is streaming from Lambda"
BODIES = [RIGHT, b'{"statusCode":200,"headers":{}}' + b"\0" * 8 + RIGHT, b'{"statusCode":200,"body":"..."}', RIGHT]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        pytest.param(lambda chunks: len(chunks) > 1, "✗ Not yet. 20 pieces", id="the starter"),
        pytest.param(lambda chunks: True, "✗ Not yet. An answer in one piece", id="always"),
        pytest.param(lambda chunks: False, "✗ Not yet. These pieces came over 2 seconds", id="never"),
        pytest.param(
            lambda chunks: chunks[0].at < 0.1, "✗ Not yet. These pieces came over 2 s", id="by the first byte"
        ),
        pytest.param(lambda chunks: chunks[-1].at - chunks[0].at > 0.1, "✓ It goes by the time", id="right"),
    ],
)
def test_streams(rule, says):
    assert repr(race.streams(rule)).startswith(says)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        pytest.param(lambda body: None, "✗ Not yet. For a body that begins with b'{\"statusCode\":'", id="the starter"),
        pytest.param(
            lambda body: "AWS_LWA_INVOKE_MODE" if b"statusCode" in body else None, "✗ Not yet. For a body", id="one way"
        ),
        pytest.param(
            lambda body: (
                "InvokeMode" if b"\0" in body else "AWS_LWA_INVOKE_MODE" if body.startswith(b'{"statusCode"') else None
            ),
            "✓ From now on",
            id="right",
        ),
    ],
)
def test_missing(rule, says):
    assert repr(race.missing(rule, BODIES)).startswith(says)
