"""A function behind API Gateway that does what the last segment of its request's path says, in every payload format."""

import json
import os
import time
from base64 import b64decode
from pathlib import Path


def handler(event, context):
    path = event.get("rawPath") or event["path"]
    return ACTIONS[path.rstrip("/").rpartition("/")[2]](event, event.get("queryStringParameters") or {})


def echo(event, query):
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(event)}


def answer(event, query):
    """The body of the request is the result, in JSON."""
    return json.loads(b64decode(event["body"]) if event["isBase64Encoded"] else event["body"])


def size(event, query):
    return {"statusCode": 200, "body": str(len(event["body"]))}


def trace(event, query):
    """The trace that the event tells, and the one that the runtime was told."""
    traces = {"event": event["headers"]["x-amzn-trace-id"], "function": os.environ["_X_AMZN_TRACE_ID"]}
    return {"statusCode": 200, "body": json.dumps(traces)}


def wait(event, query):
    """Say so in the file `begun`, then wait for the file `gate`, then leave a mark in the file `done`."""
    Path(query["begun"]).touch()
    while not Path(query["gate"]).exists():
        time.sleep(0.005)
    Path(query["done"]).touch()
    return {"statusCode": 200, "body": "late"}


def fail(event, query):
    raise RuntimeError("the handler fails on purpose")


def leave(event, query):
    """End the runtime without an answer."""
    os._exit(1)


def large(event, query):
    return {"statusCode": 200, "body": "x" * int(query["size"])}


ACTIONS = {action.__name__: action for action in (echo, answer, size, trace, wait, fail, leave, large)}
