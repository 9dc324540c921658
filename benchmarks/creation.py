"""How long boto3 needs from ``create_function`` to the first streamed byte at the function's URL."""

from __future__ import annotations

import json
import shutil
import time
import uuid
import zipfile
from contextlib import closing
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from benchmarks.apps import measured_app
from benchmarks.figures import Spec, Wanted
from benchmarks.http_client import Connection
from benchmarks.local_aws import address
from benchmarks.measurement import Measurement
from benchmarks.uvicorn_alone import uvicorn_alone
from benchmarks.workspace import Workspace
from lambdastream.control import FunctionDescription
from lambdastream.control.archive import unpack
from lambdastream.control.project import Project

NAME: Final = "boto3 create_function, until the first streamed byte"
OWN_START: Final = f"{NAME}: the app's own start"
SPECS: Final = (Spec(NAME, "s", Wanted("value", "<=", 1.5)), Spec(OWN_START, "s"))
ROLE: Final = "bench"
TRUST: Final = {"Version": "2012-10-17", "Statement": []}
TARGET: Final = "/chunks?count=1000&size=16"


def measurement(project: Project) -> Measurement[Workspace]:
    """One function a round: the app that streams, behind the adapter, as a package that was never uploaded before.

    The app is built in ``project``. Raises ``LambdastreamError``.
    """
    return Measurement(SPECS, partial(_measure, measured_app(project)))


def _measure(app: FunctionDescription, workspace: Workspace) -> dict[str, float]:
    archive = _archive(app.code)
    with closing(workspace.client("iam")) as iam, closing(workspace.client("lambda")) as lambda_:
        role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        started = time.perf_counter()
        url = _create(lambda_, app, archive, role)
        with Connection(address(url)) as connection:
            sent = time.perf_counter()
            answer = connection.request(TARGET)
        lambda_.delete_function(FunctionName=app.name)
    return {NAME: sent - started + answer.first_byte_at, OWN_START: _own_start(app, archive, workspace)}


def _own_start(app: FunctionDescription, archive: bytes, workspace: Workspace) -> float:
    """Seconds that the same package takes by itself until it listens. Most of them Python compiles its modules."""
    code = workspace.folder / "package"
    unpack(archive, code)
    started = time.perf_counter()
    with uvicorn_alone(replace(app, code=code), workspace.folder, workspace.watchdog):
        taken = time.perf_counter() - started
    shutil.rmtree(code)
    return taken


def _create(lambda_: Any, app: FunctionDescription, archive: bytes, role: str) -> str:
    """Make the function and its URL, which streams; returns the URL."""
    lambda_.create_function(
        FunctionName=app.name,
        Code={"ZipFile": archive},
        Handler=app.handler,
        Runtime=app.runtime,
        Role=role,
        Environment={"Variables": dict(app.environment)},
        Layers=list(app.layers),
        MemorySize=app.memory,
        Timeout=int(app.timeout),
    )
    config = lambda_.create_function_url_config(FunctionName=app.name, AuthType="NONE", InvokeMode="RESPONSE_STREAM")
    return str(config["FunctionUrl"])


def _archive(folder: Path) -> bytes:
    """The package, like no other before. Without compiled modules, as ``sam build`` makes it."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("unique.txt", uuid.uuid4().hex)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, path.relative_to(folder))
    return target.getvalue()
