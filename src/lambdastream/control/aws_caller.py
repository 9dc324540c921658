"""Who AWS tools are with the variables of this process, as boto3 itself works it out; a program of its own.

``python aws_caller.py '{"profile": "", "region": ""}'`` prints a JSON object: ``profile``, ``region``, ``method`` (where
the credentials come from, as botocore names it), ``endpoints`` (a service's name -> its address) and, when all of them are
AWS's own, ``account`` from STS GetCallerIdentity. What goes wrong is told as ``error``, the name of botocore's error, and
``problem``. A profile or a region that is given wins over the variables, as ``sam --profile`` does.

It imports nothing of this package, so that another process can run it with the variables that it asks about.
"""

from __future__ import annotations

import gc
import json
import sys
from typing import Any, Final
from urllib.parse import urlsplit

SERVICES: Final = ("cloudformation", "s3", "lambda", "iam", "logs", "sts")
AWS_DOMAINS: Final = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")
CONNECT: Final = 3
READ: Final = 5


def is_aws(url: str) -> bool:
    """Whether an address is one of AWS's own."""
    return (urlsplit(url).hostname or "").endswith(AWS_DOMAINS)


def caller(profile: str, region: str) -> dict[str, Any]:
    """What a program with these variables is to AWS. Nobody is asked unless all of the endpoints are AWS's own."""
    import boto3  # noqa: PLC0415 - 0.3 s that who imports is_aws alone does without
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    told: dict[str, Any] = {"profile": profile, "region": region, "method": "", "endpoints": {}, "account": ""}
    try:
        session = boto3.Session(profile_name=profile or None, region_name=region or None)
        told |= {"profile": session.profile_name, "region": session.region_name or ""}
        credentials = session.get_credentials()
        told["method"] = credentials.method if credentials else ""
        config = Config(connect_timeout=CONNECT, read_timeout=READ, retries={"total_max_attempts": 1})
        endpoints = {name: session.client(name, config=config).meta.endpoint_url for name in SERVICES}
        told["endpoints"] = endpoints
        if all(map(is_aws, endpoints.values())):
            told["account"] = session.client("sts", config=config).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError, ValueError) as error:
        told |= {"error": _code(error), "problem": str(error)}
    return told


def _code(error: Exception) -> str:
    """A service's own code of its error, else the error's name."""
    answer = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code") or type(error).__name__)


if __name__ == "__main__":
    # A short life, and the descriptions of six services: to look for garbage in them takes a tenth of it.
    gc.disable()
    print(json.dumps(caller(**json.loads(sys.argv[1]))))
