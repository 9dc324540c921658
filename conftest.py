"""How the tests are shared out among processes: `pytest -n 3 --dist loadfile`.

A file's tests run in one process, one after the other. What takes longest begins first, so that nobody waits for it in the
end; a folder whose tests share a process of theirs stays together, so that there is one of it.
"""

from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

LONGEST = (
    "tests/notebooks/test_timed_notebooks.py",
    "tests/notebooks/test_notebooks.py",
    "tests/workshop/test_lab.py",
    "tests/control/",
)
TOGETHER = ("tests/control/gaps/",)
ROOT = Path(__file__).parent


class Schedule(LoadFileScheduling):
    """By file, or by folder. In the order of collection, not by the number of tests."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Schedule:
    """Share the tests out by file (pytest-xdist's hook)."""
    config.option.loadscopereorder = False
    return Schedule(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; within a file the order stays."""
    items.sort(key=lambda item: _rank(item.path.relative_to(ROOT).as_posix()))


def _rank(path: str) -> int:
    return next((rank for rank, start in enumerate(LONGEST) if path.startswith(start)), len(LONGEST))
