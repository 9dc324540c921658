"""``lambdastream workshop``: the commands for instructors. What they do is in ``attendees``, imported when one runs."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lambdastream.control.project import Project

if TYPE_CHECKING:
    from lambdastream.workshop.attendees import Settings, Workshop

FAILED: Final = 1
NUMBER: Final = re.compile(r"\d+(\.\d+)?(e-?\d+)?")
YES: Final = ("y", "yes")


def add_commands(commands: Any) -> None:
    """Add ``workshop`` and its own commands to a parser's."""
    workshop = commands.add_parser(
        "workshop",
        help="for instructors: a stack for each attendee",
        description="A stack for each attendee of a workshop. They go where the current profile points: "
        "lambdastream where. On AWS, what changes something asks for consent.",
    )
    own = workshop.add_subparsers(required=True, metavar="COMMAND")

    deploy_ = _command(own, "deploy", deploy, "deploy a stack for each attendee; run again, it deploys what is missing")
    who = deploy_.add_mutually_exclusive_group(required=True)
    who.add_argument("--attendees", type=int, metavar="N", help="so many: 01, 02, ...")
    who.add_argument("--names", type=Path, metavar="FILE", help="those named in a file, one a line")
    deploy_.add_argument("--update", action="store_true", help="also deploy anew what is fine")
    deploy_.add_argument("--hours", type=float, help="how long the stacks are wanted: their tag says so (12)")
    deploy_.add_argument("--concurrency", type=int, metavar="N", help="requests each function answers at a time (5)")
    deploy_.add_argument("--retention-days", type=int, metavar="DAYS", help="how long logs are kept (3)")
    deploy_.add_argument("--signed", action="store_true", help="URLs ask for signed requests: AuthType AWS_IAM")
    _changes(deploy_, side_by_side=True)

    status_ = _command(own, "status", status, "show every attendee's stack: is it deployed, does it answer, stream?")
    status_.add_argument("--no-probe", action="store_true", help="do not call the URLs")
    _side_by_side(status_)

    catch_up_ = _command(own, "catch-up", catch_up, "bring a late-comer to where a notebook begins")
    catch_up_.add_argument("attendee", metavar="ATTENDEE")
    catch_up_.add_argument("--to", required=True, metavar="NN", help="the notebook's number")
    catch_up_.add_argument("--course", type=Path, metavar="FOLDER", help="the attendee's own copy of the project")
    _changes(catch_up_)

    costs_ = _command(own, "costs", costs, "say what it costs: so far, and at most")
    costs_.add_argument("--attendees", type=int, metavar="N", help="in advance: the most that so many can cost ...")
    costs_.add_argument("--hours", type=float, default=12, help="... in so many hours (%(default)g) ...")
    costs_.add_argument("--functions", type=int, default=2, help="... with so many functions each (%(default)s) ...")
    costs_.add_argument(
        "--concurrency", type=int, default=5, help="... that answer so much at a time (%(default)s) ..."
    )
    costs_.add_argument("--memory", type=int, default=256, metavar="MB", help="... with so much memory (%(default)s)")
    costs_.add_argument("--price", type=_price, action="append", default=[], metavar="NAME=USD", help="another price")

    tear_down_ = _command(own, "tear-down", tear_down, "remove all of it, and look whether anything is left")
    tear_down_.add_argument("attendee", nargs="*", metavar="ATTENDEE", help="only these; by default, all")
    _changes(tear_down_, side_by_side=True)


