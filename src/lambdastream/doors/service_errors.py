"""Errors in the shape that the client of each AWS service reads.

Sources: Smithy, "AWS protocols" (JSON services name an error in ``x-amzn-errortype``, Query APIs in an ``ErrorResponse``);
Amazon S3 API reference, "Error responses".
"""

from __future__ import annotations

import re
from typing import Final, Literal
from urllib.parse import unquote
from xml.sax.saxutils import escape

from lambdastream.wire.http_message import HttpRequest, HttpResponse
from lambdastream.wire.json_codec import encode_json
from lambdastream.wire.service_family import service_family

_SERVER_ERROR: Final = 500

Protocol = Literal["json", "query", "s3"]

FORM: Final = "application/x-www-form-urlencoded"
SIGNED_SERVICE: Final = re.compile(r"/[0-9]{8}/[^/]+/([^/]+)/aws4_request")
# Lambda's paths, and those of API Gateway's two APIs.
JSON_PATH: Final = re.compile(r"/([0-9]{4}-[0-9]{2}-[0-9]{2}|v2/apis|restapis)(/.*)?")


def protocol(request: HttpRequest) -> Protocol:
    """How the service that a request is for speaks. A request that does not tell is for S3, which has no marks."""
    if request.header("content-type").startswith(FORM) or re.search("(^|&)Action=", request.query):
        return "query"
    signed = SIGNED_SERVICE.search(request.header("authorization") or unquote(request.query))
    if signed:
        return "s3" if service_family(signed[1], presigned=False).is_s3 else "json"
    is_json = request.header("x-amz-target") or "json" in request.header("content-type")
    return "json" if is_json or JSON_PATH.fullmatch(request.path) else "s3"


def error_response(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    """The answer that its client raises as an error with this code."""
    told = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    match protocol(request):
        case "s3":
            return HttpResponse(status, (("content-type", "application/xml"),), f"<Error>{told}</Error>".encode())
        case "query":
            whose = "Receiver" if status >= _SERVER_ERROR else "Sender"
            told = f"<ErrorResponse><Error><Type>{whose}</Type>{told}</Error></ErrorResponse>"
            return HttpResponse(status, (("content-type", "text/xml"),), told.encode())
    headers = (("content-type", "application/json"), ("x-amzn-errortype", code))
    body = {"__type": code, "Type": "User", "Message": message, "message": message}
    return HttpResponse(status, headers, encode_json(body))
