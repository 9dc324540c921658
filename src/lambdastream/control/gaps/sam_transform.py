"""The SAM transform: ``Transform: AWS::Serverless-2016-10-31``.

moto ignores it, and skips every ``AWS::Serverless::*`` resource: an empty stack, reported as a success. Here
aws-sam-translator, which is what AWS runs, expands the template; what it refuses is CloudFormation's 400.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from moto.cloudformation.exceptions import ValidationError

SAM: Final = "AWS::Serverless-2016-10-31"


def expand(template: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The template after its transforms. Raises CloudFormation's ``ValidationError`` for what a transform refuses."""
    declared = template.get("Transform") or []
    names = [declared] if isinstance(declared, str) else declared
    for name in names:
        if name != SAM:
            raise ValidationError(message=f"No transform named {name} found: lambdastream has {SAM} alone.")
    return _expand_sam(template, parameters) if names else template


def _expand_sam(template: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    # It takes a second to import, and not every stack needs it.
    from samtranslator.model.exceptions import InvalidDocumentException  # noqa: PLC0415
    from samtranslator.translator.transform import transform  # noqa: PLC0415

    # It changes what it is given, and compares with what JSON holds: dates of YAML become text.
    plain = json.loads(json.dumps(template, default=str))
    try:
        expanded = transform(plain, dict(parameters), ManagedPolicies())
    except InvalidDocumentException as error:
        words = " ".join((error.message, *(cause.message for cause in error.causes)))
        raise ValidationError(message=f"Transform {SAM} failed with: {words}") from error
    result: dict[str, Any] = json.loads(json.dumps(expanded, default=str))
    return result


class ManagedPolicies:
    """AWS's managed policies by name, as aws-sam-translator ships them (it would ask IAM for them otherwise)."""

    def load(self) -> dict[str, str]:
        data = resources.files("samtranslator").joinpath("internal/data/aws_managed_policies.json")
        policies: dict[str, str] = json.loads(data.read_text(encoding="utf-8"))["aws"]
        return policies
