"""Notebooks made in a test, and nbval as the project runs it."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest

from lambdastream.control import supervisor
from lambdastream.control.project import Project
from lambdastream.workshop.exercise import solved
from lambdastream.workshop.notebooks import project_of, sanitize_config

PLUGIN_FOLDER = Path(__file__).parent
ROOT = Path(__file__).parents[2]
CELL_SECONDS = 300
# What the notebooks read of the project.
PARTS = (
    *("notebooks", "app", "cdk", "cloudfront", "container", "requirements"),
    *("template.yaml", "samconfig.toml", "pyproject.toml", ".dockerignore"),
)
# Of pytest's plugins it takes these two alone, and starts faster.
PLUGINS = ("-p", "nbval.plugin", "-p", "pytest_timeout", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class NbvalRun:
    """One run of a notebook through nbval."""

    returncode: int
    output: str

    @property
    def outcomes(self) -> list[str]:
        """What became of each code cell, in order: "PASSED", "FAILED", ..."""
        return re.findall(r"::Cell \d+ ([A-Z]+) ", self.output)


@pytest.fixture(scope="session")
def nbval(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., NbvalRun]:
    """Run a notebook in a fresh kernel of this environment, strictly: every output is compared with the stored one.

    The notebook's file stays as it is. `live=False` leaves out the plugin of `nbval_live.py`; with `strict=False` no output
    is compared; `to_the_end=False` runs no cell after one that fails. `variables` are added to the environment.
    """

    def run(
        notebook: Path, *, live: bool = True, strict: bool = True, to_the_end: bool = True, **variables: str
    ) -> NbvalRun:
        config = tmp_path_factory.mktemp("nbval") / "sanitize.cfg"
        config.write_text(sanitize_config(project_of(notebook)), encoding="utf-8")
        options = ["--nbval" if strict else "--nbval-lax", "--nbval-current-env", "--nbval-sanitize-with", str(config)]
        limits = ["--nbval-cell-timeout", str(CELL_SECONDS), "--timeout", str(CELL_SECONDS + 60)]
        plugins = [*PLUGINS, *(["-p", "nbval_live"] if live else [])]
        options += [] if to_the_end else ["--exitfirst"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *limits, *plugins, "--color=no", "-v", str(notebook)],
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(PLUGIN_FOLDER)} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return NbvalRun(done.returncode, done.stdout)

    return run


@dataclass(frozen=True)
class Course:
    """A copy of the project as far as the notebooks need it, with a local AWS of its own.

    ``variables`` are for those who run its notebooks.
    """

    root: Path
    variables: dict[str, str] = field(default_factory=dict)

    def notebook(self, number: str) -> Path:
        """The notebook of this number, with its solutions put in."""
        return next((self.root / "notebooks").glob(f"{number}-*.ipynb"))

    def mutate(self, where: str, before: str, after: str) -> None:
        """Change what a notebook's cells say, or a file of the app's: ``where`` is a number, or a path."""
        path = self.root / where if "/" in where else self.notebook(where)
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _download(folder: Path) -> None:
    """The wheels of all that the app requires, pinned."""
    options = ("--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", str(folder))
    requirements = ROOT / "requirements" / "chat.txt"
    subprocess.run([sys.executable, "-m", "pip", "download", *options, "-r", str(requirements)], check=True)


@pytest.fixture(scope="session")
def packages(once: Callable[[str, Callable[[Path], object]], Path]) -> Iterator[dict[str, str]]:
    """The variables with which ``sam build`` finds what the app requires on a web server of this process.

    Each build then takes the pinned versions, and does not read all of a registry's pages again: pip takes seconds for it.
    """
    folder = str(once("packages", _download))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"http://127.0.0.1:{server.server_port}/"}
        server.shutdown()


def _copy_of_the_course(root: Path, variables: dict[str, str]) -> Course:
    # The mark of a repository's root: from a workspace the local AWS is that of the whole.
    (root / ".git").mkdir()
    copy_folder = partial(shutil.copytree, ignore=shutil.ignore_patterns("node_modules", "cdk.out", "__pycache__"))
    for name in PARTS:
        copy = copy_folder if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, root / name)
    # The CDK's command line, where it is installed already: 11 then need not.
    if (installed := ROOT / "cdk" / "node_modules").is_dir():
        (root / "cdk" / "node_modules").symlink_to(installed)
    for path in (root / "notebooks").glob("*.ipynb"):
        nbformat.write(solved(nbformat.read(path, as_version=4)), path)
    return Course(root, variables)


@contextmanager
def _running_course(root: Path, variables: dict[str, str]) -> Iterator[Course]:
    made = _copy_of_the_course(root, variables)
    project = Project(made.root)
    supervisor.start(project, 0)
    try:
        yield made
    finally:
        supervisor.stop(project)


@pytest.fixture(scope="module", autouse=True)
def no_daemon_of_other_tests() -> Iterator[None]:
    """The Docker daemon of `tests/containers` is not for readers: it has no public images."""
    with pytest.MonkeyPatch.context() as variables:
        for name in ("DOCKER_HOST", "DOCKER_BUILDKIT", "DOCKER_CONFIG"):
            variables.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, packages: dict[str, str]) -> Iterator[Course]:
    """The course, whose local AWS runs on a free port. Its notebooks have their solutions put in."""
    with _running_course(tmp_path_factory.mktemp("course"), packages) as made:
        yield made


@pytest.fixture
def fresh_course(tmp_path: Path, packages: dict[str, str]) -> Iterator[Course]:
    """A course for one test, which may break it."""
    with _running_course(tmp_path, packages) as made:
        yield made


@pytest.fixture(scope="session")
def write_notebook() -> Callable[..., Path]:
    """Write a notebook: each cell is its source, or its source and its stored outputs."""

    def write(path: Path, *cells: str | tuple[str, list[dict[str, object]]], **metadata: object) -> Path:
        notebook = nbformat.v4.new_notebook(metadata=metadata)
        for number, cell in enumerate(cells, start=1):
            source, outputs = (cell, []) if isinstance(cell, str) else cell
            notebook.cells.append(
                nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=number, id=f"cell-{number}")
            )
        nbformat.write(nbformat.from_dict(notebook), path)
        return path

    return write
