"""Event streams: that of InvokeWithResponseStream, ``PayloadChunk`` messages, then one ``InvokeComplete``; and JSON events.

Sources: AWS Lambda API reference, InvokeWithResponseStream; Smithy, "Amazon Event Stream specification". A
message is, in network byte order: total length (4 bytes), length of the headers (4), CRC-32 of these eight
bytes (4), headers, payload, CRC-32 of everything before (4). A header is: length of the name (1), name, type
(1; 7 is a string), length of the value (2), value.
"""

from __future__ import annotations

import struct
from typing import Any
from zlib import crc32

from lambdastream.errors import WireError
from lambdastream.wire.json_codec import encode_json

CONTENT_TYPE = "application/vnd.amazon.eventstream"
JSON = "application/json"
MAX_PAYLOAD = 16 * 1024 * 1024
"""Bytes of payload that every decoder of the format accepts in one message."""

_STRING = 7
_FRAME_LENGTH = 16  # two lengths, two checksums


def payload_chunk(data: bytes) -> bytes:
    """Return the message that carries ``data``, a piece of the function's answer.

    Raises ``WireError`` when ``data`` is longer than ``MAX_PAYLOAD``.
    """
    return _message(_PAYLOAD_CHUNK, data)


def invoke_complete(*, error_code: str = "", error_details: str = "", log_result: str = "") -> bytes:
    """Return the message that ends the stream.

    ``error_code`` is set when the function failed on the way, for example to ``Runtime.ExitError``, with
    ``error_details`` in words. ``log_result`` is the end of the invocation's log, in base64. What is empty is
    left out.
    """
    fields = {"ErrorCode": error_code, "ErrorDetails": error_details, "LogResult": log_result}
    return _message(_INVOKE_COMPLETE, encode_json({name: value for name, value in fields.items() if value}))


def json_event(event_type: str, value: Any) -> bytes:
    """Return the message of an event whose payload is JSON. Raises ``WireError`` when ``value`` cannot be written so."""
    return _message(_event_headers(event_type, JSON), encode_json(value))


def json_exception(exception_type: str, value: Any) -> bytes:
    """Return the message of an error that ends the stream, as a modelled exception. Raises as ``json_event``."""
    fields = {":exception-type": exception_type, ":content-type": JSON, ":message-type": "exception"}
    return _message(_headers(fields), encode_json(value))


def _message(headers: bytes, payload: bytes) -> bytes:
    if len(payload) > MAX_PAYLOAD:
        raise WireError(f"{len(payload)} bytes are too long for one message of an event stream.")
    lengths = struct.pack("!II", _FRAME_LENGTH + len(headers) + len(payload), len(headers))
    start = lengths + struct.pack("!I", crc32(lengths)) + headers
    return b"".join((start, payload, struct.pack("!I", crc32(payload, crc32(start)))))


def _event_headers(event_type: str, content_type: str) -> bytes:
    return _headers({":event-type": event_type, ":content-type": content_type, ":message-type": "event"})


def _headers(fields: dict[str, str]) -> bytes:
    return b"".join(_header(name.encode(), value.encode()) for name, value in fields.items())


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack("!B", len(name)) + name + struct.pack("!BH", _STRING, len(value)) + value


_PAYLOAD_CHUNK = _event_headers("PayloadChunk", "application/octet-stream")
_INVOKE_COMPLETE = _event_headers("InvokeComplete", JSON)
