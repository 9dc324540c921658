"""What the stand-in for Amazon Bedrock says: no model, but text that is made from the prompt, always the same.

It does what a chain of prompts needs to show its work. It outlines a subject, drafts a sentence for each point of an
outline, with words that carry nothing in them, finds these words in a review, and leaves them out in a revision. Which of
these it does says the first such word in the user's last message, else in the system prompt. Text between tags
(``<draft>...</draft>``) is what it works on, not an instruction. "Two points" or "four sentences" says how many. Anything
else it answers with a few sentences about the subject.

A token is six characters here, as a rough measure. Of a long prompt the first ``READ`` characters make the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from lambdastream.wire.converse_request import ConverseRequest
from lambdastream.wire.converse_stream import StopReason, Usage

TOKEN: Final = re.compile(r"\s*\S{1,6}")
TAGGED: Final = re.compile(r"<([a-z_]+)>(.*?)</\1>", re.DOTALL)
POINT: Final = re.compile(r"^\s*(?:\d+[.)]|[-*])\s+(.+)$", re.MULTILINE)
QUOTED: Final = re.compile(r'"([^"]+)"')
ABOUT: Final = re.compile(r"\b(?:about|on|of|for)\s+([^.?!\n]+)")
NUMBERS: Final = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
COUNT: Final = re.compile(
    rf"\b({'|'.join(NUMBERS)}|[1-9])\s+(?:\w+\s+)?(?:points?|items|steps|lines|sentences?)\b", re.IGNORECASE
)
USUAL_COUNT: Final = 3
READ: Final = 6000
MOST_TOKENS: Final = 4096
LONGEST_SUBJECT: Final = 60

FILLERS: Final = re.compile(r"\b(?:basically|actually), |\b(?:really|very|quite) ")
ANGLES: Final = ("What {} is", "Why {} matters", "Where {} fails", "How to begin with {}", "What {} costs")
SENTENCES: Final = (
    "{}: basically, all else rests on this, and it is really simpler than it looks.",
    "{}: one small example shows it better than a very long explanation.",
    "{}: actually, most mistakes are made here, and they are quite easy to see afterwards.",
    "{}: take the smallest piece that works, and really use it before you add another.",
)
TALK: Final = (
    'You wrote: "{}".',
    "A stand-in answers you, not a model: it knows nothing, and says the same each time.",
    "On AWS the same call reaches the model that you name.",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, in words that joined give its text, and why it ends there."""

    words: tuple[str, ...]
    reason: StopReason
    usage: Usage


def answer(request: ConverseRequest) -> Answer:
    """Return what the stand-in says, within the tokens and up to the stop sequence that the request gives."""
    text, reason = _until(_say(request), request.stop_sequences)
    tokens = TOKEN.findall(text)
    most = min(request.max_tokens or MOST_TOKENS, MOST_TOKENS)
    if len(tokens) > most:
        tokens, reason = tokens[:most], "max_tokens"
    words = tuple(re.findall(r"\s*\S+", "".join(tokens)))
    return Answer(words, reason, Usage(len(TOKEN.findall(request.text)), len(tokens)))


def _until(text: str, stops: tuple[str, ...]) -> tuple[str, StopReason]:
    found = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return (text[: min(found)], "stop_sequence") if found else (text, "end_turn")


@dataclass(frozen=True, slots=True)
class Task:
    """What is wanted: ``count`` pieces about ``subject``, or work on ``material``, the text that was given."""

    subject: str
    material: str
    count: int


def _say(request: ConverseRequest) -> str:
    prompt = request.prompt[:READ]
    tagged = {name: text.strip() for name, text in TAGGED.findall(prompt)}
    instruction = TAGGED.sub("", prompt)
    told = f"{instruction}\n{request.system[:READ]}"
    number = COUNT.search(told)
    task = Task(
        subject=tagged.get("topic") or _subject(instruction or prompt),
        material=max(tagged.values(), key=len, default=prompt),
        count=NUMBERS.get(number[1].lower()) or int(number[1]) if number else USUAL_COUNT,
    )
    wanted = VERB.search(told)
    return SAYS[wanted[0].lower()](task) if wanted else _talk(task)


def _subject(instruction: str) -> str:
    found = QUOTED.search(instruction) or ABOUT.search(instruction)
    subject = " ".join((found[1] if found else instruction).split())
    return subject if len(subject) <= LONGEST_SUBJECT else subject[:LONGEST_SUBJECT].rpartition(" ")[0] + " ..."


def _outline(task: Task) -> str:
    points = islice(cycle(ANGLES), task.count)
    return "\n".join(f"{number}. {point.format(task.subject)}" for number, point in enumerate(points, start=1))


def _draft(task: Task) -> str:
    points = POINT.findall(task.material) or [angle.format(task.subject) for angle in ANGLES[: task.count]]
    return " ".join(sentence.format(point.strip()) for sentence, point in zip(cycle(SENTENCES), points, strict=False))


def _review(task: Task) -> str:
    found = dict.fromkeys(word.strip(", ") for word in FILLERS.findall(task.material))
    return f"REVISE: cut {', '.join(found)}." if found else "APPROVED: there is nothing to cut."


def _revision(task: Task) -> str:
    return FILLERS.sub("", task.material)


def _summary(task: Task) -> str:
    return " ".join(re.findall(r"[^.!?]+[.!?]", _revision(task))[:1]).strip() or task.material


def _talk(task: Task) -> str:
    return " ".join(TALK).format(task.subject)


SAYS: Final[dict[str, Callable[[Task], str]]] = {
    "outline": _outline,
    "plan": _outline,
    "list": _outline,
    "draft": _draft,
    "write": _draft,
    "expand": _draft,
    "review": _review,
    "check": _review,
    "critique": _review,
    "revise": _revision,
    "polish": _revision,
    "improve": _revision,
    "edit": _revision,
    "rewrite": _revision,
    "shorten": _revision,
    "summarise": _summary,
    "summarize": _summary,
}
VERB: Final = re.compile(rf"\b({'|'.join(SAYS)})\b", re.IGNORECASE)
