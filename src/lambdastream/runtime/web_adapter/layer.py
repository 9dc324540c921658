"""The adapter as a function sees it on AWS: a layer, which Lambda unpacks at ``/opt``."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from lambdastream.errors import DescriptionError
from lambdastream.runtime.web_adapter.binary import Adapter, Architecture

# Source: the adapter's guide, "Zip Packages". China has layers of its own, for x86_64 alone; GovCloud has none
# (aws/aws-lambda-web-adapter#277), so an ARN with its partition fails here as it does there.
_LAYER: Final = re.compile(
    r"arn:(?:"
    r"aws:lambda:(?!cn-|us-gov-)[a-z]{2,}(?:-[a-z]+)+-\d+:753240598075:layer:LambdaAdapterLayer(?P<name>X86|Arm64)"
    r"|aws-cn:lambda:cn-north-1:041581134020:layer:LambdaAdapterLayerX86"
    r"|aws-cn:lambda:cn-northwest-1:069767869989:layer:LambdaAdapterLayerX86"
    r"):[1-9]\d*"
)

_BOOTSTRAP: Final = r"""#!/bin/sh
# Starts the function's handler file, a script or a program, in place of the managed runtime:
# AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap asks for it.

fail() {
    printf 'lambdastream: The handler %s %s\n' "${_HANDLER}" "$2" >&2
    exit "$1"
}

program="${LAMBDA_TASK_ROOT}/${_HANDLER}"

[ -f "$program" ] ||
    fail 127 "is not a file of the function's code. Set Handler to the name of a script there, such as run.sh."
[ -x "$program" ] ||
    fail 126 "is not executable. Run: chmod 755 ${_HANDLER}, then deploy again."

first=
IFS= read -r first <"$program" || :
case "$first" in
"$(printf '\177')ELF"*) ;;
*"$(printf '\r')")
    fail 126 "has CRLF line endings, Linux needs LF. Run: sed -i 's/\r\$//' ${_HANDLER}, then deploy again."
    ;;
esac

exec "$program"
"""


def is_adapter_layer(arn: str) -> bool:
    """Whether this is the ARN of a version of the Lambda Web Adapter's layer, in any region that has it."""
    return _LAYER.fullmatch(arn) is not None


def adapter_layer_architecture(arn: str) -> Architecture:
    """The architecture that a layer of the adapter is for. Raises ``DescriptionError`` for any other ARN."""
    layer = _LAYER.fullmatch(arn)
    if layer is None:
        raise DescriptionError(
            f"{arn} is not a layer of the Lambda Web Adapter.",
            next_step="Its layers are arn:aws:lambda:REGION:753240598075:layer:LambdaAdapterLayerX86:VERSION "
            "and LambdaAdapterLayerArm64.",
        )
    return "arm64" if layer["name"] == "Arm64" else "x86_64"


def lay_out_adapter(adapter: Adapter, opt: Path) -> None:
    """Put the adapter into ``opt``, which stands for ``/opt``, as its layer does; what is there already is replaced.

    ``extensions/lambda-adapter`` is the binary, so Lambda starts it as an extension. ``bootstrap`` starts the
    function's handler file, or tells on stderr why it cannot: status 127 when it is missing, 126 when it is not
    executable or has CRLF line endings.
    """
    extension = opt / "extensions" / "lambda-adapter"
    extension.parent.mkdir(parents=True, exist_ok=True)
    extension.unlink(missing_ok=True)
    # No link: a function, or a layer laid over this one, would write into the user's cache through it.
    shutil.copy(adapter.path, extension)
    bootstrap = opt / "bootstrap"
    bootstrap.unlink(missing_ok=True)
    bootstrap.write_text(_BOOTSTRAP, encoding="ascii", newline="\n")
    bootstrap.chmod(0o755)
