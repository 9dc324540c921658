"""E9504: the script that the wrapper starts cannot be started."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lambdastream.lint._functions import WRAPPER, Function
from lambdastream.lint._rule import FunctionRule, Problem
from lambdastream.lint._values import mapping


class RunScript(FunctionRule):
    """A handler that is a script must be in the code, be executable, and have the line endings of Linux."""

    id = "E9504"
    shortdesc = "The script that the exec wrapper starts must be one"
    description = (
        "The handler of a function behind the Lambda Web Adapter is a program in its code: there, mode 755, LF"
    )
    source_url = "https://aws.github.io/aws-lambda-web-adapter/"
    tags = ("lambda",)

    def problems(self, function: Function) -> Iterator[Problem]:
        code = _code(function)
        handler = function.text("Handler")
        if code is None or not handler or function.variable("AWS_LAMBDA_EXEC_WRAPPER") != WRAPPER:
            return
        for problem in _wrong_with(code, handler):
            yield Problem(function.path("Handler"), f"{function.name} does not start: {problem}")


def _code(function: Function) -> Path | None:
    """The folder with the function's code; ``None`` when it is not on this machine, or not copied as it is."""
    place = function.text("CodeUri") or function.text("Code")
    if place is None or function.folder is None or "://" in place or _is_made(function):
        return None
    code = function.folder / place
    return None if code.is_file() else code


def _is_made(function: Function) -> bool:
    """Whether a build of the function's own, a makefile, may write the script."""
    method = mapping(function.resource.get("Metadata")).get("BuildMethod")
    return method is not None and not str(method).startswith("python")


def _wrong_with(code: Path, handler: str) -> Iterator[str]:
    script = code / handler
    if not code.is_dir():
        yield f"there is no folder {code.name}/ beside the template. Set CodeUri to the folder with {handler}."
    elif not script.is_file():
        yield f"there is no {handler} in {code.name}/. Add the script that starts your web server."
    else:
        # Windows has no such mode; there, what packs the code decides.
        if os.name == "posix" and not script.stat().st_mode & stat.S_IXUSR:
            yield f"{handler} is not executable, so Lambda says Permission denied. Run: chmod 755 {code.name}/{handler}"
        if _has_crlf(script):
            yield (
                f"{handler} has CRLF line endings, and Linux looks for a program named bash\\r. "
                f"Run: sed -i 's/\\r$//' {code.name}/{handler}, and say so in .gitattributes: *.sh text eol=lf"
            )


def _has_crlf(script: Path) -> bool:
    with script.open("rb") as file:
        first = file.readline(4096)
    return first.startswith(b"#!") and first.endswith(b"\r\n")
