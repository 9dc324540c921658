"""What API Gateway makes of a function's result: REST APIs are strict, HTTP APIs are not.

Sources: Amazon API Gateway developer guide, "Lambda proxy integrations in API Gateway", output format, and "Create AWS
Lambda proxy integrations for HTTP APIs", response format. The corners are as recorded on AWS by LocalStack's validated
tests: a REST API refuses a result with any other key, takes a status in quotes, and gives the values of
``multiValueHeaders`` first; payload 1.0 of an HTTP API needs a ``statusCode``; payload 2.0 takes any JSON, but refuses
an ``errorMessage``. Not verified: a body that is not text, base64 that is none.
"""

from __future__ import annotations

import re
import reprlib
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from lambdastream.errors import WireError
from lambdastream.wire.http_message import HttpResponse
from lambdastream.wire.json_codec import decode_json, encode_json
from lambdastream.wire.proxy_response import proxy_response
from lambdastream.wire.response_headers import response_headers

if TYPE_CHECKING:
    from lambdastream.wire.http_message import Headers

_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"
_OK = 200
_STATUSES = range(100, 600)
_QUOTED_STATUS = re.compile("[0-9]{3}")
_KEYS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


def rest_api_response(payload: bytes, *, binary: bool) -> HttpResponse:
    """Return the client's response for the JSON ``payload`` that a function answered to a REST API.

    ``binary`` says that the client accepts one of the API's binary media types: only then is base64 decoded.

    Raises ``WireError`` when the payload is malformed: AWS answers 502.
    """
    result = _object(payload)
    if unknown := result.keys() - _KEYS:
        raise WireError(
            f"A REST API does not know {', '.join(map(repr, sorted(unknown)))} in a result.",
            next_step=f"Return nothing but {', '.join(sorted(_KEYS))}.",
        )
    if not isinstance(result.get("body"), str | None):
        raise WireError("The result's 'body' is not text.", next_step="Return the text of json.dumps(...).")
    headers = _merged_headers(result, default_content_type=_JSON)
    return HttpResponse(_status(result.get("statusCode", _OK)), headers, _body(result, decode=binary))


def http_api_response(payload: bytes) -> HttpResponse:
    """Return the client's response for the JSON ``payload`` that a function answered to payload 2.0.

    Without a ``statusCode`` the payload itself is the response.

    Raises ``WireError`` when the payload is malformed, or is an error's: AWS answers 500.
    """
    result = decode_json(payload, "The function's result")
    if not isinstance(result, dict) or "statusCode" not in result:
        if isinstance(result, dict) and "errorMessage" in result:
            raise WireError("The result has an 'errorMessage': an HTTP API takes it for an error.")
        return proxy_response(payload)
    headers = response_headers(result, default_content_type=_TEXT)
    return HttpResponse(_status(result["statusCode"]), headers, _body(result, decode=True))


def http_api_response_1(payload: bytes) -> HttpResponse:
    """Return the client's response for the JSON ``payload`` that a function answered to an HTTP API's payload 1.0.

    Raises ``WireError`` when the payload is malformed: AWS answers 500.
    """
    result = _object(payload)
    if "statusCode" not in result:
        raise WireError("The result has no 'statusCode'.", next_step="Return one: payload 1.0 infers nothing.")
    headers = _merged_headers(result, default_content_type=_TEXT)
    return HttpResponse(_status(result["statusCode"]), headers, _body(result, decode=True))


def _object(payload: bytes) -> dict[str, Any]:
    result = decode_json(payload, "The function's result")
    if not isinstance(result, dict):
        raise WireError("The function's result is not an object.", next_step="Return one with a 'statusCode'.")
    return result


def _status(value: Any) -> int:
    quoted = isinstance(value, str) and _QUOTED_STATUS.fullmatch(value)
    number = isinstance(value, int | float) and not isinstance(value, bool) and value in _STATUSES
    status = int(value) if quoted or number else 0
    if status not in _STATUSES:
        raise WireError(
            f"The result's 'statusCode' is {reprlib.repr(value)}.",
            next_step="Return a whole number from 100 to 599.",
        )
    return status


def _merged_headers(result: dict[str, Any], *, default_content_type: str) -> Headers:
    """The values of ``multiValueHeaders``, then those of ``headers`` that are not among them."""
    multiple = result.get("multiValueHeaders") or {}
    if not isinstance(multiple, dict) or not all(isinstance(values, list) for values in multiple.values()):
        raise WireError("'multiValueHeaders' is not an object of lists.", next_step="Answer with lists of values.")
    single = result.get("headers") or {}
    if not isinstance(single, dict):
        raise WireError("'headers' is not an object.", next_step="Answer with an object of names and values.")
    merged: dict[str, list[Any]] = {}
    for name, values in multiple.items():
        merged.setdefault(name.lower(), []).extend(values)
    for name, value in single.items():
        values = merged.setdefault(name.lower(), [])
        values += [] if value in values else [value]
    return response_headers({"headers": merged}, default_content_type=default_content_type)


def _body(result: dict[str, Any], *, decode: bool) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    try:
        if decode and result.get("isBase64Encoded") is True:
            return b64decode(body, validate=True)
        return body.encode("utf-8") if isinstance(body, str) else encode_json(body)
    except (TypeError, ValueError) as error:
        raise WireError("The result's 'body' is neither text nor, where it is said to be, base64.") from error
