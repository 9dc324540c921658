"""An app that is broken makes a notebook fail: the claims in it are measured, not told."""

from collections.abc import Callable

import pytest

MUTATIONS = [
    pytest.param(
        "02", "06", "TextStream(paced(answer(said)), ", "TextStream(iter([''.join(answer(said))]), ", id="it buffers"
    ),
    pytest.param("06", "06", "AWS_LWA_INVOKE_MODE: response_stream", "ABSENT: response_stream", id="no streaming mode"),
    pytest.param("02", "02", 'START = \\"[START]\\\\n\\"', 'START = \\"[STRAT]\\\\n\\"', id="a broken marker"),
    pytest.param("03", "03", r"printf '\\0\\0\\0\\0\\0\\0\\0\\0'", "printf ''", id="no separator after the prelude"),
    pytest.param(
        "app/agent/model.py",
        "09",
        "async for event in iterate_in_threadpool(stream)",
        "for event in stream",
        id="a blocking call in the agent",
    ),
    pytest.param("10", "10", "Timeout=1)", "Timeout=60)", id="timeout ignored"),
    pytest.param("10", "10", "memory_mb / 1024 * GB_SECOND", "memory_mb / 1000 * GB_SECOND", id="price formula wrong"),
    pytest.param(
        "app/chat/way_in.py",
        "11",
        'return root if f"{path}/".startswith(f"{root}/") else ""',
        'return ""',
        id="stage path lost",
    ),
]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("written", "run", "before", "after"), MUTATIONS)
def test_a_broken_app_fails_a_notebook(
    nbval: Callable[..., object], fresh_course: object, written: str, run: str, before: str, after: str
) -> None:
    fresh_course.mutate(written, before, after)
    done = nbval(fresh_course.notebook(run), to_the_end=False, **fresh_course.variables)
    assert done.returncode == 1, done.output
    assert "FAILED" in done.outcomes
