"""Functions' logs, as they are read."""

from __future__ import annotations

import codecs
import contextlib
import time
from collections.abc import Iterator
from typing import Final

from lambdastream.control.local_aws import connect
from lambdastream.control.project import Project
from lambdastream.errors import FunctionNotFoundError, NotRunningError

STEP: Final = 0.1


def log_text(project: Project, name: str, *, follow: bool = False) -> Iterator[str]:
    """The log of a function, in pieces; with ``follow`` it goes on without end, with what is written meanwhile.

    A function that is deployed and was never invoked has an empty one. Raises ``FunctionNotFoundError``.
    """
    known = {log.stem for log in project.logs.glob("*.log")} | _deployed(project)
    if name not in known:
        raise FunctionNotFoundError(
            f"There is no log of a function {name}.",
            next_step=f"Functions with a log: {', '.join(sorted(known)) or 'none'}.",
        )
    path = project.logs / f"{name}.log"
    while follow and not path.is_file():
        time.sleep(STEP)
    if path.is_file():
        # A read may end within a character, whose rest comes with the next one.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with path.open("rb") as file:
            yield decoder.decode(file.read())
            while follow:
                time.sleep(STEP)
                yield decoder.decode(file.read())


def _deployed(project: Project) -> set[str]:
    with contextlib.suppress(NotRunningError):
        return {function["name"] for function in connect(project).status()["functions"]}
    return set()
