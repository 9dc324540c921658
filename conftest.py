"""How the tests are shared out among processes: `pytest -n 3 --dist loadfile`.

A file's tests run in one process, one after the other. What takes longest begins first, so that nobody waits for it in the
end; files whose tests share a process of theirs stay together, so that there is one of it.
"""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

# Some wait more than they compute: begun last, they would run alone, while the other processes have nothing left to do.
LONGEST = (
    "tests/notebooks/course/test_core.py",
    "tests/notebooks/course/test_deep.py",
    "tests/benchmarks/test_run.py",
    "tests/notebooks/test_on_aws.py",
    "tests/notebooks/test_mutations.py",
    "tests/workshop/test_target.py",
    "tests/workshop/test_workspace.py",
    "tests/workshop/test_lab.py",
    "tests/workshop/attendees/",
    "tests/workshop/doctor/test_local_aws.py",
    "tests/control/test_supervisor.py",
    "tests/doors/test_api_gateway.py",
    "tests/control/",
)
TOGETHER = {
    "tests/control/gaps/": "one control plane",
    "tests/control/test_deploy_destination.py": "one local AWS",
    "tests/control/test_local_aws.py": "one local AWS",
    "tests/control/test_logs.py": "one local AWS",
    "tests/control/test_profile.py": "one local AWS",
}
ROOT = Path(__file__).parent

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell without job control starts what it puts into the background. All that the tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Schedule(LoadFileScheduling):
    """By file, or by what files share. In the order of collection, not by the number of tests."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((shared for start, shared in TOGETHER.items() if file.startswith(start)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Schedule:
    """Share the tests out by file (pytest-xdist's hook)."""
    config.option.loadscopereorder = False
    return Schedule(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage meanwhile: what is imported and collected stays. It takes a third of the time, in each process."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; within a file the order stays."""
    items.sort(key=lambda item: _rank(item.path.relative_to(ROOT).as_posix()))


def _rank(path: str) -> int:
    return next((rank for rank, start in enumerate(LONGEST) if path.startswith(start)), len(LONGEST))
