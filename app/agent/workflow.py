"""The agent: a workflow of prompts. Each step's answer is a part of a later step's prompt."""

from operator import or_
from typing import Annotated, TypedDict
from xml.sax.saxutils import escape

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

import model

OUTLINE = "You outline short articles. Answer with exactly three numbered points of a few words each, and nothing else."
DRAFT = (
    "You write short articles. Turn the outline into one paragraph, a sentence for each point. Answer with it alone."
)
REVIEW = (
    "You review drafts. If words can go without loss, answer with REVISE and, on the same line, these words. "
    "Else answer with APPROVED."
)
REVISION = "You revise drafts. Leave out what the review says, change nothing else, and answer with the draft alone."


class State(TypedDict):
    """What the steps know: the topic, and the results so far. Each step adds its own."""

    results: Annotated[dict[str, str], or_]


def prompt(state: State, *names: str) -> str:
    """Put results between tags, so that the model takes them for material, not for instructions."""
    return "\n".join(f"<{name}>{escape(state['results'][name])}</{name}>" for name in names)


def verdict(state: State) -> str:
    """Say where the review leads: to a revision, or to the end."""
    return "revision" if state["results"]["review"].lstrip().startswith("REVISE") else END


async def answer(state: State, name: str, system: str, *reads: str) -> State:
    """Ask the model about some results, and tell each piece of its answer while it writes. Return the whole."""
    tell = get_stream_writer()
    text = ""
    async for piece in model.pieces(system, prompt(state, *reads)):
        tell({"step": name, "text": piece})
        text += piece
    return {"results": {name: text}}


async def outline(state: State) -> State:
    """Outline the article."""
    return await answer(state, "outline", OUTLINE, "topic")


async def draft(state: State) -> State:
    """Write it."""
    return await answer(state, "draft", DRAFT, "outline")


async def review(state: State) -> State:
    """Say what is wrong with it."""
    return await answer(state, "review", REVIEW, "draft")


async def revision(state: State) -> State:
    """Put it right."""
    return await answer(state, "revision", REVISION, "draft", "review")


graph = StateGraph(State)
for node in (outline, draft, review, revision):
    graph.add_node(node)
graph.add_edge(START, "outline")
graph.add_edge("outline", "draft")
graph.add_edge("draft", "review")
graph.add_conditional_edges("review", verdict, ["revision", END])
graph.add_edge("revision", END)
workflow = graph.compile()
