"""The checks of notebook 11."""

import hashlib
import importlib.util
import json
from pathlib import Path

import pytest

from lambdastream.workshop.checks import other_roads

WAY_IN = Path(__file__).parents[3] / "app" / "chat" / "way_in.py"


def stage_path_starter(context):
    return f"/{context.get('stage')}"


def with_the_first_path(context):
    root = f"/{context.get('stage')}"
    return root if context.get("path", "").startswith(root) else ""


def without_a_slash(context):
    root = f"/{context.get('stage')}"
    path = context.get("path") or context.get("http", {}).get("path") or ""
    return root if path.startswith(root) else ""


def with_a_slash(context):
    root = f"/{context.get('stage')}/"
    path = context.get("path") or context.get("http", {}).get("path") or ""
    return root[:-1] if path.startswith(root) else ""


def of_the_app():
    spec = importlib.util.spec_from_file_location("way_in_of_the_app", WAY_IN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.stage_path


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(stage_path_starter, "For a function URL, /tasks, the root path is ''", id="starter"),
        pytest.param(lambda context: "", "For a REST API, /prod/tasks, the root path is '/prod'", id="never"),
        pytest.param(with_a_slash, "For a REST API, /prod, the root path is '/prod'", id="the stage alone"),
        pytest.param(with_the_first_path, "For an HTTP API with a stage", id="payload 1.0 alone"),
        pytest.param(without_a_slash, "For a REST API with a domain of its own, /production", id="no slash"),
        pytest.param(lambda context: context["stage"], "For a REST API, /prod/tasks", id="no slash in front"),
        pytest.param(lambda context: None, "For a REST API, /prod/tasks", id="nothing"),
        pytest.param(
            lambda context: of_the_app()({"stage": context["stage"], **context}),
            "Your code raises KeyError",
            id="a context is taken for granted",
        ),
    ],
)
def test_stage_path_says_what_is_wrong(function, says):
    assert repr(other_roads.stage_path(function)).startswith(f"✗ Not yet. {says}")


def test_stage_path_is_what_the_app_does():
    assert repr(other_roads.stage_path(of_the_app())).startswith("✓ The app knows its address")


def body_of(data):
    return json.dumps(data).encode()


JSON = {"content-type": "application/json"}


def sealed(body_for=body_of, digest=lambda data: hashlib.sha256(body_of(data)).hexdigest(), headers=JSON):
    def function(data):
        return body_for(data), {**headers, "x-amz-content-sha256": digest(data)}

    return function


@pytest.mark.parametrize(
    ("function", "says"),
    [
        pytest.param(lambda data: (body_of(data), JSON), "is missing: Lambda would say 403.", id="starter"),
        pytest.param(sealed(json.dumps), "A body is bytes. You return a str.", id="text"),
        pytest.param(sealed(lambda data: b"{}"), "and not the JSON of", id="another body"),
        pytest.param(sealed(headers={}), "The headers do not say that it is JSON.", id="no type"),
        pytest.param(
            sealed(digest=lambda data: hashlib.sha256(b"").hexdigest()), "the hash of an empty body", id="empty"
        ),
        pytest.param(sealed(digest=lambda data: hashlib.sha256(body_of(data)).digest()), "hexdigest", id="bytes"),
        pytest.param(
            sealed(lambda data: json.dumps(data, separators=(",", ":")).encode()), "made twice", id="other spaces"
        ),
        pytest.param(
            sealed(lambda data: json.dumps(data, ensure_ascii=False).encode()), "made twice", id="other letters"
        ),
        pytest.param(lambda data: None, "Your code raises TypeError", id="nothing"),
    ],
)
def test_sealed_says_what_is_wrong(function, says):
    told = repr(other_roads.sealed(function))
    assert told.startswith("✗ Not yet. ")
    assert says in told


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(sealed(), id="as the solution"),
        pytest.param(sealed(headers={"Content-Type": "application/json; charset=utf-8"}), id="as HTTP writes names"),
    ],
)
def test_sealed_is_right(function):
    assert repr(other_roads.sealed(function)).startswith("✓ CloudFront signs the hash")
