"""``make bench``: what Lambda's way of streaming costs here, beside uvicorn alone, in one interleaved run.

Exit codes: 0 when every wanted figure holds, 1 when one does not or nothing could be measured, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # run as a script, Python puts this folder there: `app` and `report` would be top-level names

from benchmarks import evenness, first_byte, machine, report, small_chunks, throughput  # noqa: E402
from benchmarks.figures import Figure, Spec, compare  # noqa: E402
from benchmarks.measurement import Measurement, Side  # noqa: E402
from benchmarks.servers import Sides, both_sides  # noqa: E402
from lambdastream.control.project import Project  # noqa: E402
from lambdastream.errors import LambdastreamError, LocalAwsError, WireError  # noqa: E402

RESULTS: Final = ROOT / "benchmarks" / "results.json"
ROUNDS: Final = 7
REQUESTS: Final = 500
QUICK_ROUNDS: Final = 1
QUICK_REQUESTS: Final = 50

Samples = dict[str, dict[str, list[float]]]
"""By name of a sample, by name of a side: one number a round."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, write, print; returns the exit code."""
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        figures = measure(quick=arguments.quick)
    except LambdastreamError as error:
        print(error.problem, error.next_step, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    output = arguments.output or (None if arguments.quick else RESULTS)
    if output:
        report.write(output, machine.machine(), machine.commit(ROOT), figures)
    print(report.table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


def measure(*, quick: bool) -> list[Figure]:
    """Start both sides, run every measurement in rounds, and compare. Raises ``LambdastreamError``."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    measurements = [
        first_byte.measurement(requests=QUICK_REQUESTS if quick else REQUESTS),
        throughput.measurement(),
        small_chunks.measurement(),
        evenness.measurement(),
    ]
    _say(machine.load() or "This machine is quiet.")
    with both_sides(Project(ROOT)) as sides:
        samples = run_rounds(rounds, measurements, sides)
    specs = [spec for measurement in measurements for spec in measurement.specs]
    return [compare(spec, sides.uvicorn.name, _pairs(samples, spec, sides)) for spec in specs]


def run_rounds(rounds: int, measurements: Sequence[Measurement], sides: Sides) -> Samples:
    """Take turns: in each round every measurement is made on both sides; who goes first changes with the round."""
    samples: Samples = defaultdict(lambda: defaultdict(list))
    order = [sides.uvicorn, sides.lwa]
    for number in range(1, rounds + 1):
        _say(f"round {number} of {rounds}")
        for measurement, side in product(measurements, order):
            for name, sample in _measure(measurement, side).items():
                samples[name][side.name].append(sample)
        order.reverse()
    return samples


def _measure(measurement: Measurement, side: Side) -> Mapping[str, float]:
    try:
        return measurement.measure(side)
    except WireError as error:
        raise LocalAwsError(
            f"{side.name} does not answer as it should, in {measurement.specs[0].name}: {error.problem}",
            next_step="See whether it happens again: make bench ARGS=--quick",
        ) from error


def _pairs(samples: Samples, spec: Spec, sides: Sides) -> list[tuple[float, float]]:
    """What each round measured, through LWA and at the peer."""
    sampled = samples[spec.difference_of or spec.name]
    return list(zip(sampled[sides.lwa.name], sampled[sides.uvicorn.name], strict=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the local AWS beside uvicorn alone.")
    parser.add_argument("--quick", action="store_true", help="one short round; writes nothing unless --output is given")
    parser.add_argument("--output", type=_file, metavar="PATH", help="where the results go (benchmarks/results.json)")
    return parser


def _file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a file in a folder that exists")
    return path


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """A polite end from outside ends everything, as Ctrl-C does."""
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
