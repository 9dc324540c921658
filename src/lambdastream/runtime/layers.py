"""A function's layers, laid over each other in the folder that stands for ``/opt``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from lambdastream.errors import DescriptionError
from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.web_adapter.adapter import Adapter
from lambdastream.runtime.web_adapter.layer import is_adapter_layer, lay_out_adapter


def lay_out(description: FunctionDescription, opt: Path, adapter: Callable[[], Adapter]) -> None:
    """Fill ``opt`` with the function's layers in their order; of two files at one place the later layer's stays.

    A layer ARN of the Lambda Web Adapter stands for the binary that ``adapter`` gives. Raises ``DescriptionError`` for
    a layer that is neither that nor a folder.
    """
    opt.mkdir(parents=True, exist_ok=True)
    for layer in description.layers:
        if is_adapter_layer(layer):
            lay_out_adapter(adapter(), opt)
        elif Path(layer).is_dir():
            shutil.copytree(layer, opt, dirs_exist_ok=True, symlinks=True)
        else:
            raise DescriptionError(
                f"The function {description.name} has the layer {layer}, which is not here.",
                next_step="Give the ARN of a Lambda Web Adapter layer, or a folder with the layer's files.",
            )


def extensions(opt: Path) -> list[Path]:
    """The external extensions that the layers bring: the executable files in ``/opt/extensions``, in order of name."""
    folder = opt / "extensions"
    return sorted(path for path in folder.iterdir() if _is_program(path)) if folder.is_dir() else []


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
