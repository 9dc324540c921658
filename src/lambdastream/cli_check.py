"""``lambdastream check`` says whether a URL streams.

Exit codes: 0 it streams, 1 it buffers or cannot be reached, 2 wrong usage, 3 nothing can be told from this answer. The
last is a code of its own: a pipeline must take it neither for a stream nor for a buffer.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

from lambdastream.errors import UsageError

EXIT_CODES: Final = {"streams": 0, "buffers": 1, "cannot tell": 3}
EPILOG: Final = """\
An answer that came at once is asked for a second time, since the first may have waited for a cold start.
Exit codes: 0 it streams, 1 it buffers or cannot be reached, 2 wrong usage, 3 cannot tell from this answer."""


def add_check(commands: Any) -> None:
    """Add ``check`` to a parser's commands."""
    check_ = commands.add_parser(
        "check",
        help="say whether a URL streams, with the evidence",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check_.add_argument("url", metavar="URL")
    check_.add_argument("--method", help="the request's method (GET; POST with --data)")
    check_.add_argument("--data", metavar="TEXT", help="the request's body, or @FILE; JSON is sent as such")
    check_.add_argument(
        "--header",
        action="append",
        default=[],
        type=_header,
        metavar="'NAME: VALUE'",
        help="may be given several times",
    )
    check_.add_argument("--sign", action="store_true", help="sign with the AWS profile: for AuthType AWS_IAM")
    check_.add_argument("--service", choices=("lambda", "execute-api"), help="sign for it (what the address says)")
    check_.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="wait so long for an answer (%(default)g)"
    )
    check_.add_argument("--once", action="store_true", help="never ask a second time")
    check_.add_argument("--json", action="store_true", help="as JSON, with everything measured")
    check_.set_defaults(run=check)


def check(_project: object, arguments: argparse.Namespace) -> int:
    """Check a URL, print what was found; the exit code is the verdict."""
    from lambdastream.client.check import check as run_check  # noqa: PLC0415 - the other commands start sooner without it

    body = _body(arguments.data)
    headers = _content_type(body) | {name.lower(): value for name, value in arguments.header}
    request: dict[str, Any] = {"headers": headers, "timeout": arguments.timeout, "once": arguments.once}
    if body is not None:
        request["content"] = body
    if arguments.sign or arguments.service:
        from lambdastream.client.signing import SignedByProfile  # noqa: PLC0415 - as above

        request["auth"] = SignedByProfile(arguments.service or "")
    found = run_check(arguments.url, method=arguments.method or ("GET" if body is None else "POST"), **request)
    print(json.dumps(found.to_json(), indent=2) if arguments.json else found)
    return EXIT_CODES[found.verdict]


def _body(data: str | None) -> bytes | None:
    if data is None or not data.startswith("@"):
        return None if data is None else data.encode()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{data[1:]} cannot be read: {error.strerror}.", next_step="Name a file: --data @FILE"
        ) from error


def _content_type(body: bytes | None) -> dict[str, str]:
    if body is None:
        return {}
    try:
        json.loads(body)
    except ValueError:
        return {"content-type": "application/x-www-form-urlencoded"}
    return {"content-type": "application/json"}


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is no header: give it as 'Name: value'")
    return name.strip(), value.strip()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no time: give seconds, more than 0")
    return seconds
