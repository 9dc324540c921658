"""The checks of notebook 05: reading a prelude, what makes a function stream, and a script that starts a server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import httpx

from lambdastream.control.local_aws import NO_TLS
from lambdastream.runtime.processes.watchdog import Watchdog
from lambdastream.workshop.exercise import NotYet, check

PRELUDE: Final = {"statusCode": 201, "headers": {"content-type": "text/plain"}, "cookies": []}
BODY: Final = b"one" + bytes(8) + b"two"
"""A body with a separator of its own."""

TEMPLATE: Final = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  ChatLwa:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: run.sh
      Runtime: python3.13
      Layers: ["arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27"]
      Environment:
        Variables: {variables}
      FunctionUrlConfig: {{AuthType: NONE, InvokeMode: RESPONSE_STREAM}}
"""

APP: Final = """\
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ready"})
"""

PATIENCE: Final = 20.0
STEP: Final = 0.02


@check
def split(function: Callable[[bytes], tuple[Any, bytes] | None]) -> str:
    """Exercise 1: no prelude before its separator is complete, and the body is all that follows the first one."""
    head = json.dumps(PRELUDE).encode() + bytes(8)
    for size in (10, len(head) - 8, len(head) - 1):
        if _called(function, head[:size], f"after {size} of the {len(head)} bytes before the body") is not None:
            raise NotYet("A separator that is cut is no separator yet.", "Only all eight NUL bytes end the prelude.")
    for body in (b"", b"o", BODY):
        found = _called(function, head + body, f"when {len(body)} bytes of the body have come")
        if found is None:
            raise NotYet(f"The prelude is complete, and {len(body)} bytes of the body have come. You say None.")
        prelude, rest = found
        if prelude != PRELUDE:
            raise NotYet(f"The prelude is {PRELUDE}. You give {prelude!r}.", "It is JSON: json.loads reads it.")
        if rest != body:
            raise NotYet(
                f"The body so far is {body!r}. You give {rest!r}.", "Cut at the first separator, and only there."
            )
    return "Wherever the stream is cut, you know where the body begins."


def _called(function: Callable[[bytes], Any], so_far: bytes, when: str) -> Any:
    try:
        return function(so_far)
    except ValueError as error:
        raise NotYet(
            f"It fails {when}: {type(error).__name__}.",
            "partition says, by its second value, whether it found the separator.",
        ) from error


@check
def variables(needed: Mapping[str, str]) -> str:
    """Exercise 2: the variables that make LWA stream, as the project's lint sees them."""
    for finding in _lint(TEMPLATE.format(variables=json.dumps(dict(needed)))):
        raise NotYet(finding)
    if not str(needed.get("PORT", "")).isdecimal():
        raise NotYet("run.sh asks for $PORT, and there is none.", 'Any free port will do, such as "8000".')
    return "The lint has nothing to say: this function streams."


def _lint(template: str) -> Iterator[str]:
    """What cannot work in a template, one message a mistake."""
    from lambdastream.lint import lint  # noqa: PLC0415 - it imports cfn-lint, which takes seconds

    with tempfile.TemporaryDirectory(prefix="lambdastream-") as folder:
        # The lint looks at the script, too: the reader's own is fine.
        _write_program(Path(folder, "run.sh"), '#!/bin/bash\nexec python -m uvicorn --port "$PORT" main:app\n')
        path = Path(folder) / "template.yaml"
        path.write_text(template, encoding="utf-8")
        yield from [finding.message for finding in lint(path) if finding.is_error]


@check
def script(text: str) -> str:
    """Exercise 3: the script starts a server on ``$PORT``, in the foreground. It is run."""
    if not text.startswith("#!"):
        raise NotYet("The first line must say which program reads the script.", "#!/bin/bash")
    if "$PORT" not in text and "${PORT" not in text:
        raise NotYet(
            "The server listens on a port of the script's choice. The adapter looks at $PORT, and waits for ever.",
            "In a script, $PORT stands for the variable's value.",
        )
    with _running(text) as (process, url):
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if _answers(url):
                return "It listens where the adapter looks, and stays."
            time.sleep(STEP)
        if process.poll() is None:
            raise NotYet(f"It runs, but after {PATIENCE:g} s nothing answers on $PORT.")
    if process.returncode:
        raise NotYet(f"The script fails, with status {process.returncode}.", "Run it in a terminal, with PORT set.")
    raise NotYet(
        "The script comes to its end, and so, for Lambda, does the runtime: Runtime.ExitError.",
        "What does the & at the end of a command do?",
    )


@contextmanager
def _running(text: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a script beside a small app; give its process and the address that the adapter would ask."""
    with tempfile.TemporaryDirectory(prefix="lambdastream-") as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
        free.close()
        Path(folder, "main.py").write_text(APP, encoding="utf-8")
        program = Path(folder, "run.sh")
        _write_program(program, text)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        watchdog = Watchdog()
        process = subprocess.Popen(
            [program],
            env={**os.environ, "PATH": path, "PORT": port},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        watchdog.watch_group(process.pid)
        try:
            yield process, f"http://127.0.0.1:{port}/"
        finally:
            _end(process, watchdog)


def _end(process: subprocess.Popen[bytes], watchdog: Watchdog) -> None:
    """End the script, and what it left in the background."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    watchdog.leave_group(process.pid)
    watchdog.close()


def _write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, verify=NO_TLS, timeout=1).is_success
    except httpx.TransportError:
        return False
