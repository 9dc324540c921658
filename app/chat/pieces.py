"""An answer in pieces that say what they are: for programs, in formats that carry objects."""

import logging
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from answers import ARTIFACTS, ModelError
from chat_protocol import Artifact

LONGEST_QUERY = 1000  # characters

log = logging.getLogger(__name__)


class Question(BaseModel):
    """What a client asks."""

    query: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUERY),
        Field(description='Any text. "fail at once" and "fail halfway" show what a client sees of a failure.'),
    ] = Field(examples=["Why is it streamed?", "fail halfway"])


class Words(BaseModel):
    """The next bit of the text."""

    type: Literal["words"] = "words"
    text: str


class Found(BaseModel):
    """An artifact that belongs to the answer."""

    type: Literal["artifact"] = "artifact"
    artifact: Artifact


class End(BaseModel):
    """The last piece: nothing is missing."""

    type: Literal["end"] = "end"


class Failure(BaseModel):
    """The last piece of an answer that is not complete."""

    type: Literal["error"] = "error"
    detail: str


Piece = Annotated[Words | Found | End | Failure, Field(discriminator="type")]


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str


def pieces(said: Iterator[str]) -> Iterator[Piece]:
    """Yield the words, the artifacts and the end. When the model fails on the way, the last piece says so."""
    try:
        for word in said:
            yield Words(text=word)
    except ModelError as error:
        log.warning("The answer was cut off: %s", error)  # the reason stays here
        yield Failure(detail="The answer was cut off.")
        return
    for item in ARTIFACTS:
        yield Found(artifact=item)
    yield End()
