"""What moto lacks, one module a gap; importing a module closes its gap in this process.

Reading and running stacks: ``cloudformation_templates``, ``template_urls``, ``sam_transform``, ``dependencies``,
``stack_plan``, ``stack_events``, ``stack_execution``, ``change_sets``, ``outputs``, ``execute_api_names``,
``resource_types``, ``not_simulated``.

Resources: ``cloudformation_types`` (those without an effect here), ``lambda_functions``, ``function_urls``, ``layers``,
``lambda_versions``, ``logging_config``, ``http_apis``, ``rest_apis``, ``log_groups``.

What runs: ``function_deployment`` (functions reach the data plane). Credentials: ``session_credentials``.

``patching`` is how. Each module says what moto lacks, and has a test that fails when moto learns it: then it can go.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

MODULES: Final = (
    "cloudformation_templates",
    "template_urls",
    "outputs",
    "change_sets",
    "resource_types",
    "cloudformation_types",
    "logging_config",
    "function_deployment",
    "lambda_functions",
    "function_urls",
    "layers",
    "lambda_versions",
    "http_apis",
    "rest_apis",
    "log_groups",
    "session_credentials",
)


def close() -> None:
    """Close every gap in this process."""
    for module in MODULES:
        import_module(f"{__name__}.{module}")
