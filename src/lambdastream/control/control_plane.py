"""The control plane: the process that answers every AWS call which the data plane does not answer itself.

``python -m lambdastream.control.control_plane --socket PATH`` serves on a unix domain socket, prints READY on a line of
its own, and ends on SIGTERM, or when its standard input ends, as it does when its parent dies. What it is told comes in
environment variables: where the data plane is, and its token (see ``data_plane_client``), ``LAMBDASTREAM_STATE`` (the
project's folder for state) and ``AWS_DEFAULT_REGION``.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lambdastream.control.code_store import CodeStore
from lambdastream.control.data_plane_client import data_plane_from_environment
from lambdastream.control.monitor import MOTO
from lambdastream.doors.socket_path import openable
from lambdastream.errors import LambdastreamError, UsageError

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

    from lambdastream.control.moto_application import MotoApplication

STATE: Final = "LAMBDASTREAM_STATE"
REGION: Final = "AWS_DEFAULT_REGION"
DEFAULT_REGION: Final = "us-east-1"
READY: Final = "READY"
WARM_UP: Final = 20.0


def main(arguments: list[str] | None = None) -> int:
    """The program; returns its exit code."""
    parser = argparse.ArgumentParser(prog="lambdastream.control.control_plane")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--socket", type=Path, help="the unix domain socket to serve on")
    place.add_argument("--port", type=int, help="a port of loopback to serve on, for tests; 0 takes a free one")
    options = parser.parse_args(arguments)
    try:
        answering = application(os.environ)
        with listening(answering, options.socket, options.port or 0) as server:
            ready = (READY, server.port) if options.socket is None else (READY,)
            _serve(server, ready, answering.deployment_comes)
            with MOTO:
                # What was to be saved a moment later is saved now.
                pass
    except LambdastreamError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def application(environment: Mapping[str, str]) -> MotoApplication:
    """What answers: moto as a WSGI application, its gaps closed, for what the environment names.

    What was deployed before is brought back, and every change is saved from now on. Raises ``UsageError`` when the
    environment does not name everything, ``LocalAwsError`` when the state cannot be brought back.
    """
    if STATE not in environment:
        raise UsageError(f"The environment variable {STATE} is not set.", next_step="Give it a folder for state.")
    data_plane = data_plane_from_environment(environment)
    code = CodeStore(Path(environment[STATE]).absolute())
    region = environment.get(REGION) or DEFAULT_REGION
    _prepare(region)

    # Importing moto takes most of the start, and reads the environment.
    from lambdastream.control.moto_start import quick_imports  # noqa: PLC0415

    with quick_imports():
        from lambdastream.control import gaps  # noqa: PLC0415

        gaps.close()
        from lambdastream.control.gaps import function_deployment, layers  # noqa: PLC0415
        from lambdastream.control.managed_bucket import make_managed_bucket  # noqa: PLC0415
        from lambdastream.control.moto_application import MotoApplication  # noqa: PLC0415
        from lambdastream.control.revival import revive  # noqa: PLC0415
        from lambdastream.control.snapshot import Snapshot  # noqa: PLC0415

    layer_paths = functools.partial(layers.layer_paths, code)
    function_deployment.use(function_deployment.Deployment(data_plane, code, layer_paths))
    snapshot = Snapshot(code.state)
    if snapshot.load():
        revive()
    make_managed_bucket(region)
    MOTO.on_change = snapshot.save
    snapshot.save()
    return MotoApplication(region)


@contextlib.contextmanager
def listening(wsgi_application: Any, socket: Path | None, port: int) -> Iterator[BaseWSGIServer]:
    """A server on a unix domain socket, or else on a port of loopback, for the time of a ``with`` block."""
    from werkzeug.serving import make_server  # noqa: PLC0415 - late, like moto

    from lambdastream.control.moto_application import RequestHandler  # noqa: PLC0415

    host = "127.0.0.1" if socket is None else f"unix://{openable(socket)}"
    # Whoever can open the socket can ask it for keys.
    mask = os.umask(0o177)
    try:
        server = make_server(host, port, wsgi_application, threaded=True, request_handler=RequestHandler)
    finally:
        os.umask(mask)
    try:
        yield server
    finally:
        server.server_close()
        if socket is not None:
            socket.unlink(missing_ok=True)


def _prepare(region: str) -> None:
    # boto3, inside moto and the SAM transform, must neither read the user's files nor go anywhere.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(
        {
            REGION: region,
            "AWS_ACCESS_KEY_ID": "unused",
            "AWS_SECRET_ACCESS_KEY": "unused",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            # The bucket is in the path: the host is always the endpoint's.
            "S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true",
        }
    )


def _serve(server: BaseWSGIServer, ready: tuple[object, ...], deployment_comes: threading.Event) -> None:
    """Say that all is ready, and serve until SIGTERM, SIGINT or the end of standard input."""

    def stop(*_: object) -> None:
        # Not in the serving thread, which shutdown waits for.
        threading.Thread(target=server.shutdown, daemon=True).start()

    def watch_parent() -> None:
        # Not through sys.stdin, whose lock a waiting thread would hold when the interpreter ends.
        while os.read(0, 1):
            pass
        stop()

    def warm_up() -> None:
        # The first deployment would wait for it. One that never comes does not make the start slower.
        deployment_comes.wait(WARM_UP)
        import samtranslator.translator.transform  # noqa: F401, PLC0415

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for work in (watch_parent, warm_up):
        threading.Thread(target=work, daemon=True).start()
    print(*ready, flush=True)
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    sys.exit(main())
