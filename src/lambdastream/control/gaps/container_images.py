"""Functions that are container images: found in the registry, pinned by their digest, told as AWS tells them.

moto makes up a digest, splits an address with a port in the wrong place, changes no ``ImageConfig``, and tells of a handler
and a runtime where there are none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import ImageConfig, LambdaFunction
from moto.ecr.models import ecr_backends

from lambdastream.control.gaps.container_registry import registry_address
from lambdastream.control.gaps.patching import wraps
from lambdastream.control.image_registry import ImageRegistry
from lambdastream.errors import LambdastreamError
from lambdastream.runtime.description import ContainerImage

IMAGE: Final = "Image"
LATEST: Final = "latest"
# The registry's own address, or the one that the account's would have on AWS.
ADDRESS: Final = re.compile(
    r"(?:(?:127\.0\.0\.1|localhost):\d+|\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?)/"
    r"(?P<repository>[a-z0-9._/-]+)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_DIGEST: Final = "lambdastream_digest"
_NO_PLACE: Final = ("Handler", "Runtime", "Layers", "SnapStart")


def container_image(function: LambdaFunction) -> ContainerImage | None:
    """The image that a function is, as the data plane takes it; ``None`` for a zip archive.

    The registry may have another port than when the function was deployed: it is asked for again. Raises
    ``RegistryNotFoundError``.
    """
    if function.package_type != IMAGE:
        return None
    config = function.image_config
    return ContainerImage(
        f"{registry_address()}/{repository_name(function.code['ImageUri'])}@{vars(function)[_DIGEST]}",
        tuple(config.entry_point or ()),
        tuple(config.cmd or ()),
        config.working_directory or "",
    )


def set_image_config(function: LambdaFunction, config: Mapping[str, Any] | None) -> None:
    """Let this stand for what the image says itself; what is not given is the image's."""
    function.image_config = ImageConfig(dict(config or {}))


def repository_name(uri: str) -> str:
    """The repository of ECR in which an image is. Raises Lambda's ``InvalidParameterValueException``."""
    found = ADDRESS.fullmatch(uri)
    if found is None:
        raise InvalidParameterValueException(
            f"Source image {uri} is not valid. Provide a valid source image: one that was pushed to a repository of ECR, "
            "whose address aws ecr create-repository tells."
        )
    return found["repository"]


def _find_digest(function: LambdaFunction, uri: str) -> str:
    """The digest of the image now behind a URI. Raises Lambda's ``InvalidParameterValueException`` when there is none."""
    name, found = repository_name(uri), ADDRESS.fullmatch(uri)
    if name not in ecr_backends[function.account_id][function.region].repositories:
        raise InvalidParameterValueException(
            f"Source image {uri} does not exist: there is no repository {name} in {function.region}. Make it with aws ecr "
            f"create-repository --repository-name {name}, and push the image to the address that this tells."
        )
    reference = (found and (found["digest"] or found["tag"])) or LATEST
    try:
        image = ImageRegistry(registry_address()).find(name, reference)
    except LambdastreamError as error:
        raise InvalidParameterValueException(f"{error.problem} {error.next_step}".strip()) from error
    if image is None:
        raise InvalidParameterValueException(
            f"Source image {uri} does not exist. Provide a valid source image: push it first."
        )
    return image.digest


@wraps(LambdaFunction, "_set_function_code")
def _set_function_code(original: Any, self: LambdaFunction, updated_spec: dict[str, Any]) -> None:
    is_image = bool(updated_spec.get("ImageUri"))
    if is_image != (self.package_type == IMAGE):
        kind = "a container image" if self.package_type == IMAGE else "a zip archive"
        raise InvalidParameterValueException(
            f"The function {self.function_name} is {kind} (PackageType {self.package_type}): its code must be one, too."
        )
    if not is_image:
        original(self, updated_spec)
        return
    uri = updated_spec["ImageUri"]
    digest = _find_digest(self, uri)
    if updated_spec.get("DryRun"):
        return
    # Another dictionary: published versions have this one, too.
    self.code = {**self.code, "ImageUri": uri}
    vars(self)[_DIGEST] = digest
    self.code_sha_256 = self.code_digest = digest.removeprefix("sha256:")
    self.code_bytes, self.code_size = b"", 0


@wraps(LambdaFunction, "get_code")
def _get_code(original: Any, self: LambdaFunction) -> dict[str, Any]:
    told: dict[str, Any] = original(self)
    if self.package_type == IMAGE:
        uri = self.code["ImageUri"]
        name = re.sub(r"(@sha256:[0-9a-f]{64}|:[\w.-]+)$", "", uri)
        told["Code"] = {"RepositoryType": "ECR", "ImageUri": uri, "ResolvedImageUri": f"{name}@{vars(self)[_DIGEST]}"}
    return told


@wraps(LambdaFunction, "get_configuration")
def _get_configuration(original: Any, self: LambdaFunction, *arguments: Any, **named: Any) -> dict[str, Any]:
    told: dict[str, Any] = original(self, *arguments, **named)
    if self.package_type != IMAGE:
        return told
    config = {name: value for name, value in self.image_config.response().items() if value}
    told.pop("ImageConfigResponse", None)
    if config:
        told["ImageConfigResponse"] = {"ImageConfig": config}
    return {name: value for name, value in told.items() if name not in _NO_PLACE}


@wraps(LambdaFunction, "update_configuration")
def _update_configuration(original: Any, self: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
    if self.package_type == IMAGE and "ImageConfig" in config_updates:
        set_image_config(self, config_updates["ImageConfig"])
    told: dict[str, Any] = original(self, config_updates)
    return told
