"""What a function URL with ``InvokeMode`` BUFFERED makes of a function's result.

Source: AWS Lambda developer guide, "Invoking Lambda function URLs", response payload format. Not verified on
AWS: that a ``statusCode`` in quotes is malformed, and how strictly base64 is read.
"""

from __future__ import annotations

import reprlib
from base64 import b64decode
from typing import Any

from lambdastream.errors import WireError
from lambdastream.wire.http_message import HttpResponse
from lambdastream.wire.json_codec import decode_json, encode_json
from lambdastream.wire.response_headers import response_headers

_JSON = "application/json"
_OK = 200
_MIN_STATUS, _MAX_STATUS = 100, 599


def proxy_response(payload: bytes) -> HttpResponse:
    """Return the client's response for the JSON ``payload`` that the function answered.

    An object with ``statusCode`` describes the response. Anything else *is* the response: 200, JSON, the
    payload as it stands (a JSON string as its text).

    Raises ``WireError`` when the payload is not JSON, or describes no possible response: AWS answers 502.
    """
    result = decode_json(payload, "The function's result")
    if isinstance(result, dict) and "statusCode" in result:
        headers = response_headers(result, default_content_type=_JSON)
        return HttpResponse(_status(result["statusCode"]), headers, _body(result))
    body = _encoded(result) if isinstance(result, str) else payload
    return HttpResponse(_OK, (("content-type", _JSON),), body)


def _status(value: Any) -> int:
    number = isinstance(value, int | float)
    if not number or not _MIN_STATUS <= value <= _MAX_STATUS or value != int(value):
        raise WireError(
            f"The result's 'statusCode' is {reprlib.repr(value)}.",
            next_step="Return a whole number from 100 to 599.",
        )
    return int(value)


def _body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if result.get("isBase64Encoded") is True:
        return _decoded(body)
    return _encoded(body) if isinstance(body, str) else encode_json(body)


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise WireError("The result's body holds half of a surrogate pair: it is not text.") from error


def _decoded(body: Any) -> bytes:
    try:
        return b64decode(body, validate=True)
    except (TypeError, ValueError) as error:
        raise WireError(
            "The result's 'isBase64Encoded' is true, but its 'body' is not base64.",
            next_step="Return the body of base64.b64encode(...).decode(), or leave 'isBase64Encoded' out.",
        ) from error
