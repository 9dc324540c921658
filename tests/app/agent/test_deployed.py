"""The agent deployed as a function behind the Lambda Web Adapter, with what its requirements install."""

import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from lambdastream.runtime.interpreter import managed_runtime, own_runtime, uv

APP = Path(__file__).parents[3] / "app" / "agent"
REQUIREMENTS = Path(__file__).parents[3] / "requirements" / "agent.txt"
WORD_SECONDS = 0.03


def build(folder):
    shutil.copytree(APP, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    target = ("--python", str(managed_runtime(own_runtime()).python), "--target", str(folder))
    uv("pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", *target, "-r", str(REQUIREMENTS))


@pytest.fixture(scope="module")
def deployed(local, once):
    # It imports much: on a busy machine the init may take more than its ten seconds, and would begin anew in the first call.
    variables = {"AWS_LWA_ASYNC_INIT": "true"}
    code = once("agent-build", build)
    modes = {"mode": "RESPONSE_STREAM", "adapter_mode": "response_stream"}
    return local.deploy_web(code, **modes, memory=1024, timeout=60, environment=variables)


@pytest.mark.slow
def test_steps_arrive_one_by_one_through_the_function_url(deployed, read_run):
    run = read_run(deployed.client, "tea", deployed.url + "agent")
    results = run.of("step")
    assert [result.data["step"] for result in results] == ["outline", "draft", "review", "revision"]
    assert run.events[-1].event == "done"
    for before, after in pairwise(results):
        # What arrives together was held back by a piece in between: the app, the adapter, the function URL.
        assert after.moment - before.moment > len(after.data["text"].split()) * WORD_SECONDS * 0.8
    words = run.of("token", "draft")
    assert words[-1].moment - words[0].moment > (len(words) - 1) * WORD_SECONDS * 0.8
    assert run.of("step", "outline")[0].moment < words[0].moment


@pytest.mark.slow
def test_errors_reach_the_client_of_the_function_url(deployed, read_run):
    refused = deployed.request("POST", "agent", json={"topic": "tea stand-in:denied"})
    assert (refused.status_code, refused.json()) == (502, {"detail": "The model failed to answer."})
    run = read_run(deployed.client, "tea stand-in:stream-error", deployed.url + "agent")
    assert run.events[-1].event == "error"
    assert "AccessDeniedException" in deployed.log
