"""The ``samconfig.toml`` of a workspace: what ``sam`` takes when the command line does not say otherwise.

It names the interpreter and the processor of this machine: ``sam build`` without Docker builds for these.
"""

from __future__ import annotations

import platform
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
"""


def write(folder: Path, stack: str) -> None:
    """Write the file of a workspace, whose stack has this name."""
    parameters = " ".join(f"{name}={value}" for name, value in machine_parameters().items())
    (folder / NAME).write_text(TEXT.format(stack=stack, parameters=parameters), encoding="utf-8")


def machine_parameters() -> dict[str, str]:
    """The template's parameters that depend on this machine, and the open URLs that a lesson needs."""
    architecture = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return {"PythonRuntime": own_runtime(), "Architecture": architecture, "AuthType": "NONE"}
