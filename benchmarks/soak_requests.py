"""What a soak asks of the data plane: every way in which an answer can come, or not."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks.http_client import Address, Connection
from benchmarks.invocation import Signer
from lambdastream.errors import WireError

CHUNK: Final = 16 * 1024
STREAMED: Final = 20
ABORTED: Final = 200
LARGE: Final = 40
LITTLE: Final = 64 * 1024
STEP_SECONDS: Final = 0.005
PATIENCE_SECONDS: Final = 60
AS_WANTED: Final = b"as it was wanted"


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions that are asked: their URLs, and their names for ``Invoke``. The brief one has a timeout of a second."""

    url: Address
    seldom_url: Address
    name: str
    brief_name: str
    signer: Signer


def streamed(functions: Functions) -> None:
    """A stream, read as it comes. Raises ``WireError`` when it is not whole, as every request here does."""
    _whole(functions.url)


def cold(functions: Functions) -> None:
    """A stream from the function whose environments have all been evicted by then."""
    _whole(functions.seldom_url)


def aborted(functions: Functions) -> None:
    """A stream that the client leaves in its midst."""
    with _asked(functions.url, ABORTED) as connection:
        if not connection.recv(LITTLE):
            raise WireError("The connection closed before the answer was complete.")


def slow(functions: Functions) -> None:
    """A stream that is read little by little, for so long that the runtime has to wait."""
    with _asked(functions.url, LARGE) as connection:
        taken = 0
        while taken < LARGE * CHUNK:
            time.sleep(STEP_SECONDS)
            data = connection.recv(LITTLE)
            if not data:
                raise WireError("The connection closed before the answer was complete.")
            taken += len(data)


def buffered(functions: Functions) -> None:
    """A buffered invocation."""
    _invoke(functions, functions.name, b'{"answer": "buffered"}', AS_WANTED)


def error(functions: Functions) -> None:
    """An invocation that ends with the function's own error."""
    _invoke(functions, functions.name, b'{"answer": "error"}', AS_WANTED)


def ended(functions: Functions) -> None:
    """An invocation whose runtime ends instead of answering."""
    _invoke(functions, functions.name, b'{"answer": "exit"}', b"Runtime.ExitError")


def timed_out(functions: Functions) -> None:
    """An invocation that takes longer than it may."""
    _invoke(functions, functions.brief_name, b'{"answer": "hang"}', b"timed out")


# How often each comes in one turn of a client: those that cost an environment are the rare ones.
MIX: Final[Mapping[Callable[[Functions], None], int]] = {
    streamed: 20,
    buffered: 20,
    aborted: 5,
    slow: 1,
    error: 5,
    ended: 1,
}


def _whole(url: Address) -> None:
    with Connection(url) as connection:
        answer = connection.request(f"/?count={STREAMED}&size={CHUNK}")
    if answer.size != STREAMED * CHUNK:
        raise WireError(f"{answer.size} bytes came, not {STREAMED * CHUNK}.")


def _asked(url: Address, count: int) -> socket.socket:
    """A connection on which a stream was asked for."""
    connection = socket.create_connection(url, PATIENCE_SECONDS)
    connection.sendall(f"GET /?count={count}&size={CHUNK} HTTP/1.1\r\nhost: {url[0]}:{url[1]}\r\n\r\n".encode("ascii"))
    return connection


def _invoke(functions: Functions, name: str, event: bytes, expected: bytes) -> None:
    called = functions.signer.call(name, event)
    with Connection(called.address) as connection:
        answer = connection.request(called.target, method="POST", fields=called.fields, content=event, keep=True)
    if expected not in answer.body:
        raise WireError(f"{name} answers {answer.body!r}, not {expected!r}.")
