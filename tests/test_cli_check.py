"""`lambdastream check`: its options and exit codes."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from lambdastream.cli import main

ASKED: list[tuple[str | None, ...]] = []


class Site(BaseHTTPRequestHandler):
    """Streams at /streams, holds back at /buffers, and says what it was asked everywhere else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        ASKED.append((self.command, self.headers.get("content-type"), self.headers.get("x-a"), body))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in [b"word "] * 5 if self.path == "/streams" else [b"all"]:
            if self.path != "/quick":
                time.sleep(0.1 if self.path == "/streams" else 0.6)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    do_POST = do_PUT = do_GET  # noqa: N815 - the names that http.server wants

    def log_message(self, *_: object) -> None:
        """Requests are not worth a line."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "code", "verdict"), [("/streams", 0, "streams"), ("/buffers", 1, "buffers"), ("/quick", 3, "cannot tell")]
)
def test_the_exit_code_is_the_verdict(site, capsys, path, code, verdict):
    assert main(["check", site + path]) == code
    assert capsys.readouterr().out.startswith(f"{verdict}: ")


def test_the_evidence_as_json(site, capsys):
    assert main(["check", f"{site}/quick", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["verdict"] == "cannot tell"


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        pytest.param([], ("GET", None, None, ""), id="nothing"),
        pytest.param(["--data", '{"q": 1}'], ("POST", "application/json", None, '{"q": 1}'), id="JSON"),
        pytest.param(["--data", "q=1"], ("POST", "application/x-www-form-urlencoded", None, "q=1"), id="a form"),
        pytest.param(
            ["--data", "q", "--method", "PUT"], ("PUT", "application/x-www-form-urlencoded", None, "q"), id="a method"
        ),
        pytest.param(["--header", "X-A: b: c", "--once"], ("GET", None, "b: c", ""), id="a header"),
        pytest.param(
            ["--data", "1", "--header", "Content-Type: text/plain"], ("POST", "text/plain", None, "1"), id="a type"
        ),
        pytest.param(["--data", "@body.json"], ("POST", "application/json", None, "[1]"), id="a file"),
    ],
)
def test_the_request_is_made_of_the_options(site, monkeypatch, tmp_path, options, asked):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "body.json").write_text("[1]")
    ASKED.clear()
    main(["check", f"{site}/quick", *options])
    assert [asked] == ASKED


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "URL"),
        (["http://127.0.0.1/", "--header", "no header"], "'no header' is no header"),
        (["http://127.0.0.1/", "--timeout", "0"], "0 is no time"),
        (["http://127.0.0.1/", "--timeout", "soon"], "soon is no time"),
        (["http://127.0.0.1/", "--service", "s3"], "s3"),
    ],
)
def test_wrong_usage_is_2(capsys, arguments, says):
    with pytest.raises(SystemExit) as raised:
        main(["check", *arguments])
    assert raised.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["http://127.0.0.1:1/"], 1, "cannot be reached"),
        (["no url"], 2, "Give a whole URL"),
        (["http://127.0.0.1:1/", "--data", "@no/such/file"], 2, "no/such/file cannot be read: No such file"),
    ],
)
def test_what_fails_says_so_and_what_to_do(capsys, arguments, code, says):
    assert main(["check", *arguments]) == code
    printed = capsys.readouterr()
    assert says in printed.err
    assert len(printed.err.strip().splitlines()) == 2
    assert printed.out == ""


def test_a_server_without_tls_is_told_of(site, capsys):
    assert main(["check", site.replace("http:", "https:")]) == 1
    assert "SSL" in capsys.readouterr().err
