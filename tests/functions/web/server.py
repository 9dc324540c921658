"""A web app for the tests, behind the Lambda Web Adapter, on the standard library alone."""

import json
import os
import signal
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

PIECE = bytes(range(256)) * 256


class App(BaseHTTPRequestHandler):
    """Each path is a method."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        target = urlsplit(self.path)
        self.query = dict(parse_qsl(target.query))
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        getattr(self, target.path.strip("/") or "ready")()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of http.server

    def ready(self):
        self.whole({"ready": True})

    def echo(self):
        about = {"method": self.command, "path": self.path, "body": self.body.decode()}
        self.whole(about | {"headers": dict(self.headers.items())})

    def pid(self):
        self.whole(os.getpid())

    def meet(self):
        """Wait until `count` environments are here at once, each with a file of its own in the folder `at`."""
        at = Path(self.query["at"])
        (at / str(os.getpid())).touch()
        while len(list(at.iterdir())) < int(self.query["count"]):
            time.sleep(0.005)
        self.pid()

    def name(self):
        self.whole(os.environ["AWS_LAMBDA_FUNCTION_NAME"])

    def variables(self):
        self.whole(dict(os.environ))

    def cookies(self):
        self.whole("set", status=201, headers=[("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"), ("X-Own", "yes")])

    def words(self):
        """Every further word waits for its gate: the file of that name in the folder `gates`."""
        self.begin()
        for word in self.query["words"].split(","):
            _wait_for(Path(self.query["gates"]) / word)
            self.piece(f"{word}\n".encode())
        self.end()
        Path(self.query.get("done", os.devnull)).touch()

    def data(self):
        """`pieces` times 64 KiB. The file `sent`, if one is named, tells how many have been sent."""
        self.begin()
        with Path(self.query.get("sent", os.devnull)).open("wb", buffering=0) as sent:
            for number in range(int(self.query["pieces"])):
                self.piece(PIECE)
                os.pwrite(sent.fileno(), b"%d" % (number + 1), 0)
        self.end()

    def die(self):
        """Send a piece, then die in the middle of the answer, as soon as the file `gate` is there."""
        self.begin()
        self.piece(b"before\n")
        _wait_for(Path(self.query["gate"]))
        os.kill(os.getpid(), signal.SIGKILL)

    def whole(self, value, *, status=200, headers=()):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in (("Content-Type", "application/json"), *headers, ("Content-Length", str(len(body)))):
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def begin(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def piece(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self):
        self.wfile.write(b"0\r\n\r\n")


def _wait_for(path):
    while not path.exists():
        time.sleep(0.005)


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), App).serve_forever()
