"""JupyterLab as a child process: started, found, ended."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from lambdastream.control.interrupts import uninterrupted
from lambdastream.control.local_aws import NO_TLS
from lambdastream.control.profile import Profile
from lambdastream.control.project import Project
from lambdastream.errors import SetupError
from lambdastream.runtime.processes.watchdog import Watchdog

PATIENCE: Final = 60.0
GRACE: Final = 10.0
STEP: Final = 0.05
PORT_TAKEN: Final = "no available port could be found"
ATTEMPTS: Final = 3
FIRST_NOTEBOOK: Final = "notebooks/00-start-here.ipynb"


class JupyterLab:
    """A JupyterLab on the project's notebooks, for the time of a ``with`` block. It keeps its token.

    ``url`` is the address to open, token included. It listens on loopback alone. Kernels find the environment's programs
    on their PATH.
    """

    def __init__(self, project: Project, watchdog: Watchdog, *, browser: bool) -> None:
        self._project = project
        self._watchdog = watchdog
        self._browser = browser
        self._runtime = project.state / "jupyter"
        self._log = project.state / "jupyter.log"
        self._page = f"lab/tree/{FIRST_NOTEBOOK if (project.root / FIRST_NOTEBOOK).is_file() else 'notebooks'}"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self._project.make_state()
        self._runtime.mkdir(mode=0o700, exist_ok=True)
        try:
            self.url = self._start_until_it_answers()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def wait(self) -> None:
        """Wait until JupyterLab ends, by its own menu."""
        if self._process is not None:
            self._process.wait()

    def close(self) -> None:
        """End JupyterLab and its kernels."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._watchdog.leave_group(self._process.pid)

    def _start_until_it_answers(self) -> str:
        """Start it, once more where another server takes its port between JupyterLab's look for one and its use."""
        for _ in range(ATTEMPTS):
            self._start()
            if url := self._wait_until_it_answers():
                return url
            self.close()
            if PORT_TAKEN not in self._said():
                break
        end = "\n".join(self._said().splitlines()[-10:])
        raise SetupError(f"JupyterLab does not start:\n{end}", next_step="Mend that, then try again: make lab")

    def _said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _start(self) -> None:
        with self._log.open("wb") as log, uninterrupted():
            self._process = subprocess.Popen(
                self._command(),
                cwd=self._project.root,
                env=self._variables(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            self._watchdog.watch_group(self._process.pid)

    def _command(self) -> list[str]:
        options = ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={self._project.root}"]
        options += [] if self._browser else ["--no-browser"]
        options += ["--allow-root"] if os.geteuid() == 0 else []
        options.append(f"--LabApp.default_url=/{self._page}")
        # -P: modules in the project's folder must not stand in for those that JupyterLab imports.
        return [sys.executable, "-P", "-m", "jupyterlab", *options]

    def _variables(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        own = {"PATH": path, "JUPYTER_RUNTIME_DIR": str(self._runtime), "JUPYTER_TOKEN": secrets.token_hex(24)}
        return Profile(self._project).environment(os.environ) | own

    def _wait_until_it_answers(self) -> str | None:
        """The address to open; None when it ended, or took too long."""
        deadline = time.monotonic() + PATIENCE
        while self._process is not None and self._process.poll() is None and time.monotonic() < deadline:
            if url := self._address():
                return url
            time.sleep(STEP)
        return None

    def _address(self) -> str | None:
        """The address to open, once the server answers there, and not another: only ours takes the token."""
        assert self._process is not None  # noqa: S101 - called while it runs
        try:
            told = json.loads((self._runtime / f"jpserver-{self._process.pid}.json").read_text(encoding="utf-8"))
            token = {"token": told["token"]}
            answer = httpx.get(f"{told['url']}api/status", params=token, trust_env=False, verify=NO_TLS, timeout=5)
        except (OSError, ValueError, httpx.TransportError):
            return None
        return f"{told['url']}{self._page}?token={told['token']}" if answer.is_success else None
