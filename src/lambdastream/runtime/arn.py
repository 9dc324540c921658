"""Where the local functions are: the account, the region, and what names a function or one of its versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
LATEST: Final = "$LATEST"
_REFERENCE: Final = re.compile(
    r"(?:(?:arn:aws[\w-]*:lambda:(?P<region>[^:]+):)?\d{12}:function:|function:)?"
    r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>\$?[A-Za-z0-9_-]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A function, or one of its versions or aliases. ``qualifier`` is empty for ``$LATEST``."""

    name: str
    qualifier: str = ""
    region: str = REGION

    @property
    def arn(self) -> str:
        """The ARN in the local account."""
        return function_arn(self.name, self.region) + (f":{self.qualifier}" if self.qualifier else "")

    @property
    def label(self) -> str:
        """How it is told apart here: its name, with its qualifier; in another region its ARN."""
        if self.region != REGION:
            return self.arn
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name


def function_arn(name: str, region: str = REGION) -> str:
    """The ARN of a function in the local account."""
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"


def function_reference(text: str, qualifier: str = "", region: str = REGION) -> FunctionReference:
    """What a name, a partial or a whole ARN means, each with a qualifier or without one.

    ``qualifier`` and ``region`` count where ``text`` has none. Text that has no such form is taken for a name.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return FunctionReference(text, "", region)
    named = found["qualifier"] or qualifier
    return FunctionReference(found["name"], "" if named == LATEST else named, found["region"] or region)
