"""What a function's description may say."""

import json
import os
from pathlib import Path

import pytest
from botocore.session import get_session

from lambdastream.errors import DescriptionError
from lambdastream.runtime.description import ContainerImage, FunctionDescription, FunctionUrlConfig


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"name": ""}, "name is ''"),
        ({"name": "a b"}, "name is 'a b'"),
        ({"name": "a" * 65}, "name is 'aaa"),
        ({"runtime": "nodejs24"}, "runtime is 'nodejs24'"),
        ({"runtime": "provided.al3"}, "runtime is 'provided.al3'"),
        ({"runtime": "python3.11 "}, "runtime is 'python3.11 '"),
        ({"runtime": "python3"}, "runtime is 'python3'"),
        ({"handler": ""}, "handler is empty"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": 901}, "timeout is 901"),
        ({"memory": 127}, "memory is 127"),
        ({"memory": 10241}, "memory is 10241"),
        ({"ephemeral_storage": 511}, "ephemeral storage is 511"),
        ({"ephemeral_storage": 10241}, "ephemeral storage is 10241"),
        ({"code": Path("/no/such/folder")}, "There is no folder /no/such/folder"),
        ({"environment": {"A-B": "1"}}, "environment variable's name is 'A-B'"),
        ({"environment": {"1A": "1"}}, "environment variable's name is '1A'"),
        ({"environment": {"AB": "a\0b"}}, "environment variable AB holds a NUL"),
        ({"image": ContainerImage("host/app:1"), "layers": ("layer",)}, "image cannot have layers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_setting_that_makes_no_sense_is_refused_with_what_would(describe, settings, problem):
    with pytest.raises(DescriptionError) as caught:
        describe(**settings)
    assert problem in caught.value.problem
    assert caught.value.next_step


def test_every_runtime_that_lambda_knows_can_be_declared_but_those_of_its_first_years(describe):
    first = {"nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10"}
    known = set(get_session().get_service_model("lambda").shape_for("Runtime").enum)
    assert {describe(runtime=name).runtime for name in known - first} == known - first


@pytest.mark.parametrize("settings", [{"auth_type": "SOME"}, {"invoke_mode": "STREAM"}])
def test_a_url_has_one_of_the_modes_that_there_are(settings):
    with pytest.raises(DescriptionError, match="Give one of"):
        FunctionUrlConfig(**settings)


@pytest.mark.parametrize("url", [None, FunctionUrlConfig("NONE", "RESPONSE_STREAM")])
def test_a_description_survives_json(describe, url):
    described = describe(
        environment={"AB": "1"}, layers=("one", "two"), timeout=2.5, memory=256, ephemeral_storage=1024, url=url
    )
    assert FunctionDescription.from_json(json.loads(json.dumps(described.to_json()))) == described


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([], id="a list"),
        pytest.param({}, id="nothing"),
        pytest.param({"name": "a", "code": "/", "handler": "h", "runtime": "python3.11", "extra": 1}, id="too much"),
        pytest.param({"name": "a", "code": "/", "handler": "h", "runtime": "python3.11", "timeout": "3"}, id="a type"),
        pytest.param({"name": 1, "code": "/", "handler": "h", "runtime": "python3.11"}, id="no name"),
        pytest.param(
            {"name": "a", "code": "/", "handler": "h", "runtime": "python3.11", "environment": {"AB": 1}},
            id="a variable that is no text",
        ),
        pytest.param({"name": "a", "code": "/", "handler": "h", "runtime": "python3.11", "url": 1}, id="no URL"),
    ],
)
def test_other_json_is_refused(value):
    with pytest.raises(DescriptionError, match="not a function's description"):
        FunctionDescription.from_json(value)


def test_the_code_folder_means_the_same_to_every_process(describe, tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    monkeypatch.chdir(tmp_path)
    assert describe(code=Path("code")).code == Path(os.getcwd()) / "code"  # noqa: PTH109 - the plain answer


def test_an_image_stands_for_code_handler_and_runtime():
    image = ContainerImage("127.0.0.1:5000/app@sha256:0", ("python3",), ("app.py", "one"), "/srv")
    description = FunctionDescription("one", image=image, memory=256)
    assert FunctionDescription.from_json(json.loads(json.dumps(description.to_json()))) == description


@pytest.mark.parametrize("uri", ["", "--privileged", "app:1 other", "app\n"])
def test_a_text_that_is_no_name_of_an_image_is_refused(uri):
    with pytest.raises(DescriptionError, match="image is"):
        ContainerImage(uri)
