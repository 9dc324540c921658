"""The AWS SDK as a client of the endpoint."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.config import Config


@pytest.fixture(scope="session")
def new_client() -> Iterator[Callable[[str], Any]]:
    """boto3's client for Lambda at an endpoint, with keys that mean nothing. It never tries twice."""

    with ExitStack() as stack:

        def make(endpoint_url: str) -> Any:
            keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
            config = Config(retries={"total_max_attempts": 1}, read_timeout=20)
            client = boto3.client("lambda", endpoint_url=endpoint_url, config=config, **keys)
            stack.callback(client.close)
            return client

        yield make
