"""Peers that are not installed: their column stays empty, and why is said."""

import pytest

from benchmarks import cargo_lambda, rie
from lambdastream.runtime.processes.watchdog import Watchdog


@pytest.fixture
def watchdog():
    made = Watchdog()
    yield made
    made.close()


def program(folder, name):
    (folder / name).write_text("#!/bin/sh\nexit 1\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("installed", "missing"),
    [([], "cargo-lambda is not installed"), (["cargo-lambda"], "cargo, which reads its project, is not installed")],
    ids=["without it", "without cargo"],
)
def test_cargo_lambda_is_missing(installed, missing, watchdog, tmp_path, monkeypatch, capsys):
    for name in installed:
        program(tmp_path, name)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with cargo_lambda.cargo_lambda(tmp_path, watchdog) as peer:
        assert peer is None
    assert missing in capsys.readouterr().err


def test_the_rie_is_missing(watchdog, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rie, "find_spec", lambda _: None)
    with rie.rie(tmp_path, watchdog) as peer:
        assert peer is None
    assert "SAM CLI, which brings the RIE, is not installed" in capsys.readouterr().err
