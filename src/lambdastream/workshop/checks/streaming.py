"""The checks of notebook 01: what a response looks like in time."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import tempfile
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from starlette.responses import StreamingResponse

from lambdastream.workshop.exercise import NotYet, check

Pieces = Iterator[str] | AsyncIterator[str]

LINES: Final = ["3\n", "2\n", "1\n", "liftoff\n"]
WORDS: Final = ["Waiting ", "is ", "not ", "working."]

PAUSE: Final = 0.1
"""Seconds between two lines of the countdown."""

HEARTBEAT: Final = 0.01
"""Seconds between two heartbeats of an event loop that is free."""

FEWEST_HEARTBEATS: Final = 3
"""Between two pieces, at least. A loop that is free has ten and more, one that is blocked has none, or one."""

PATIENCE: Final = 20.0
MOST_PIECES: Final = 1000

FILE_SIZE: Final = 2 * 1024 * 1024 + 7
CHUNK_SIZE: Final = 64 * 1024


@check
def countdown(function: Callable[[int], Pieces]) -> str:
    """Check a generator function that counts down, one line at a time."""
    stream = _sent(function(3))
    if stream.text != "".join(LINES):
        raise NotYet(
            f"countdown(3) sends {stream.text!r}, and {''.join(LINES)!r} is wanted.",
            "Each number, and the word liftoff at the end, on a line of its own.",
        )
    if stream.texts != LINES:
        raise NotYet(
            f"The text is right. But it comes in {_count(len(stream.pieces), 'piece')}, and {len(LINES)} are wanted.",
            "yield each line by itself.",
        )
    if stream.duration < 0.9 * PAUSE * (len(LINES) - 1):
        raise NotYet(
            "The lines are pieces now, but they come all at the same moment.",
            "Wait 0.1 s after each number: time.sleep in a def, await asyncio.sleep in an async def.",
        )
    if not stream.loop_was_free:
        raise NotYet(
            "It streams. But while it waits, the whole server waits.",
            "time.sleep in an async def stops the event loop. Await asyncio.sleep, or make it a plain def.",
        )
    return "Each line leaves as soon as it is there."


@check
def answer(function: Callable[[], Pieces]) -> str:
    """Check a generator function that takes its words from a blocking library, without blocking the event loop."""
    stream = _sent(function())
    if stream.text != "".join(WORDS):
        raise NotYet(f"answer() sends {stream.text!r}.", "Send the words of think(), and leave think as it is.")
    if stream.duration < PAUSE or len(stream.pieces) < len(WORDS):
        raise NotYet(
            "Nobody else waits now. But nothing streams any more: all words come at the same moment.",
            "list(think()) is a buffer. Send each word while think waits for the next one.",
        )
    if not stream.loop_was_free:
        raise NotYet(
            "Between two words the event loop stands still, and every other client with it.",
            "asyncio.to_thread(think) makes the generator in a thread, and that takes no time. In which thread does the for "
            "loop ask it for the next word? And what does StreamingResponse do with a generator that is a plain def?",
        )
    return "The words come one by one, and the event loop is free between them."


@check
def chunks(function: Callable[[Path, int], Iterator[bytes]]) -> str:
    """Check a generator function that reads a file in chunks of a bounded size."""
    with tempfile.TemporaryDirectory(prefix="lambdastream-") as folder:
        path = Path(folder) / "file"
        path.write_bytes(os.urandom(FILE_SIZE))
        right = sha256(path.read_bytes()).hexdigest()
        reading = _read(function, path)
    if reading.largest > CHUNK_SIZE:
        raise NotYet(
            f"The largest chunk has {reading.largest:,} bytes, and {CHUNK_SIZE:,} were asked for.",
            "file.read(size) gives the next size bytes, or fewer at the end.",
        )
    if reading.digest != right:
        raise NotYet("What comes out is not what is in the file.", 'Open it with "rb", and read until nothing comes.')
    if not reading.smallest:
        raise NotYet("One chunk is empty.", "file.read gives b'' at the end. That is no chunk: stop there.")
    if reading.memory_at_first > FILE_SIZE / 2:
        raise NotYet(
            "The chunks are small. But before the first one is there, the whole file is read.",
            "Read one chunk, yield it, then read the next.",
        )
    if reading.memory > FILE_SIZE / 2:
        raise NotYet("In the end the whole file is in memory.", "Let go of a chunk once it is sent.")
    return f"No chunk is larger than {CHUNK_SIZE:,} bytes, and the first comes after one read."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass
class _Stream:
    """What a ``StreamingResponse`` sent: each piece with its time in seconds, and the loop's heartbeats until then."""

    pieces: list[tuple[float, bytes, int]] = field(default_factory=list)
    heartbeats: int = 0

    @property
    def texts(self) -> list[str]:
        return [data.decode() for _, data, _ in self.pieces]

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def duration(self) -> float:
        return self.pieces[-1][0] - self.pieces[0][0] if self.pieces else 0.0

    @property
    def loop_was_free(self) -> bool:
        """Whether others had their turns between any two pieces."""
        heartbeats = [before for _, _, before in self.pieces]
        return all(later - earlier >= FEWEST_HEARTBEATS for earlier, later in pairwise(heartbeats))

    async def take(self, pieces: Pieces) -> None:
        """Let Starlette send the pieces. It decides where they run: in the event loop or in a thread."""
        clock = asyncio.get_running_loop().time

        async def send(message: Any) -> None:
            if data := message.get("body"):
                self.pieces.append((clock(), bytes(data), self.heartbeats))
            if len(self.pieces) > MOST_PIECES:
                raise NotYet(f"It goes on after {MOST_PIECES} pieces.", "A generator ends where its function does.")

        async def receive() -> Any:
            await asyncio.Event().wait()

        heart = asyncio.create_task(self._beat())
        try:
            await StreamingResponse(pieces)({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
        finally:
            heart.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            self.heartbeats += 1


def _sent(pieces: Any) -> _Stream:
    """Send pieces through a ``StreamingResponse``, in an event loop of its own. Raises what the generator raises."""
    if inspect.iscoroutine(pieces):
        pieces.close()
        raise NotYet("An async def without a yield is no generator.", "yield the pieces in it.")
    if isinstance(pieces, str | bytes) or not (hasattr(pieces, "__iter__") or hasattr(pieces, "__aiter__")):
        raise NotYet(f"The function gives {pieces!r}, which is no stream.", "Make it a generator: yield, not return.")
    stream = _Stream()
    _run(stream.take(pieces))
    return stream


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread: a notebook's own event loop is busy with the cell."""
    done: Future[None] = Future()

    def run() -> None:
        try:
            done.set_result(asyncio.run(work))
        except BaseException as error:  # noqa: BLE001 - it belongs to the reader's code
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        done.result(PATIENCE)
    except TimeoutError as error:
        if not done.done():
            raise NotYet(f"It has not ended after {PATIENCE:g} s.", "A few pieces, 0.1 s apart, are enough.") from error
        raise


@dataclass
class _Reading:
    """What came of a file: sizes in bytes, the peak of the memory that Python took in bytes."""

    largest: int = 0
    smallest: int = FILE_SIZE
    memory_at_first: int = 0
    memory: int = 0
    digest: str = ""


def _read(function: Callable[[Path, int], Any], path: Path) -> _Reading:
    """Read a file with the reader's generator function; an empty piece is the last one that is asked for."""
    reading, digest = _Reading(), sha256()
    with _memory_traced():
        for piece in _generator(function(path, CHUNK_SIZE)):
            digest.update(piece)
            reading.largest = max(reading.largest, len(piece))
            reading.smallest = min(reading.smallest, len(piece))
            reading.memory = tracemalloc.get_traced_memory()[1]
            reading.memory_at_first = reading.memory_at_first or reading.memory
            if not piece:
                break
    reading.digest = digest.hexdigest()
    return reading


def _generator(pieces: Any) -> Any:
    if inspect.isasyncgen(pieces):
        raise NotYet(
            "chunks is an async generator, and reading a file blocks.",
            "A plain def is right here: StreamingResponse runs it in the thread pool.",
        )
    if not inspect.isgenerator(pieces):
        raise NotYet(f"chunks gives a {type(pieces).__name__}.", "Make it a generator: yield, not return.")
    return pieces


@contextlib.contextmanager
def _memory_traced() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()
