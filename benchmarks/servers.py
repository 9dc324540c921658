"""Both sides, running: the apps as functions of a local AWS of their own, and the same apps under uvicorn alone.

No server runs in this process, which makes the load.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from benchmarks import apps
from benchmarks.local_aws import temporary_local_aws
from benchmarks.measurement import ChatSide
from benchmarks.uvicorn_alone import uvicorn_alone
from lambdastream.control.project import Project


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared."""

    lwa: ChatSide
    uvicorn: ChatSide


@contextmanager
def both_sides(project: Project) -> Iterator[Sides]:
    """Build the apps in ``project``, start both sides, warm; everything ends with the block.

    Raises ``LambdastreamError``.
    """
    both = apps.measured_app(project), apps.chat(project)
    with ExitStack() as stack:
        aws = stack.enter_context(temporary_local_aws())
        alone = [stack.enter_context(uvicorn_alone(each, aws.folder, aws.watchdog)) for each in both]
        lwa = [aws.deploy(each) for each in both]
        aws.settle()
        yield Sides(ChatSide("LWA", *lwa), ChatSide("uvicorn", *alone))
