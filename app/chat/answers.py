"""What the demo chat says. A real chat would ask a model."""

import re
import textwrap

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


def words(query: str) -> list[str]:
    """Return the answer to a query, word by word; joined, the words give the whole text."""
    question = textwrap.shorten(query, width=60, placeholder=" ...")
    return re.findall(r"\S+\s*", f'You asked: "{question}"\n\n{ANSWER}')
