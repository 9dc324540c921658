"""Signs requests to a function URL that asks for it (AuthType AWS_IAM), with the keys of the current profile."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import httpx


class SignedByProfile(httpx.Auth):
    """Signature Version 4, as botocore makes it, for the service ``lambda``."""

    requires_request_body = True

    def __init__(self) -> None:
        import boto3  # noqa: PLC0415 - it takes a moment

        session = boto3.Session()
        self._credentials: Any = session.get_credentials()
        self._region = session.region_name

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        from botocore.auth import SigV4Auth  # noqa: PLC0415
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415

        signed = AWSRequest(request.method, str(request.url), data=request.content)
        SigV4Auth(self._credentials, "lambda", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request
