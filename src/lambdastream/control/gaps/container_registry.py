"""Amazon ECR with images in it: those of a registry on loopback, to which Docker pushes.

moto keeps repositories, and images that were put by calls of the API. Docker pushes to a registry, and moto has none: its
addresses lead to AWS. Here a repository's address is the local registry's, and its images are what that holds. Where no
registry can be started the addresses stay, so that stacks which only have a repository, as the CDK's own, still deploy;
who wants to push is told.

All regions have one registry.
"""

from __future__ import annotations

import contextlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.core.responses import ActionResult
from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.models import ECRBackend, Image, Repository
from moto.ecr.responses import ECRResponse

from lambdastream.control.gaps.function_deployment import deployment
from lambdastream.control.gaps.patching import replaces, wraps
from lambdastream.control.image_registry import ImageRegistry
from lambdastream.control.monitor import MOTO
from lambdastream.errors import LambdastreamError

USER: Final = "AWS"
# The registry does not ask for it.
PASSWORD: Final = "local"  # noqa: S105
LASTS: Final = timedelta(hours=12)
_EMPTY_ON_DELETE: Final = "lambdastream_empty_on_delete"
_HELD: Final = "lambdastream_images"
_COMPANION: Final = "AwsSamCliCompanionStack"


def registry_address() -> str:
    """The address of the registry, ``host:port``, which runs then. Raises ``RegistryNotFoundError``."""
    with MOTO.outside():
        return deployment().data_plane.registry()


def registry() -> ImageRegistry | None:
    """The registry, which runs then; ``None`` where there is none."""
    with contextlib.suppress(LambdastreamError):
        return ImageRegistry(registry_address())
    return None


def _uri(self: Repository) -> str:
    try:
        return f"{registry_address()}/{self.name}"
    except LambdastreamError:
        return f"{self.registry_id}.dkr.ecr.{self.region_name}.amazonaws.com/{self.name}"


def _images(self: Repository) -> list[Image]:
    if _HELD in vars(self):
        held: list[Image] = vars(self)[_HELD]
        return held
    found = registry()
    return [_image(self, each) for each in found.images(self.name)] if found else []


def _image(repository: Repository, stored: Any) -> Image:
    image = Image(
        repository.account_id,
        stored.tags[-1],
        stored.manifest,
        repository.name,
        image_manifest_mediatype=stored.media_type,
        digest=stored.digest,
        registry_id=repository.registry_id,
    )
    image.image_tags = list(stored.tags)
    return image


def _ignore(self: Repository, value: object) -> None:
    """What moto makes of it counts for nothing."""
    del self, value


Repository.uri = property(_uri, _ignore)  # type: ignore[assignment]
Repository.images = property(_images, _ignore)  # type: ignore[assignment]


@wraps(ECRBackend, "batch_delete_image")
def _batch_delete_image(original: Any, self: ECRBackend, repository_name: str, *others: Any, **named: Any) -> Any:
    repository = self.repositories.get(repository_name)
    found = registry()
    if repository is None or found is None:
        return original(self, repository_name, *others, **named)
    before = found.images(repository_name)
    # moto takes images and tags out of a list: one that stays the same meanwhile.
    vars(repository)[_HELD] = [_image(repository, each) for each in before]
    try:
        response = original(self, repository_name, *others, **named)
    finally:
        held: list[Image] = vars(repository).pop(_HELD)
    tags = {each.image_digest: each.image_tags for each in held}
    for image in before:
        left = tags.get(image.digest, [])
        if set(left) != set(image.tags):
            # The registry removes an image with all of its tags, and no tag alone.
            found.remove(repository_name, image.digest)
            for tag in left:
                found.tag(repository_name, image, tag)
    return response


@wraps(ECRBackend, "delete_repository")
def _delete_repository(original: Any, self: ECRBackend, repository_name: str, *others: Any, **named: Any) -> Any:
    repository = original(self, repository_name, *others, **named)
    found = registry()
    for image in repository.images:
        if found is not None:
            found.remove(repository_name, image.image_digest)
    return repository


@replaces(ECRResponse, "put_image")
def _put_image(self: ECRResponse) -> ActionResult:
    del self
    # It would be nowhere: moto keeps it in a list of its own.
    raise NotImplementedError("Push the image to its repository's address with Docker.")


@replaces(ECRResponse, "get_authorization_token")
def _get_authorization_token(self: ECRResponse) -> ActionResult:
    try:
        address = registry_address()
    except LambdastreamError as error:
        raise InvalidParameterException(f"{error.problem} {error.next_step}".strip()) from error
    del self
    token = {
        "authorizationToken": b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
        "expiresAt": datetime.now(UTC) + LASTS,
        "proxyEndpoint": f"http://{address}",
    }
    return ActionResult({"authorizationData": [token]})


@wraps(CloudFormationBackend, "create_stack")
def _create_stack(
    original: Any, self: CloudFormationBackend, name: str, template: str, *others: Any, **named: Any
) -> Any:
    if _COMPANION in template:
        # The names of ECR's hosts are made up by SAM itself then, and Docker would look for them in the internet.
        raise ValidationError(
            message="--resolve-image-repos works on AWS alone: the repositories of the local AWS have another address. "
            "Make one (AWS::ECR::Repository, or aws ecr create-repository), and name its address: sam deploy "
            f"--image-repository {_address()}/NAME"
        )
    return original(self, name, template, *others, **named)


def _address() -> str:
    with contextlib.suppress(LambdastreamError):
        return registry_address()
    return "127.0.0.1:PORT"


@wraps(Repository, "create_from_cloudformation_json")
def _create(original: Any, *arguments: Any, **named: Any) -> Repository:
    # Called as the class's own: `original` is bound to it.
    made: Repository = original(*arguments, **named)
    vars(made)[_EMPTY_ON_DELETE] = str(arguments[1]["Properties"].get("EmptyOnDelete", False)).lower() == "true"
    return made


@wraps(Repository, "delete")
def _delete(original: Any, self: Repository, account_id: str, region_name: str) -> None:
    if vars(self).get(_EMPTY_ON_DELETE):
        found = registry()
        for image in self.images:
            if found is not None:
                found.remove(self.name, image.image_digest)
    original(self, account_id, region_name)
