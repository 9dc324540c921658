"""What somebody sees who looks at the local AWS, and that nobody else notices."""

import json
import time
from base64 import b64decode

import httpx
import pytest

from lambdastream.doors.live_page.observer import REMEMBERED


@pytest.fixture
def onlooker(local, look, plain, streaming):
    return look(local)


def script(*steps, **about):
    return json.dumps({"steps": [*steps, ["end"]], **about})


def over(onlooker, **wanted):
    """The newest invocation of which all this is told, once its environment is done with it."""
    seen = onlooker.seen(**wanted)
    return seen if seen and seen["over"] is not None else None


def test_functions_are_shown_with_their_urls_and_modes(onlooker, plain, streaming):
    functions = {each["name"]: each for each in onlooker.overview["functions"]}
    shown = functions[plain.name]
    assert (shown["url"], shown["invokeMode"], shown["authType"]) == (plain.url, "BUFFERED", "NONE")
    assert shown["answers"] == {"by": "awslambdaric", "mode": "buffered"}
    assert functions[streaming.name]["invokeMode"] == "RESPONSE_STREAM"


def test_chunks_are_seen_as_they_come(onlooker, streaming, begun, gate, tmp_path):
    second = tmp_path / "second"
    steps = (["chunk", "one"], ["wait", str(second)], ["chunk", "three"], ["wait", str(gate)], ["chunk", "x", 5])
    with begun(streaming.request, "POST", "words?secret=1", content=script(*steps)) as answer:
        seen = onlooker.until(lambda: onlooker.seen(function=streaming.name, chunks=1))
        assert (seen["state"], seen["bytes"], seen["status"], seen["streams"]) == ("streaming", 3, 200, True)
        assert onlooker.environments(streaming.name) == ["busy"]
        assert answer.running()
        second.touch()
        onlooker.until(lambda: onlooker.seen(sequence=seen["sequence"], chunks=2, bytes=8))
        gate.touch()
    done = onlooker.until(lambda: over(onlooker, id=seen["id"]))
    assert (done["door"], done["call"]) == ("URL, RESPONSE_STREAM", "POST /words")
    assert (done["state"], done["chunks"], done["bytes"], done["collected"]) == ("done", 7, 13, False)
    times = [at for at, _, _ in done["ticks"]]
    assert [done["begun"], *times, done["answered"], done["over"]] == sorted(
        [done["begun"], *times, done["answered"], done["over"]]
    )
    assert sum(chunks for _, chunks, _ in done["ticks"]) == 7
    assert "secret" not in str(onlooker.invocations)


def test_an_answer_that_comes_whole_is_one_block_with_its_log_beside(onlooker, plain):
    assert plain.get("say", text="in the middle").status_code == 200
    said = onlooker.until(lambda: over(onlooker, function=plain.name, call="GET /say"))
    assert (said["door"], said["streams"], said["collected"]) == ("URL, BUFFERED", False, True)
    assert (said["chunks"], len(said["ticks"]), said["ticks"][0][0] <= said["answered"]) == (1, 1, True)
    start, *_, end, report = said["lines"][-4:]
    assert (start.split()[:3], end.split()) == (["START", "RequestId:", said["id"]], ["END", "RequestId:", said["id"]])
    assert "in the middle" in said["lines"]
    assert report.startswith(f"REPORT RequestId: {said['id']}\tDuration: ")


def test_a_stream_behind_a_buffered_door_is_kept_back(local, onlooker, streaming, new_client):
    new_client(local).invoke(FunctionName=streaming.name, Payload=script(["chunk", "one"], ["chunk", "two"]))
    seen = onlooker.until(lambda: over(onlooker, function=streaming.name, door="Invoke"))
    assert (seen["streams"], seen["collected"], seen["chunks"], seen["bytes"]) == (True, True, 2, 6)


def test_a_cold_start_is_seen_from_its_beginning(local, onlooker, copy_of):
    cold = local.deploy(copy_of("plain"), mode="BUFFERED")
    onlooker.until(lambda: any(each["name"] == cold.name for each in onlooker.overview["functions"]))
    assert onlooker.environments(cold.name) == []
    assert cold.get("echo").status_code == 200
    seen = onlooker.until(lambda: over(onlooker, function=cold.name))
    began, ended = seen["init"]
    assert 0 <= began < ended <= seen["begun"] <= seen["answered"]
    assert seen["lines"][0].startswith("INIT_START")
    assert f"Init Duration: {ended - began:.0f}" in seen["lines"][-1].replace(".", " ", 2) or ended - began > 0
    onlooker.until(lambda: onlooker.environments(cold.name) == ["idle"])
    local.loop.run(local.plane.remove(cold.name))
    onlooker.until(lambda: all(each["name"] != cold.name for each in onlooker.overview["functions"]))


@pytest.mark.parametrize(
    ("do", "error", "message"),
    [
        ("fail", "RuntimeError", "the handler fails on purpose"),
        ("leave", "Runtime.ExitError", "exit status 3"),
    ],
)
def test_a_failure_is_seen_with_its_reason(onlooker, plain, do, error, message):
    assert plain.get(do, status="3").status_code == 502
    seen = onlooker.until(lambda: over(onlooker, function=plain.name, state="failed", error=error))
    assert message in seen["message"]
    assert any(message in line for line in seen["lines"])


