"""How long ``lambdastream up`` takes without any state, until AWS tools have an answer."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Final

from benchmarks.figures import Spec, Wanted
from benchmarks.measurement import Measurement
from benchmarks.workspace import Workspace

RETURNS: Final = "up --detach, until it returns"
ANSWERS: Final = "up, until the first AWS call is answered"
SPECS: Final = (Spec(RETURNS, "s"), Spec(ANSWERS, "s", Wanted("value", "<=", 5)))


def measurement() -> Measurement[Workspace]:
    """One start a round; the local AWS runs on. The call is ListStacks: CloudFormation is in the control plane."""
    return Measurement(SPECS, _measure)


def _measure(workspace: Workspace) -> dict[str, float]:
    started = time.perf_counter()
    workspace.up()
    returned = time.perf_counter()
    with closing(workspace.client("cloudformation")) as cloudformation:
        cloudformation.list_stacks()
    answered = time.perf_counter()
    return {RETURNS: returned - started, ANSWERS: answered - started}
