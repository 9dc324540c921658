"""moto as a WSGI application, with its gaps closed, for one caller: the data plane."""

from __future__ import annotations

import io
import json
import sys
import threading
import traceback
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

from lambdastream.control import internal_calls
from lambdastream.control.changing_calls import changes
from lambdastream.control.monitor import MOTO
from lambdastream.doors.service_errors import error_response
from lambdastream.wire.http_message import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# moto resets itself and seeds its ids there; and it plays a machine's metadata service, with keys, to anybody.
REFUSED: Final = ("/moto-api", "/latest/", internal_calls.PREFIX)
# A part of a signature's scope.
DEPLOYMENTS: Final = "/cloudformation/"


class RequestHandler(MotoRequestHandler):
    """Keeps connections open, and writes no line for each request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's signature
        if type != "info":
            super().log(type, message, *args)


class MotoApplication:
    """Answers one request at a time; see ``monitor``. ``region`` is the one that internal calls mean.

    ``deployment_comes`` is set by the first call to CloudFormation: ``sam deploy`` asks for its stack first.
    """

    def __init__(self, region: str) -> None:
        self.deployment_comes = threading.Event()
        self._region = region
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = _read_body(environ)
        if DEPLOYMENTS in environ.get("HTTP_AUTHORIZATION", ""):
            self.deployment_comes.set()
        # As it was sent: a path that only looks like an internal one when it is decoded was forwarded for a caller.
        sent = environ["REQUEST_URI"].partition("?")[0]
        if sent.startswith(internal_calls.PREFIX):
            with MOTO.writing_often() if environ["REQUEST_METHOD"] == "POST" else MOTO.reading():
                status, told = internal_calls.answer(environ["REQUEST_METHOD"], unquote(sent), body, self._region)
            return _json(start_response, status, told)
        if environ["PATH_INFO"].startswith(REFUSED):
            return _json(start_response, 403, {"message": "This path is not open to callers"})
        try:
            with MOTO if changes(environ, body) else MOTO.reading():
                return list(self._moto(environ, start_response))
        except NotImplementedError as error:
            # Not a 500: clients would ask for it again and again.
            message = f"This call is not simulated by the local AWS. {error}"
            return _answer(start_response, error_response(_request(environ, body), 501, "NotImplemented", message))
        except Exception as error:  # noqa: BLE001 - a fault of moto's is an answer, not the end
            traceback.print_exc(file=sys.stderr)
            message = f"The local AWS met an error of its own: {type(error).__name__}: {error}"
            return _answer(start_response, error_response(_request(environ, body), 500, "InternalFailure", message))


def _read_body(environ: WSGIEnvironment) -> bytes:
    """Read the body before anybody waits for it."""
    source = environ["wsgi.input"]
    chunked = environ.get("wsgi.input_terminated", False)
    body: bytes = source.read() if chunked else source.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return body


def _request(environ: WSGIEnvironment, body: bytes) -> HttpRequest:
    """The request, with the headers that say which service it is for."""
    told = {"authorization": "HTTP_AUTHORIZATION", "x-amz-target": "HTTP_X_AMZ_TARGET", "content-type": "CONTENT_TYPE"}
    headers = tuple((name, environ[key]) for name, key in told.items() if environ.get(key))
    return HttpRequest(environ["REQUEST_METHOD"], environ["REQUEST_URI"], headers, body)


def _json(start_response: StartResponse, status: int, value: dict[str, Any]) -> Iterable[bytes]:
    headers = (("content-type", "application/json"),)
    return _answer(start_response, HttpResponse(status, headers, json.dumps(value).encode()))


def _answer(start_response: StartResponse, response: HttpResponse) -> Iterable[bytes]:
    headers = [*response.headers, ("content-length", str(len(response.body)))]
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
    return [response.body]
