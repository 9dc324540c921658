"""Who signed a request that a function URL or an API lets in by AWS_IAM, and how an event tells of it.

Sources: AWS Lambda developer guide, "Invoking Lambda function URLs"; Amazon API Gateway developer guide, "Create AWS Lambda
proxy integrations for HTTP APIs" (``requestContext.authorizer.iam``, payload 2.0) and "API Gateway mapping template and
access logging variable reference" (``identity``, payload 1.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed the request. ``user_id`` is IAM's id of the user or the role."""

    access_key_id: str
    account_id: str
    user_arn: str
    user_id: str

    @property
    def authorizer(self) -> dict[str, Any]:
        """The ``authorizer`` of payload 2.0."""
        return {
            "iam": {
                "accessKey": self.access_key_id,
                "accountId": self.account_id,
                "callerId": self.user_id,
                "cognitoIdentity": None,
                "principalOrgId": None,
                "userArn": self.user_arn,
                "userId": self.user_id,
            }
        }

    @property
    def identity(self) -> dict[str, str]:
        """What payload 1.0 says of the caller in its ``identity``."""
        return {
            "accessKey": self.access_key_id,
            "accountId": self.account_id,
            "caller": self.user_id,
            "user": self.user_id,
            "userArn": self.user_arn,
        }
