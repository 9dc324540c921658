"""Who may call an operation, as an API's OpenAPI body says it: everyone, or who signs. Anything else is refused by name.

Sources: Amazon API Gateway developer guide, "OpenAPI extensions for API Gateway" (``x-amazon-apigateway-authtype``,
``x-amazon-apigateway-auth``); what ``aws-sam-translator`` writes. Chosen here: a document's own ``security`` holds for
operations that have none, as OpenAPI has it; AWS documents nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lambdastream.doors.api_routes import Authorization
from lambdastream.errors import DescriptionError

AUTH: Final = "x-amazon-apigateway-auth"
AUTH_TYPE: Final = "x-amazon-apigateway-authtype"
SIGV4: Final = "awssigv4"
NONE: Final = "NONE"
AWS_IAM: Final = "AWS_IAM"


def authorization(body: Mapping[str, Any], operation: Mapping[str, Any], where: str) -> Authorization:
    """Return who may call an ``operation`` of ``body``; ``where`` names it.

    Raises ``DescriptionError`` for an authorizer that is not simulated, and for an API key.
    """
    required = {name for requirement in _requirements(body, operation) for name in requirement} - {NONE}
    kind = str((operation.get(AUTH) or {}).get("type", NONE)).upper()
    others = required - set(_signing_schemes(body)) | ({kind} - {NONE, AWS_IAM})
    if others:
        raise DescriptionError(
            f"{where}: authorization by {', '.join(sorted(others))} is not simulated.",
            next_step="AWS_IAM is. Leave other Auth out locally, by a condition, or deploy to AWS.",
        )
    return "AWS_IAM" if required or kind == AWS_IAM else "NONE"


def _requirements(body: Mapping[str, Any], operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((operation if "security" in operation else body).get("security") or ())


def _signing_schemes(body: Mapping[str, Any]) -> Iterator[str]:
    """The names of the schemes that mean a signature: OpenAPI 3 has them among its components, OpenAPI 2 has not."""
    components = (body.get("components") or {}).get("securitySchemes") or {}
    for name, scheme in {**components, **(body.get("securityDefinitions") or {})}.items():
        if str(scheme.get(AUTH_TYPE, "")).lower() == SIGV4:
            yield name
