"""The ``samconfig.toml`` of a workspace: what ``sam`` takes when the command line does not say otherwise.

It names the interpreter and the processor of this machine: ``sam build`` without Docker builds for these.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lambdastream.runtime.interpreter import own_runtime

NAME: Final = "samconfig.toml"
TEXT: Final = """\
# What "sam" takes when the command line does not say otherwise. Written when the notebook opens its workspace.
version = 0.1

[default.global.parameters]
stack_name = "{stack}"
parameter_overrides = "{parameters}"

[default.validate.parameters]
lint = true

[default.build.parameters]
cached = true

[default.deploy.parameters]
capabilities = "CAPABILITY_IAM"
resolve_s3 = true
confirm_changeset = false
fail_on_empty_changeset = false
no_prompts = true  # for "sam delete", which reads this section
{more}"""


def write(
    folder: Path, stack: str, *, parameters: Mapping[str, str] | None = None, deploy: Mapping[str, str] | None = None
) -> None:
    """Write the file of a workspace, whose stack has this name.

    ``parameters`` are the template's, by default a lesson's; ``deploy`` is what ``sam deploy`` takes besides.
    """
    values = lesson_parameters() if parameters is None else parameters
    overrides = " ".join(f"{name}={value}" for name, value in values.items())
    more = "".join(f'{name} = "{value}"\n' for name, value in (deploy or {}).items())
    (folder / NAME).write_text(TEXT.format(stack=stack, parameters=overrides, more=more), encoding="utf-8")


def lesson_parameters() -> dict[str, str]:
    """The template's parameters in a lesson. Its template may not have them all yet: ``sam`` leaves out the others."""
    return machine_parameters() | {"StreamingApi": "yes"}


def machine_parameters() -> dict[str, str]:
    """The template's parameters that depend on this machine, and those that open the URLs, with the word for it."""
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return {
        "PythonRuntime": own_runtime(),
        "Architecture": architecture,
        "AuthType": "NONE",
        "OpenToEveryone": "at-my-expense",
    }
