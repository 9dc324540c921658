"""A function's layers, in the folder that stands for /opt."""

import pytest

from lambdastream.errors import DescriptionError
from lambdastream.runtime.layers import extensions, lay_out
from lambdastream.runtime.web_adapter.binary import Adapter

ADAPTER_LAYER = "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:27"


def no_adapter():
    pytest.fail("Nobody asked for the adapter.")


@pytest.fixture
def layer(tmp_path):
    """Make a layer's folder from its files."""

    def make(name, files):
        for path, (text, mode) in files.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
            target.chmod(mode)
        return str(tmp_path / name)

    return make


@pytest.mark.conformance("layers-order")
def test_a_later_layer_lies_over_an_earlier_one(describe, layer, tmp_path):
    first = layer("first", {"both": ("1", 0o644), "only/first": ("1", 0o755)})
    second = layer("second", {"both": ("2", 0o644), "only/second": ("2", 0o644)})
    opt = tmp_path / "opt"
    lay_out(describe(layers=(first, second)), opt, no_adapter)
    assert (opt / "both").read_text() == "2"
    assert sorted(path.name for path in (opt / "only").iterdir()) == ["first", "second"]
    assert (opt / "only" / "first").stat().st_mode & 0o777 == 0o755


def test_the_adapters_arn_stands_for_this_machines_adapter(describe, tmp_path):
    binary = tmp_path / "binary"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    lay_out(describe(layers=(ADAPTER_LAYER,)), tmp_path / "opt", lambda: Adapter("1.0.0", binary))
    assert [path.name for path in extensions(tmp_path / "opt")] == ["lambda-adapter"]
    assert (tmp_path / "opt" / "bootstrap").is_file()


@pytest.mark.parametrize(
    "unknown", ["arn:aws:lambda:us-east-1:123456789012:layer:other:1", "/no/such/folder", ADAPTER_LAYER[:-3]]
)
def test_an_unknown_layer_is_refused_by_its_name(describe, tmp_path, unknown):
    with pytest.raises(DescriptionError, match="which is not here") as caught:
        lay_out(describe(layers=(unknown,)), tmp_path / "opt", no_adapter)
    assert unknown in caught.value.problem
    assert "folder" in caught.value.next_step


def test_extensions_are_the_programs_among_the_files_in_order_of_name(describe, layer, tmp_path):
    files = {"b": 0o755, "a": 0o755, "notes.txt": 0o644, "inside/c": 0o755}
    path = layer("some", {f"extensions/{name}": ("", mode) for name, mode in files.items()})
    lay_out(describe(layers=(path,)), tmp_path / "opt", no_adapter)
    assert [found.name for found in extensions(tmp_path / "opt")] == ["a", "b"]


def test_a_function_without_layers_has_no_extensions(describe, tmp_path):
    lay_out(describe(), tmp_path / "opt", no_adapter)
    assert extensions(tmp_path / "opt") == []
