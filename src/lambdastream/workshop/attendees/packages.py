"""The packages of a workshop in SAM's own bucket, which every project in the account shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from lambdastream.workshop.attendees.account import Account
from lambdastream.workshop.attendees.packaging import folder

SAM_STACK: Final = "aws-sam-cli-managed-default"
BUCKET: Final = "SourceBucket"
MOST_AT_ONCE: Final = 1000


def remove_packages(account: Account, workshop: str) -> int:
    """Delete a workshop's packages, all versions of them; how many there were. Those of others stay."""
    bucket = _bucket(account)
    if not bucket:
        return 0
    removed = 0
    found = list(_versions(account.s3, bucket, workshop))
    for start in range(0, len(found), MOST_AT_ONCE):
        batch = found[start : start + MOST_AT_ONCE]
        account.s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        removed += len(batch)
    return removed


def packages_left(account: Account, workshop: str) -> list[str]:
    """Give the names of a workshop's packages."""
    bucket = _bucket(account)
    return [f"s3://{bucket}/{each['Key']}" for each in _versions(account.s3, bucket, workshop)] if bucket else []


def _bucket(account: Account) -> str:
    """SAM's bucket, or nothing where SAM has never made one."""
    try:
        (stack,) = account.cloudformation.describe_stacks(StackName=SAM_STACK)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return ""
        raise
    return next((each["OutputValue"] for each in stack.get("Outputs", ()) if each["OutputKey"] == BUCKET), "")


def _versions(s3: Any, bucket: str, workshop: str) -> Iterator[dict[str, str]]:
    """The bucket keeps versions: to delete an object alone would keep it, and its price."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=f"{folder(workshop)}/")
    for page in pages:
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            yield {"Key": each["Key"], "VersionId": each["VersionId"]}
