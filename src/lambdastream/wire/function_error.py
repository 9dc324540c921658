"""The errors that Lambda itself answers with when a function could not: their types, messages and JSON.

Sources: AWS Lambda developer guide, troubleshooting invocations; the package ``fatalerror`` of the Runtime
Interface Emulator. An Invoke that ends so is a 200 with ``X-Amz-Function-Error: Unhandled``.
"""

from __future__ import annotations

from typing import Final

from lambdastream.wire.json_codec import encode_json

SANDBOX_TIMED_OUT: Final = "Sandbox.Timedout"
RUNTIME_EXIT_ERROR: Final = "Runtime.ExitError"
RUNTIME_TRUNCATED_RESPONSE: Final = "Runtime.TruncatedResponse"
RUNTIME_INVALID_ENTRYPOINT: Final = "Runtime.InvalidEntrypoint"
RUNTIME_OUT_OF_MEMORY: Final = "Runtime.OutOfMemory"
RUNTIME_UNKNOWN: Final = "Runtime.Unknown"
FUNCTION_RESPONSE_SIZE_TOO_LARGE: Final = "Function.ResponseSizeTooLarge"
FUNCTION_UNKNOWN: Final = "Function.Unknown"
EXTENSION_CRASH: Final = "Extension.Crash"
EXTENSION_EXIT_ERROR: Final = "Extension.ExitError"
EXTENSION_INIT_ERROR: Final = "Extension.InitError"
EXTENSION_LAUNCH_ERROR: Final = "Extension.LaunchError"
NO_BOOTSTRAP: Final = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"


def error_payload(error_type: str, message: str) -> bytes:
    """Return the error as an Invoke's payload: a JSON object with ``errorType`` and ``errorMessage``."""
    return encode_json({"errorType": error_type, "errorMessage": message})


def timed_out(request_id: str, seconds: float) -> str:
    """Return the message of ``SANDBOX_TIMED_OUT``; ``seconds`` is the function's timeout."""
    return f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"


def runtime_exited(request_id: str, reason: str) -> str:
    """Return the message of ``RUNTIME_EXIT_ERROR``.

    ``reason`` is how the process ended ("exit status 1", "signal: killed"); empty when it ended well, but too
    soon.
    """
    why = f"with error: {reason}" if reason else "without providing a reason"
    return f"RequestId: {request_id} Error: Runtime exited {why}"


def not_started(request_id: str, reason: str) -> str:
    """Return the message of a program that cannot be started; ``reason`` is ``NO_BOOTSTRAP``, or what the system says."""
    return f"RequestId: {request_id} Error: {reason}"


def response_too_large(size_limit: int) -> str:
    """Return the message of ``FUNCTION_RESPONSE_SIZE_TOO_LARGE``; ``size_limit`` is in bytes."""
    return f"Response payload size exceeded maximum allowed payload size ({size_limit} bytes)."
