"""Templates are read safely and fast.

moto reads a template with PyYAML's full loader, which runs code that a template names (``!!python/object/apply``), and
which takes seconds for the JSON that the SAM transform makes. Here JSON is read as JSON, all else by the safe loader
of aws-sam-translator, which knows CloudFormation's short forms too (``!GetAtt A.B.C``, ``!Sub`` with a list).
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from moto.cloudformation import models, responses
from moto.cloudformation.exceptions import ValidationError
from moto.core.responses import ActionResult

from lambdastream.control.gaps.patching import replaces


@replaces(models.Stack, "parse_template")
def read_template(template: str) -> dict[str, Any]:
    """A template from its text, in YAML or JSON. Raises CloudFormation's ``ValidationError``."""
    try:
        read = _read(template)
    except (yaml.YAMLError, ValueError) as error:
        raise ValidationError(message=f"Template format error: {error}") from error
    if not isinstance(read, dict):
        raise ValidationError(message="Template format error: unsupported structure.")
    if not isinstance(read.get("Resources"), dict) or not read["Resources"]:
        raise ValidationError(message="Template format error: At least one Resources member must be defined.")
    return read


def _read(template: str) -> Any:
    try:
        return json.loads(template)
    except ValueError:
        from samtranslator.yaml_helper import yaml_parse  # noqa: PLC0415 - it takes a second

        return yaml_parse(template)


models.Stack.parse_template = staticmethod(read_template)  # type: ignore[method-assign]


@replaces(models.ChangeSet, "_parse_template")
def _parse_template(self: models.ChangeSet) -> None:
    self.template_dict = read_template(self.template)


@replaces(responses, "get_template_summary_response_from_template")
def template_summary(template_body: str) -> dict[str, Any]:
    """What GetTemplateSummary answers."""
    template = read_template(template_body)
    parameters = template.get("Parameters") or {}
    return {
        **template,
        "Version": template.get("AWSTemplateFormatVersion"),
        "ResourceTypes": sorted({resource["Type"] for resource in template["Resources"].values()}),
        "Parameters": [_parameter(name, declared) for name, declared in parameters.items()],
    }


@replaces(responses.CloudFormationResponse, "validate_template")
def _validate_template(self: responses.CloudFormationResponse) -> ActionResult:
    url = self._get_param("TemplateURL")
    template = read_template(self._get_stack_from_s3_url(url) if url else self._get_param("TemplateBody"))
    transforms = template.get("Transform") or []
    return ActionResult(
        {
            "Description": template.get("Description", ""),
            "Parameters": [_parameter(name, it) for name, it in (template.get("Parameters") or {}).items()],
            "Capabilities": [],
            "DeclaredTransforms": [transforms] if isinstance(transforms, str) else transforms,
        }
    )


def _parameter(name: str, declared: dict[str, Any]) -> dict[str, Any]:
    constraints = {"AllowedValues": declared["AllowedValues"]} if "AllowedValues" in declared else {}
    return {
        "ParameterKey": name,
        "Description": declared.get("Description", ""),
        "DefaultValue": declared.get("Default"),
        "NoEcho": declared.get("NoEcho", False),
        "ParameterType": declared.get("Type", "String"),
        "ParameterConstraints": constraints,
    }
