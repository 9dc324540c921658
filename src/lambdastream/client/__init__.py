"""Records a stream from any URL, races two, draws them. Knows nothing of the local AWS."""

from lambdastream.client.check import Check, check
from lambdastream.client.live import watch
from lambdastream.client.pictures import bytes_over_time
from lambdastream.client.race import Race, race
from lambdastream.client.record import record
from lambdastream.client.recording import Chunk, Recording
from lambdastream.client.verdict import Shape, shape

__all__ = [
    "Check",
    "Chunk",
    "Race",
    "Recording",
    "Shape",
    "bytes_over_time",
    "check",
    "race",
    "record",
    "shape",
    "watch",
]
