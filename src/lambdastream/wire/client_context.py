"""The client context of an invocation: what the caller tells of itself, for the function's context object.

Sources: AWS Lambda API reference, "Invoke" (up to 3,583 bytes of base64; synchronous invocations only); the error's words
are the service's own, as its users report them (boto3's issue 2153). Chosen here, AWS documents nothing: that a longer one
gets the same error.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Final

from lambdastream.errors import WireError
from lambdastream.wire.json_codec import decode_json, encode_json

LONGEST: Final = 3583
"""Bytes of base64."""

NOT_AN_OBJECT: Final = "Client context must be a valid Base64-encoded JSON object."


def client_context(encoded: str) -> str:
    """Return the JSON object that the header ``X-Amz-Client-Context`` holds, as ASCII; an empty text for an empty header.

    Raises ``WireError`` when it is none, or too long.
    """
    if not encoded:
        return ""
    if len(encoded) > LONGEST:
        raise WireError(NOT_AN_OBJECT, next_step=f"Send at most {LONGEST} bytes of base64.")
    try:
        value = decode_json(b64decode(encoded, validate=True), "The client context")
        if isinstance(value, dict):
            return encode_json(value).decode("ascii")
    except (ValueError, WireError) as error:
        raise WireError(NOT_AN_OBJECT) from error
    raise WireError(NOT_AN_OBJECT)
