"""A custom runtime that streams. Its event, or the binary body of a request to its URL, is a script of what it writes.

    {"type": "text/plain", "steps": [["chunk", "text"], ["wait", "file"], ["end"]]}

`type` is the content type of the answer; without it the answer begins with a prelude, which is the script's `prelude`.
"""

import json
import os
import signal
import socket
import sys
import time
from base64 import b64decode
from pathlib import Path

ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]
INVOCATION = "/2018-06-01/runtime/invocation"
HTTP = "application/vnd.awslambda.http-integration-response"


class RuntimeApi:
    """One connection to the Runtime API."""

    def __init__(self):
        host, _, port = ADDRESS.partition(":")
        self.socket = socket.create_connection((host, int(port)))
        self.file = self.socket.makefile("rb")

    def write(self, data):
        self.socket.sendall(data.encode("latin-1"))

    def head(self, line, *fields):
        self.write("".join(f"{part}\r\n" for part in (f"{line} HTTP/1.1", f"Host: {ADDRESS}", *fields, "")))

    def answer(self):
        status = int(self.file.readline().split()[1])
        fields = {}
        while line := self.file.readline().decode("latin-1").strip():
            name, _, value = line.partition(": ")
            fields[name.lower()] = value
        return status, fields, self.file.read(int(fields.get("content-length", 0)))

    def next(self):
        self.head(f"GET {INVOCATION}/next")
        _, fields, event = self.answer()
        return fields["lambda-runtime-aws-request-id"], json.loads(event)

    def begin(self, request_id, content_type):
        self.head(
            f"POST {INVOCATION}/{request_id}/response",
            "Lambda-Runtime-Function-Response-Mode: streaming",
            "Transfer-Encoding: chunked",
            "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
            f"Content-Type: {content_type}",
        )

    # The steps.

    def chunk(self, text, times=1):
        for _ in range(times):
            self.write(f"{len(text):x}\r\n{text}\r\n")

    def wait(self, path):
        while not Path(path).exists():
            time.sleep(0.005)

    def end(self, trailers=None):
        self.write("".join(("0\r\n", *(f"{name}: {value}\r\n" for name, value in (trailers or {}).items()), "\r\n")))
        self.answer()

    def hang_up(self):
        self.socket.close()
        self.file.close()
        self.__init__()

    def exit(self, status):
        sys.exit(status)

    def kill(self):
        os.kill(os.getpid(), signal.SIGKILL)


def perform(api, request_id, script):
    api.begin(request_id, script.get("type", HTTP))
    if "type" not in script:
        api.chunk(json.dumps(script.get("prelude", {"headers": {"content-type": "text/plain"}})))
        api.chunk("\0" * 8)
    for name, *arguments in script["steps"]:
        getattr(api, name)(*arguments)


def main():
    api = RuntimeApi()
    while True:
        request_id, event = api.next()
        perform(api, request_id, json.loads(b64decode(event["body"])) if "body" in event else event)


main()
