"""The adapter's binary out of its container image, without a container engine.

The protocol is the OCI Distribution Specification's pull. Indexes, manifests and layers are those of the OCI Image
Specification and of Docker's image manifest version 2, schema 2, which differ in the names of media types only.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import logging
import posixpath
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import Any, Final

import oras.auth
import oras.container
import oras.defaults
import oras.provider

from lambdastream.errors import AdapterNotFoundError
from lambdastream.runtime.web_adapter.binary import Architecture

BINARY: Final = "lambda-adapter"
CONNECT_TIMEOUT: Final = 5
READ_TIMEOUT: Final = 30

_PLATFORMS: Final[dict[Architecture, tuple[str, str]]] = {
    "x86_64": ("linux", "amd64"),
    "arm64": ("linux", "arm64"),
}
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_LARGEST_BLOB: Final = 64 * 1024 * 1024

# The network and the disk; a registry that refuses; JSON of another shape; layers that cannot be read.
_FAILURES: Final = (
    OSError,
    ValueError,
    oras.auth.AuthenticationException,
    *(LookupError, TypeError, AttributeError),
    *(tarfile.TarError, EOFError, zlib.error),
)

# What oras prints of a failure, our error tells: without a handler Python would print it on stderr.
logging.getLogger("oras").addHandler(logging.NullHandler())


def pull_adapter(image: str, architecture: Architecture, target: Path) -> str:
    """Write the file ``/lambda-adapter`` of an image to ``target``; returns the image's tag.

    ``image`` is ``registry/name:tag``, with ``@sha256:...`` behind it if it is pinned; an index, or one platform's
    manifest. Everything that arrives is checked against its SHA-256. Registries are read anonymously, over plain HTTP
    on loopback and HTTPS elsewhere. Raises ``AdapterNotFoundError`` with the reason, after 5 s when nobody takes the
    connection.
    """
    try:
        repository = _Repository(image)
        manifest = _platform_manifest(repository, architecture)
        # An upper layer's file hides those of the layers below.
        if any(_unpack(repository.blob(layer), target) for layer in reversed(manifest["layers"])):
            return str(repository.container.tag)
    except _FAILURES as error:
        raise AdapterNotFoundError(f"The image {image} could not be pulled: {_reason(error)}.") from error
    raise AdapterNotFoundError(f"The image {image} has no file /{BINARY}.")


class _Repository:
    """One repository of a registry."""

    def __init__(self, image: str) -> None:
        self.container = oras.container.Container(image)
        host = self.container.registry.rpartition(":")[0] or self.container.registry
        self._registry = oras.provider.Registry(insecure=host in _LOOPBACK)
        session = self._registry.session
        # A proxy of the environment cannot reach this machine's own loopback.
        session.trust_env = host not in _LOOPBACK
        # oras sets no time limits, and would wait for ever.
        session.request = functools.partial(session.request, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT))

    def manifest(self, digest: str = "") -> dict[str, Any]:
        """The image's own manifest or index, or that of a digest."""
        media_types = ", ".join(oras.defaults.default_manifest_accepted_media_types)
        digest = digest or self.container.digest or ""
        response = self._get(self.container.manifest_url(digest or None), Accept=media_types)
        expected = digest or response.headers.get("Docker-Content-Digest") or ""
        return _object(json.loads(_verified(response.content, expected) if expected else response.content))

    def blob(self, descriptor: dict[str, Any]) -> bytes:
        """The bytes that a descriptor stands for."""
        if descriptor["size"] > _LARGEST_BLOB:
            raise ValueError(f"a layer of {descriptor['size']} bytes is too large for this image")
        response = self._get(self.container.get_blob_url(descriptor["digest"]))
        return _verified(response.content, descriptor["digest"])

    def _get(self, url: str, **headers: str) -> Any:
        # Without oras's decorator, which tries five times and sleeps more than two minutes in between.
        get = oras.provider.Registry.do_request.__wrapped__
        response = get(
            self._registry,
            f"{self._registry.prefix}://{url}",
            headers={"Accept-Encoding": "identity", **headers},
        )
        if not response.ok:
            raise ValueError(f"the registry answers {response.status_code} {response.reason} to {url}")
        return response


def _platform_manifest(repository: _Repository, architecture: Architecture) -> dict[str, Any]:
    found = repository.manifest()
    if "manifests" not in found:
        return found
    wanted = _PLATFORMS[architecture]
    for descriptor in found["manifests"]:
        platform = descriptor.get("platform") or {}
        if (platform.get("os"), platform.get("architecture")) == wanted:
            return repository.manifest(descriptor["digest"])
    raise ValueError(f"it has nothing for {'/'.join(wanted)}")


def _unpack(layer: bytes, target: Path) -> bool:
    with tarfile.open(fileobj=io.BytesIO(layer), mode="r:*") as archive:
        for member in archive:
            if posixpath.normpath(member.name.lstrip("/")) != BINARY:
                continue
            if (source := archive.extractfile(member)) is not None:
                with target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                return True
    return False


def _verified(content: bytes, digest: str) -> bytes:
    algorithm, _, expected = digest.partition(":")
    if algorithm != "sha256":
        raise ValueError(f"{digest} is not a SHA-256 digest")
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(f"its digest is wrong: {digest} was asked for, and sha256:{found} came")
    return content


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not {"manifests", "layers"} & value.keys():
        raise ValueError("the registry answers with neither an image manifest nor an index")
    return value


def _reason(error: Exception) -> str:
    """A sentence's end. requests wraps urllib3's error, which names the connection before it says what is wrong."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if cause is not None:
        return str(cause).partition(": ")[2] or str(cause)
    return str(error).rstrip(".") or type(error).__name__
