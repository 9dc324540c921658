"""A function behind awslambdaric that does what its event says: `do` of a direct call, the path of a request to its URL."""

import importlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path


def handler(event, context):
    if "rawPath" not in event:
        return ACTIONS[event["do"]](event, context)
    return ACTIONS[event["rawPath"].strip("/")](event | event.get("queryStringParameters", {}), context)


def echo(event, context):
    return event


def answer(event, context):
    """The body of the request is the result, in JSON."""
    return json.loads(event["body"])


def context(event, context):
    return {
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "memory": context.memory_limit_in_mb,
        "log_stream": context.log_stream_name,
        "client": getattr(context.client_context, "custom", None),
    }


def variables(event, context):
    return dict(os.environ)


def modules(event, context):
    """Which of these modules can be imported."""
    return {name: _can_import(name) for name in event["names"]}


def _can_import(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def pid(event, context):
    return os.getpid()


def meet(event, context):
    """Wait until `count` environments are here at once, each with a file of its own in the folder `at`."""
    at = Path(event["at"])
    (at / str(os.getpid())).touch()
    while len(list(at.iterdir())) < int(event["count"]):
        time.sleep(0.005)
    return os.getpid()


def wait(event, context):
    """Say so in the file `begun`, then wait for the file `gate`, then leave a mark in the file `done`."""
    Path(event["begun"]).touch()
    while not Path(event["gate"]).exists():
        time.sleep(0.005)
    Path(event.get("done", os.devnull)).touch()
    return os.getpid()


def fail(event, context):
    raise RuntimeError("the handler fails on purpose")


def leave(event, context):
    """End the runtime without an answer."""
    os._exit(int(event["status"]))


def large(event, context):
    """A result of so many bytes, its quotes included."""
    return "x" * (int(event["size"]) - 2)


def tick(event, context):
    """Go on after the answer: a thread lets the file `ticks` grow."""
    threading.Thread(target=_tick, args=(event["ticks"],), daemon=True).start()
    return os.getpid()


def daemon(event, context):
    """Start a program that leaves this one behind: with a session, no parent and no variables of its own."""
    leave = "import subprocess; print(subprocess.Popen(['/bin/sleep', '600'], start_new_session=True, stdout=-3).pid)"
    command = [sys.executable, "-c", leave]
    return int(subprocess.run(command, env={}, start_new_session=True, stdout=subprocess.PIPE, check=True).stdout)


def _tick(path):
    while True:
        with Path(path).open("a") as file:
            file.write(".")
        time.sleep(0.005)


def take(event, context):
    """Take so many megabytes, and hold them until there is the file `gate`."""
    held = b"x" * (int(event["megabytes"]) * 1024 * 1024)
    while not Path(event["gate"]).exists():
        time.sleep(0.005)
    return len(held)


def say(event, context):
    print(event["text"], file=sys.stderr)


ANSWERS = (echo, answer, context, variables, modules, pid, large, say, fail)
DEEDS = (meet, wait, leave, tick, daemon, take)
ACTIONS = {action.__name__: action for action in ANSWERS + DEEDS}
