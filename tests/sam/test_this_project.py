"""The template of this project: one app, deployed twice."""

import shutil
import sys
from pathlib import Path

import httpx
import pytest

from lambdastream.client import race, shape

ROOT = Path(__file__).parents[2]
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.slow  # the preflight's test makes the same claim without a folder of its own
def test_it_streams_behind_the_adapter_alone(start_workspace):
    """The main claim. What comes from Mangum comes at once, through whichever door; the adapter's streams."""
    workspace = start_workspace()
    for name in ("template.yaml", "samconfig.toml", "app"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, workspace.folder / name)
    parameters = ("--parameter-overrides", f"PythonRuntime={RUNTIME} AuthType=NONE")
    workspace.sam("build", *parameters)
    outputs = workspace.deployed("streaming-chat", *parameters).outputs
    lanes = {"mangum": outputs["ChatMangumUrl"], "api": outputs["ChatApiUrl"], "lwa": outputs["ChatLwaUrl"]}
    for url in lanes.values():
        assert httpx.get(url, timeout=20).json() == {"message": "Hello World!"}
    run = race({name: f"{url.rstrip('/')}/stream" for name, url in lanes.items()})
    assert {name: shape(each) for name, each in run.recordings.items()} == {
        "mangum": "at once",
        "api": "at once",
        "lwa": "streamed",
    }, str(run)
