"""Parts of the runtime, each on its own."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lambdastream.runtime.description import FunctionDescription
from lambdastream.runtime.function import Function
from lambdastream.runtime.host import Host
from lambdastream.runtime.interpreter import managed_runtime, own_runtime
from lambdastream.runtime.invocation import Invocation
from lambdastream.runtime.limits import Limits
from lambdastream.runtime.programs import Package


@dataclass
class RecordingSink:
    """Writes down what becomes of an invocation, in the order in which it is told."""

    heard: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        return b"".join(entry[1] for entry in self.heard if entry[0] == "data")

    @property
    def names(self) -> list[str]:
        """What was told, without the data and repetitions."""
        return [name for name, _ in itertools.groupby(entry[0] for entry in self.heard)]

    def result(self, payload):
        self.heard.append(("result", payload))

    def function_error(self, error):
        self.heard.append(("function_error", error))

    def stream_started(self, content_type, source):
        self.heard.append(("started", content_type))

    def stream_data(self, data):
        self.heard.append(("data", data))

    def stream_ended(self, error):
        self.heard.append(("ended", error))

    def stream_broken(self, error):
        self.heard.append(("broken", error))


@pytest.fixture
def new_sink() -> type[RecordingSink]:
    return RecordingSink


@pytest.fixture
def describe(tmp_path: Path) -> Callable[..., FunctionDescription]:
    """A function's description; what a test does not say is filled in."""

    def build(**settings: Any) -> FunctionDescription:
        usual = {"name": "one", "code": tmp_path, "handler": "handler.handler", "runtime": own_runtime()}
        return FunctionDescription(**{**usual, **settings})

    return build


@pytest.fixture(scope="session")
def splits() -> Callable[[bytes], Iterator[list[bytes]]]:
    """Cut bytes in every way that has a name: whole, byte by byte, and at each place once."""

    def cut(data: bytes) -> Iterator[list[bytes]]:
        yield [data]
        yield [data[at : at + 1] for at in range(len(data))]
        yield from ([data[:at], data[at:]] for at in range(1, len(data)))

    return cut


@pytest.fixture(scope="module")
def code(copy_of):
    return copy_of("plain")


@pytest.fixture
def new_function(loop, describe, code, tmp_path, new_sink, eventually):
    """A function on a host of its own."""
    made = []

    def make(*, limits=None, **settings):
        async def build():
            host = Host(logs=tmp_path / "logs", limits=limits or Limits())
            package = Package(describe(**{"code": code, **settings}), managed_runtime(own_runtime()), tmp_path / "opt")
            return host, Function(package, host)

        host, function = loop.run(build())
        made.append((host, function))

        def invoke(do, **event):
            invocation = Invocation(json.dumps({"do": do, **event}).encode(), new_sink())
            loop.call(function.invoke, invocation)
            return invocation

        def result(do, **event):
            invocation = invoke(do, **event)
            eventually(lambda: invocation.answered)
            [(told, payload)] = invocation.sink.heard
            assert told == "result", payload
            return json.loads(payload)

        function.start_invocation, function.result = invoke, result
        return function

    yield make
    for host, function in made:
        loop.run(function.stop())
        host.close()


@pytest.fixture
def gates(tmp_path):
    """Files with which an invocation that waits is followed and let go."""
    folder = tmp_path / "gates"
    folder.mkdir()
    return lambda name: {what: str(folder / f"{name}.{what}") for what in ("begun", "gate", "done")}
