"""A workshop's stacks, one for each attendee: what an instructor does with them, from a notebook or the command line."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lambdastream.control import Destination, destination
from lambdastream.control.project import Project, find_project
from lambdastream.errors import UsageError, WorkshopError
from lambdastream.workshop.attendees.account import Account, admit
from lambdastream.workshop.attendees.caps import Settings
from lambdastream.workshop.attendees.live import Screen, notebook_display, screen
from lambdastream.workshop.attendees.names import check_prefix, numbered, read_names, safe_name, safe_names, stack_name
from lambdastream.workshop.attendees.packaging import NOTHING, package
from lambdastream.workshop.attendees.results import Deployed, Progress
from lambdastream.workshop.attendees.side_by_side import AT_ONCE
from lambdastream.workshop.attendees.stacks import Stack, with_reason, workshop_stacks
from lambdastream.workshop.attendees.status import AttendeeStatus, Probe, Status, streaming_url, watch_probes
from lambdastream.workshop.attendees.table import counted
from lambdastream.workshop.attendees.usage import Costs, costs
from lambdastream.workshop.costs import Ceiling, Prices
from lambdastream.workshop.workspace import find_course

if TYPE_CHECKING:
    from lambdastream.workshop.attendees.catch_up import CaughtUp
    from lambdastream.workshop.attendees.removal import Removal

PREFIX: Final = "streaming-chat"
COLOURS: Final = {"local": 32, "aws": 31, "unclear": 33}


@dataclass(frozen=True, slots=True)
class Workshop:
    """The stacks whose names begin with ``prefix`` and that have the workshop's tag, where the current profile points.

    ``project`` has the template and the notebooks; by default it is that of the current folder. Nothing is remembered
    here: the stacks' tags tell everything, so that any machine with the profile can go on.

    Every method raises ``WorkshopError`` when it is unclear where the profile points, or AWS refuses a call. Those that
    change something need ``yes=True`` on AWS, and raise ``UsageError`` without it; ``ask`` is asked instead, if given.
    """

    prefix: str = PREFIX
    project: Project | None = None
    screen: Callable[[], Screen] = screen
    ask: Callable[[str], bool] | None = None

    def __post_init__(self) -> None:
        check_prefix(self.prefix)

    def deploy(
        self,
        attendees: int | str | Path | Sequence[str],
        *,
        settings: Settings | None = None,
        update: bool = False,
        like: Deployed | None = None,
        at_once: int = AT_ONCE,
        yes: bool = False,
    ) -> Deployed:
        """Deploy a stack for each attendee: so many, those named in a file, or those named here.

        Stacks that are fine are left alone, unless ``update`` is set; those that are missing or failed are deployed. One
        that fails does not stop the others. At most ``at_once`` are under way.

        ``like`` is an earlier deployment of this workshop: what was built and uploaded for it is taken again. It has to be
        there still: tearing down all of the workshop removes it.
        """
        from lambdastream.workshop.attendees.deployment import Deployment  # noqa: PLC0415 - botocore takes a moment

        names, settings = _names(attendees), settings or Settings()
        ends = [stack_name(self.prefix, name) for name in (names[0], names[-1])]
        ceiling = Ceiling(len(names), settings.hours, concurrency=settings.concurrency)
        what = (
            f"Deploy {counted(len(names), 'stack')}, {' to '.join(dict.fromkeys(ends))}. "
            f"At most ${ceiling.cost().total:,.2f} if they are busy for all of {settings.hours:g} hours, and the egress."
        )
        with self._account(what, yes=yes) as account:
            fine = {stack.attendee for stack in workshop_stacks(account.cloudformation, self.prefix) if stack.is_fine}
            needed = update or not fine.issuperset(names)
            packaged = like.packaged if like else None
            if needed and packaged is None:
                packaged = package(self._project(), self.prefix, account, say=_say)
            deployment = Deployment(
                account, self.prefix, packaged or NOTHING, settings, settings.expires(), update=update
            )
            progress = Progress({name: stack_name(self.prefix, name) for name in names}, self.screen())
            outcomes = deployment.run(
                names,
                on_phase=progress.phase,
                on_end=lambda each: progress.end(each.attendee, each.result, each.reason),
                at_once=at_once,
            )
            return progress.finished(Deployed(self.prefix, tuple(outcomes), packaged))

    def stacks(self) -> list[Stack]:
        """The stacks of the workshop, as CloudFormation tells of them."""
        with self._account() as account:
            return workshop_stacks(account.cloudformation, self.prefix)

    def status(self, *, probe: bool = True, at_once: int = AT_ONCE) -> Status:
        """Say how every attendee's stack is. With ``probe`` each URL is asked for a stream, which costs next to nothing."""
        with self._account() as account:
            client = account.cloudformation
            stacks = [with_reason(client, stack) for stack in workshop_stacks(client, self.prefix)]
        asked = [stack for stack in stacks if probe and streaming_url(stack.outputs)]
        seen: dict[str, Probe] = {}
        shown = self.screen()

        def now() -> Status:
            waiting = {stack.name for stack in asked} - seen.keys()
            return Status(
                self.prefix,
                tuple(AttendeeStatus(stack, seen.get(stack.name), stack.name in waiting) for stack in stacks),
            )

        def on_probe(stack: Stack, found: Probe) -> None:
            seen[stack.name] = found
            shown.show(lambda: now().table())

        shown.show(lambda: now().table())
        if asked:
            watch_probes(asked, at_once=at_once, on_probe=on_probe)
        shown.finish(now().table())
        return now()

    def catch_up(self, attendee: str, to: str, *, course: Path | None = None, yes: bool = False) -> CaughtUp:
        """Bring a late-comer to where notebook ``to`` begins; see ``catch_up.CatchUp``.

        Their workspace is ``workspace/TO-ATTENDEE`` of the project, or of their own copy of it, in the folder ``course``.
        """
        from lambdastream.workshop.attendees.catch_up import CatchUp, check_notebook  # noqa: PLC0415 - as above

        project = (
            Project(course.resolve()) if course else find_course(self.project.root if self.project else Path.cwd())
        )
        name = safe_name(attendee)
        check_notebook(project, to)
        with self._account(f"Deploy the stack {stack_name(self.prefix, name)}.", yes=yes) as account:
            stacks = workshop_stacks(account.cloudformation, self.prefix)
            settings = Settings.of(stacks[0].parameters) if stacks else Settings()
            known = [stack.tags.expires for stack in stacks if stack.tags.expires]
            expires = max(known, default=settings.expires())
            return CatchUp(project, account, self.prefix, settings, expires).bring(name, to, say=_say)

    def costs(self, prices: Prices | None = None) -> Costs:
        """Say what the workshop has cost so far, and what it can cost at most."""
        with self._account() as account:
            return costs(account, self.prefix, workshop_stacks(account.cloudformation, self.prefix), prices or Prices())

    def tear_down(self, attendees: Sequence[str] = (), *, at_once: int = AT_ONCE, yes: bool = False) -> Removal:
        """Remove all stacks of the workshop, or those of some attendees, with logs and packages; see ``removal.Removal``."""
        from lambdastream.workshop.attendees.removal import TearDown  # noqa: PLC0415 - as above

        only = safe_names(attendees) if attendees else []
        with self._account(
            f"Remove {counted(len(only), 'stack') if only else 'all stacks'} of {self.prefix}, with logs.", yes=yes
        ) as account:
            stacks = workshop_stacks(account.cloudformation, self.prefix)
            if unknown := set(only) - {stack.attendee for stack in stacks}:
                problem = f"The workshop {self.prefix} has no stack of {', '.join(sorted(unknown))}."
                raise UsageError(problem, next_step="See whose stacks it has: lambdastream workshop status")
            chosen = [stack for stack in stacks if not only or stack.attendee in only]
            progress = Progress({stack.attendee: stack.name for stack in chosen}, self.screen())
            removal = TearDown(account, self.prefix).run(
                on_phase=progress.phase,
                on_end=lambda each: progress.end(
                    each.stack.attendee, "failed" if each.reason else "removed", each.reason
                ),
                at_once=at_once,
                only=only,
            )
            progress.close()
            return removal

    def _project(self) -> Project:
        return self.project or find_project()

    @contextlib.contextmanager
    def _account(self, what: str = "", *, yes: bool = False) -> Iterator[Account]:
        """The account that the profile points at, told before anything is done there."""
        where = destination()
        if what and where.kind != "unclear":
            _tell(where)
        admit(where, what, yes=yes or not what, ask=self.ask)
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - it takes a moment

        try:
            yield Account.current(is_local=where.is_local)
        except (ClientError, BotoCoreError) as error:
            raise WorkshopError(f"AWS refuses: {error}", next_step="See what is wrong: lambdastream doctor") from error


def _tell(where: Destination) -> None:
    """Say where it goes, so that nobody can miss it."""
    if display := notebook_display():
        display(where)
    elif sys.stderr.isatty():
        print(f"\x1b[1;{COLOURS[where.kind]}m{where}\x1b[0m", file=sys.stderr, flush=True)
    else:
        print(where, file=sys.stderr, flush=True)


def _say(what: str) -> None:
    # Not among what a program may read as JSON; a notebook shows that stream as if something were wrong.
    print(f"… {what}", file=sys.stdout if notebook_display() else sys.stderr, flush=True)


def _names(attendees: int | str | Path | Sequence[str]) -> list[str]:
    if isinstance(attendees, int):
        return numbered(attendees)
    if isinstance(attendees, (str, Path)):
        return read_names(Path(attendees))
    return safe_names(attendees)
