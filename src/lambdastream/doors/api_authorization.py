"""Who may call a route of an API with AWS_IAM authorization: whoever signs with good keys, for API Gateway in its region.

Sources: Amazon API Gateway developer guide, "Gateway response types" (each refusal of a REST API is a 403) and "Controlling
access to HTTP APIs with IAM authorization"; what AWS re:Post says of a REST API's answers ("Troubleshoot signature
mismatch errors"): ``Missing Authentication Token`` for a request that is not signed, else the words that every AWS service
has for the fault.

Chosen here, AWS documents nothing: that an HTTP API says ``Forbidden`` whatever is wrong with a signature, and which error
types a REST API names besides. Policies are not evaluated: good keys may call.
"""

from __future__ import annotations

from typing import Final

from lambdastream.doors.api_responses import GatewayError, GatewayErrors
from lambdastream.doors.authentication import UNAVAILABLE, Authenticator
from lambdastream.doors.url_authorization import UNSIGNED, caller_of
from lambdastream.errors import SignatureError
from lambdastream.wire.caller import Caller
from lambdastream.wire.http_message import HttpRequest, HttpResponse

SERVICE: Final = "execute-api"
REASON: Final = "x-lambdastream-reason"
"""The header, ours alone, that tells what is wrong with a signature: an HTTP API's answer does not."""


async def authorize(authenticator: Authenticator, request: HttpRequest, region: str) -> Caller:
    """Return who signed this request to an API in ``region``. Raises ``SignatureError`` when nobody did."""
    return caller_of(await authenticator.admit(request, service=SERVICE, region=region))


def refusal(error: SignatureError, errors: GatewayErrors) -> HttpResponse:
    """The answer to a request that is not let in, in the words of this type of API."""
    message = f"{error.problem} {error.next_step}".strip()
    reason = ((REASON, message.encode("ascii", "backslashreplace").decode()),)
    if error.code == UNAVAILABLE:
        return GatewayError(503, message).response(reason)
    if error.code == UNSIGNED or not errors.names_faults:
        return errors.unsigned.response(reason)
    return GatewayError(403, message, error.code).response(reason)
