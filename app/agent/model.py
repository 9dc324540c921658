"""Asks the model. boto3 waits for each event, so it does that in a thread: the event loop serves others meanwhile."""

import logging
import os
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from fastapi.concurrency import iterate_in_threadpool, run_in_threadpool
from urllib3.exceptions import HTTPError

MODEL_ID = os.environ.get("BEDROCK_MODEL_ID", "global.amazon.nova-2-lite-v1:0")
MAX_TOKENS = 500  # of one answer; a longer one is cut
SETTINGS = Config(connect_timeout=5, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3})

BUSY = {"ThrottlingException", "throttlingException", "ServiceUnavailableException", "ModelNotReadyException"}


class ModelError(Exception):
    """The model gives no answer, or not the rest of one. The text is for whoever asked; the reason is in the log."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@cache
def client() -> Any:
    """Return the client, made at the first call. Threads may share it; only one may make it, so the event loop does."""
    return boto3.client("bedrock-runtime", config=SETTINGS)


def ask(bedrock: Any, system: str, prompt: str) -> Any:
    """Return the stream of the model's events. Each is waited for when it is asked for."""
    answer = bedrock.converse_stream(
        modelId=MODEL_ID,
        system=[{"text": system}],
        messages=[{"role": "user", "content": [{"text": prompt}]}],
        inferenceConfig={"maxTokens": MAX_TOKENS},
    )
    return answer["stream"]


async def pieces(system: str, prompt: str) -> AsyncIterator[str]:
    """Yield the answer piece by piece, as the model writes it. Raises ``ModelError``."""
    try:
        stream = await run_in_threadpool(ask, client(), system, prompt)
        try:
            async for event in iterate_in_threadpool(stream):
                if text := event.get("contentBlockDelta", {}).get("delta", {}).get("text"):
                    yield text
        finally:
            # A thread may be reading still: closing waits for it, so that is not for the event loop.
            await run_in_threadpool(stream.close)
    except (BotoCoreError, ClientError, HTTPError) as error:
        raise told(error) from error


def told(error: Exception) -> ModelError:
    """Return what whoever asked is told. AWS's own words may name accounts and roles: they go to the log alone."""
    logging.getLogger(__name__).warning("No answer from %s: %s", MODEL_ID, error)
    if isinstance(error, ClientError):
        if error.response["Error"]["Code"] in BUSY:
            return ModelError("The model is busy. Try again in a moment.", 503)
        return ModelError("The model failed to answer.", 502)
    return ModelError("The model cannot be reached, or stopped in the middle of its answer.", 502)
