"""The checks of notebook 07: a policy of least privilege, a template to mend, what an invocation costs."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from lambdastream.workshop.exercise import NotYet, check

ACTIONS: Final = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")

STREAMS: Final = {
    "Handler: run.sh": "its script",
    "layer:LambdaAdapterLayer": "the adapter's layer",
    "AWS_LWA_INVOKE_MODE: response_stream": "the adapter's mode",
    "FunctionUrlConfig:": "its function URL",
    "AuthType: NONE": "the AuthType that lets everyone in",
}
"""What the mended template still has, and what to call it."""

# In dollars, as the exercise gives them.
GB_SECOND: Final = 0.0000166667
REQUEST: Final = 0.20 / 1_000_000


@check
def may_call(statement: Mapping[str, Any], arn: str) -> str:
    """Exercise 1: the statement allows both actions that a function URL needs, on this function, and nothing else."""
    if statement.get("Effect") != "Allow":
        raise NotYet("The statement allows nothing.", 'Its Effect is "Allow".')
    if "Principal" in statement:
        raise NotYet("A person's policy names no Principal.", "A Principal stands in the policy of a resource.")
    _check_actions(_listed(statement.get("Action")))
    if _listed(statement.get("Resource")) != [arn]:
        raise NotYet("It allows more, or another function, than the one it is about.", "The Resource is its ARN.")
    return "Two actions, one function, and nothing else."


def _listed(value: object) -> list[object]:
    """A policy's element, which may be one text or a list of them."""
    return value if isinstance(value, list) else [value]


def _check_actions(actions: list[object]) -> None:
    if wild := [action for action in actions if "*" in str(action)]:
        raise NotYet(
            f"{wild[0]} allows much more than a call.",
            "Which two actions does the template allow to everyone when AuthType is NONE?",
        )
    if missing := [action for action in ACTIONS if action not in actions]:
        raise NotYet(f"{missing[0]} is missing: the URL would say 403.", "Since October 2025 a URL needs two actions.")
    if more := [action for action in actions if action not in ACTIONS]:
        raise NotYet(f"A call does not need {more[0]}.")


@check
def mended(template: str) -> str:
    """Exercise 2: the lint is silent, and what it lints is still a function that streams to everyone."""
    from lambdastream.lint import lint  # noqa: PLC0415 - it takes seconds, and the other checks need none of it

    # Here, since CodeUri is relative to the template's folder.
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=Path.cwd(), encoding="utf-8") as file:
        file.write(template)
        file.flush()
        findings = lint(Path(file.name))
    if findings:
        first = findings[0]
        raise NotYet(
            f"The lint has {len(findings)} to tell. The first, in line {first.line}: {first.rule}", first.message
        )
    plain = template.replace('"', "").replace("'", "")
    if gone := [name for text, name in STREAMS.items() if text not in plain]:
        raise NotYet(f"The lint is silent, but the template has lost {gone[0]}.", "Mend what is wrong, keep the rest.")
    return "The lint is silent, and it streams."


@check
def cost(work: Callable[[str], float]) -> str:
    """Exercise 3: the request and the billed time, in GB-seconds, of a REPORT line."""
    for billed, memory in ((1000, 1024), (2344, 256), (1, 10240)):
        right = REQUEST + billed / 1000 * memory / 1024 * GB_SECOND
        told = work(report(billed, memory))
        if not math.isclose(told, right, rel_tol=1e-6):
            raise NotYet(
                f"{billed} ms with {memory} MB cost ${right:.10f}, and you say ${told:.10f}.",
                _hint(told, billed, memory),
            )
    return f"A million chats of 2.3 seconds cost ${1e6 * work(report(2344, 256)):.2f}."


def report(billed: int, memory: int) -> str:
    """A REPORT line of a warm start, as Lambda writes it. It took almost as long as is billed."""
    return (
        f"REPORT RequestId: 8fda7311-e70b-4cb4-9f2e-00287c3acb0a\tDuration: {billed - 0.4:.2f} ms\t"
        f"Billed Duration: {billed} ms\tMemory Size: {memory} MB\tMax Memory Used: 61 MB\t\n"
    )


def _hint(told: float, billed: int, memory: int) -> str:
    time_alone = billed / 1000 * memory / 1024 * GB_SECOND
    mistakes = {
        REQUEST: "That is the request. The time comes on top: seconds times GB times the price of a GB-second.",
        time_alone: "That is the time. The request comes on top.",
        REQUEST + time_alone * 1.024: "A GB has 1024 MB here.",
        REQUEST + (billed - 0.4) / 1000 * memory / 1024 * GB_SECOND: "Billed Duration counts, not Duration.",
        REQUEST + billed / 1000 * 61 / 1024 * GB_SECOND: "What is reserved counts, Memory Size, not what was used.",
        REQUEST + time_alone * 1000: "The line has milliseconds, the price is for seconds.",
        REQUEST + time_alone * 1024: "The line has MB, the price is for GB.",
    }
    close = [hint for wrong, hint in mistakes.items() if math.isclose(told, wrong, rel_tol=1e-6)]
    return close[0] if close else "Seconds times GB times the price of a GB-second, and the request on top."
