"""Signs requests to a function URL or an API that asks for it (AuthType AWS_IAM), with the keys of the current profile."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any, Final

import httpx

from lambdastream.errors import SetupError

HOSTS: Final = (
    (re.compile(r"\.lambda-url\.([a-z0-9-]+)\.on\.aws$"), "lambda"),
    (re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$"), "execute-api"),
)
"""AWS's own addresses that name their service and region."""

CHOOSE: Final = 'Select a profile: eval "$(lambdastream env)" for the local AWS, or export AWS_PROFILE=NAME.'


class SignedByProfile(httpx.Auth):
    """Signature Version 4, as botocore makes it.

    ``service`` is ``lambda`` or ``execute-api``; by default what the address says, else ``lambda``. The region is the
    address's own, else the profile's. Raises ``SetupError``, when it signs, without keys or a region to sign for.
    """

    requires_request_body = True

    def __init__(self, service: str = "") -> None:
        # Before anything is measured: it takes longer than most answers.
        import boto3  # noqa: F401, PLC0415

        self._service = service
        self._session: Any = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as boto3

        try:
            self._sign(request)
        except BotoCoreError as error:
            raise SetupError(f"The request cannot be signed: {error}", next_step=CHOOSE) from error
        yield request

    def _sign(self, request: httpx.Request) -> None:
        import boto3  # noqa: PLC0415 - who signs nothing does without
        from botocore.auth import SigV4Auth  # noqa: PLC0415
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415

        self._session = self._session or boto3.Session()
        service, region = scope(request.url.host)
        region = region or self._session.region_name
        credentials = self._session.get_credentials()
        if credentials is None or not region:
            missing = "no region is set" if credentials else "no AWS keys are selected"
            raise SetupError(f"The request cannot be signed: {missing}.", next_step=CHOOSE)
        signed = AWSRequest(request.method, str(request.url), data=request.content)
        SigV4Auth(credentials, self._service or service, region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))


def scope(host: str) -> tuple[str, str]:
    """Give the service and the region that an address names: ``("lambda", "")`` when it names none."""
    for pattern, service in HOSTS:
        if found := pattern.search(host):
            return service, found[1]
    return "lambda", ""
