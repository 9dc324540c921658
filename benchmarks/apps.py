"""The two apps, built once and described as functions behind the Lambda Web Adapter."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from lambdastream.control import FunctionDescription, FunctionUrlConfig, package
from lambdastream.control.project import Project
from lambdastream.runtime.interpreter import own_runtime

APP: Final = Path(__file__).with_name("app")
LAYER: Final = {
    "x86_64": "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27",
    "aarch64": "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerArm64:27",
}
TIMEOUT_SECONDS: Final = 60


def measured_app(project: Project) -> FunctionDescription:
    """The app that is measured. Raises ``LambdastreamError``."""
    return _behind_lwa("bench-app", APP, project)


def chat(project: Project) -> FunctionDescription:
    """The project's own chat app. Raises ``LambdastreamError``."""
    return _behind_lwa("bench-chat", project.root / "app" / "chat", project)


def _behind_lwa(name: str, source: Path, project: Project) -> FunctionDescription:
    """The app in ``source``, with the requirements that both have in common, as a function that streams."""
    return FunctionDescription(
        name=name,
        code=package(source, requirements=project.root / "requirements" / "chat.txt", project=project),
        handler="run.sh",
        runtime=own_runtime(),
        memory=256,
        timeout=TIMEOUT_SECONDS,
        environment={
            "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
            "AWS_LWA_INVOKE_MODE": "response_stream",
            "PORT": "8000",
        },
        layers=(LAYER[platform.machine()],),
        url=FunctionUrlConfig(auth_type="NONE", invoke_mode="RESPONSE_STREAM"),
    )
