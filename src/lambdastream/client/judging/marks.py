"""Lambda's own marks of two modes that disagree, which a client finds in the body.

A RESPONSE_STREAM URL passes on what a buffering function returns, as text. A BUFFERED URL passes on what a streaming
function sends, its prelude included. Source: AWS Lambda developer guide, response streaming with function URLs.
"""

from __future__ import annotations

import json
from typing import Any, Final

from lambdastream.client.judging.judgement import Judgement
from lambdastream.client.recording import Recording

SEPARATOR: Final = bytes(8)
LONGEST_PRELUDE: Final = 64 * 1024
RESULT: Final = {"statusCode", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded"}


def marked(recording: Recording) -> Judgement | None:
    """Judge an answer by the marks in its body; ``None`` without one."""
    body = recording.body
    if not body.startswith(b"{"):
        return None
    head, separator, _ = body[:LONGEST_PRELUDE].partition(SEPARATOR)
    if separator and "statusCode" in _json_object(head):
        return Judgement(
            "buffers",
            "prelude in the body",
            "The function streams and its URL collects: what only Lambda should see, the status and eight NULs, is in the "
            "body.",
            "Set the URL's InvokeMode to RESPONSE_STREAM.",
        )
    if _is_result(body):
        return Judgement(
            "buffers",
            "result not understood",
            "The URL streams and the function does not: its whole result, statusCode and body, came as the text of the "
            "answer.",
            "Let the function stream: the Lambda Web Adapter with AWS_LWA_INVOKE_MODE=response_stream. Mangum cannot.",
        )
    return None


def _is_result(body: bytes) -> bool:
    result = _json_object(body)
    return {"statusCode", "body"} <= result.keys() <= RESULT


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