def test_a_stream_that_breaks_is_a_failure_after_its_chunks(onlooker, streaming):
    with pytest.raises(httpx.RemoteProtocolError):
        streaming.request("POST", content=json.dumps({"steps": [["chunk", "one"], ["hang_up"]]}))
    seen = onlooker.until(lambda: onlooker.seen(function=streaming.name, state="failed"))
    assert (seen["chunks"], seen["error"]) == (1, "Runtime.TruncatedResponse")


def test_an_invocation_that_may_not_begin_is_seen(local, onlooker, copy_of):
    never = local.deploy(copy_of("plain"), mode="BUFFERED", reserved_concurrency=0)
    assert never.get("echo").status_code == 429
    seen = onlooker.until(lambda: onlooker.seen(function=never.name))
    assert (seen["state"], seen["begun"], seen["lines"]) == ("throttled", None, [])
    local.loop.run(local.plane.remove(never.name))


def test_who_asks_for_the_end_of_the_log_gets_it_also_while_somebody_looks(local, onlooker, plain, new_client):
    answer = new_client(local).invoke(FunctionName=plain.name, LogType="Tail", Payload=b'{"do": "pid"}')
    seen = onlooker.until(lambda: over(onlooker, function=plain.name, door="Invoke"))
    tail = b64decode(answer["LogResult"]).decode().splitlines()
    assert tail[0].startswith("START")
    assert seen["lines"][-len(tail) :] == tail


def test_two_see_the_same_and_the_later_one_what_was_before(local, look, onlooker, plain):
    plain.get("pid")
    seen = onlooker.until(lambda: over(onlooker, function=plain.name, call="GET /pid"))
    second = look(local)
    assert second.until(lambda: over(second, id=seen["id"])) == seen


def test_while_nobody_looks_nobody_is_told(local, look, plain, eventually):
    eventually(lambda: local.plane.host.observer is None)
    look(local).wire.close()
    eventually(lambda: local.plane.host.observer is None)
    first = look(local)
    assert local.plane.host.observer is not None
    first.wire.socket.shutdown(1)
    eventually(lambda: local.plane.host.observer is None)
    assert plain.get("pid").status_code == 200


def test_who_leaves_in_the_middle_disturbs_no_answer(local, look, streaming, begun, gate, eventually):
    first = look(local)
    with begun(
        streaming.request, "POST", content=script(["chunk", "one"], ["wait", str(gate)], ["chunk", "two"])
    ) as answer:
        first.until(lambda: first.seen(function=streaming.name, state="streaming"))
        first.wire.close()
        eventually(lambda: local.plane.host.observer is None)
        gate.touch()
        assert answer.result().text == "onetwo"


def is_slow(viewer):
    return viewer.is_slow


def is_behind(viewer):
    """More waits for it than the kernel takes, and less than makes it a slow one."""
    return viewer.is_slow or viewer._connection.transport.get_write_buffer_size() > 0  # noqa: SLF001


def let_happen(plain, viewer, until):
    """Let much happen, until this viewer's connection is full; returns how many invocations that took."""
    text, calls = "\n".join(["x" * 1900] * 8), 0
    while not until(viewer):
        assert plain.get("say", text=text).status_code == 200
        calls += 1
    return calls


def test_a_slow_viewer_loses_detail_and_is_told(local, look, plain):
    slow = look(local, receive_buffer=4096)
    viewer = local.plane.live_page._viewers._viewers[-1]  # noqa: SLF001 - what the kernel takes is not to be foreseen
    calls = let_happen(plain, viewer, is_slow)
    full = viewer._connection.transport.get_write_buffer_size()  # noqa: SLF001 - what it costs
    for _ in range(REMEMBERED + 5):
        plain.get("pid")
    assert viewer._connection.transport.get_write_buffer_size() == full < 2 * 1024 * 1024  # noqa: SLF001
    slow.until(lambda: slow.missed)
    slow.until(lambda: [each["call"] for each in slow.invocations.values()][-REMEMBERED:] == ["GET /pid"] * REMEMBERED)
    assert 5 <= slow.missed <= calls + 5


@pytest.mark.parametrize("until", [is_slow, is_behind])
def test_the_local_aws_says_when_it_ends_and_waits_for_nobody_who_does_not_read(start_local, look, copy_of, until):
    # Clients of functions get so many seconds to read the rest.
    local = start_local(shutdown=40)
    plain = local.deploy(copy_of("plain"), mode="BUFFERED")
    onlookers = [look(local), look(local)]
    look(local, receive_buffer=4096)
    let_happen(plain, local.plane.live_page._viewers._viewers[-1], until)  # noqa: SLF001
    assert plain.get("pid").status_code == 200
    for onlooker in onlookers:
        onlooker.until(lambda onlooker=onlooker: over(onlooker, call="GET /pid"))
    began = time.monotonic()
    local.stop()
    assert time.monotonic() - began < 20
    assert [onlooker.rest()[-1] for onlooker in onlookers] == ["end", "end"]
