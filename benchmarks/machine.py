"""The machine and the code that were measured; nothing that tells whose they are."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu(),
        "ram_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "os": _os(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def commit(root: Path) -> str:
    """The commit that is checked out, with ``+changes`` when the files differ from it; ``unknown`` without git."""
    try:
        head = _git(root, "rev-parse", "--short=12", "HEAD")
        changes = _git(
            root, "status", "--porcelain", "--", ".", ":!benchmarks/results.json", ":!benchmarks/results.png"
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}+changes" if changes else head


def load() -> str | None:
    """A warning when others use the machine now, so that the figures will not say much."""
    running, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if running < cores / 2:
        return None
    return f"This machine is busy (load {running:.1f} on {cores} cores): the figures will be noisy."


def _cpu() -> str:
    """The CPU's name; arm64 kernels do not tell it."""
    named = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    return named[1] if named else platform.machine()


def _os() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()
