"""How late chunks are: told from their own time stamps, wherever HTTP cuts them; and the real runtime by itself."""

import time

import pytest

from benchmarks.http_client import ChunkedBody
from benchmarks.nothing_between import nothing_between
from benchmarks.stamped_streams import INTERVAL_MS, SIZE, Arrivals, lags
from lambdastream.errors import WireError
from lambdastream.runtime.processes.watchdog import Watchdog

STREAMS = 3
CHUNKS = 10
NOW = 50_000_000
STAMPS = [40_000_000, 48_000_000]  # nanoseconds: 10 and 2 ms ago
RECORDS = b"".join((b"%d " % stamp).ljust(SIZE, b"x") for stamp in STAMPS)


class Announced:
    """A stream whose head says nothing of interest."""

    def __init__(self, *, begins_with_prelude):
        self.begins_with_prelude = begins_with_prelude

    def body(self, head):
        assert head == b"HTTP/1.1 200 OK\r\n\r\n"
        return ChunkedBody(keep=True)


@pytest.mark.parametrize("step", [1, 7, 1000], ids="{} bytes at a time".format)
@pytest.mark.parametrize("prelude", [b"", b'{"statusCode":200}' + bytes(8)], ids=["an answer", "a runtime's own"])
def test_each_chunk_is_late_by_what_it_took_since_its_stamp(prelude, step):
    body = prelude + RECORDS
    wire = b"HTTP/1.1 200 OK\r\n\r\n" + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    found = []
    arrivals = Arrivals(Announced(begins_with_prelude=bool(prelude)), found)
    pieces = [wire[start : start + step] for start in range(0, len(wire), step)]
    complete = [arrivals.take(bytearray(piece), len(piece), NOW) for piece in pieces]
    assert complete == [False] * (len(pieces) - 1) + [True]
    assert found == [10.0, 2.0]


def test_a_stream_that_is_cut_off_is_an_error():
    with pytest.raises(WireError, match="closed before"):
        Arrivals(Announced(begins_with_prelude=False), []).take(bytearray(1), 0, NOW)


def test_real_runtimes_stream_at_once_and_again(tmp_path):
    watchdog = Watchdog()
    try:
        with nothing_between(tmp_path, watchdog, environments=STREAMS) as streams:
            for _ in range(2):
                started = time.monotonic()
                found = lags(streams, CHUNKS)
                assert len(found) == STREAMS * CHUNKS
                assert all(0 < lag < 10_000 for lag in found)
                # One after the other it would be thrice as long.
                assert time.monotonic() - started > (CHUNKS - 1) * INTERVAL_MS / 1000
            assert lags(streams, CHUNKS, while_true=lambda: False) == []
    finally:
        watchdog.close()
