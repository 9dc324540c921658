"""What goes wrong at the stand-in for Amazon Bedrock, on request.

A fault is asked for by the model's id, ``stand-in.throttled-v1:0``, or, with any model, by a word in the prompt:
``stand-in:throttled``. So an app shows how it takes a fault without a change to it. The names:

========================  ==========================================================================================
``throttled``             429 ``ThrottlingException``, at every attempt
``throttled-once``        the same, at an SDK's first attempt: its retry is answered
``denied``                403 ``AccessDeniedException``, as without access to a model
``unavailable``           503 ``ServiceUnavailableException``, at every attempt
``stream-error``          ``modelStreamErrorException`` in the middle of the stream; of Converse, ``ModelErrorException``
``stream-throttled``      ``throttlingException`` in the middle of the stream; of Converse, as ``throttled``
``cut``                   the connection ends in the middle of the answer
========================  ==========================================================================================

``fast`` and ``slow`` are no faults: with them the words come ten times as fast or as slowly.

Sources: botocore's service model for ``bedrock-runtime``, statuses and members of the stream; the words are the service's
own, as its users report them (aws-samples/aws-genai-llm-chatbot#220, 2FastLabs/agent-squad#47), where they do. SDKs count
their attempts in ``amz-sdk-request``: AWS SDKs and tools reference guide, "Retry behavior".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lambdastream.wire.http_message import HttpRequest

WANTED: Final = re.compile(r"\bstand-in[.:]([a-z-]*[a-z])\b")
CUT: Final = "cut"
SLOWNESS: Final = {"slow": 10.0, "fast": 0.1}
ATTEMPT: Final = re.compile(r"\battempt=(\d+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """An error of the service: as an answer, with ``status`` and ``code``; in a stream, under the name ``member``."""

    status: int
    code: str
    message: str
    member: str = ""


TOO_MANY: Final = "Too many requests, please wait before trying again."
STREAM_FAILED: Final = "The system encountered an unexpected error during processing. Try your request again."
THROTTLED: Final = Fault(429, "ThrottlingException", TOO_MANY)
REFUSALS: Final = {
    "throttled": THROTTLED,
    "throttled-once": THROTTLED,
    "denied": Fault(403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
    "unavailable": Fault(503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
}
INTERRUPTIONS: Final = {
    "stream-error": Fault(424, "ModelErrorException", STREAM_FAILED, "modelStreamErrorException"),
    "stream-throttled": Fault(429, "ThrottlingException", TOO_MANY, "throttlingException"),
}


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wanted of one call: ``refusal`` before the answer, ``interruption`` or a ``cut`` in its middle.

    ``slowness`` is how much longer than usual each word takes.
    """

    refusal: Fault | None = None
    interruption: Fault | None = None
    cut: bool = False
    slowness: float = 1.0


def wanted_faults(request: HttpRequest, model: str, text: str) -> Faults:
    """Return what the model's id and the prompt's ``text`` ask for."""
    names = set(WANTED.findall(f"{_without_version(model)} {text}"))
    refusals = [fault for name, fault in REFUSALS.items() if name in names]
    if "throttled-once" in names and _attempt(request) > 1:
        refusals.remove(THROTTLED)
    interruptions = [fault for name, fault in INTERRUPTIONS.items() if name in names]
    slowness = [times for name, times in SLOWNESS.items() if name in names]
    return Faults(_first(refusals), _first(interruptions), CUT in names, slowness[0] if slowness else 1.0)


def _first(faults: list[Fault]) -> Fault | None:
    return faults[0] if faults else None


def _without_version(model: str) -> str:
    return re.sub(r"-v\d+(:\d+)?$", "", model)


def _attempt(request: HttpRequest) -> int:
    found = ATTEMPT.search(request.header("amz-sdk-request"))
    return int(found[1]) if found else 1
