"""Who may call a function URL with ``AuthType: AWS_IAM``: whoever signs with good keys, for Lambda in the function's region.

Sources: AWS Lambda developer guide, "Control access to Lambda function URLs"; what users of AWS report of its answers: a
request that is not signed gets ``Forbidden`` and the guide's address (awsdocs/aws-lambda-developer-guide, issue 494), one
whose signature is wrong the words that every AWS service has for it, under ``message`` (re:Post, "POST request to presigned
AWS Lambda Function URL with unsigned payload"); both are 403.

Chosen here, AWS documents nothing: every other fault of a signature is a 403 too, with the code of Lambda's API for it.
Policies are not evaluated: good keys may call. An event names the account's root as the caller, whoever's the keys are.
"""

from __future__ import annotations

from typing import Final

from lambdastream.doors.authentication import UNAVAILABLE, Authenticator
from lambdastream.doors.responses import json_response
from lambdastream.errors import SignatureError
from lambdastream.runtime.arn import ACCOUNT
from lambdastream.wire.caller import Caller
from lambdastream.wire.http_message import HttpRequest, HttpResponse
from lambdastream.wire.json_codec import encode_json
from lambdastream.wire.sigv4 import Claim

SERVICE: Final = "lambda"
UNSIGNED: Final = "MissingAuthenticationToken"
GUIDE: Final = "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
FORBIDDEN: Final = json_response(
    403,
    encode_json({"Message": f"Forbidden. For troubleshooting Function URL authorization issues, see: {GUIDE}"}),
    (("x-amzn-errortype", "AccessDeniedException"),),
)
ROOT: Final = f"arn:aws:iam::{ACCOUNT}:root"


async def authorize(authenticator: Authenticator, request: HttpRequest, region: str) -> Caller:
    """Return who signed this request to the URL of a function in ``region``. Raises ``SignatureError`` when nobody did."""
    return caller_of(await authenticator.admit(request, service=SERVICE, region=region))


def caller_of(claim: Claim) -> Caller:
    """Who an event names as the caller, of a claim that holds."""
    return Caller(claim.access_key_id, ACCOUNT, user_arn=ROOT, user_id=ACCOUNT)


def refusal(error: SignatureError) -> HttpResponse:
    """The answer to a request that is not let in."""
    if error.code == UNSIGNED:
        return FORBIDDEN
    message = f"{error.problem} {error.next_step}".strip()
    status = 503 if error.code == UNAVAILABLE else 403
    return json_response(status, encode_json({"message": message}), (("x-amzn-errortype", error.code),))
