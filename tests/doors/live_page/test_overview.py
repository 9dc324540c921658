"""Who answers, and how, as a function's settings tell."""

import pytest

from lambdastream.doors.live_page.overview import answers
from lambdastream.runtime.description import ContainerImage, FunctionDescription

WRAPPER = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap"}
STREAMS = {"AWS_LWA_INVOKE_MODE": "RESPONSE_STREAM"}
IMAGE = ContainerImage("127.0.0.1:5000/agent:latest")


@pytest.mark.parametrize(
    ("settings", "mangum", "said"),
    [
        pytest.param({}, False, ("awslambdaric", "buffered"), id="handler"),
        pytest.param({}, True, ("Mangum", "buffered"), id="Mangum"),
        pytest.param({"environment": WRAPPER}, True, ("Lambda Web Adapter", "buffered"), id="adapter"),
        pytest.param(
            {"environment": WRAPPER | STREAMS}, True, ("Lambda Web Adapter", "response_stream"), id="adapter streams"
        ),
        pytest.param(
            {"environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/own"}},
            True,
            ("a wrapper script", ""),
            id="another wrapper",
        ),
        pytest.param({"runtime": "provided.al2023"}, False, ("a runtime of its own", ""), id="custom runtime"),
        pytest.param({"image": IMAGE}, False, ("its container", ""), id="image"),
        pytest.param(
            {"image": IMAGE, "environment": STREAMS}, False, ("Lambda Web Adapter", "response_stream"), id="in an image"
        ),
    ],
)
def test_who_answers(tmp_path, settings, mangum, said):
    if mangum:
        (tmp_path / "mangum").mkdir()
    code = {} if "image" in settings else {"code": tmp_path, "handler": "main.handler", "runtime": "python3.13"}
    assert tuple(answers(FunctionDescription("f", **code | settings)).values()) == said
