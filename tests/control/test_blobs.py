"""Large values in files of their own."""

import stat

import pytest

from lambdastream.control.blobs import Blobs


def test_a_value_is_kept_once_and_for_this_user_alone(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    names = [blobs.put(content) for content in (b"one", b"two", b"one")]
    assert names[0] == names[2] != names[1]
    assert Blobs(tmp_path / "blobs").get(names[0]) == b"one"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "blobs").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "blobs").stat().st_mode) == 0o700


def test_the_others_are_removed_also_what_a_killed_one_left(tmp_path):
    (tmp_path / "half.new").write_bytes(b"ha")
    blobs = Blobs(tmp_path)
    kept, gone = blobs.put(b"kept"), blobs.put(b"gone")
    blobs.keep_only({kept})
    assert [path.name for path in tmp_path.iterdir()] == [kept]
    assert blobs.put(b"gone") == gone
    assert blobs.get(gone) == b"gone"


def test_a_damaged_value_is_not_taken(tmp_path):
    blobs = Blobs(tmp_path)
    name = blobs.put(b"whole")
    (tmp_path / name).write_bytes(b"half")
    with pytest.raises(ValueError, match="damaged"):
        blobs.get(name)
