# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py infer`` against servers that answer otherwise than ours does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from triton_py.cli import infer
from triton_py.cli.errors import CliError

METADATA = {"name": "m", "inputs": [{"name": "X", "datatype": "INT32", "shape": [-1, 2]}],
            "outputs": [{"name": "Y", "datatype": "INT32", "shape": [-1, 2]}]}


@contextmanager
def answering(status: int, body: bytes, headers: dict[str, str] | None = None,
              seen: list[tuple[dict, bytes]] | None = None) -> Iterator[str]:
    """A server whose model ``m`` answers every inference request so; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            config = self.path.endswith("/config")
            self.reply(200, json.dumps({"max_batch_size": 4} if config else METADATA).encode(), {})

        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            if seen is not None:
                length = int(self.headers["Inference-Header-Content-Length"])
                seen.append((json.loads(request[:length]), request[length:]))
            self.reply(status, body, headers or {})

        def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run(url: str, *arguments: str) -> int:
    return infer.main(["m", "X=[1,-2]", "--url", url, *arguments])


def test_an_answer_in_json(capsys):
    body = json.dumps({"model_name": "m", "outputs": [
        {"name": "Y", "datatype": "INT32", "shape": [1, 2], "data": [3, 4]}]}).encode()
    with answering(200, body) as url:
        assert run(url) == 0
    assert capsys.readouterr().out == "Y INT32[1, 2]\n  [[3 4]]\n"


def test_what_is_sent(capsys):
    body = b'{"model_name":"m","outputs":[]}'
    seen: list[tuple[dict, bytes]] = []
    with answering(200, body, seen=seen) as url:
        assert run(url, "--id=7", "--output=Y", "--parameter=priority=2", "--parameter=note=hi",
                   "--parameter=flag=true") == 0
    (header, data), = seen
    assert header == {
        "id": "7",
        "inputs": [{"name": "X", "datatype": "INT32", "shape": [1, 2],
                    "parameters": {"binary_data_size": 8}}],
        "outputs": [{"name": "Y", "parameters": {"binary_data": True}}],
        "parameters": {"priority": 2, "note": "hi", "flag": True, "binary_data_output": True}}
    assert data == b"\x01\0\0\0\xfe\xff\xff\xff"
    assert capsys.readouterr().out == "no outputs\n"


@pytest.mark.parametrize("status, body, message", [
    (400, b'{"error":"bad shape"}', r"bad shape \(HTTP 400\)"),
    (500, b"", r"no reason given \(HTTP 500\)"),
    (502, b"<html>proxy</html>", r"<html>proxy</html> \(HTTP 502\)"),
    (200, b"not json", "not this protocol's JSON"),
    (200, b"[]", "not this protocol's JSON"),
])
def test_errors_are_told_in_the_servers_words(status, body, message):
    with answering(status, body) as url, pytest.raises(CliError, match=message):
        run(url)


def test_a_binary_answer_that_is_too_short():
    head = json.dumps({"outputs": [{"name": "Y", "datatype": "INT32", "shape": [1, 2],
                                    "parameters": {"binary_data_size": 8}}]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    with (answering(200, head + b"abc", headers) as url,
          pytest.raises(CliError, match="3 bytes for INT32")):
        run(url)
