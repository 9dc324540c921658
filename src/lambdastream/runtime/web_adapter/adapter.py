"""Which binary of the Lambda Web Adapter (LWA) runs: the named one, the cache's, the image's, or one built here."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.cache import cache_folder
from lambdastream.runtime.web_adapter.binary import (
    ADAPTER_VERSIONS,
    Adapter,
    check_starts,
    machine_architecture,
)
from lambdastream.runtime.web_adapter.build import build_adapter
from lambdastream.runtime.web_adapter.cache import AdapterCache

__all__ = ["Adapter", "find_adapter"]

BINARY_VARIABLE: Final = "LAMBDASTREAM_ADAPTER"
IMAGE_VARIABLE: Final = "LAMBDASTREAM_ADAPTER_IMAGE"
IMAGE: Final = "public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0"
# The newest on crates.io that fits: 1.0.0 itself is in the image and the layers only.
CRATE_VERSION: Final = "1.0.0-rc1"


def _quiet(_: str) -> None:
    pass


def find_adapter(*, say: Callable[[str], None] = _quiet) -> Adapter:
    """The binary of the Lambda Web Adapter for this machine, fetched or built first if need be.

    In this order: the path in ``LAMBDASTREAM_ADAPTER``; the user's cache, 1.0.0 before 1.0.0-rc1; the public container
    image (another one if ``LAMBDASTREAM_ADAPTER_IMAGE`` names it); ``cargo install``, which takes about 2 minutes.
    ``say`` gets a sentence whenever something starts that takes time, or goes wrong on the way.

    Raises ``AdapterNotFoundError`` when the named binary does not start, or when every way fails, with all reasons.
    """
    architecture = machine_architecture()
    try:
        cache = AdapterCache(cache_folder() / "adapter", architecture)
        if named := os.environ.get(BINARY_VARIABLE):
            return _named_adapter(Path(named), cache)
        if adapter := cache.newest():
            return adapter
        with cache.lock(say):
            # Another process may have got it while this one waited.
            return cache.newest() or _get_adapter(cache, say)
    except OSError as error:
        raise AdapterNotFoundError(
            f"The cache for the Lambda Web Adapter cannot be used: {error}.",
            next_step="Set LAMBDASTREAM_CACHE to a folder that can be written.",
        ) from error


def _named_adapter(path: Path, cache: AdapterCache) -> Adapter:
    path = path.expanduser().absolute()
    try:
        _check_named(path)
    except AdapterNotFoundError as error:
        raise AdapterNotFoundError(
            f"{BINARY_VARIABLE} does not name a Lambda Web Adapter that works here. {error.problem}",
            next_step=f"Set {BINARY_VARIABLE} to a lambda-adapter binary for {cache.architecture}, or unset it.",
        ) from error
    return Adapter(cache.version_of(path) or "custom", path)


def _check_named(path: Path) -> None:
    if not path.is_file():
        raise AdapterNotFoundError(f"There is no file {path}.")
    if not os.access(path, os.X_OK):
        raise AdapterNotFoundError(f"{path} is not executable: chmod 755 makes it so.")
    check_starts(path)


def _get_adapter(cache: AdapterCache, say: Callable[[str], None]) -> Adapter:
    reasons = [
        f"{BINARY_VARIABLE} is not set.",
        f"The cache {cache.folder} has no version {' or '.join(ADAPTER_VERSIONS)} for {cache.architecture}.",
    ]
    for source in (_from_image, _from_source):
        try:
            adapter = source(cache, say)
        except AdapterNotFoundError as error:
            say(error.problem)
            reasons.append(error.problem)
        else:
            say(f"The Lambda Web Adapter {adapter.version} is ready: {adapter.path}")
            return adapter
    raise AdapterNotFoundError(
        "\n  - ".join(["There is no Lambda Web Adapter, and no way to get it worked:", *reasons]),
        next_step=f"Connect to the internet and try again; or install Rust, so that cargo can build it; or set "
        f"{BINARY_VARIABLE} to a lambda-adapter binary for {cache.architecture} from another machine.",
    )


def _from_image(cache: AdapterCache, say: Callable[[str], None]) -> Adapter:
    # Importing oras takes 2 s. A machine with a binary in its cache does without.
    from lambdastream.runtime.web_adapter.image import pull_adapter  # noqa: PLC0415

    image = os.environ.get(IMAGE_VARIABLE) or IMAGE
    say(f"Getting the Lambda Web Adapter from the image {image}.")
    with cache.incoming() as folder:
        version = pull_adapter(image, cache.architecture, folder / "lambda-adapter")
        if version not in ADAPTER_VERSIONS:
            raise AdapterNotFoundError(
                f"The tag of the image {image} is not a version that fits: {' or '.join(ADAPTER_VERSIONS)}."
            )
        return cache.install(folder / "lambda-adapter", version)


def _from_source(cache: AdapterCache, say: Callable[[str], None]) -> Adapter:
    say(f"Building the Lambda Web Adapter {CRATE_VERSION} with cargo. This takes about 2 minutes, once.")
    with cache.incoming() as folder:
        return cache.install(build_adapter(CRATE_VERSION, folder, say), CRATE_VERSION)
