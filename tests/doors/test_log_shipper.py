"""Functions' lines on their way to CloudWatch Logs."""

import asyncio
import time

import httpcore
import pytest

from lambdastream.doors.log_shipper import LARGEST_BATCH, PAUSE, LogShipper


class Link:
    """Remembers what it gets; while it is `gone`, nobody answers."""

    def __init__(self):
        self.gone = False
        self.got = []
        self.called = asyncio.Semaphore(0)

    async def put_log_events(self, region, group, stream, events):
        self.called.release()
        if self.gone:
            raise httpcore.ConnectError("gone")
        self.got.append((group, stream, [event.message for event in events]))


@pytest.mark.conformance("logs-order")
def test_lines_arrive_in_order_by_stream_and_in_few_calls(loop, eventually):
    async def ship():
        link = Link()
        shipper = LogShipper(link)
        for number in range(3):
            shipper.add("us-east-1", "/g", "one", f"line {number}\n")
        shipper.add("us-east-1", "/g", "two", "other\n")
        await link.called.acquire()
        await link.called.acquire()
        return link.got

    assert loop.run(ship()) == [("/g", "one", ["line 0", "line 1", "line 2"]), ("/g", "two", ["other"])]


def test_lines_wait_for_a_pause_and_not_for_long(loop):
    async def ship():
        link = Link()
        shipper = LogShipper(link)
        began, sent = time.monotonic(), asyncio.ensure_future(link.called.acquire())
        while not sent.done():
            shipper.add("us-east-1", "/g", "one", "more")
            await asyncio.sleep(0.001)
        await shipper.close()
        return time.monotonic() - began

    assert loop.run(ship()) > 2 * PAUSE


def test_closing_sends_what_is_left(loop):
    async def ship():
        link = Link()
        shipper = LogShipper(link)
        shipper.add("us-east-1", "/g", "one", "last\n")
        await shipper.close()
        return link.got

    assert loop.run(ship()) == [("/g", "one", ["last"])]


def test_large_batches_are_cut(loop):
    async def ship():
        link = Link()
        shipper = LogShipper(link)
        for number in range(LARGEST_BATCH + 1):
            shipper.add("us-east-1", "/g", "one", str(number))
        await shipper.close()
        return [len(events) for _, _, events in link.got]

    assert loop.run(ship()) == [LARGEST_BATCH, 1]


def test_without_a_control_plane_nothing_breaks_and_later_lines_arrive(loop):
    async def ship():
        link = Link()
        shipper = LogShipper(link)
        link.gone = True
        shipper.add("us-east-1", "/g", "one", "lost\n")
        await link.called.acquire()
        link.gone = False
        shipper.add("us-east-1", "/g", "one", "found\n")
        await shipper.close()
        return link.got

    assert loop.run(ship()) == [("/g", "one", ["found"])]
