"""``make bench``: what a stream costs here, beside uvicorn alone, and how long a deployment takes.

Exit codes: 0 when every wanted figure holds, 1 when one does not or nothing could be measured, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # run as a script, Python puts this folder there: `app` and `report` would be top-level names

from benchmarks import (  # noqa: E402
    cold_start,
    deployments,
    fifty_environments,
    live_page,
    machine,
    memory,
    picture,
    raw,
    report,
    soak,
    streams,
)
from benchmarks.figures import Figure  # noqa: E402
from lambdastream.control.project import Project  # noqa: E402
from lambdastream.errors import LambdastreamError  # noqa: E402

RESULTS: Final = ROOT / "benchmarks" / "results.json"
PARTS: Final[Mapping[str, Callable[..., list[Figure]]]] = {
    "raw": raw.measure,
    "fifty": fifty_environments.measure,
    "memory": memory.measure,
    "cold": cold_start.measure,
    "streams": streams.measure,
    "live": live_page.measure,
    "deployments": deployments.measure,
    "soak": soak.measure,
}
WITH_SAM: Final = ("fifty", "deployments")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, write, print; returns the exit code."""
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    report.say(machine.load() or "This machine is quiet.")
    try:
        figures = [figure for part in arguments.only for figure in _measure(part, arguments)]
    except LambdastreamError as error:
        print(error.problem, error.next_step, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    output = arguments.output or (RESULTS if _is_whole(arguments) else None)
    if output:
        _write(output, figures)
    print(report.table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


def _measure(part: str, arguments: argparse.Namespace) -> list[Figure]:
    own: dict[str, object] = {}
    if part == "soak":
        own["seconds"] = arguments.soak_seconds
    if part in WITH_SAM:
        own["sam"] = arguments.sam or not arguments.quick
    return PARTS[part](Project(ROOT), quick=arguments.quick, **own)


def _write(output: Path, figures: Sequence[Figure]) -> None:
    """The results, and beside them the picture of them."""
    where, commit = machine.machine(), machine.commit(ROOT)
    report.write(output, where, commit, figures)
    caption = f"make bench of commit {commit}, on {where['cores']} cores ({where['cpu']}): shares of what is wanted"
    picture.draw(figures, output.with_suffix(".png"), caption)


def _is_whole(arguments: argparse.Namespace) -> bool:
    """Whether everything was measured, as often as it should be."""
    return not arguments.quick and set(arguments.only) == set(PARTS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Measure the local AWS: streams beside uvicorn alone, and deployments."
    )
    parser.add_argument("--quick", action="store_true", help="one short round, nothing with sam")
    parser.add_argument("--sam", action="store_true", help="with --quick: what needs sam, too")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[*PARTS], help="measure these parts")
    parser.add_argument(
        "--soak-seconds", type=float, default=soak.SECONDS, metavar="SECONDS", help="how long the soak is (%(default)g)"
    )
    parser.add_argument(
        "--output",
        type=_file,
        metavar="PATH",
        help="where the results go: by default the whole to benchmarks/results.json, what is quick or a part nowhere",
    )
    return parser


def _file(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a file in a folder that exists")
    return path


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """A polite end from outside ends everything, as Ctrl-C does."""
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
