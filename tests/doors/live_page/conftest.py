"""Somebody who looks at the live page: a connection that reads its events, and what they tell put together."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

PATIENCE = 10


class Onlooker:
    """A viewer on the bare wire."""

    def __init__(self, wire: Any, page: str) -> None:
        self.wire = wire
        self.wire.socket.settimeout(PATIENCE)
        self.invocations: dict[int, dict[str, Any]] = {}
        self.overview: dict[str, Any] = {}
        self.missed = 0
        self.events: list[str] = []
        self.wire.send(f"GET {urlsplit(page).path}events HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())

    def begin(self) -> tuple[int, dict[str, str]]:
        """The head of the answer, and the first look at what is there."""
        answer = self.wire.head()
        self._events = self._read()
        self.until(lambda: self.overview)
        return answer

    def until(self, condition: Callable[[], Any]) -> Any:
        """Read on until this holds; returns what it gave."""
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            assert time.monotonic() < deadline, "The condition never came true."
            self.take(*next(self._events))
        return value

    def rest(self) -> list[str]:
        """Read to the end; returns the names of all events."""
        for event in self._events:
            self.take(*event)
        return self.events

    def seen(self, **wanted: Any) -> dict[str, Any] | None:
        """The newest invocation of which all this is told."""
        found = (each for each in reversed(self.invocations.values()) if wanted.items() <= each.items())
        return next(found, None)

    def environments(self, name: str) -> list[str]:
        function = next(each for each in self.overview["functions"] if each["name"] == name)
        return [environment["state"] for environment in function["environments"]]

    def take(self, event: str, value: Any) -> None:
        self.events.append(event)
        if event == "overview":
            self.overview = value
        elif event == "invocations":
            self.missed = value["missed"]
            for change in value["changes"]:
                self._merge(change)

    def _merge(self, change: dict[str, Any]) -> None:
        before = self.invocations.get(change["sequence"], {"ticks": [], "lines": []})
        assert change["firstTick"] <= len(before["ticks"])
        ticks = before["ticks"][: change["firstTick"]] + change["ticks"]
        self.invocations[change["sequence"]] = change | {"ticks": ticks, "lines": before["lines"] + change["lines"]}

    def _read(self) -> Iterator[tuple[str, Any]]:
        text = ""
        for chunk in self.wire.chunks():
            if not chunk:
                return
            text += chunk.decode()
            while "\n\n" in text:
                block, _, text = text.partition("\n\n")
                fields = dict(line.split(": ", 1) for line in block.split("\n"))
                if "event" in fields:
                    yield fields["event"], json.loads(fields["data"])


@pytest.fixture
def look(connect: Callable[..., Any]) -> Callable[..., Onlooker]:
    """Begin to look at a data plane."""

    def begin(local: Any, **options: Any) -> Onlooker:
        onlooker = Onlooker(connect(local.plane.port, **options), local.plane.live_page.url)
        onlooker.begin()
        return onlooker

    return begin


@pytest.fixture
def gate(tmp_path: Any) -> Iterator[Any]:
    """A file that lets a function go on; it does so in the end at the latest."""
    path = tmp_path / "gate"
    with ExitStack() as stack:
        stack.callback(path.touch)
        yield path


@pytest.fixture
def begun(loop: Any) -> Callable[..., Any]:
    """Make a request in a thread for the time of a `with` block, at the end of which it is over."""
    from concurrent.futures import ThreadPoolExecutor

    @contextmanager
    def begin(call: Callable[..., Any], *arguments: Any, **options: Any) -> Iterator[Any]:
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(call, *arguments, **options)

    return begin
