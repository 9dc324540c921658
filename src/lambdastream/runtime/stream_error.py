"""How a runtime says, in the middle of a streamed answer, that the function failed.

Sources: AWS Lambda developer guide, "Building a custom runtime", response streaming, which has trailers with a base64
body; the Rust runtime (``lambda_runtime``, ``to_tailer``), and so the Lambda Web Adapter, which writes the same two lines
as the last chunk of the data and then ends the stream as if all were well.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Final

from lambdastream.runtime.invocation import FunctionError
from lambdastream.wire.http_message import Headers

ERROR_TYPE: Final = "lambda-runtime-function-error-type"
ERROR_BODY: Final = "lambda-runtime-function-error-body"
IN_BAND: Final = b"Lambda-Runtime-Function-Error-Type: "


def trailing_error(trailers: Headers) -> FunctionError | None:
    """The error that these trailers report, if they do."""
    fields = dict(trailers)
    if ERROR_TYPE not in fields:
        return None
    return FunctionError(fields[ERROR_TYPE], _decoded(fields.get(ERROR_BODY, "")))


def in_band_error(data: bytes) -> FunctionError | None:
    """The error that this piece of a stream reports in place of data, if it does."""
    if not data.startswith(IN_BAND):
        return None
    lines = (line.partition(": ") for line in data.decode("latin-1").splitlines())
    return trailing_error(tuple((name.lower(), value) for name, _, value in lines))


def _decoded(body: str) -> bytes:
    try:
        return b64decode(body, validate=True)
    except ValueError:  # no base64, or not even ASCII
        return body.encode("latin-1")
