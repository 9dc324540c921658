"""How long it takes to get code to run here: starting the local AWS, ``sam``, boto3. Each round starts without any state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import httpx
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks import change, creation, deployment, start
from benchmarks.figures import Figure, alone
from benchmarks.measurement import Measurement
from benchmarks.report import say
from benchmarks.workspace import Workspace, workspace
from lambdastream.control.project import Project
from lambdastream.errors import LocalAwsError, WireError

ROUNDS: Final = 3
QUICK_ROUNDS: Final = 1
GOES_WRONG: Final = (Boto3Error, BotoCoreError, ClientError, httpx.HTTPError, WireError)


def measure(project: Project, *, quick: bool, sam: bool) -> list[Figure]:
    """Copy the project's stack and app, and measure in rounds, of which each has a local AWS of its own.

    ``quick`` is one round; without ``sam`` what needs it is left out. Raises ``LambdastreamError``.
    """
    # In this order: the changed stack is the deployed one.
    with_sam = (deployment.measurement(), change.measurement()) if sam else ()
    measurements = [start.measurement(), *with_sam, creation.measurement(project)]
    with workspace(project) as place:
        if sam:
            say("deployments: sam build")
            _build(place)
        else:
            say("deployments: nothing with sam, since this is quick")
        samples = run_rounds(QUICK_ROUNDS if quick else ROUNDS, measurements, place)
    return [alone(spec, samples[spec.name]) for measurement in measurements for spec in measurement.specs]


def _build(place: Workspace) -> None:
    """Build the stack once. SAM does not even build without the profile, which the local AWS writes."""
    with place.emptied():
        place.up()
        place.sam("build", "--exclude", "Agent")


def run_rounds(
    rounds: int, measurements: Sequence[Measurement[Workspace]], place: Workspace
) -> Mapping[str, Sequence[float]]:
    """Make every measurement once a round; by a sample's name, one number a round."""
    samples: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(1, rounds + 1):
        say(f"deployments: round {number} of {rounds}")
        with place.emptied():
            for measurement in measurements:
                for name, sample in _measure(measurement, place).items():
                    samples[name].append(sample)
    return samples


def _measure(measurement: Measurement[Workspace], place: Workspace) -> Mapping[str, float]:
    try:
        return measurement.measure(place)
    except GOES_WRONG as error:
        raise LocalAwsError(
            f"The local AWS does not do as it should, in {measurement.specs[0].name}: {error}",
            next_step="See whether it happens again: make bench ARGS='--only deployments'",
        ) from error
