"""The answers of Amazon Bedrock's Converse, and the events of ConverseStream.

Sources: botocore's service model for ``bedrock-runtime``, ``ConverseResponse`` and ``ConverseStreamOutput``; Amazon Bedrock
API reference, "ConverseStream". A text has no ``contentBlockStart``: ``ContentBlockStart`` knows the use and the result of
a tool and an image, and no text. The frames are ``event_stream``'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from lambdastream.wire.event_stream import json_event, json_exception

StopReason = Literal["end_turn", "max_tokens", "stop_sequence"]
ASSISTANT: Final = "assistant"


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took, in tokens."""

    input_tokens: int
    output_tokens: int

    def as_json(self) -> dict[str, int]:
        """Return the service's ``TokenUsage``."""
        return {
            "inputTokens": self.input_tokens,
            "outputTokens": self.output_tokens,
            "totalTokens": self.input_tokens + self.output_tokens,
        }


def message_start() -> bytes:
    """Return the event with which an answer begins."""
    return json_event("messageStart", {"role": ASSISTANT})


def text_delta(text: str) -> bytes:
    """Return the event of a piece of the answer's one text."""
    return json_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})


def answer_end(reason: StopReason, usage: Usage, latency_ms: int) -> Iterator[bytes]:
    """Yield the events at the end: of the text, of the message, and what it took. ``latency_ms`` is the whole time."""
    yield json_event("contentBlockStop", {"contentBlockIndex": 0})
    yield json_event("messageStop", {"stopReason": reason})
    yield json_event("metadata", {"usage": usage.as_json(), "metrics": {"latencyMs": latency_ms}})


def stream_exception(name: str, message: str) -> bytes:
    """Return the error that ends a stream in its middle. ``name`` is a member of the stream: ``throttlingException``."""
    return json_exception(name, {"message": message})


def converse_response(text: str, reason: StopReason, usage: Usage, latency_ms: int) -> dict[str, Any]:
    """Return Converse's answer, which is whole."""
    return {
        "output": {"message": {"role": ASSISTANT, "content": [{"text": text}]}},
        "stopReason": reason,
        "usage": usage.as_json(),
        "metrics": {"latencyMs": latency_ms},
    }
