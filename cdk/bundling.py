"""The app's code with its packages, put together without Docker: uv takes the wheels for Lambda's processor and Python.

The CDK keeps what was made in ``cdk.out``, under the hash of everything that it is made from.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from uv import find_uv_bin

from settings import Settings

ROOT: Final = Path(__file__).resolve().parents[1]
APP: Final = ROOT / "app" / "chat"
PINNED: Final = ROOT / "requirements" / "chat.txt"
"""What ``app/chat/requirements.txt`` needs in all, each package with its hashes."""

LEFT_OUT: Final = ("__pycache__", ".*_cache", "*.pyc")
# Lambda's python3.11 has glibc 2.26, later ones 2.34: wheels for 2.17 run on all of them.
PLATFORMS: Final = {"x86_64": "x86_64-manylinux2014", "arm64": "aarch64-manylinux2014"}


class BundlingError(Exception):
    """The packages cannot be installed."""


@jsii.implements(cdk.ILocalBundling)
class UvBundling:
    """Copies the app's folder, and installs its packages beside it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage | None = None, **options: Any) -> bool:
        """Fill ``output_dir``; the CDK asks Docker when this is false. Raises ``BundlingError``."""
        del image, options
        shutil.copytree(APP, output_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
        done = subprocess.run(self._install(output_dir), capture_output=True, text=True, check=False)
        if done.returncode:
            raise BundlingError(f"uv cannot install the packages of {PINNED.name}:\n{done.stderr}")
        return True

    def _install(self, target: str) -> list[str]:
        wheels = ["--python-platform", PLATFORMS[self._settings.architecture], "--only-binary", ":all:"]
        python = ["--python-version", self._settings.python_version]
        pinned = ["--require-hashes", "--no-deps", "--requirement", str(PINNED)]
        return [find_uv_bin(), "pip", "install", "--quiet", "--target", target, *python, *wheels, *pinned]


def chat_code(settings: Settings) -> lambda_.Code:
    """The chat app as an asset. It is made once for all functions that have it."""
    runtime = lambda_.Runtime(settings.python_runtime)
    return lambda_.Code.from_asset(
        str(APP),
        asset_hash=asset_hash(settings),
        asset_hash_type=cdk.AssetHashType.CUSTOM,
        bundling=cdk.BundlingOptions(image=runtime.bundling_image, local=UvBundling(settings)),
    )


def asset_hash(settings: Settings) -> str:
    """The name of what is made: a hash of all that it is made from.

    The CDK's own would be of the app's folder alone, with what Python has compiled there.
    """
    digest = hashlib.sha256(f"{settings.python_runtime} {settings.architecture}".encode())
    for path in (PINNED, *_files()):
        digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0{path.stat().st_mode & 0o111:o}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for path in sorted(APP.rglob("*")):
        names = path.relative_to(APP).parts
        if path.is_file() and not any(fnmatch(name, pattern) for name in names for pattern in LEFT_OUT):
            yield path
