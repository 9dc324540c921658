"""The user's cache folder."""

from pathlib import Path

import pytest

from lambdastream.runtime.cache import cache_folder


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        pytest.param({}, "/home/ada/.cache/lambdastream", id="in the home's .cache"),
        pytest.param({"XDG_CACHE_HOME": "/big/cache"}, "/big/cache/lambdastream", id="in XDG_CACHE_HOME"),
        pytest.param(
            {"XDG_CACHE_HOME": "cache"}, "/home/ada/.cache/lambdastream", id="a relative XDG_CACHE_HOME is none"
        ),
        pytest.param({"XDG_CACHE_HOME": ""}, "/home/ada/.cache/lambdastream", id="an empty XDG_CACHE_HOME is none"),
        pytest.param({"LAMBDASTREAM_CACHE": "/big/own"}, "/big/own", id="LAMBDASTREAM_CACHE is the folder itself"),
        pytest.param({"LAMBDASTREAM_CACHE": "~/own"}, "/home/ada/own", id="a tilde is the home"),
        pytest.param(
            {"LAMBDASTREAM_CACHE": ""}, "/home/ada/.cache/lambdastream", id="an empty LAMBDASTREAM_CACHE is none"
        ),
        pytest.param({"LAMBDASTREAM_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a", id="LAMBDASTREAM_CACHE comes first"),
    ],
)
def test_the_environment_says_where_the_cache_is(monkeypatch, variables, folder):
    for name in ("LAMBDASTREAM_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/ada", **variables}.items():
        monkeypatch.setenv(name, value)

    assert cache_folder() == Path(folder)


def test_a_relative_name_becomes_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAMBDASTREAM_CACHE", "own")

    assert cache_folder() == tmp_path / "own"
