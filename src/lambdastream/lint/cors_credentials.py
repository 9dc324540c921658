"""W9512: every page on the web may ask with the visitor's cookies."""

from __future__ import annotations

from collections.abc import Iterator

from lambdastream.lint._functions import Function
from lambdastream.lint._rule import FunctionRule, Problem


class CorsCredentials(FunctionRule):
    """CORS of a function URL that allows credentials to all origins."""

    id = "W9512"
    shortdesc = "CORS allows credentials to every origin"
    description = "With AllowCredentials, AllowOrigins should name the pages that may ask with a visitor's cookies"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html"
    tags = ("lambda", "security")

    def problems(self, function: Function) -> Iterator[Problem]:
        for door in function.doors:
            if door.credentials_to_all:
                yield Problem(
                    door.path,
                    f"The {door.kind} of {function.name} allows credentials (AllowCredentials: true) to pages of every "
                    "origin (*). Browsers refuse that; where the origin is echoed, any page asks with a visitor's cookies. "
                    "Set AllowOrigins to the pages that may, or leave AllowCredentials out.",
                )
