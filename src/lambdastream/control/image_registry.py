"""What the registry of container images holds, by its own API.

Source: OCI Distribution Specification 1.1, "Pulling manifests", "Listing tags" and "Deleting manifests".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lambdastream.control.local_aws import NO_TLS

if TYPE_CHECKING:
    import httpx

MANIFESTS: Final = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A manifest; ``digest`` names it for ever, ``tags`` do now."""

    digest: str
    media_type: str
    manifest: str
    tags: tuple[str, ...] = ()


class ImageRegistry:
    """The registry at an address, ``host:port``."""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/v2"

    def find(self, repository: str, reference: str) -> StoredImage | None:
        """The image behind a tag or a digest, if there is one."""
        answer = self._call("GET", f"{repository}/manifests/{reference}", {"accept": ", ".join(MANIFESTS)})
        if answer.status_code != 200:  # noqa: PLR2004 - OK
            return None
        headers = answer.headers
        return StoredImage(headers["docker-content-digest"], headers["content-type"], answer.text)

    def images(self, repository: str) -> list[StoredImage]:
        """All images of a repository that have tags, each once."""
        found: dict[str, StoredImage] = {}
        for tag in self._tags(repository):
            image = self.find(repository, tag)
            if image is not None:
                tags = found[image.digest].tags if image.digest in found else ()
                found[image.digest] = StoredImage(image.digest, image.media_type, image.manifest, (*tags, tag))
        return list(found.values())

    def tag(self, repository: str, image: StoredImage, tag: str) -> None:
        """Let a tag name an image from now on, whose layers must be there."""
        headers = {"content-type": image.media_type}
        self._call("PUT", f"{repository}/manifests/{tag}", headers, image.manifest.encode())

    def remove(self, repository: str, digest: str) -> None:
        """Remove an image with all its tags, if it is there."""
        self._call("DELETE", f"{repository}/manifests/{digest}")

    def _tags(self, repository: str) -> Iterator[str]:
        answer = self._call("GET", f"{repository}/tags/list")
        told: dict[str, Any] = answer.json() if answer.status_code == 200 else {}  # noqa: PLR2004 - OK
        yield from told.get("tags") or ()

    def _call(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: bytes | None = None
    ) -> httpx.Response:
        import httpx  # noqa: PLC0415 - late: most projects have no images

        url = f"{self._url}/{path}"
        return httpx.request(
            method, url, headers=headers, content=content, timeout=PATIENCE, trust_env=False, verify=NO_TLS
        )
