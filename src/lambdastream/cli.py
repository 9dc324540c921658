"""The command line: thin, one function a command.

Exit codes: 0 fine, also ``up`` that is told to end; 1 failed; 2 wrong usage; 3 ``check`` cannot tell; 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Final, get_args

from lambdastream.cli_check import add_check
from lambdastream.control import supervisor
from lambdastream.control.deploy_destination import destination
from lambdastream.control.limit_options import Value, changed_limits, limits_table, parse_limit, with_limits
from lambdastream.control.local_aws import LocalAws
from lambdastream.control.logs import log_text
from lambdastream.control.profile import Profile, environment_for_aws, shell_lines, shell_lines_for_aws
from lambdastream.control.project import Project, Running, find_project
from lambdastream.errors import LambdastreamError, LocalAwsError, UsageError
from lambdastream.extras import missing
from lambdastream.runtime.isolation.availability import WantedIsolation
from lambdastream.runtime.limits import Limits
from lambdastream.workshop.commands import add_commands

FAILED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130

LIMITS_HELP: Final = """\
A size has a unit (KB, MB, GB) or is in bytes, a time is in seconds, and none lifts a limit:
lambdastream up --limit stream-rate=512KB --limit timeout=none"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = parser().parse_args(argv)
    try:
        code: int = arguments.run(find_project(), arguments) or 0
        sys.stdout.flush()
    except LambdastreamError as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
    except ModuleNotFoundError as error:
        if (lacking := missing(error.name or "")) is None:
            raise
        print(lacking, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has left, as `head` does. Python writes once more at its end: that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="lambdastream", description="A local AWS Lambda that streams.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    up_ = commands.add_parser(
        "up",
        help="start the local AWS",
        epilog=f"limits, and what they are by default:\n{limits_table()}\n\n{LIMITS_HELP}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    up_.add_argument("--port", type=_port, default=supervisor.DEFAULT_PORT, help="the endpoint's port (%(default)s)")
    up_.add_argument("--detach", action="store_true", help="run it in the background")
    up_.add_argument("--fresh", action="store_true", help="without what was deployed before, and without its logs")
    up_.add_argument(
        "--limit",
        type=_limit,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change or lift a limit; may be given several times",
    )
    up_.add_argument(
        "--isolation",
        choices=get_args(WantedIsolation),
        default="auto",
        help="what functions see of this machine: namespaces has Lambda's folders where AWS has them, and only /tmp to "
        "write to; paths has all of it (default: namespaces where the machine allows them)",
    )
    up_.set_defaults(run=up)

    commands.add_parser("down", help="end the local AWS").set_defaults(run=down)

    commands.add_parser("live", help="print the address of a page that shows what runs").set_defaults(run=live)

    status_ = commands.add_parser("status", help="show what runs")
    status_.add_argument("--json", action="store_true", help="as JSON")
    status_.set_defaults(run=status)

    logs_ = commands.add_parser("logs", help="print a function's log")
    logs_.add_argument("function", metavar="FUNCTION")
    logs_.add_argument("--follow", action="store_true", help="print new lines as they come")
    logs_.set_defaults(run=logs)

    env_ = commands.add_parser(
        "env", help='print what a shell evaluates to use the local AWS: eval "$(lambdastream env)"'
    )
    env_.add_argument("--aws", metavar="PROFILE", help="go back to a profile of your own")
    env_.set_defaults(run=env)

    commands.add_parser("where", help="say where a deploy goes").set_defaults(run=where)

    doctor_ = commands.add_parser("doctor", help="check the machine, the project and the AWS settings")
    doctor_.add_argument("--json", action="store_true", help="as JSON")
    doctor_.set_defaults(run=doctor)

    add_check(commands)

    race_ = commands.add_parser("race", help="record two URLs at once and compare them")
    race_.add_argument("urls", nargs=2, metavar="URL")
    race_.add_argument("--method", default="GET", help="the requests' method (%(default)s)")
    race_.set_defaults(run=race)

    lab_ = commands.add_parser("lab", help="run the race once, then open JupyterLab on the notebooks")
    lab_.add_argument("--check", action="store_true", help="stop as soon as JupyterLab answers")
    lab_.add_argument("--port", type=_port, default=supervisor.DEFAULT_PORT, help="the endpoint's port (%(default)s)")
    lab_.set_defaults(run=lab)

    add_commands(commands)
    return top


def up(project: Project, arguments: argparse.Namespace) -> None:
    """Start the local AWS, here or in the background."""
    wanted = {"fresh": arguments.fresh, "limits": with_limits(arguments.limit), "isolation": arguments.isolation}
    if arguments.detach:
        _say_running(supervisor.start(project, arguments.port, **wanted))
    else:
        from lambdastream.control import serving  # noqa: PLC0415 - every other command starts sooner without it

        serving.serve(project, arguments.port, on_ready=_say_running, **wanted)


def down(project: Project, arguments: argparse.Namespace) -> None:
    """End the local AWS. When none runs there is nothing to do."""
    del arguments
    print("The local AWS has stopped." if supervisor.stop(project) else "No local AWS runs here.")


def live(project: Project, arguments: argparse.Namespace) -> None:
    """Print the address of the live page. Whoever has it can look."""
    del arguments
    page = project.running().page
    if not page:
        raise LocalAwsError("The local AWS that runs is older: it has no live page.", next_step="Start it anew.")
    print(page)


def status(project: Project, arguments: argparse.Namespace) -> None:
    """Show what runs."""
    running = project.running()
    found = LocalAws(running).status()
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    adapter = found["adapter"]
    print(f"endpoint  {found['endpoint']}")
    _say_page(running, "live page {}")
    print(f"adapter   {adapter['version']}  {adapter['path']}" if adapter else "adapter   not fetched yet")
    print(f"isolation {found['isolation']}")
    for name, value in changed_limits(Limits(**found.get("limits", {}))).items():
        print(f"limit     {name}={value}")
    for function in found["functions"]:
        states = ", ".join(environment["state"] for environment in function["environments"]) or "cold"
        print(f"function  {function['name']}  {function['url'] or 'no URL'}  {function['invoke_mode'] or ''}  {states}")
    for api in found["apis"]:
        print(f"api       {api['name']}  {api['url']}  {api['type']}")


def logs(project: Project, arguments: argparse.Namespace) -> None:
    """Print a function's log."""
    for text in log_text(project, arguments.function, follow=arguments.follow):
        print(text, end="", flush=True)


def env(project: Project, arguments: argparse.Namespace) -> None:
    """Print the lines that point a shell's AWS tools at the local AWS, or back at AWS; and say where deploys go then."""
    if arguments.aws:
        lines, after = shell_lines_for_aws(arguments.aws), environment_for_aws(arguments.aws, os.environ)
    else:
        project.running()
        lines, after = shell_lines(Profile(project)), Profile(project).environment(os.environ)
    print(*lines, sep="\n", flush=True)
    print(f"# {destination(after)}", file=sys.stderr)


def where(project: Project, arguments: argparse.Namespace) -> int:
    """Say where a deploy from here goes. It fails when that is unclear."""
    del project, arguments
    found = destination()
    print(found)
    return FAILED if found.kind == "unclear" else 0


def doctor(project: Project, arguments: argparse.Namespace) -> int:
    """Check everything, and print what was found with its fix. It fails when something is wrong."""
    from lambdastream.workshop.doctor import doctor as examine  # noqa: PLC0415 - as below

    report = examine(project)
    print(json.dumps(report.to_json(), indent=2) if arguments.json else report)
    return 0 if report.is_fine else FAILED


def race(project: Project, arguments: argparse.Namespace) -> None:
    """Record two URLs at once and compare them."""
    del project
    from lambdastream.client import race as run_race  # noqa: PLC0415 - the other commands start faster without it

    result = run_race({url: url for url in dict.fromkeys(arguments.urls)}, method=arguments.method)
    print(result, result.verdict(), sep="\n\n")


def lab(project: Project, arguments: argparse.Namespace) -> int:
    """Set up, run the race, open JupyterLab."""
    from lambdastream.workshop.lab import open_lab  # noqa: PLC0415 - as above

    return open_lab(project, port=arguments.port, check=arguments.check)


def _say_running(running: Running) -> None:
    print(f"The local AWS runs at {running.endpoint}", flush=True)
    _say_page(running, "See it live: {}")


def _say_page(running: Running, text: str) -> None:
    """Say where the live page is, to a person at a terminal: who has the address can look, so no log shall have it."""
    if running.page and sys.stdout.isatty():
        print(text.format(running.page), flush=True)


def _limit(text: str) -> tuple[str, Value]:
    try:
        return parse_limit(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"{error.problem} {error.next_step}") from error


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:  # noqa: PLR2004 - the highest port there is
        raise argparse.ArgumentTypeError(f"{text} is not a port: give a number up to 65535")
    return int(text)
