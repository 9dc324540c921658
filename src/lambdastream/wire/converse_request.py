"""A request of Amazon Bedrock's Converse and ConverseStream, read and checked as the service does.

Source of the fields: botocore's service model for ``bedrock-runtime``, ``ConverseStreamRequest``. The words of the errors
are the service's own, as its users report them (langchain-ai/langchain-aws#130, earendil-works/pi#3443,
continuedev/continue#9767, strands-agents/harness-sdk#2085). Chosen here: the words for a message that is none, which SDKs do
not let through; that images, documents and the results of tools are taken, and not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from lambdastream.errors import WireError

ROLES: Final = ("user", "assistant", "system")
NOT_FIRST: Final = (
    "A conversation must start with a user message. Try again with a conversation that starts with a user message."
)
NOT_IN_TURN: Final = (
    "A conversation must alternate between user and assistant roles. "
    "Make sure the conversation alternates between user and assistant roles and try again."
)


@dataclass(frozen=True, slots=True)
class ConverseRequest:
    """What a model is asked.

    ``system`` is the text of all system prompts and of messages with that role, ``messages`` the text of each other
    message: the user's first, then in turn.
    ``max_tokens`` is ``None`` without a limit.
    """

    system: str
    messages: tuple[str, ...]
    max_tokens: int | None = None
    stop_sequences: tuple[str, ...] = ()

    @property
    def prompt(self) -> str:
        """The user's last message."""
        return self.messages[(len(self.messages) - 1) // 2 * 2]

    @property
    def text(self) -> str:
        """All that the model reads."""
        return "\n".join((self.system, *self.messages))


def converse_request(value: Any) -> ConverseRequest:
    """Return the request of a call's JSON body. Raises ``WireError``, whose problem is the service's own message."""
    body = _object(value, "the body")
    listed = _list(body.get("messages"), "messages")
    told = [_message(message, f"messages.{number}") for number, message in enumerate(listed)]
    messages = [(role, text) for role, text in told if role != "system"]
    _check_turns([role for role, _ in messages])
    system = [_object(block, "system").get("text", "") for block in _list(body.get("system"), "system")]
    settings = _object(body.get("inferenceConfig"), "inferenceConfig")
    return ConverseRequest(
        "\n".join([*map(str, system), *(text for role, text in told if role == "system")]),
        tuple(text for _, text in messages),
        _max_tokens(settings.get("maxTokens")),
        tuple(map(str, _list(settings.get("stopSequences"), "inferenceConfig.stopSequences"))),
    )


def _check_turns(roles: list[str]) -> None:
    if roles[:1] != ["user"]:
        raise WireError(NOT_FIRST)
    if any(one == other for one, other in pairwise(roles)):
        raise WireError(NOT_IN_TURN)


def _message(value: Any, place: str) -> tuple[str, str]:
    """The role and the text of a message."""
    message = _object(value, place)
    role = message.get("role")
    if role not in ROLES:
        raise _constraint(role, f"{place}.role", f"Member must satisfy enum value set: [{', '.join(ROLES)}]")
    blocks = _list(message.get("content"), f"{place}.content")
    if not blocks:
        raise WireError(
            f"The content field in the Message object at {place} is empty. "
            "Add a ContentBlock object to the content field and try again."
        )
    texts = (_text(block, f"{place}.content.{number}") for number, block in enumerate(blocks))
    return role, "\n".join(filter(None, texts))


def _text(value: Any, place: str) -> str:
    text = _object(value, place).get("text")
    if text is None:
        return ""
    if not isinstance(text, str) or not text.strip():
        raise WireError(
            f"The text field in the ContentBlock object at {place} is blank. Add text to the text field, and try again."
        )
    return text


def _max_tokens(value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or value < 1):
        raise _constraint(value, "inferenceConfig.maxTokens", "Member must have value greater than or equal to 1")
    return value


def _constraint(value: Any, place: str, constraint: str) -> WireError:
    return WireError(
        f"1 validation error detected: Value '{value}' at '{place}' failed to satisfy constraint: {constraint}"
    )


def _object(value: Any, place: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _constraint(value, place, "Member must be a structure")
    return value


def _list(value: Any, place: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _constraint(value, place, "Member must be a list")
    return value
