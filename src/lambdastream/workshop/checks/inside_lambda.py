"""The checks of notebook 03: the body of a streamed answer, and what a module does once and what each time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from lambdastream.workshop.exercise import NotYet, check

PIECES: Final = ("Grüße, ", "one, ", "two")
SEPARATOR: Final = bytes(8)

PRICES: Final = {"apple": 2, "bread": 3, "cheese": 7}
BASKETS: Final = (["apple", "bread"], ["cheese"], ["apple"])


@check
def answer(function: Callable[[Iterable[str]], Iterable[bytes]]) -> str:
    """Exercise 1: prelude, separator, text; and each piece leaves before the next one is asked for."""
    sent = bytearray()
    late = []

    def pieces() -> Iterator[str]:
        for number, piece in enumerate(PIECES):
            if number and not sent.endswith(PIECES[number - 1].encode()):
                late.append(piece)
            yield piece

    for part in function(pieces()):
        if not isinstance(part, bytes | bytearray):
            raise NotYet(f"A body is bytes. You yield a {type(part).__name__}: {part!r}.", "Text has a method: encode.")
        sent += part
    _prelude_and_text(bytes(sent))
    if late:
        raise NotYet(
            f"You ask for the piece {late[0]!r} before the piece in front of it has left.",
            "Yield inside the loop over the pieces.",
        )
    return "A prelude, and then each piece as soon as it is there."


def _prelude_and_text(body: bytes) -> None:
    prelude, separator, text = body.partition(SEPARATOR)
    if not separator:
        raise NotYet("There are no eight NUL bytes in the body.", "bytes(8) has eight, and each is 0.")
    try:
        head = json.loads(prelude)
    except ValueError as error:
        raise NotYet(f"What comes before the NULs is no JSON: {prelude!r}.", "json.dumps writes it.") from error
    headers = {name.lower(): value for name, value in head.get("headers", {}).items()}
    if head.get("statusCode") != 200 or not headers.get("content-type", "").startswith("text/plain"):  # noqa: PLR2004 - HTTP's
        raise NotYet(f"The prelude is {head}.", "It has a statusCode, 200, and headers with the content-type.")
    if text != "".join(PIECES).encode():
        raise NotYet(f"After the first eight NULs comes {text!r}, not {''.join(PIECES).encode()!r}.")


@check
def once_and_each_time(code: str) -> str:
    """Exercise 2: the prices are read once for an environment, and a basket is one customer's. The code is run."""
    with _shop() as reads:
        environment: dict[str, Any] = {"__name__": "app"}
        exec(compile(code, "app.py", "exec"), environment)  # noqa: S102 - it is the reader's, in the reader's own kernel
        for number, items in enumerate(BASKETS, start=1):
            # As Lambda does: the event and the answer are JSON.
            told = json.loads(json.dumps(environment["handler"]({"items": [*items]}, None)))
            _is_right(told, number, items)
    if len(reads) != 1:
        raise NotYet(
            f"{len(BASKETS)} requests to one environment read the prices {len(reads)} times.",
            "What stands outside of the handler runs at the import."
            if reads
            else "The prices are in the shop: read them.",
        )
    return "Read once, and every customer has a basket of their own."


def _is_right(told: Any, number: int, items: Sequence[str]) -> None:
    basket, total = told["basket"], told["total"]
    if basket != [*items]:
        raise NotYet(
            f"Customer {number} takes {', '.join(items)}, and finds {', '.join(basket) or 'nothing'} in the basket.",
            "What the module holds, the next caller finds there. Where should the basket be made?",
        )
    if total != sum(PRICES[item] for item in items):
        raise NotYet(f"Customer {number} takes {', '.join(items)}, and pays {total}.")


@contextmanager
def _shop() -> Iterator[list[None]]:
    """Let code import ``shop``; gives a list that grows with each reading of the prices."""
    reads: list[None] = []

    def read_prices() -> dict[str, int]:
        reads.append(None)
        return dict(PRICES)

    before = sys.modules.get("shop")
    shop = ModuleType("shop")
    shop.__dict__["read_prices"] = read_prices
    sys.modules["shop"] = shop
    try:
        yield reads
    finally:
        if before is None:
            del sys.modules["shop"]
        else:
            sys.modules["shop"] = before
