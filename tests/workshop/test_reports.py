"""REPORT lines, read back."""

import pytest

from lambdastream.wire.log_lines import TIMEOUT, end_line, report_line, start_line
from lambdastream.workshop.reports import Report, read_report, read_reports

WARM = report_line("a-1", duration_ms=12.34, memory_mb=256, max_memory_mb=70, init_ms=None)
COLD = report_line("b-2", duration_ms=100, memory_mb=512, max_memory_mb=80, init_ms=400.5)
STOPPED = report_line("c-3", duration_ms=3000, memory_mb=128, max_memory_mb=60, init_ms=None, failure=TIMEOUT)
# As AWS prints it, with tracing switched on.
OF_AWS = (
    "REPORT RequestId: 8f5\tDuration: 1.50 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\t\n"
    "XRAY TraceId: 1-5e3\tSegmentId: 7\tSampled: true"
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(WARM, Report("a-1", 12.34, 13, 256, 70), id="warm"),
        pytest.param(COLD, Report("b-2", 100, 501, 512, 80, init_ms=400.5), id="cold"),
        pytest.param(STOPPED, Report("c-3", 3000, 3000, 128, 60, status="timeout"), id="timed out"),
        pytest.param(OF_AWS, Report("8f5", 1.5, 2, 128, 36), id="of AWS, with a trace"),
        pytest.param(start_line("a-1"), None, id="another line"),
        pytest.param("my app says REPORT RequestId: x\t", None, id="an app's line"),
        pytest.param("REPORT RequestId: x\tDuration: many ms", None, id="not its form"),
        pytest.param("", None, id="empty"),
    ],
)
def test_a_line_is_read(line, expected):
    assert read_report(line) == expected


def test_what_is_billed_is_the_billed_duration_times_the_memory():
    report = read_report(COLD)
    assert report.gb_seconds == pytest.approx(0.2505)  # 0.501 s x 0.5 GB
    assert report.is_cold
    assert not read_report(WARM).is_cold


def test_reports_are_found_among_other_lines():
    lines = [start_line("a-1"), "hello\n", end_line("a-1"), WARM, COLD]
    assert [report.request_id for report in read_reports(lines)] == ["a-1", "b-2"]
