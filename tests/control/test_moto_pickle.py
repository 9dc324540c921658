"""moto's objects as bytes and back, and nothing else."""

import io
import pickle
import re
import threading
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey

from lambdastream.control.blobs import Blobs
from lambdastream.control.reductions import NotKept

if TYPE_CHECKING:
    from moto.logs.models import LogStream
    from moto.s3.models import FakeKey

    from lambdastream.control.moto_pickle import MotoPickler

ACCOUNT = "123456789012"
# The pickler's own. It imports moto, which takes long: not in every process that collects the tests.
LARGE, BATCH, MOST_BATCHES = 32 * 1024, 500, 20


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs")


@pytest.fixture
def dump(blobs: Blobs):
    """Values as bytes; gives the pickler too."""
    from lambdastream.control.moto_pickle import Caches, MotoPickler

    caches = Caches()

    def write(value: Any) -> tuple[bytes, "MotoPickler"]:
        target = io.BytesIO()
        pickler = MotoPickler(target, blobs, caches)
        pickler.dump(value)
        pickler.finish()
        return target.getvalue(), pickler

    return write


@pytest.fixture
def load(blobs: Blobs):
    """What bytes hold."""
    from lambdastream.control.moto_pickle import MotoUnpickler

    return lambda content: MotoUnpickler(io.BytesIO(content), blobs).load()


@pytest.fixture
def again(dump, load):
    """A value that was written and read."""

    def through(value: Any) -> Any:
        content, pickler = dump(value)
        assert pickler.not_kept == set()
        return load(content)

    return through


def key(content: bytes) -> "FakeKey":
    from moto.s3.models import FakeKey

    return FakeKey("key", content, ACCOUNT, "us-east-1", bucket_name="bucket")


def stream(events: int) -> "LogStream":
    from moto.logs.models import LogGroup, LogStream

    made = LogStream(LogGroup(ACCOUNT, "us-east-1", "group"), "stream")
    made.put_log_events([{"timestamp": number, "message": f"line {number}"} for number in range(events)])
    return made


def test_the_sizes_are_those_of_the_pickler() -> None:
    from lambdastream.control import moto_pickle

    assert (moto_pickle.LARGE, moto_pickle.BATCH, moto_pickle.MOST_BATCHES) == (LARGE, BATCH, MOST_BATCHES)


def test_plain_values_are_what_they_were(again) -> None:
    from moto.core.utils import utcnow

    value = {"a": [1, 2.5, None, b"x", ("y",), {"z"}], "at": datetime(2026, 1, 1, tzinfo=UTC), "now": utcnow()}
    assert again(value) == value


def test_locks_come_back_free(again) -> None:
    lock = threading.Lock()
    with lock:
        come = again({"lock": lock, "again": lock, "reentrant": threading.RLock(), "event": threading.Event()})
    assert come["lock"].acquire(blocking=False)
    assert come["again"] is come["lock"]
    assert come["reentrant"].acquire(blocking=False)
    assert not come["event"].wait(0)


def test_a_dictionary_with_defaults_and_fields_of_its_own(again) -> None:
    from moto.ssm.models import ParameterDict

    parameters = ParameterDict(ACCOUNT, "eu-west-1")
    parameters["a"].append(1)
    come = again(parameters)
    assert (come.account_id, come.region_name, dict(come)) == (ACCOUNT, "eu-west-1", {"a": [1]})
    assert come["b"] == []


def test_a_backend_with_functions_within_others_and_with_locks(again) -> None:
    from moto.sqs.models import sqs_backends

    sqs = sqs_backends[ACCOUNT]["eu-west-3"]
    queue = sqs.create_queue("queue", {})
    sqs.send_message("queue", "hello")
    come = again(sqs)
    assert come.queues["queue"].queue_arn == queue.queue_arn
    assert [message.body for message in come.queues["queue"].messages] == ["hello"]
    come.send_message("queue", "and on")


def test_keys_are_the_same_keys(again) -> None:
    from moto.iam.models import iam_backends

    iam = iam_backends[ACCOUNT]["aws"]
    iam.create_user("us-east-1", "reader")
    made = iam.create_access_key("reader")
    (found,) = again(iam).list_access_keys("reader")
    assert (found.access_key_id, found.secret_access_key) == (made.access_key_id, made.secret_access_key)
    private, web = rsa.generate_private_key(65537, 2048), RSAKey.generate_key(2048)
    come_private, come_web = again((private, web))
    assert come_private.private_numbers() == private.private_numbers()
    assert come_web.as_dict(private=True) == web.as_dict(private=True)


