"""The machine: what functions need to run on it."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx

from lambdastream.control.adapter_status import adapter_status
from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.cache import cache_folder
from lambdastream.runtime.isolation.availability import NAMESPACES_NEED, namespace_problem
from lambdastream.runtime.web_adapter.adapter import BINARY_VARIABLE, IMAGE, IMAGE_VARIABLE
from lambdastream.runtime.web_adapter.build import find_cargo
from lambdastream.workshop.doctor.finding import Finding, fine, warning, wrong

ARCHITECTURES: Final = ("x86_64", "amd64", "aarch64", "arm64")
OLDEST_PYTHON: Final = (3, 11)
GIB: Final = 1024**3
LITTLE: Final = 2 * GIB
TOO_LITTLE: Final = GIB // 2
PATIENCE: Final = 3.0
GET: Final = "from lambdastream.runtime.web_adapter.adapter import find_adapter; find_adapter(say=print)"
GET_ADAPTER: Final = f"{shlex.quote(sys.executable)} -c {shlex.quote(GET)}"


def machine(folder: Path) -> list[Finding]:
    """The machine's findings for a project in ``folder``. The adapter is looked for, and not fetched."""
    return [
        platform_finding(platform.system(), platform.machine()),
        python_finding(sys.version_info[:3]),
        *isolation_findings(platform.system(), namespace_problem),
        adapter_finding(adapter_status(), os.environ, reaches_image=reaches_image),
        *disk_findings((cache_folder(), folder), lambda path: shutil.disk_usage(path).free),
    ]


def platform_finding(system: str, architecture: str) -> Finding:
    """Functions are Linux programs for x86_64 and arm64."""
    if system == "Linux" and architecture.lower() in ARCHITECTURES:
        return fine("platform", f"{system} on {architecture}")
    what = f"Functions are Linux programs for x86_64 and arm64, and this is {system} on {architecture}."
    return wrong("platform", what, "Work in the dev container, in a Linux virtual machine or in WSL.")


def python_finding(version: tuple[int, ...]) -> Finding:
    """The Python that runs this, and so the lab."""
    name = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        return fine("python", f"Python {name}")
    return wrong("python", f"Python {name} is too old: 3.11 or newer is needed.", "uv python install 3.13")


def isolation_findings(system: str, problem: Callable[[], str]) -> Iterator[Finding]:
    """How functions are kept apart here. ``problem`` says why there is no mount namespace to have."""
    if system != "Linux":
        return
    if why := problem():
        what = (
            f"Functions share this machine's file system, with paths rewritten: it gives no mount namespaces ({why})."
        )
        yield warning("isolation", what, f"It works as it is. To have them: {NAMESPACES_NEED}")
    else:
        yield fine("isolation", "each function sees a file system of its own (mount namespaces)")


def adapter_finding(
    found: Mapping[str, str] | None, environ: Mapping[str, str], *, reaches_image: Callable[[str], bool]
) -> Finding:
    """The Lambda Web Adapter: the cached or the named one; without one, whether there is a way to get it."""
    if found:
        return fine("adapter", f"Lambda Web Adapter {found['version']}: {found['path']}")
    if named := environ.get(BINARY_VARIABLE):
        return wrong("adapter", f"{BINARY_VARIABLE} names {named}, which is no file.", f"unset {BINARY_VARIABLE}")
    missing = "There is no Lambda Web Adapter in the cache yet. "
    image = environ.get(IMAGE_VARIABLE) or IMAGE
    if reaches_image(image):
        return warning("adapter", f"{missing}Its first use pulls it from {image}.", GET_ADAPTER)
    try:
        cargo = find_cargo()
    except AdapterNotFoundError:
        what = f"{missing}The image {image} cannot be reached, and there is no cargo to build it."
        fix = f"Connect to the internet, then: {GET_ADAPTER}\nor install Rust, or set {BINARY_VARIABLE} to a binary"
        return wrong("adapter", what, fix)
    return warning("adapter", f"{missing}Its first use builds it with {cargo}, which takes 2 minutes.", GET_ADAPTER)


def reaches_image(image: str) -> bool:
    """Whether the registry of an image answers."""
    try:
        httpx.get(f"https://{image.partition('/')[0]}/v2/", timeout=PATIENCE)
    except httpx.HTTPError:
        return False
    return True


def disk_findings(folders: Iterable[Path], free: Callable[[Path], int]) -> Iterator[Finding]:
    """The room on the disks of these folders, which need not exist yet. ``free`` gives bytes."""
    # By disk, not by the room on it: that may change between two looks.
    places = {found.stat().st_dev: found for found in map(_existing, folders)}
    for folder in places.values():
        room = free(folder)
        what = f"{room / GIB:.1f} GiB free at {folder}"
        fix = "Make room: runtimes, builds and layers take about 1 GiB. See what takes it: du -sh ~/.cache/*"
        if room < TOO_LITTLE:
            yield wrong("disk", f"Only {what}.", fix)
        elif room < LITTLE:
            yield warning("disk", f"Only {what}.", fix)
        else:
            yield fine("disk", what)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
