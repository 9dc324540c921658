"""The guide's own modules are the developers', beside its pages: no package that is installed."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# At the end of the path, so that no folder hides anything.
sys.path.append(str(ROOT / "workshop-guide"))


@pytest.fixture(scope="session")
def site(once) -> Path:
    """The guide as `make guide` builds it."""
    if not importlib.util.find_spec("sphinx"):
        pytest.skip("Sphinx is not installed: make guide installs it")

    def build(folder: Path) -> None:
        command = [sys.executable, ROOT / "workshop-guide" / "build.py", folder / "site"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return once("guide", build) / "site"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever comes first waits for the build, which takes long where others work, too."""
    for item in items:
        if "site" in getattr(item, "fixturenames", ()) and item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(300))
