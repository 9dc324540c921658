"""The app's code with its packages, put together without Docker."""

import shutil

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def bundling():
    """The module. It imports the CDK."""
    import bundling

    return bundling


def settings(**values):
    from settings import Settings

    return Settings(**values)


def test_packages_are_for_lambdas_processor_and_python(bundling, tmp_path):
    """For others than this machine's, which takes wheels alone."""
    wanted = settings(architecture="arm64", python_runtime="python3.12")
    assert bundling.UvBundling(wanted).try_bundle(str(tmp_path))
    [compiled] = (tmp_path / "pydantic_core").glob("*.so")
    assert compiled.name.endswith(".cpython-312-aarch64-linux-gnu.so")
    assert (tmp_path / "run.sh").stat().st_mode & 0o777 == 0o755
    assert {"main.py", "handler.py", "fastapi", "mangum", "uvicorn"} <= {path.name for path in tmp_path.iterdir()}
    assert list(tmp_path.rglob("__pycache__")) == []


def test_what_cannot_be_installed_is_told(bundling, tmp_path, monkeypatch):
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("fastapi==0.165.0 --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")
    monkeypatch.setattr(bundling, "PINNED", wrong)
    with pytest.raises(bundling.BundlingError, match=r"packages of wrong\.txt:\n(.*\n)*.*Hash mismatch"):
        bundling.UvBundling(settings()).try_bundle(str(tmp_path / "made"))


def test_its_name_is_that_of_all_that_it_is_made_from(bundling, tmp_path, monkeypatch):
    copy = shutil.copytree(bundling.APP, tmp_path / "app")
    pinned = shutil.copy(bundling.PINNED, tmp_path)
    monkeypatch.setattr(bundling, "ROOT", tmp_path)
    monkeypatch.setattr(bundling, "APP", copy)
    monkeypatch.setattr(bundling, "PINNED", tmp_path / "chat.txt")
    names = [bundling.asset_hash(settings())]

    (copy / "__pycache__").mkdir(exist_ok=True)
    (copy / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"made by Python")
    assert bundling.asset_hash(settings()) == names[0]

    (copy / "main.py").write_text("app = None\n", encoding="utf-8")
    names.append(bundling.asset_hash(settings()))
    (copy / "run.sh").chmod(0o644)
    names.append(bundling.asset_hash(settings()))
    (tmp_path / "chat.txt").write_text("fastapi==0.164.0\n", encoding="utf-8")
    names.append(bundling.asset_hash(settings()))
    names.extend(
        bundling.asset_hash(settings(**it)) for it in ({"architecture": "arm64"}, {"python_runtime": "python3.11"})
    )
    assert len(set(names)) == 6, pinned
