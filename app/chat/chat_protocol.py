r"""The chat protocol: how an answer and its artifacts share one stream of plain text.

The grammar, written down here and nowhere else::

    answer   = "[START]" text "[END]" *artifact
    text     = any characters but "[" and "]", in pieces of any size
    artifact = "[ARTIFACT]" object "[/ARTIFACT]"
    object   = JSON: the strings "title", "description" and "uri"; a "[" in them is written as \u005b

So a "[" always begins a marker, wherever the stream is cut. White space beside a marker is for the eye only.
An answer that stops before "[END]" was cut off.
"""

from pydantic import BaseModel

START = "[START]\n"
END = "\n[END]\n"

BRACKETS = str.maketrans("[]", "()")


class Artifact(BaseModel):
    """Something that belongs to an answer and is not part of its text."""

    title: str
    description: str
    uri: str


def text(words: str) -> str:
    """Return words as a piece of the text; square brackets become round ones."""
    return words.translate(BRACKETS)


def artifact(item: Artifact) -> str:
    """Return an artifact between its markers."""
    json = item.model_dump_json(indent=2).replace("[", r"\u005b")
    return f"[ARTIFACT]\n{json}\n[/ARTIFACT]\n"
