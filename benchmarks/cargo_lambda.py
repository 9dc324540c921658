"""The peer cargo-lambda: ``cargo lambda watch``, the other local tool that streams, in front of the same raw runtime.

With ``--only-lambda-apis`` it serves the function URL and the Runtime API, and builds and starts nothing. Its Runtime API
has the path prefix ``/.rt`` (``crates/cargo-lambda-watch/src/lib.rs`` of cargo-lambda 1.9.2). It wants a Rust project all
the same, which it reads by ``cargo metadata``: so it gets an empty one.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.measurement import Server
from benchmarks.process import free_port, running, wait_until_it_listens
from benchmarks.raw_runtime import bootstrap, runtimes
from benchmarks.report import say
from lambdastream.runtime.processes.watchdog import Watchdog

NAME: Final = "cargo-lambda"
MANIFEST: Final = '[package]\nname = "peer"\nversion = "0.0.0"\nedition = "2021"\n'
MAIN: Final = "fn main() {}\n"


@contextmanager
def cargo_lambda(folder: Path, watchdog: Watchdog, *, environments: int = 1) -> Iterator[Server | None]:
    """Run it with so many raw runtimes behind it; ``None`` where it or cargo is not installed, which is said.

    Raises ``SetupError`` when it does not start.
    """
    program = shutil.which(NAME, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None or shutil.which("cargo") is None:
        missing = "cargo, which reads its project," if program else NAME
        say(f"{missing} is not installed: its column stays empty")
        yield None
        return
    place, port = folder / NAME, free_port()
    _make_project(place)
    command = [program, "lambda", "watch", "--only-lambda-apis", "--invoke-address", "127.0.0.1", "--invoke-port"]
    log = place / f"{NAME}.log"
    with running([*command, str(port)], folder=place, variables=os.environ, log=log, watchdog=watchdog) as process:
        wait_until_it_listens(("127.0.0.1", port), process, log)
        with runtimes(environments, bootstrap(place / "runtime"), f"127.0.0.1:{port}/.rt", watchdog):
            yield Server(NAME, ("127.0.0.1", port), process.pid)


def _make_project(place: Path) -> None:
    (place / "src").mkdir(parents=True, exist_ok=True)
    (place / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
    (place / "src" / "main.rs").write_text(MAIN, encoding="utf-8")
