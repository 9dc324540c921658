"""What moto lacks, one module a gap; importing a module closes its gap in this process.

Reading and running stacks: ``cloudformation_templates``, ``template_urls``, ``sam_transform``, ``dependencies``,
``parameter_rules``, ``stack_parameters``, ``stack_plan``, ``stack_events``, ``stack_execution``,
``long_deployments``, ``stacks``, ``change_sets``, ``outputs``, ``imports``, ``execute_api_names``, ``resource_types``,
``not_simulated``.

Resources: ``cloudformation_types`` (those without an effect here), ``lambda_functions``, ``function_urls``, ``layers``,
``lambda_versions``, ``logging_config``, ``http_apis``, ``rest_apis``, ``rest_api_body``, ``rest_api_methods``,
``log_groups``, ``ssm_parameters``.

What runs: ``function_deployment`` (functions reach the data plane), ``function_versions``,
``function_concurrency``, ``container_images``, ``container_registry`` (ECR). Credentials: ``session_credentials``,
``iam_roles``.

``patching`` is how. Each module says what moto lacks, and has a test that fails when moto learns it: then it can go.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

MODULES: Final = (
    "cloudformation_templates",
    "template_urls",
    "outputs",
    "stack_parameters",
    "stacks",
    "change_sets",
    "resource_types",
    "cloudformation_types",
    "logging_config",
    "function_deployment",
    "function_versions",
    "function_concurrency",
    "lambda_functions",
    "function_urls",
    "layers",
    "lambda_versions",
    "container_registry",
    "container_images",
    "http_apis",
    "rest_apis",
    "rest_api_methods",
    "log_groups",
    "ssm_parameters",
    "session_credentials",
    "iam_roles",
)


def close() -> None:
    """Close every gap in this process."""
    for module in MODULES:
        import_module(f"{__name__}.{module}")
