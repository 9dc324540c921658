"""What the demo chat says. A real chat would ask a model, and a model can fail: before its first word, or on the way.

Nothing here waits, so it runs in the event loop. The client of a model that blocks belongs in a thread
(``starlette.concurrency.iterate_in_threadpool``).
"""

import re
import textwrap
from collections.abc import Iterator

from chat_protocol import Artifact

ANSWER = """\
A streamed answer begins before it is complete. The server sends each word as soon as it has it, \
and you read the first one while the last is still to come. Nothing gets faster: \
the whole takes just as long. But waiting turns into reading. \
One buffer on the way undoes all this, for it keeps every word until it holds the last.
"""

ARTIFACTS = [
    Artifact(
        title="Response streaming for Lambda functions",
        description="How a function streams, and its limits",
        uri="https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html",
    ),
    Artifact(
        title="AWS Lambda Web Adapter",
        description="The adapter that lets a web app run, and stream, on Lambda",
        uri="https://github.com/aws/aws-lambda-web-adapter",
    ),
]

FAIL_AT_ONCE = "fail at once"
FAIL_HALFWAY = "fail halfway"


class ModelError(Exception):
    """The model gives no answer, or no more of it. What it says is for the log."""


def words(query: str) -> Iterator[str]:
    """Ask; return the answer's words, as they come. Joined, they give the whole text.

    Raises ``ModelError`` at once when the query is "fail at once". When it is "fail halfway", the iterator raises it.
    """
    if query == FAIL_AT_ONCE:
        raise ModelError("It was asked to fail at once.")
    question = textwrap.shorten(query, width=60, placeholder=" ...")
    said: list[str] = re.findall(r"\S+\s*", f'You asked: "{question}"\n\n{ANSWER}')
    return _halfway(said) if query == FAIL_HALFWAY else iter(said)


def _halfway(said: list[str]) -> Iterator[str]:
    yield from said[: len(said) // 2]
    raise ModelError("It was asked to fail halfway.")
