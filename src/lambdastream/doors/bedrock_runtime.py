"""Amazon Bedrock's Converse and ConverseStream, answered by a stand-in: what an app needs to run here as it does on AWS.

The calls, the frames and the errors are the service's; the words are ``stand_in_model``'s, one each ``PACE`` seconds.
``stand_in_faults`` says what goes wrong on request. Differences from AWS, all of them:

- No policy is asked: whoever signs with keys of this account may call any model.
- Which models there are is told from the form of an id alone (``wire.model_id``).
- ``toolConfig``, guardrails, prompts of Prompt management and the fields of one model alone are not looked at.
- InvokeModel and InvokeModelWithResponseStream are not answered: each model has a language of its own there.
- Calls are signed with Signature Version 4; Bedrock's API keys (bearer tokens) are not known.

A client that leaves ends the work. Sources: Amazon Bedrock API reference, "Converse" and "ConverseStream"; botocore's
service model for ``bedrock-runtime``.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final
from urllib.parse import unquote

from lambdastream.doors.responses import REQUEST_ID, DoorConnection, json_response
from lambdastream.doors.service_errors import error_response
from lambdastream.doors.stand_in_faults import Fault, Faults, wanted_faults
from lambdastream.doors.stand_in_model import Answer, answer
from lambdastream.errors import WireError
from lambdastream.runtime.invocation import new_request_id
from lambdastream.wire.converse_request import ConverseRequest, converse_request
from lambdastream.wire.converse_stream import (
    answer_end,
    converse_response,
    message_start,
    stream_exception,
    text_delta,
)
from lambdastream.wire.event_stream import CONTENT_TYPE
from lambdastream.wire.http_message import HttpRequest, HttpResponse
from lambdastream.wire.json_codec import decode_json, encode_json
from lambdastream.wire.model_id import model_name, wants_profile

SERVICE: Final = "bedrock"
"""What calls are signed for: the service model's ``signingName``."""

PATH: Final = re.compile(r"/model/([^/]+)/([^/]+)")
CONVERSE: Final = "converse"
CONVERSE_STREAM: Final = "converse-stream"
PACE: Final = 0.03
LONGEST: Final = 1_000_000
"""Characters that all models here read."""

UNKNOWN_MODEL: Final = "The provided model identifier is invalid."
ON_DEMAND: Final = (
    "Invocation of model ID {} with on-demand throughput isn't supported. "
    "Retry your request with the ID or ARN of an inference profile that contains this model."
)
TOO_LONG: Final = "Input is too long for requested model."
OTHER_OPERATION: Final = (
    "The local stand-in for Amazon Bedrock answers Converse and ConverseStream only. "
    "Call one of these: they are the same for all models."
)


async def serve(connection: DoorConnection, request: HttpRequest, path: re.Match[str]) -> None:
    """Answer one call, whose path matches ``PATH``. Returns when the answer is written, or its client has left."""
    if path[2] not in {CONVERSE, CONVERSE_STREAM}:
        connection.respond(error_response(request, 501, "NotImplemented", OTHER_OPERATION))
        return
    try:
        model, asked = _asked(unquote(path[1]), request)
    except WireError as error:
        connection.respond(error_response(request, 400, "ValidationException", error.problem))
        return
    faults = wanted_faults(request, model, asked.text)
    if faults.refusal:
        connection.respond(_error(request, faults.refusal))
    elif path[2] == CONVERSE:
        await _converse(connection, request, answer(asked), faults)
    else:
        await _Stream(connection, faults).send(answer(asked))


def _asked(model_id: str, request: HttpRequest) -> tuple[str, ConverseRequest]:
    model = model_name(model_id)
    if model is None:
        raise WireError(UNKNOWN_MODEL)
    if wants_profile(model_id):
        raise WireError(ON_DEMAND.format(model_id))
    asked = converse_request(decode_json(request.body or b"{}", "The request's body"))
    if len(asked.text) > LONGEST:
        raise WireError(TOO_LONG)
    return model, asked


async def _converse(connection: DoorConnection, request: HttpRequest, said: Answer, faults: Faults) -> None:
    pace = _Pace(connection, faults)
    if not await pace.after(len(said.words)):
        return
    if faults.cut:
        connection.break_response()
    elif faults.interruption:
        connection.respond(_error(request, faults.interruption))
    else:
        whole = converse_response("".join(said.words), said.reason, said.usage, pace.milliseconds)
        connection.respond(json_response(200, encode_json(whole), ((REQUEST_ID, new_request_id()),)))


def _error(request: HttpRequest, fault: Fault) -> HttpResponse:
    return error_response(request, fault.status, fault.code, fault.message)


class _Pace:
    """When each word is due. Each has its moment on the clock, so that delays do not add up."""

    def __init__(self, connection: DoorConnection, faults: Faults) -> None:
        self._connection = connection
        self._pause = PACE * faults.slowness
        self._clock = asyncio.get_running_loop().time
        self._start = self._clock()

    @property
    def milliseconds(self) -> int:
        """How long it has been."""
        return round((self._clock() - self._start) * 1000)

    async def after(self, words: int) -> bool:
        """Wait until so many words have had their time; say whether the client is still there."""
        try:
            async with asyncio.timeout_at(self._start + words * self._pause):
                await self._connection.gone.wait()
        except TimeoutError:
            return True
        return False


class _Stream:
    """The answer to ConverseStream. It is small enough that a slow client needs no waiting for."""

    def __init__(self, connection: DoorConnection, faults: Faults) -> None:
        self._connection = connection
        self._faults = faults
        self._pace = _Pace(connection, faults)

    async def send(self, said: Answer) -> None:
        """Send the answer, each word in its time."""
        self._connection.start_response(200, (("content-type", CONTENT_TYPE), (REQUEST_ID, new_request_id())))
        self._connection.write_chunk(message_start())
        broken = self._faults.interruption is not None or self._faults.cut
        words = said.words[: len(said.words) // 2] if broken else said.words
        for number, word in enumerate(words, start=1):
            if not await self._pace.after(number):
                return
            self._connection.write_chunk(text_delta(word))
        if broken:
            self._break()
        else:
            self._end(said)

    def _break(self) -> None:
        if fault := self._faults.interruption:
            self._connection.write_chunk(stream_exception(fault.member, fault.message))
            self._connection.end_response()
        else:
            self._connection.break_response()

    def _end(self, said: Answer) -> None:
        for event in answer_end(said.reason, said.usage, self._pace.milliseconds):
            self._connection.write_chunk(event)
        self._connection.end_response()
