"""The checks of notebook 03."""

import json
import sys

import pytest

from lambdastream.workshop.checks import inside_lambda

PRELUDE = json.dumps({"statusCode": 200, "headers": {"content-type": "text/plain"}}).encode()


def starter(pieces):
    yield PRELUDE + "".join(pieces).encode()


def collecting(pieces):
    yield PRELUDE + bytes(8)
    yield "".join(pieces).encode()


def returning(pieces):
    return [PRELUDE, bytes(8), *(piece.encode() for piece in pieces)]


def looking_ahead(pieces):
    yield PRELUDE + bytes(8)
    last = ""
    for piece in pieces:
        yield last.encode()
        last = piece
    yield last.encode()


def of(head, separator=bytes(8), encoding="utf-8"):
    def answer(pieces):
        yield head
        yield separator
        for piece in pieces:
            yield piece.encode(encoding)

    return answer


def text(pieces):
    yield PRELUDE + bytes(8)
    yield from pieces


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(starter, "✗ Not yet. There are no eight NUL bytes", id="the starter"),
        pytest.param(of(PRELUDE, bytes(7)), "✗ Not yet. There are no eight NUL bytes", id="seven"),
        pytest.param(of(PRELUDE, bytes(9)), r"✗ Not yet. After the first eight NULs comes b'\x00Gr", id="nine"),
        pytest.param(of(b"200"[:0]), "✗ Not yet. What comes before the NULs is no JSON: b''", id="no prelude"),
        pytest.param(of(b'{"statusCode": 500}'), "✗ Not yet. The prelude is {'statusCode': 500}", id="a status"),
        pytest.param(of(b'{"statusCode": 200}'), "✗ Not yet. The prelude is {'statusCode': 200}", id="no type"),
        pytest.param(of(PRELUDE, encoding="latin-1"), "✗ Not yet. After the first eight NULs", id="an encoding"),
        pytest.param(text, "✗ Not yet. A body is bytes. You yield a str: 'Grüße, '.", id="text"),
        pytest.param(collecting, "✗ Not yet. You ask for the piece 'one, ' before", id="collects"),
        pytest.param(returning, "✗ Not yet. You ask for the piece 'one, ' before", id="returns"),
        pytest.param(looking_ahead, "✗ Not yet. You ask for the piece 'one, ' before", id="one behind"),
        pytest.param(lambda pieces: None, "✗ Not yet. Your code raises TypeError", id="nothing"),
        pytest.param(of(PRELUDE), "✓ A prelude, and then", id="right"),
        pytest.param(of(PRELUDE.replace(b"text/plain", b"text/plain; charset=utf-8")), "✓ A prelude", id="a charset"),
    ],
)
def test_answer(function, says):
    assert repr(inside_lambda.answer(function)).startswith(says)


STARTER = """
from shop import read_prices

basket = []

def handler(event, context):
    prices = read_prices()
    for item in event["items"]:
        basket.append(item)
    return {"basket": basket, "total": sum(prices[item] for item in basket)}
"""
ONE_LEFT = STARTER.replace("    prices = read_prices()\n", "").replace(
    "basket = []", "prices = read_prices()\nbasket = []"
)
READS_EACH_TIME = STARTER.replace("basket = []\n", "").replace("    for", "    basket = []\n    for")
RIGHT = ONE_LEFT.replace("basket = []\n", "").replace("    for", "    basket = []\n    for")
LAZY = """
import functools
import shop

prices = functools.cache(shop.read_prices)

def handler(event, context):
    return {"basket": event["items"], "total": sum(prices()[item] for item in event["items"])}
"""
BY_HEART = LAZY.replace("functools.cache(shop.read_prices)", 'lambda: {"apple": 2, "bread": 3, "cheese": 7}')


@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param(STARTER, "✗ Not yet. Customer 2 takes cheese, and finds apple, bread, cheese", id="the starter"),
        pytest.param(ONE_LEFT, "✗ Not yet. Customer 2 takes cheese, and finds apple, bread, cheese", id="a basket"),
        pytest.param(
            READS_EACH_TIME,
            "✗ Not yet. 3 requests to one environment read the prices 3 times.\n  Hint: What stands outside",
            id="reads each time",
        ),
        pytest.param(
            BY_HEART,
            "✗ Not yet. 3 requests to one environment read the prices 0 times.\n  Hint: The prices are in the shop",
            id="never reads",
        ),
        pytest.param(
            RIGHT.replace("basket)", "[])"), "✗ Not yet. Customer 1 takes apple, bread, and pays 0.", id="free"
        ),
        pytest.param("", "✗ Not yet. Your code raises KeyError: 'handler'", id="empty"),
        pytest.param("def", "✗ Not yet. Your code raises SyntaxError", id="no Python"),
        pytest.param(RIGHT, "✓ Read once, and every customer", id="right"),
        pytest.param(LAZY, "✓ Read once, and every customer", id="at the first request"),
    ],
)
def test_once_and_each_time(code, says):
    assert repr(inside_lambda.once_and_each_time(code)).startswith(says)
    assert "shop" not in sys.modules


def test_a_shop_of_the_readers_own_comes_back(monkeypatch):
    monkeypatch.setitem(sys.modules, "shop", json)
    assert inside_lambda.once_and_each_time(RIGHT)
    assert sys.modules["shop"] is json
