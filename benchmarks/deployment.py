"""How long ``sam deploy`` of this project's stack takes, which is built, and whose time that is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from typing import Any, Final

from benchmarks.figures import Spec, Wanted
from benchmarks.measurement import Measurement
from benchmarks.workspace import PARAMETERS, STACK, Workspace
from lambdastream.errors import LocalAwsError

WHOLE: Final = "sam deploy, built"
OWN: Final = f"{WHOLE}: the local AWS's own work"
START_UP: Final = f"{WHOLE}: SAM's start-up"
REST: Final = f"{WHOLE}: SAM's packaging and polling"
SPECS: Final = (Spec(WHOLE, "s", Wanted("value", "<=", 8)), Spec(OWN, "s"), Spec(START_UP, "s"), Spec(REST, "s"))
PACKAGE: Final = re.compile(r"s3://([^/\s]+)/(\S+)")
PATIENCE_SECONDS: Final = 60.0
STEP_SECONDS: Final = 0.02


def measurement() -> Measurement[Workspace]:
    """One first deployment a round; then its parts.

    The local AWS's own work is the same deployment, of another name, by boto3: the package's upload, the change set and its
    execution. SAM's start-up is ``sam deploy --help``, which imports what ``sam deploy`` does; ``sam --version`` does not.
    """
    return Measurement(SPECS, _measure)


def _measure(workspace: Workspace) -> dict[str, float]:
    started = time.perf_counter()
    workspace.sam("deploy")
    whole = time.perf_counter() - started
    started = time.perf_counter()
    workspace.run("sam", "deploy", "--help")
    start_up = time.perf_counter() - started
    own = _deploy_without_sam(workspace)
    return {WHOLE: whole, OWN: own, START_UP: start_up, REST: whole - own - start_up}


def _deploy_without_sam(workspace: Workspace) -> float:
    """Deploy again what SAM has packaged, as another stack; returns how many seconds that takes."""
    with closing(workspace.client("cloudformation")) as cloudformation, closing(workspace.client("s3")) as s3:
        template = cloudformation.get_template(StackName=STACK, TemplateStage="Original")["TemplateBody"]
        found = PACKAGE.search(template)
        if found is None:
            raise LocalAwsError(f"The template of {STACK} names no package.", next_step="See what sam deploy uploads.")
        bucket, key = found.groups()
        package = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        started = time.perf_counter()
        s3.upload_fileobj(BytesIO(package), bucket, key)
        _deploy(cloudformation, f"{STACK}-by-boto3", template)
        return time.perf_counter() - started


def _deploy(cloudformation: Any, stack: str, template: str) -> None:
    change_set = cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName="bench",
        ChangeSetType="CREATE",
        TemplateBody=template,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()],
        Capabilities=["CAPABILITY_IAM"],
    )["Id"]
    _until_created(lambda: cloudformation.describe_change_set(ChangeSetName=change_set)["Status"])
    cloudformation.execute_change_set(ChangeSetName=change_set)
    _until_created(lambda: cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])


def _until_created(status: Callable[[], str]) -> None:
    """Ask until it says CREATE_COMPLETE. Raises ``LocalAwsError`` for any other end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (now := status()) != "CREATE_COMPLETE":
        if not now.endswith(("_IN_PROGRESS", "_PENDING")) or time.monotonic() > deadline:
            raise LocalAwsError(f"The deployment by boto3 is {now}.", next_step="See whether sam deploys it.")
        time.sleep(STEP_SECONDS)