def test_services_are_meant_not_copied(again) -> None:
    from moto.s3.models import s3_backends

    assert again([s3_backends, s3_backends[ACCOUNT]]) == [s3_backends, s3_backends[ACCOUNT]]
    assert again(s3_backends) is s3_backends


@pytest.mark.parametrize("size", [0, 5, LARGE, LARGE * 3])
def test_objects_have_their_content_large_ones_in_a_file(again, blobs: Blobs, size: int) -> None:
    given = key(b"x" * size)
    come = again(given)
    assert (come.value, come.etag, come.last_modified) == (given.value, given.etag, given.last_modified)
    assert len([*blobs.folder.iterdir()]) == (size >= LARGE)


def test_a_large_value_is_read_once_however_often_it_is_saved(dump, blobs: Blobs) -> None:
    given, code = key(b"x" * LARGE), b"y" * LARGE
    _, first = dump([given, code])
    written = {path: path.stat().st_mtime_ns for path in blobs.folder.iterdir()}
    given._value_buffer.close()  # noqa: SLF001 - so that reading it again would fail
    _, second = dump([given, code])
    assert first.used == second.used == {path.name for path in written}
    assert {path: path.stat().st_mtime_ns for path in blobs.folder.iterdir()} == written


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH])
def test_log_events_come_back_in_their_order(again, count: int) -> None:
    given = stream(count)
    come = again(given)
    assert [vars(event) for event in come.events] == [vars(event) for event in given.events]
    assert vars(come).keys() == vars(given).keys()
    given.put_log_events([{"timestamp": 9, "message": "more"}])
    assert again(given).events[-1].message == "more"


def test_of_very_many_log_events_the_newest_come_back(again) -> None:
    come = again(stream((MOST_BATCHES + 5) * BATCH + 3))
    assert len(come.events) == MOST_BATCHES * BATCH + 3
    assert come.events[-1].message == f"line {(MOST_BATCHES + 5) * BATCH + 2}"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (threading.current_thread(), "threading._MainThread"),
        (SimpleNamespace(), "types.SimpleNamespace"),
        (SimpleNamespace, "types.SimpleNamespace"),
        (io.StringIO(), "_io.StringIO"),
        (print, "builtins.builtin_function_or_method"),
        (eval, "builtins.builtin_function_or_method"),
        (re.compile, "builtins.function"),
    ],
    ids=["thread", "namespace", "class", "stream", "print", "eval", "function"],
)
def test_what_is_not_kept_is_told_and_the_rest_is_kept(dump, load, value: Any, name: str) -> None:
    content, pickler = dump({"kept": 1, "other": value, "factory": defaultdict(value if callable(value) else None)})
    assert pickler.not_kept == {name}
    come = load(content)
    assert come["kept"] == 1
    assert isinstance(come["other"], NotKept)
    with pytest.raises(TypeError, match="not kept over a restart"):
        come["other"]()


def forged(module: str, name: str, argument: str) -> bytes:
    """A pickle that calls what is named."""
    texts = b"".join(b"\x8c" + bytes([len(it)]) + it.encode() for it in (module, name))
    return b"\x80\x04" + texts + b"\x93\x8c" + bytes([len(argument)]) + argument.encode() + b"\x85R."


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("subprocess", "Popen"),
        ("moto.core.utils", "os.system"),
        ("moto.core.utils", "utcnow"),
        ("moto.core.utils", "datetime.sys.modules"),
        ("lambdastream.control.moto_pickle", "import_module"),
        ("lambdastream.control.reductions", "threading.Thread"),
        ("lambdastream.control.supervisor", "stop"),
        ("threading", "Thread"),
        ("re", "_compiler.compile"),
    ],
)
def test_a_forged_file_does_nothing(load, module: str, name: str) -> None:
    content = forged(module, name, "touch forged")
    with pytest.raises((pickle.UnpicklingError, AttributeError)):
        load(content)


@pytest.mark.parametrize("name", ["system", "path.join"])
def test_a_forged_name_of_a_function_does_nothing(load, name: str) -> None:
    call = b"\x8c\x09moto.core\x8c" + bytes([len(name)]) + name.encode() + b"\x86R."
    module, function = b"lambdastream.control.reductions", b"_named_function"
    head = b"".join(b"\x8c" + bytes([len(it)]) + it for it in (module, function))
    with pytest.raises(pickle.PicklingError, match="does not belong there"):
        load(b"\x80\x04" + head + b"\x93" + call)
