"""Chunks are counted wherever the reads that bring them are cut."""

import pytest

from lambdastream.doors.live_page.framed_chunks import FramedChunks

BODY = b"3\r\none\r\nB\r\nand another\r\n1\r\n!\r\n"


def test_chunks_that_come_together_are_counted_with_their_bytes():
    assert FramedChunks().count(memoryview(BODY)) == (3, 15)


@pytest.mark.parametrize("cut", [each for each in range(len(BODY)) if each not in (1, 2, 9, 10, 25, 26)])
def test_a_chunk_that_is_cut_counts_where_it_begins(cut):
    chunks = FramedChunks()
    counts = [chunks.count(memoryview(part)) for part in (BODY[:cut], BODY[cut:])]
    assert tuple(map(sum, zip(*counts, strict=True))) == (3, 15)


def test_a_large_chunk_is_one():
    chunks = FramedChunks()
    parts = [b"10000\r\n" + bytes(1000), bytes(65536 - 1000), b"\r", b"\n2\r\nab\r\n"]
    assert [chunks.count(memoryview(part)) for part in parts] == [(1, 1000), (0, 64536), (0, 0), (1, 2)]
