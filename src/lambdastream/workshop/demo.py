"""The two functions of the race: one app, once behind Mangum and once behind the Lambda Web Adapter."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from lambdastream.control import FunctionDescription, FunctionUrlConfig
from lambdastream.control.package import package
from lambdastream.control.project import Project
from lambdastream.runtime.interpreter import own_runtime

LAYER: Final = {
    "x86_64": "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27",
    "aarch64": "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerArm64:27",
}
RACE_PATH: Final = "stream/chat?query=Why%20does%20it%20stream%3F"


def build(project: Project) -> Path:
    """The chat app, built with its pinned requirements."""
    requirements = project.root / "requirements" / "chat.txt"
    return package(project.root / "app" / "chat", requirements=requirements, project=project)


def behind_mangum(built: Path) -> FunctionDescription:
    """The app behind Mangum and a BUFFERED function URL."""
    return FunctionDescription(
        name="preflight-mangum",
        code=built,
        handler="handler.handler",
        runtime=own_runtime(),
        memory=256,
        timeout=30,
        url=FunctionUrlConfig(auth_type="NONE", invoke_mode="BUFFERED"),
    )


def behind_lwa(built: Path) -> FunctionDescription:
    """The app behind the Lambda Web Adapter and a RESPONSE_STREAM function URL."""
    return FunctionDescription(
        name="preflight-lwa",
        code=built,
        handler="run.sh",
        runtime=own_runtime(),
        memory=256,
        timeout=30,
        environment={
            "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
            "AWS_LWA_INVOKE_MODE": "response_stream",
            "PORT": "8000",
        },
        layers=(LAYER[platform.machine()],),
        url=FunctionUrlConfig(auth_type="NONE", invoke_mode="RESPONSE_STREAM"),
    )
