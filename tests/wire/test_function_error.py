from __future__ import annotations

import pytest

from lambdastream.wire import function_error
from lambdastream.wire.function_error import (
    NO_BOOTSTRAP,
    error_payload,
    not_started,
    response_too_large,
    runtime_exited,
    timed_out,
)


@pytest.mark.conformance("invoke-exit", "invoke-timeout")
@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param(
            not_started("id-1", NO_BOOTSTRAP),
            "RequestId: id-1 Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
            id="no bootstrap",
        ),
        pytest.param(timed_out("id-1", 1), "RequestId: id-1 Error: Task timed out after 1.00 seconds", id="timeout"),
        pytest.param(
            timed_out("id-1", 0.5),
            "RequestId: id-1 Error: Task timed out after 0.50 seconds",
            id="short timeout",
        ),
        pytest.param(
            runtime_exited("id-1", "exit status 1"),
            "RequestId: id-1 Error: Runtime exited with error: exit status 1",
            id="exit status",
        ),
        pytest.param(
            runtime_exited("id-1", "signal: killed"),
            "RequestId: id-1 Error: Runtime exited with error: signal: killed",
            id="signal",
        ),
        pytest.param(
            runtime_exited("id-1", ""),
            "RequestId: id-1 Error: Runtime exited without providing a reason",
            id="exit without a reason",
        ),
        pytest.param(
            response_too_large(6_291_556),
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            id="response too large",
        ),
    ],
)
def test_messages_are_those_of_the_service(message, text):
    assert message == text


def test_an_error_is_an_object_of_type_and_message():
    payload = error_payload(function_error.SANDBOX_TIMED_OUT, 'say "ü"')

    assert payload == b'{"errorType":"Sandbox.Timedout","errorMessage":"say \\"\\u00fc\\""}'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_TIMED_OUT", "Sandbox.Timedout"),
        ("RUNTIME_EXIT_ERROR", "Runtime.ExitError"),
        ("RUNTIME_TRUNCATED_RESPONSE", "Runtime.TruncatedResponse"),
        ("FUNCTION_RESPONSE_SIZE_TOO_LARGE", "Function.ResponseSizeTooLarge"),
        ("EXTENSION_CRASH", "Extension.Crash"),
    ],
)
def test_error_types_are_those_of_the_service(name, value):
    assert getattr(function_error, name) == value
