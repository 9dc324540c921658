"""How long a changed line of code takes to be live again: ``sam build``, ``sam deploy``, and the URL's new answer."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Final

import httpx

from benchmarks.figures import Spec, Wanted
from benchmarks.measurement import Measurement
from benchmarks.workspace import STACK, Workspace
from lambdastream.errors import LocalAwsError

LIVE: Final = "a changed line, until it is live"
BUILD: Final = f"{LIVE}: sam build"
SPECS: Final = (Spec(LIVE, "s", Wanted("value", "<=", 15)), Spec(BUILD, "s"))
SOURCE: Final = "app/chat/main.py"
OUTPUT: Final = "ChatLwaUrl"
PATIENCE_SECONDS: Final = 30.0
STEP_SECONDS: Final = 0.02


def measurement() -> Measurement[Workspace]:
    """One change a round to what the app behind the adapter says at ``/``, while the deployed one runs."""
    return Measurement(SPECS, _measure)


def _measure(workspace: Workspace) -> dict[str, float]:
    url = _url(workspace)
    before = _greeting(url)
    after = f"{before}!"
    _edit(workspace, before, after)
    started = time.perf_counter()
    workspace.sam("build", "--exclude", "Agent")
    built = time.perf_counter()
    workspace.sam("deploy")
    _wait_for(url, after)
    return {LIVE: time.perf_counter() - started, BUILD: built - started}


def _url(workspace: Workspace) -> str:
    with closing(workspace.client("cloudformation")) as cloudformation:
        outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    return str(next(output["OutputValue"] for output in outputs if output["OutputKey"] == OUTPUT))


def _greeting(url: str) -> str:
    answer = httpx.get(url, timeout=PATIENCE_SECONDS, trust_env=False).raise_for_status()
    return str(answer.json()["message"])


def _edit(workspace: Workspace, before: str, after: str) -> None:
    path = workspace.folder / SOURCE
    source = path.read_text(encoding="utf-8")
    if source.count(f'"{before}"') != 1:
        raise LocalAwsError(
            f"{SOURCE} does not say {before!r} once, as the app does.", next_step="Mend benchmarks/change.py."
        )
    path.write_text(source.replace(f'"{before}"', f'"{after}"'), encoding="utf-8")


def _wait_for(url: str, greeting: str) -> None:
    """Ask until the app greets like this. Raises ``LocalAwsError`` when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (now := _greeting(url)) != greeting:
        if time.monotonic() > deadline:
            raise LocalAwsError(
                f"The change is deployed, but {url} still says {now!r}.", next_step="Is it an old build?"
            )
        time.sleep(STEP_SECONDS)
