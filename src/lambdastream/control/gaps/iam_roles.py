"""``AWS::IAM::Role``: its policies, as they are created and as an update changes them; and AWS's own policies for any role.

moto forgets managed policies, keeps inline ones in a form that IAM cannot read out, and of an update takes the
description alone. AWS's own managed policies are attached by their ARN; what they allow is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, Role, iam_backends
from moto.utilities.utils import get_partition

from lambdastream.control.gaps.patching import wraps

LONGEST_SESSION: Final = 3600
AWS_MANAGED: Final = "arn:aws:iam::aws:policy/"
_OF_TEMPLATE: Final = "lambdastream_policies"


def _set_policies(backend: IAMBackend, role: Role, properties: Mapping[str, Any]) -> None:
    """Give a role the policies of its template. Those that others gave it stay, as ``AWS::IAM::Policy`` does."""
    inline = {policy["PolicyName"]: _text(policy["PolicyDocument"]) for policy in properties.get("Policies") or []}
    managed = {arn: _managed(backend, arn) for arn in properties.get("ManagedPolicyArns") or []}
    before: set[str] = vars(role).get(_OF_TEMPLATE, set())
    for gone in before - {*inline, *managed}:
        role.policies.pop(gone, None)
        role.managed_policies.pop(gone, None)
    role.policies.update(inline)
    role.managed_policies.update(managed)
    vars(role)[_OF_TEMPLATE] = {*inline, *managed}


def _managed(backend: IAMBackend, arn: str) -> ManagedPolicy:
    own = backend.managed_policies.get(arn)
    if own is not None:
        return own
    path, _, name = arn.partition(":policy")[2].rpartition("/")
    # moto's own classes leave methods of their base undone, and are made all the same.
    return AWSManagedPolicy(name, backend.account_id, "us-east-1", document="{}", path=f"{path}/")  # type: ignore[abstract]


@wraps(IAMBackend, "attach_role_policy")
def _attach(original: Any, backend: IAMBackend, policy_arn: str, role_name: str) -> None:
    """AWS's own are known too: every tutorial attaches one, and moto has none."""
    if policy_arn.startswith(AWS_MANAGED):
        backend.managed_policies.setdefault(policy_arn, _managed(backend, policy_arn))
    original(backend, policy_arn, role_name)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, default=str)


@wraps(Role, "create_from_cloudformation_json")
def _create(
    original: Any,
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Role:
    role: Role = original(resource_name, cloudformation_json, account_id, region_name, **kwargs)
    backend = iam_backends[account_id][get_partition(region_name)]
    _set_policies(backend, role, cloudformation_json["Properties"])
    return role


@wraps(Role, "update_from_cloudformation_json")
def _update(
    original: Any,
    original_resource: Role,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> Role:
    del original
    properties = cloudformation_json["Properties"]
    backend = iam_backends[account_id][get_partition(region_name)]
    if properties.get("RoleName", original_resource.name) != original_resource.name:
        made = _create_another(new_resource_name, cloudformation_json, account_id, region_name)
        original_resource.delete_from_cloudformation_json(original_resource.name, {}, account_id, region_name)
        return made
    role = backend.get_role(original_resource.name)
    backend.update_assume_role_policy(role.name, _text(properties["AssumeRolePolicyDocument"]))
    role.description = properties.get("Description", "")
    role.max_session_duration = properties.get("MaxSessionDuration", LONGEST_SESSION)
    role.permissions_boundary_arn = properties.get("PermissionsBoundary") or None
    _set_policies(backend, role, properties)
    return role


def _create_another(name: str, definition: dict[str, Any], account_id: str, region_name: str) -> Role:
    named = definition["Properties"].get("RoleName") or name
    made: Role = Role.create_from_cloudformation_json(named, definition, account_id, region_name)
    return made


@wraps(Role, "delete_from_cloudformation_json")
def _delete(
    original: Any, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
) -> None:
    # IAM refuses to delete a role that has policies; CloudFormation detaches them.
    role = iam_backends[account_id][get_partition(region_name)].get_role(resource_name)
    role.managed_policies.clear()
    original(resource_name, cloudformation_json, account_id, region_name)
