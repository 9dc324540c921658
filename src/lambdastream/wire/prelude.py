"""The prelude of a streamed HTTP answer: JSON metadata, eight NUL bytes, then the body.

A runtime sends it with the content type ``CONTENT_TYPE`` in the body of its ``/response`` POST (AWS Lambda
developer guide, response streaming with function URLs; the Lambda Web Adapter's source).
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from lambdastream.errors import WireError
from lambdastream.wire.json_codec import decode_json
from lambdastream.wire.response_headers import response_headers

if TYPE_CHECKING:
    from lambdastream.wire.http_message import Headers

CONTENT_TYPE = "application/vnd.awslambda.http-integration-response"
SEPARATOR = bytes(8)
MAX_PRELUDE = 1024 * 1024
"""Bytes of JSON accepted before the separator. Our own bound: AWS documents none."""

_OFTEN_SAID = 4096
_DEFAULT_CONTENT_TYPE = "application/octet-stream"
_DEFAULT_STATUS = 200
_STATUSES = range(100, 600)


@dataclass(frozen=True, slots=True)
class Prelude:
    """A streamed answer's status and headers, as the client gets them."""

    status: int
    headers: Headers


class PreludeDecoder:
    """Splits a streamed answer into prelude and body, whatever the boundaries of its chunks.

    ``prelude`` is ``None`` until the separator has been seen. An answer that ends before that is malformed:
    only the caller knows of the end.
    """

    def __init__(self) -> None:
        self.prelude: Prelude | None = None
        self._buffer = bytearray()
        self._error: WireError | None = None

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the answer and return those of them that are body.

        Until the separator that is ``b""``; once ``prelude`` is set it is ``data`` itself, not copied.

        Raises ``WireError`` when the prelude is malformed or longer than ``MAX_PRELUDE``, and again whenever
        more is fed.
        """
        if self.prelude is not None:
            return data
        if self._error is not None:
            raise self._error
        try:
            return self._feed_prelude(data)
        except WireError as error:
            self._error = error
            self._buffer.clear()
            raise

    def _feed_prelude(self, data: bytes) -> bytes:
        buffer = self._buffer
        # The separator may have begun in the bytes before; nothing earlier needs another look.
        before = len(buffer)
        buffer += data
        end = buffer.find(SEPARATOR, max(0, before - len(SEPARATOR) + 1))
        if end > MAX_PRELUDE or (end < 0 and len(buffer) >= MAX_PRELUDE + len(SEPARATOR)):
            raise WireError(
                f"The streamed answer has no separator in its first {MAX_PRELUDE} bytes.",
                next_step="Send the JSON prelude and eight NUL bytes before the body.",
            )
        if end < 0:
            return b""
        text = bytes(buffer[:end])
        self.prelude = _parse_again(text) if end <= _OFTEN_SAID else _parse(text)
        self._buffer = bytearray()
        return data[end + len(SEPARATOR) - before :]


@lru_cache(maxsize=64)
def _parse_again(text: bytes) -> Prelude:
    """Functions say the same prelude again and again."""
    return _parse(text)


def _parse(text: bytes) -> Prelude:
    fields = decode_json(text, "The prelude of the streamed answer")
    if not isinstance(fields, dict):
        raise WireError("The prelude of the streamed answer is not a JSON object.")
    status = fields.get("statusCode", _DEFAULT_STATUS)
    if not isinstance(status, int) or status not in _STATUSES:
        raise WireError(
            f"The prelude's 'statusCode' is {reprlib.repr(status)}.",
            next_step="Answer with a whole number from 100 to 599.",
        )
    return Prelude(status, response_headers(fields, default_content_type=_DEFAULT_CONTENT_TYPE))