def _command(
    own: Any, name: str, run: Callable[[Project, argparse.Namespace], int], what: str
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = own.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    made.add_argument("--prefix", metavar="NAME", help="the workshop, and how its stacks' names begin (streaming-chat)")
    made.add_argument("--json", action="store_true", help="as JSON")
    made.set_defaults(run=run)
    return made


def _changes(made: argparse.ArgumentParser, *, side_by_side: bool = False) -> None:
    made.add_argument("--yes", action="store_true", help="do it on AWS, too, without a question")
    if side_by_side:
        _side_by_side(made)


def _side_by_side(made: argparse.ArgumentParser) -> None:
    made.add_argument("--at-once", type=_positive, default=8, metavar="N", help="how many at a time (%(default)s)")


def deploy(project: Project, arguments: argparse.Namespace) -> int:
    """Deploy a stack for each attendee. It fails when one of them does."""
    found = _workshop(project, arguments).deploy(
        arguments.attendees if arguments.attendees is not None else arguments.names,
        settings=_settings(arguments),
        update=arguments.update,
        at_once=arguments.at_once,
        yes=arguments.yes,
    )
    return _told(found, arguments, fine=found.is_complete)


def status(project: Project, arguments: argparse.Namespace) -> int:
    """Show every attendee's stack. It fails when one is not as it should be."""
    found = _workshop(project, arguments).status(probe=not arguments.no_probe, at_once=arguments.at_once)
    # The table is on the screen by now.
    return _told(found if arguments.json else "", arguments, fine=found.is_fine)


def catch_up(project: Project, arguments: argparse.Namespace) -> int:
    """Bring a late-comer to where a notebook begins."""
    workshop = _workshop(project, arguments)
    found = workshop.catch_up(arguments.attendee, arguments.to, course=arguments.course, yes=arguments.yes)
    return _told(found, arguments)


def costs(project: Project, arguments: argparse.Namespace) -> int:
    """Say what the workshop has cost, or what one can cost at most."""
    from lambdastream.workshop.attendees import Ceiling, Prices  # noqa: PLC0415 - it takes a moment

    prices = replace(Prices(), **dict(arguments.price)) if arguments.price else Prices()
    if arguments.attendees is None:
        return _told(_workshop(project, arguments).costs(prices), arguments)
    ceiling = Ceiling(
        arguments.attendees, arguments.hours, arguments.functions, arguments.concurrency, arguments.memory
    )
    return _told(ceiling.told(prices), arguments)


def tear_down(project: Project, arguments: argparse.Namespace) -> int:
    """Remove all of it. It fails when something is left."""
    workshop = _workshop(project, arguments)
    found = workshop.tear_down(arguments.attendee, at_once=arguments.at_once, yes=arguments.yes)
    return _told(found, arguments, fine=found.is_complete)


def _workshop(project: Project, arguments: argparse.Namespace) -> Workshop:
    from lambdastream.workshop.attendees import Workshop  # noqa: PLC0415 - it takes a moment
    from lambdastream.workshop.attendees.live import Nowhere, screen  # noqa: PLC0415

    wanted = {"prefix": arguments.prefix} if arguments.prefix is not None else {}
    ask = _ask if sys.stdin.isatty() else None
    return Workshop(project=project, screen=Nowhere if arguments.json else screen, ask=ask, **wanted)


def _settings(arguments: argparse.Namespace) -> Settings:
    from lambdastream.workshop.attendees import Settings  # noqa: PLC0415 - it takes a moment

    names = ("hours", "concurrency", "retention_days")
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    return Settings(open_urls=not arguments.signed, **given)


def _ask(question: str) -> bool:
    return input(f"{question} [y/N] ").strip().lower() in YES


def _told(found: Any, arguments: argparse.Namespace, *, fine: bool = True) -> int:
    if arguments.json:
        print(json.dumps(found.to_json(), indent=2))
    elif found:
        print(found)
    return 0 if fine else FAILED


def _price(text: str) -> tuple[str, float]:
    from lambdastream.workshop.costs import Prices  # noqa: PLC0415 - it takes a moment

    name, _, value = text.partition("=")
    known = [each for each in Prices.__slots__ if each not in ("region", "date", "source")]
    if name not in known:
        raise argparse.ArgumentTypeError(f"There is no price {name}. There are: {', '.join(known)}.")
    if not NUMBER.fullmatch(value):
        raise argparse.ArgumentTypeError(f"{value} is no amount of dollars.")
    return name, float(value)


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is no number of stacks: give 1 or more")
    return int(text)
