"""The peer RIE: AWS's Runtime Interface Emulator as SAM CLI brings it, outside of its container, with the same raw runtime.

It answers ``Invoke`` alone, and collects the whole answer first, also a streamed one: so it takes part in buffered
invocations. It checks no signatures.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.invocation import Invocable
from benchmarks.process import free_port, running, wait_until_it_listens
from benchmarks.raw_runtime import bootstrap
from benchmarks.report import say
from lambdastream.runtime.processes.watchdog import Watchdog

NAME: Final = "RIE"
BINARIES: Final = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}
TARGET: Final = "/2015-03-31/functions/function/invocations"


@contextmanager
def rie(folder: Path, watchdog: Watchdog) -> Iterator[Invocable | None]:
    """Run it with the raw runtime; ``None`` where SAM CLI does not bring it, which is said. Raises ``SetupError``."""
    program = _binary()
    if program is None:
        say(f"SAM CLI, which brings the {NAME}, is not installed: its column stays empty")
        yield None
        return
    place = folder / "rie"
    started, port = bootstrap(place), free_port()
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    api = ["--runtime-api-address", f"127.0.0.1:{free_port()}"]
    variables = {**os.environ, "AWS_LAMBDA_FUNCTION_TIMEOUT": "60"}
    log = place / f"{NAME}.log"
    with running(
        [program, *addresses, *api, started], folder=place, variables=variables, log=log, watchdog=watchdog
    ) as process:
        wait_until_it_listens(("127.0.0.1", port), process, log)
        yield Invocable(NAME, ("127.0.0.1", port), TARGET, {})


def _binary() -> Path | None:
    spec = find_spec("samcli")
    name = BINARIES.get(platform.machine())
    if spec is None or not spec.submodule_search_locations or name is None:
        return None
    binary = Path(spec.submodule_search_locations[0], "local", "rapid", name)
    # A wheel's installer may leave out the mode; the program is not ours to change.
    return binary if os.access(binary, os.X_OK) else None
