"""What the tests of processes share."""

import pytest

from lambdastream.runtime.processes.watchdog import Watchdog


@pytest.fixture(scope="module")
def watchdog():
    dog = Watchdog()
    yield dog
    dog.close()
