"""The checks of notebook 11: where a stage is part of the address, and what goes with a body behind CloudFront."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from lambdastream.workshop.exercise import NotYet, check

# What Lambda's request contexts hold of stage and path: payload 1.0 has the path at the top, 2.0 under "http" (AWS API
# Gateway developer guides, "Lambda proxy integrations"). A custom domain leads to a stage without naming it.
CONTEXTS: Final[tuple[tuple[str, Mapping[str, Any], str, str], ...]] = (
    ("a REST API, /prod/tasks", {"stage": "prod", "path": "/prod/tasks"}, "/prod",
     "The stage is in the context, and so is the path as the client wrote it."),
    ("a REST API, /prod", {"stage": "prod", "path": "/prod"}, "/prod",
     "Nothing has to follow the stage."),
    ("a function URL, /tasks", {"stage": "$default", "http": {"path": "/tasks"}}, "",
     "$default is a stage that stands in no address."),
    ("an HTTP API with a stage, /beta/tasks", {"stage": "beta", "http": {"path": "/beta/tasks"}}, "/beta",
     "Payload 2.0 keeps the path elsewhere: under http."),
    ("a REST API with a domain of its own, /tasks", {"stage": "prod", "path": "/tasks"}, "",
     "The path does not begin with the stage, so the address does not either."),
    ("a REST API with a domain of its own, /production", {"stage": "prod", "path": "/production"}, "",
     "/production begins with the letters of /prod. But a slash, or the end, has to follow."),
    ("no Lambda at all", {}, "", "uvicorn on a laptop sends no context."),
)  # fmt: skip


@check
def stage_path(function: Callable[[Mapping[str, Any]], str]) -> str:
    """Exercise 1: the stage's path where it is part of the address, and nothing elsewhere."""
    for name, context, expected, hint in CONTEXTS:
        said = function(context)
        if said != expected:
            raise NotYet(f"For {name}, the root path is {expected!r}, and you say {said!r}.", hint)
    return "The app knows its address, whichever door the request came through."


HASH: Final = "x-amz-content-sha256"
POSTED: Final[tuple[Any, ...]] = ({"query": "Why is it streamed?"}, {"query": "Grüße, wozu?"}, ["a", 1, None], {})


@check
def sealed(function: Callable[[Any], tuple[bytes, Mapping[str, str]]]) -> str:
    """Exercise 2: the body as bytes, and headers with its hash, for what is posted as JSON."""
    for data in POSTED:
        body, given = function(data)
        headers = {name.lower(): value for name, value in given.items()}
        _is_json(body, data, headers)
        _is_its_hash(body, headers)
    return "CloudFront signs the hash, and Lambda finds that the body has it."


def _is_json(body: object, data: object, headers: Mapping[str, str]) -> None:
    if not isinstance(body, bytes):
        raise NotYet(f"A body is bytes. You return a {type(body).__name__}.", "json.dumps gives text: encode it.")
    if json.loads(body) != data:
        raise NotYet(f"The body is {body!r}, and not the JSON of {data!r}.")
    if not headers.get("content-type", "").startswith("application/json"):
        raise NotYet("The headers do not say that it is JSON.", "content-type: application/json")


def _is_its_hash(body: bytes, headers: Mapping[str, Any]) -> None:
    if HASH not in headers:
        raise NotYet(
            f"The header {HASH} is missing: Lambda would say 403.", "hashlib.sha256 takes bytes, hexdigest gives text."
        )
    right, said = hashlib.sha256(body), headers[HASH]
    if said == right.hexdigest():
        return
    if said == hashlib.sha256(b"").hexdigest():
        hint = "That is the hash of an empty body."
    elif said == right.digest() or len(said) != len(right.hexdigest()):
        hint = "It is 64 hexadecimal digits, as text: hexdigest."
    else:
        hint = "Hash the bytes that you send. JSON made twice may have other spaces, or other letters."
    raise NotYet(f"The hash of {body!r} is not {said!r}.", hint)
