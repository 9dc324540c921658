"""What names a model of Amazon Bedrock: a model's own id, an inference profile's, or an ARN.

Sources: botocore's service model, ``ConversationalModelId``; Amazon Bedrock user guide, "Supported foundation models" and
"Supported Regions and models for inference profiles".
Chosen here: there is no list of models, which would be old in a month. An id is one when it has the form of those that
there are, and begins with a provider that there is. A model that a region does not have passes here. Of the models that
only an inference profile may be named for, those are known that people meet: Claude since its fourth generation, and Nova 2
Lite (as users report: earendil-works/pi#7311).
"""

from __future__ import annotations

import re
from typing import Final

STAND_IN: Final = "stand-in"
"""The provider of models that only the local AWS has."""

_PROVIDERS: Final = (
    "ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|stability|"
    f"twelvelabs|writer|zai|{STAND_IN}"
)
_GEOGRAPHIES: Final = "us|us-gov|eu|apac|jp|au|ca|sa|global"
_MODEL: Final = re.compile(rf"((?:{_GEOGRAPHIES})\.)?((?:{_PROVIDERS})\.[a-z0-9][a-z0-9.-]*(?::[0-9a-z]+)*)")
_PROFILE_ONLY: Final = re.compile(
    r"(?:arn:.*:foundation-model/)?(?:anthropic\.claude-(?:opus|sonnet|haiku)-|amazon\.nova-2-lite-)[^/]*"
)
_ARN: Final = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]+:(?:[0-9]{12})?:([a-z-]+)/([A-Za-z0-9.:/-]+)")
_WITH_MODEL: Final = frozenset({"foundation-model", "inference-profile"})
_WITH_NAME: Final = frozenset(
    {
        "application-inference-profile",
        "custom-model",
        "custom-model-deployment",
        "default-prompt-router",
        "imported-model",
        "prompt-router",
        "provisioned-model",
    }
)


def model_name(model_id: str) -> str | None:
    """Return the model that ``model_id`` means, without geography and ARN: ``amazon.nova-lite-v1:0``.

    An ARN of something that stands for a model is returned as its own name. ``None`` when this names no model.
    """
    arn = _ARN.fullmatch(model_id)
    if arn and arn[1] in _WITH_NAME:
        return arn[2]
    if arn and arn[1] not in _WITH_MODEL:
        return None
    found = _MODEL.fullmatch(arn[2] if arn else model_id)
    return found[2] if found else None


def wants_profile(model_id: str) -> bool:
    """Say whether ``model_id`` names a model itself that only an inference profile may be named for."""
    return _PROFILE_ONLY.fullmatch(model_id) is not None
