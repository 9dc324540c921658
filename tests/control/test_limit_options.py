"""Limits as the command line names them."""

import math
from dataclasses import fields

import pytest

from lambdastream.control.limit_options import MEANINGS, changed_limits, limits_table, parse_limit, with_limits
from lambdastream.errors import UsageError
from lambdastream.runtime.limits import LIFTED, LIFTED_TIME, MB, Limits

NAMES = [field.name for field in fields(Limits)]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("stream-rate=512KB", "stream_rate", 512 * 1024),
        ("stream_rate=10mb", "stream_rate", 10 * MB),
        ("stream-payload=1GB", "stream_payload", 1024 * MB),
        ("stream-full-speed=1", "stream_full_speed", 1),
        (" upload = 7 MB ", "upload", 7 * MB),
        ("stream-payload=none", "stream_payload", LIFTED),
        ("stream-payload=99999999999GB", "stream_payload", LIFTED),
        ("environments=3", "environments", 3),
        ("init=1.5", "init", 1.5),
        ("timeout=30s", "timeout", 30.0),
        ("timeout=none", "timeout", LIFTED_TIME),
        ("memory=off", "memory", False),
        ("memory=none", "memory", False),
        ("freeze=on", "freeze", True),
    ],
)
def test_a_limit_has_a_name_and_a_value(text, name, value):
    assert parse_limit(text) == (name, value)
    assert type(parse_limit(text)[1]) is type(value)
    assert getattr(with_limits([parse_limit(text)]), name) == value


@pytest.mark.parametrize(
    ("text", "problem", "next_step"),
    [
        ("speed=1", "speed is no limit.", "There are: request-payload, "),
        ("", "'' is no limit.", "stream-rate"),
        ("stream-rate", "'' is no value of the limit stream-rate.", "Give a number above 0, such as 10MB, or none."),
        ("stream-rate=0", "'0' is no value of the limit stream-rate.", "Give a number above 0"),
        ("stream-rate=-1", "'-1' is no value", "Give a number above 0"),
        ("stream-rate=2MBps", "'2MBps' is no value", "Give a number above 0"),
        ("timeout=1h", "'1h' is no value", "Give a number above 0, such as 30s, or none."),
        ("timeout=nan", "'nan' is no value", "Give a number above 0"),
        ("memory=128", "'128' is no value of the limit memory.", "Give on or off."),
    ],
)
def test_what_is_no_limit_is_said_with_what_there_is(text, problem, next_step):
    with pytest.raises(UsageError) as raised:
        parse_limit(text)
    assert raised.value.problem.startswith(problem)
    assert next_step in raised.value.next_step


def test_the_last_value_of_a_limit_counts():
    assert with_limits([("init", 1.0), ("environments", 2), ("init", 3.0)]) == Limits(init=3.0, environments=2)
    assert with_limits([]) == Limits()


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_can_be_lifted_and_is_explained(name):
    lifted = with_limits([parse_limit(f"{name}=none")])
    assert MEANINGS[name] in limits_table()
    assert not getattr(lifted, name) or getattr(lifted, name) in {LIFTED, LIFTED_TIME}


@pytest.mark.parametrize(
    "limits",
    [
        Limits(),
        Limits(stream_rate=LIFTED, timeout=LIFTED_TIME, memory=False, freeze=True),
        Limits(stream_rate=12345, stream_payload=3 * 1024 * MB, init=0.25, timeout=3, environments=7),
    ],
    ids=["AWS's own", "lifted", "changed"],
)
def test_changed_limits_can_be_said_again(limits):
    said = changed_limits(limits)
    assert with_limits(parse_limit(f"{name}={value}") for name, value in said.items()) == limits
    assert len(said) == sum(getattr(limits, name) != getattr(Limits(), name) for name in NAMES)


def test_what_lasts_for_ever_is_lifted():
    assert changed_limits(Limits(idle=math.inf)) == {"idle": "none"}
