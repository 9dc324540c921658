"""``TemplateURL`` of any host.

moto takes the first part of the host's name for the bucket, unless the host is Amazon's or ``localhost``. sam and cdk give
path-style addresses of the endpoint, ``http://127.0.0.1:4566/bucket/key``.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlparse

from moto.cloudformation import models, responses
from moto.cloudformation.exceptions import ValidationError
from moto.s3.exceptions import S3ClientError
from moto.s3.models import s3_backends

from lambdastream.control.gaps.patching import replaces

VIRTUAL_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-].*amazonaws\.com(\.cn)?")


@replaces(responses, "get_stack_from_s3_url")
@replaces(models, "get_stack_from_s3_url")
def get_stack_from_s3_url(template_url: str, account_id: str, partition: str) -> str:
    """The template at this address. Raises CloudFormation's ``ValidationError`` when there is none."""
    address = urlparse(template_url)
    path = unquote(address.path).lstrip("/")
    host = VIRTUAL_HOST.fullmatch(address.netloc)
    bucket, _, key = (host["bucket"], "", path) if host else path.partition("/")
    try:
        found = s3_backends[account_id][partition].get_object(bucket, key)
    except S3ClientError as error:
        raise ValidationError(message=f"S3 error: {error.message}") from error
    if found is None:
        raise ValidationError(message=f"S3 error: The specified key does not exist: {bucket}/{key}")
    return found.value.decode()
