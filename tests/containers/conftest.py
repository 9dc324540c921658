"""A Docker daemon of the tests' own, and images to build on: made of what is on this machine, from no registry."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lambdastream.runtime.web_adapter.adapter import find_adapter

PATIENCE = 60
BASE = "base:local"
ADAPTER = "adapter:local"
LANGUAGE = f"python{sys.version_info.major}.{sys.version_info.minor}"
PROGRAMS = ("/bin/sh", "/bin/sleep")
# What wheels for Linux may expect of a system (PEP 600), as every one has it.
LIBRARIES = (
    "c.so.6",
    "dl.so.2",
    "gcc_s.so.1",
    "m.so.6",
    "pthread.so.0",
    "resolv.so.2",
    "rt.so.1",
    "stdc++.so.6",
    "util.so.1",
)
LEFT_OUT = {"test", "idlelib", "tkinter", "turtledemo", "site-packages", "ensurepip", "lib2to3", "EXTERNALLY-MANAGED"}


class Docker:
    """The daemon, by its command line."""

    def __init__(self, host: str) -> None:
        self.host = host

    def __call__(self, *arguments: str, stdin: bytes = b"") -> str:
        done = subprocess.run(["docker", *arguments], input=stdin, capture_output=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def build(self, folder: Path, *arguments: str) -> None:
        self("build", "--quiet", *arguments, str(folder))

    def containers(self) -> list[str]:
        """Names of all containers, also of those that have ended."""
        return self("ps", "--all", "--format", "{{.Names}}").split()

    def volumes(self) -> list[str]:
        return self("volume", "ls", "--quiet").split()


@pytest.fixture(scope="session")
def docker(eventually: Callable[..., object]) -> Iterator[Docker]:
    """A daemon with nothing in it but the images to build on. ``DOCKER_HOST`` names it meanwhile."""
    missing = [name for name in ("docker", "dockerd", "docker-registry") if shutil.which(name) is None]
    if missing or os.geteuid():
        pytest.skip(f"No Docker daemon can be started here: {' '.join(missing) or 'it'} needs root or is missing.")
    with _folder_in_memory() as folder, pytest.MonkeyPatch.context() as variables:
        host = f"unix://{folder}/docker.sock"
        # As `sam build` builds: with the classic builder.
        for name, value in {"DOCKER_HOST": host, "DOCKER_BUILDKIT": "0", "DOCKER_CONFIG": f"{folder}/config"}.items():
            variables.setenv(name, value)
        with _daemon(folder, host) as daemon:
            eventually(lambda: daemon.poll() is not None or _answers(), seconds=PATIENCE)
            if daemon.poll() is not None:
                pytest.skip(f"No Docker daemon runs here: {(folder / 'log').read_text()[-500:]}")
            made = Docker(host)
            _make_images(made, folder)
            yield made


@contextmanager
def _folder_in_memory() -> Iterator[Path]:
    """Nothing of it is to be kept, and images are thousands of files. Not in pytest's own folder, which is removed later."""
    folder = Path(tempfile.mkdtemp(prefix="docker-"))
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], check=False, capture_output=True)
        if done.returncode:
            pytest.skip(f"No Docker daemon can be started here: {done.stderr.decode()}")
        yield folder
    finally:
        # The daemon leaves its network namespaces. What was mounted last goes first.
        mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for place in [place for place in mounted[::-1] if Path(place).is_relative_to(folder)]:
            subprocess.run(["umount", place], check=True, timeout=PATIENCE)
        folder.rmdir()


@contextmanager
def _daemon(folder: Path, host: str) -> Iterator[subprocess.Popen[bytes]]:
    places = ("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid")
    # Containers have the machine's network: no bridge is needed, and no rules for packets.
    network = ("--bridge", "none", "--iptables=false", "--ip6tables=false")
    command = ["dockerd", *places, *network, "-H", host]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _answers() -> bool:
    return not subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=PATIENCE).returncode


def _make_images(docker: Docker, folder: Path) -> None:
    path = "ENV PATH=/usr/local/bin:/usr/bin:/bin"
    docker("import", "--change", path, "-", BASE, stdin=_base())
    context = folder / "adapter"
    context.mkdir()
    shutil.copy(find_adapter().path, context / "lambda-adapter")
    (context / "lambda-adapter").chmod(0o755)
    (context / "Dockerfile").write_text("FROM scratch\nCOPY lambda-adapter /lambda-adapter\n")
    docker.build(context, "--tag", ADAPTER)


def _base() -> bytes:
    """The file system of an image with a shell and this Python: as much as Python's official image has that is needed."""
    interpreter, standard = Path(sys.executable).resolve(), Path(os.__file__).parent
    needed = {*map(Path, PROGRAMS), interpreter, find_adapter().path, *(standard / "lib-dynload").glob("*.so")}
    libraries = {found for program in needed for found in _linked(program)} | set(_shared())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in (*map(Path, PROGRAMS), *sorted(libraries)):
            archive.add(path.resolve(), str(path))
        archive.add(interpreter, f"/usr/local/bin/{LANGUAGE}")
        for name in ("python3", "python"):
            archive.addfile(_entry(f"usr/local/bin/{name}", tarfile.SYMTYPE, LANGUAGE))
        for name in ("tmp", "opt"):
            archive.addfile(_entry(name, tarfile.DIRTYPE))
        archive.add(standard, f"/usr/local/lib/{LANGUAGE}", filter=_kept)
        # Beside the standard library: where else it looks for packages differs from one distribution to the next.
        archive.add(_pip(), f"/usr/local/lib/{LANGUAGE}/pip")
    return buffer.getvalue()


def _entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = kind, target, 0o755
    return entry


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    # Where the interpreter was built, its own library is in a folder beside the others.
    parts = set(Path(entry.name).parts)
    needless = LEFT_OUT & parts or ".opt-" in entry.name or any(part.startswith("config-") for part in parts)
    return None if needless else entry


def _linked(program: Path) -> list[Path]:
    """The shared libraries that a program is started with."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return [Path(found) for found in re.findall(r"(/\S+) \(0x", said)]


def _shared() -> list[Path]:
    known = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    paths = (re.search(rf"^\s*lib{re.escape(name)} .*=> (/\S+)$", known, re.MULTILINE) for name in LIBRARIES)
    return [Path(found[1]) for found in paths if found]


def _pip() -> Path:
    import pip

    return Path(pip.__file__).parent


@pytest.fixture(scope="session")
def base() -> str:
    """The image with a Python."""
    return BASE


@pytest.fixture(scope="session")
def adapter_image() -> str:
    """The image with the adapter at `/lambda-adapter`, as the public one has it."""
    return ADAPTER
