"""Deploys a SAM template to a local AWS, by the unmodified ``sam``, and reads what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from lambdastream.control.deploy_destination import destination
from lambdastream.control.local_aws import connect
from lambdastream.control.logs import log_text
from lambdastream.control.profile import NAME, REGION
from lambdastream.control.project import Project
from lambdastream.control.sam_command import run_sam
from lambdastream.errors import FunctionNotFoundError, LocalAwsError, SetupError
from lambdastream.testing.sam_settings import write_settings

AGAIN: Final = "Mend that, then run the tests again."
FUNCTION: Final = "AWS::Lambda::Function"
# Nobody is to be asked for consent: this is no account.
CAPABILITIES: Final = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")


@dataclass(frozen=True, slots=True)
class SamStack:
    """A stack that is deployed: its outputs, and the names of its functions by their names in the template."""

    name: str
    outputs: dict[str, str]
    functions: dict[str, str]
    project: Project

    @classmethod
    def described(cls, cloudformation: Any, name: str, project: Project) -> Self:
        """Read the stack of a name with boto3's client."""
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        functions = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in resources
            if each["ResourceType"] == FUNCTION
        }
        return cls(name, outputs, functions, project)

    @property
    def urls(self) -> dict[str, str]:
        """The functions' URLs, each with a slash at its end, by the functions' names in the template."""
        status = {each["name"]: each["url"] for each in connect(self.project).status()["functions"]}
        return {name: status[function] for name, function in self.functions.items() if status.get(function)}

    def log(self, name: str) -> str:
        """Give a function's log, by its name in the template. Raises ``FunctionNotFoundError``."""
        if name not in self.functions:
            known = ", ".join(sorted(self.functions)) or "none"
            raise FunctionNotFoundError(f"The stack {self.name} has no function {name}.", next_step=f"It has: {known}.")
        return "".join(log_text(self.project, self.functions[name]))


def deploy_with_sam(
    template: Path,
    folder: Path,
    stack: str,
    *,
    environment: Mapping[str, str],
    endpoint: str,
    parameters: Mapping[str, str],
    build_options: Sequence[str] = (),
) -> None:
    """Run ``sam build`` and ``sam deploy`` with what is built, and all else that ``sam`` writes, in ``folder``.

    Raises ``SetupError`` with the end of what ``sam`` said, ``LocalAwsError`` when these variables lead anywhere but to the
    local AWS at ``endpoint``.
    """
    if not template.is_file():
        raise SetupError(
            f"There is no template {template}.",
            next_step="Name it: the setting lambdastream_template, from the folder where pytest's configuration is.",
        )
    refuse_elsewhere(environment, endpoint, folder)
    settings = write_settings(template.parent, folder)
    chosen = ("--config-file", str(settings), *_overrides(parameters))
    built = folder / "build"
    places = ("--build-dir", str(built), "--cache-dir", str(folder / "cache"))
    build = ("--template-file", str(template), *places, *chosen, *build_options)
    run_sam(template.parent, "build", *build, environment=environment, next_step=AGAIN)
    where = ("--profile", NAME, "--region", REGION, "--resolve-s3")
    quiet = ("--no-confirm-changeset", "--no-fail-on-empty-changeset", "--capabilities", *CAPABILITIES)
    named = ("--template-file", str(built / "template.yaml"), "--stack-name", stack)
    run_sam(folder, "deploy", *named, *where, *quiet, *chosen, environment=environment, next_step=AGAIN)


def refuse_elsewhere(environment: Mapping[str, str], endpoint: str, folder: Path) -> None:
    """Make sure, as boto3 itself works it out, that a deploy goes to this local AWS. Raises ``LocalAwsError``."""
    found = destination(environment, folder)
    if not found.is_local or found.endpoint != endpoint:
        raise LocalAwsError(f"Tests deploy to their own local AWS alone. {found}", next_step="Nothing was deployed.")


def _overrides(parameters: Mapping[str, str]) -> tuple[str, ...]:
    if not parameters:
        return ()
    escaped = {name: value.replace("\\", "\\\\").replace('"', '\\"') for name, value in parameters.items()}
    return ("--parameter-overrides", " ".join(f'{name}="{value}"' for name, value in escaped.items()))
