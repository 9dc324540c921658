"""A web app that needs nothing but Python, and its counterpart: a runtime that asks for its events itself."""

import http.server
import json
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path

TMP = "/tmp"  # noqa: S108 - its own
SHARED = "/dev/shm"  # noqa: S108 - missing, as on Lambda


def stop(*_: object) -> None:
    print("asked to stop", flush=True)
    sys.exit(0)


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer("ready")
        elif self.path == "/steps":
            self.steps()
        elif self.path == "/memory":
            self.answer(str(len(bytearray(600 * 1024 * 1024))))
        else:
            self.answer(json.dumps(facts()))

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def steps(self) -> None:
        print("begun", flush=True)
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number in range(4):
            self.wfile.write(b"1\r\n%d\r\n" % number)
            self.wfile.flush()
            time.sleep(0.25)
        print("done", flush=True)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Nothing."""


def facts() -> dict[str, object]:
    """What a program sees of its container."""
    status = Path("/proc/self/status").read_text().splitlines()
    room = os.statvfs(TMP)
    return {
        "user": os.getuid(),
        "folder": str(Path.cwd()),
        "writable": [name for name in (TMP, "/", "/var/task", SHARED) if os.access(name, os.W_OK)],
        "tmp": room.f_blocks * room.f_frsize // 1024**2,
        "capabilities": next(line.split()[1] for line in status if line.startswith("CapEff")),
        "variables": dict(os.environ),
    }


def runtime() -> None:
    """The Runtime API's other side."""
    base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
    while True:
        with urllib.request.urlopen(f"{base}/next") as event:
            request_id = event.headers["lambda-runtime-aws-request-id"]
            told = {"event": json.load(event), **facts()}
        urllib.request.urlopen(f"{base}/{request_id}/response", data=json.dumps(told).encode()).close()


signal.signal(signal.SIGTERM, stop)
if sys.argv[1:] == ["runtime"]:
    runtime()
elif sys.argv[1:] == ["exit"]:
    sys.exit("the app gives up")
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
