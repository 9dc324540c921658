from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from lambdastream.wire.log_lines import (
    TIMEOUT,
    Failure,
    end_line,
    init_report_line,
    init_start_line,
    report_line,
    start_line,
    task_timed_out,
)


@pytest.mark.conformance("logs-lines")
def test_an_invocation_starts_and_ends_with_a_line():
    assert start_line("id-1") == "START RequestId: id-1 Version: $LATEST\n"
    assert start_line("id-1", "7") == "START RequestId: id-1 Version: 7\n"
    assert end_line("id-1") == "END RequestId: id-1\n"


@pytest.mark.conformance("logs-lines")
@pytest.mark.parametrize(
    ("figures", "line"),
    [
        pytest.param(
            {"duration_ms": 3.01, "memory_mb": 128, "max_memory_mb": 36, "init_ms": 110.1},
            "REPORT RequestId: id-1\tDuration: 3.01 ms\tBilled Duration: 114 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 36 MB\tInit Duration: 110.10 ms\t\n",
            id="cold",
        ),
        pytest.param(
            {"duration_ms": 1234.567, "memory_mb": 1024, "max_memory_mb": 99, "init_ms": None},
            "REPORT RequestId: id-1\tDuration: 1234.57 ms\tBilled Duration: 1235 ms\tMemory Size: 1024 MB\t"
            "Max Memory Used: 99 MB\t\n",
            id="warm",
        ),
        pytest.param(
            {"duration_ms": 3000, "memory_mb": 128, "max_memory_mb": 36, "init_ms": None, "failure": TIMEOUT},
            "REPORT RequestId: id-1\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 36 MB\tStatus: timeout\n",
            id="timed out",
        ),
        pytest.param(
            {
                "duration_ms": 10,
                "memory_mb": 128,
                "max_memory_mb": 128,
                "init_ms": 551.73,
                "failure": Failure("error", "Runtime.OutOfMemory"),
            },
            "REPORT RequestId: id-1\tDuration: 10.00 ms\tBilled Duration: 562 ms\tMemory Size: 128 MB\t"
            "Max Memory Used: 128 MB\tInit Duration: 551.73 ms\tStatus: error\tError Type: Runtime.OutOfMemory\n",
            id="out of memory",
        ),
    ],
)
def test_an_invocation_is_reported(figures, line):
    assert report_line("id-1", **figures) == line


@pytest.mark.parametrize(
    ("runtime", "version"),
    [
        ("python3.13", "python:3.13.v0"),
        ("provided.al2023", "provided:al2023.v0"),
        ("nodejs22.x", "nodejs:22.v0"),
        ("java21", "java:21.v0"),
    ],
)
def test_an_environment_starts_with_its_runtimes_version(runtime, version):
    name, arn = init_start_line(runtime, "eu-south-1").split("\t")
    assert name == f"INIT_START Runtime Version: {version}"
    assert re.fullmatch(r"Runtime Version ARN: arn:aws:lambda:eu-south-1::runtime:[0-9a-f]{64}\n", arn)


@pytest.mark.parametrize(
    ("failure", "end"),
    [
        pytest.param(TIMEOUT, "Status: timeout\n", id="timed out"),
        pytest.param(
            Failure("error", "Runtime.ExitError"), "Status: error\tError Type: Runtime.ExitError\n", id="exited"
        ),
    ],
)
def test_an_init_that_fails_is_reported(failure, end):
    line = init_report_line("init", duration_ms=10000, failure=failure)
    assert line == "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\t" + end


@pytest.mark.conformance("logs-billed")
@pytest.mark.parametrize(
    ("duration_ms", "shown", "billed"),
    [
        pytest.param(3.0, "3.00", "3", id="whole"),
        pytest.param(3.0000001, "3.00", "3", id="noise of a clock"),
        pytest.param(2.999, "3.00", "3", id="just below"),
        pytest.param(3.006, "3.01", "4", id="just above"),
        pytest.param(0.0, "0.00", "1", id="nothing is billed as one"),
    ],
)
def test_the_billed_duration_is_the_one_shown_rounded_up(duration_ms, shown, billed):
    line = report_line("id", duration_ms=duration_ms, memory_mb=128, max_memory_mb=1, init_ms=None)

    assert f"\tDuration: {shown} ms\tBilled Duration: {billed} ms\t" in line


@pytest.mark.conformance("logs-billed-init")
@pytest.mark.parametrize(
    ("init_ms", "duration_ms", "billed"),
    [
        pytest.param(1293.83, 1049.63, "2344", id="seen on AWS, .83 and .63"),
        pytest.param(1307.68, 1058.15, "2366", id="seen on AWS, .68 and .15"),
        pytest.param(1258.24, 1002.25, "2261", id="seen on AWS: the sum is rounded up, not each"),
        pytest.param(110.1, 3.9, "114", id="whole"),
        pytest.param(0.1, 0.2, "1", id="noise of the sum"),
        pytest.param(110.1000001, 3.9000001, "114", id="noise of a clock"),
    ],
)
def test_a_cold_start_is_billed_with_its_init(init_ms, duration_ms, billed):
    line = report_line("id", duration_ms=duration_ms, memory_mb=128, max_memory_mb=1, init_ms=init_ms)

    assert f"\tBilled Duration: {billed} ms\t" in line


@pytest.mark.conformance("logs-timeout")
@pytest.mark.parametrize(
    ("at", "stamp"),
    [
        pytest.param(datetime(2026, 11, 21, 7, tzinfo=UTC), "2026-11-21T07:00:00.000Z", id="whole second"),
        pytest.param(
            datetime(2026, 11, 21, 7, 0, 0, 123_999, tzinfo=UTC),
            "2026-11-21T07:00:00.123Z",
            id="milliseconds",
        ),
        pytest.param(
            datetime(2026, 11, 21, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2026-11-20T20:00:00.000Z",
            id="another zone",
        ),
    ],
)
def test_a_timeout_has_a_line_with_its_time(at, stamp):
    assert task_timed_out("id-1", 3, at) == f"{stamp} id-1 Task timed out after 3.00 seconds\n"
