"""How long ``Invoke`` takes: a call by the function's name, answered in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.figures import Spec, percentile
from benchmarks.http_client import Address, Connection
from benchmarks.local_aws import MeasuredAws, address
from benchmarks.measurement import Measurement
from lambdastream.control.profile import REGION, Profile

EVENT: Final = b'{"answer": "buffered"}'
P50: Final = "Invoke, buffered, p50"
P99: Final = "Invoke, buffered, p99"
SPECS: Final = (Spec(P50, "ms"), Spec(P99, "ms"))


@dataclass(frozen=True, slots=True)
class Invocable:
    """A function that can be invoked: where, and with which header."""

    name: str
    address: Address
    target: str
    fields: Mapping[str, str]


class Signer:
    """Signs calls of the local AWS, as its profile's keys do."""

    def __init__(self, aws: MeasuredAws) -> None:
        self._endpoint = aws.project.running().endpoint
        keys = Profile(aws.project).keys()
        self._auth = SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), "lambda", REGION)

    def call(self, function: str, event: bytes) -> Invocable:
        """The call that invokes the function with this event. Its signature is good for minutes, and verified each time."""
        target = f"/2015-03-31/functions/{function}/invocations"
        request = AWSRequest("POST", self._endpoint + target, data=event)
        self._auth.add_auth(request)
        return Invocable("local AWS", address(self._endpoint), target, dict(request.headers.items()))


def measurement(*, requests: int) -> Measurement[Invocable]:
    """The time from the sending of ``requests`` calls a round to the end of each answer, after a fifth to warm up."""
    return Measurement(SPECS, partial(_measure, requests))


def _measure(requests: int, invoked: Invocable) -> dict[str, float]:
    with Connection(invoked.address) as connection:
        for _ in range(requests // 5):
            _invoke(connection, invoked)
        times = [_invoke(connection, invoked) * 1000 for _ in range(requests)]
    return {P50: percentile(times, 0.50), P99: percentile(times, 0.99)}


def _invoke(connection: Connection, invoked: Invocable) -> float:
    return connection.request(invoked.target, method="POST", fields=invoked.fields, content=EVENT).ended_at
