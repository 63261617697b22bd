# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py serve`` on a network, from outside: sockets, certificates, hang-ups, the access log."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from make_certificates import Pair, make, needs_openssl
from serve_process import IDENTITY, Serving, write_model

BODY = json.dumps({"inputs": [{"name": "INPUT0", "datatype": "FP32", "shape": [1, 2],
                               "data": [1.5, -2]}]})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "models"
    write_model(place, "echo", IDENTITY)
    return place


class UnixConnection(http.client.HTTPConnection):
    """http.client over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(10)
        self.sock.connect(self._path)


def get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str] | None = None
        ) -> int:
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def plain(address: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(address, timeout=10)


def failed(*arguments: str) -> str:
    result = subprocess.run([sys.executable, "-m", "triton_py", "serve", *arguments],
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout + result.stderr


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_unix_sockets(repository: Path, tmp_path: Path) -> None:
    """Also over what a server left that was killed."""
    paths = {name: tmp_path / f"{name}.sock" for name in ("http", "grpc", "metrics")}
    flags = [f"--model-repository={repository}", "--unix-socket-mode=660",
             *(f"--{name}-address=unix:{path}" for name, path in paths.items())]
    for end in (signal.SIGKILL, signal.SIGTERM):
        server = Serving(*flags)
        assert f"Started HTTPService at unix:{paths['http']}" in server.output
        assert f"Started GRPCInferenceService at unix:{paths['grpc']}" in server.output
        assert get(UnixConnection(str(paths["http"])), "/v2/health/ready") == 200
        assert get(UnixConnection(str(paths["metrics"])), "/metrics") == 200
        assert infer("--url", f"unix:{paths['http']}").returncode == 0
        with grpc.insecure_channel(f"unix:{paths['grpc']}") as channel:
            assert channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=10) == b"\x08\x01"
        result = infer("--protocol", "grpc", "--url", f"unix:{paths['grpc']}")
        assert result.returncode == 0, result.stderr
        assert oct(paths["http"].stat().st_mode)[-3:] == "660"
        text = failed(*flags)
        assert "a server is listening there" in text and f"unix:{paths['grpc']}" in text
        assert server.stop(end) == (0 if end == signal.SIGTERM else -signal.SIGKILL)
    assert not any(path.exists() for path in paths.values())


def test_a_file_in_the_way(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("mine")
    text = failed(f"--model-repository={repository}", f"--http-address=unix:{tmp_path}/f",
                  "--grpc-port=0", "--metrics-port=0")
    assert "cannot serve HTTP at unix:" in text and "no socket" in text
    assert (tmp_path / "f").read_text() == "mine"


def test_restrictions_and_reflection(repository: Path) -> None:
    with Serving(f"--model-repository={repository}", "--grpc-reflection=false",
                 "--grpc-restricted-protocol=health:k=g3cret",
                 environ={"TRITON_PY_HTTP_RESTRICTED_API": "metadata,statistics:X-Key=s3cret"}
                 ) as server:
        address = server.address("http")
        assert get(plain(address), "/v2/health/ready") == 200
        assert get(plain(address), "/v2/models/echo") == 403
        assert get(plain(address), "/v2/models/echo/stats", {"X-Key": "other"}) == 403
        assert get(plain(address), "/v2/models/echo", {"X-Key": "s3cret"}) == 200
        with grpc.insecure_channel(server.address("grpc")) as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            with pytest.raises(grpc.RpcError, match="restricted"):
                check(b"", timeout=10)
            assert check(b"", timeout=10,
                         metadata=(("triton-grpc-protocol-k", "g3cret"),)) == b"\x08\x01"
            with pytest.raises(grpc.RpcError, match="UNIMPLEMENTED"):
                list(channel.stream_stream(
                    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")(
                        iter([b""]), timeout=10))
        assert "3cret" not in server.output


def tls_flags(place: Pair) -> list[str]:
    return [f"--{protocol}-{name}" for protocol in ("http", "grpc")
            for name in ("use-ssl=true", f"server-cert={place.cert}", f"server-key={place.key}")]


def shown(address: str) -> str:
    host, port = address.split(":")
    return ssl.get_server_certificate((host, int(port)), timeout=10)


@needs_openssl
def test_certificates_are_read_again_at_a_hang_up(repository: Path, tmp_path: Path) -> None:
    first, second = make(tmp_path, "first"), make(tmp_path, "second")
    place = Pair(str(tmp_path / "now.crt"), str(tmp_path / "now.key"))
    for source, target in zip(first, place, strict=True):
        shutil.copyfile(source, target)
    with Serving(f"--model-repository={repository}", *tls_flags(place)) as server:
        for protocol in ("http", "grpc"):
            assert shown(server.address(protocol)) == Path(first.cert).read_text()
        trusting = ssl.create_default_context(cafile=first.cert)
        connection = http.client.HTTPSConnection(server.address("http"), timeout=10,
                                                 context=trusting)
        connection.request("POST", "/v2/models/echo/infer", BODY)
        assert json.loads(connection.getresponse().read())["outputs"][0]["data"] == [1.5, -2]
        for source, target in zip(second, place, strict=True):
            shutil.copyfile(source, target)
        server.process.send_signal(signal.SIGHUP)
        for protocol in ("http", "grpc"):
            address = server.address(protocol)
            wait_for(lambda a=address: shown(a) == Path(second.cert).read_text())
        connection.request("GET", "/v2/health/live")
        assert connection.getresponse().status == 200
        connection.close()
        # What can't be used is said, and the server goes on.
        Path(place.key).write_text("no key")
        server.process.send_signal(signal.SIGHUP)
        assert server.wait_for("goes on with the certificates it has", 15)
        assert shown(server.address("http")) == Path(second.cert).read_text()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "triton_py", *arguments],
                          capture_output=True, text=True, timeout=60, check=False)


def infer(*arguments: str) -> subprocess.CompletedProcess[str]:
    return command("infer", "echo", "INPUT0=[1]", *arguments)


@needs_openssl
def test_infer_over_tls(repository: Path, tmp_path: Path) -> None:
    """To a server that wants a certificate and a header."""
    theirs, ours = make(tmp_path, "server"), make(tmp_path, "client")
    with Serving(f"--model-repository={repository}", *tls_flags(theirs),
                 "--http-use-ssl-mutual=true", f"--http-root-cert={ours.cert}",
                 "--grpc-use-ssl-mutual=true", f"--grpc-root-cert={ours.cert}",
                 "--http-restricted-api=inference:k=s3cret",
                 "--grpc-restricted-protocol=inference:k=s3cret") as server:
        for protocol, scheme, prefix in (("http", "https", ""),
                                         ("grpc", "grpcs", "triton-grpc-protocol-")):
            url = ("--protocol", protocol, "--url", f"{scheme}://{server.address(protocol)}")
            trust = ("--root-cert", theirs.cert)
            show = ("--client-cert", ours.cert, "--client-key", ours.key)
            header = ("--header", f"{prefix}k=s3cret")
            good = infer(*url, *trust, *show, *header)
            assert good.returncode == 0, good.stderr
            assert "OUTPUT0 FP32[1, 1]" in good.stdout
            for fewer in ((*show, *header), (*trust, *header), (*trust, *show)):
                bad = infer(*url, "--timeout=10", *fewer)
                assert bad.returncode == 1
                assert "Traceback" not in bad.stderr
                assert ("restricted" in bad.stderr) == ("--header" not in fewer), bad.stderr


@needs_openssl
def test_explain_over_tls(repository: Path, tmp_path: Path) -> None:
    theirs, ours = make(tmp_path, "server"), make(tmp_path, "client")
    with Serving(f"--model-repository={repository}", *tls_flags(theirs),
                 "--http-use-ssl-mutual=true", f"--http-root-cert={ours.cert}",
                 "--http-restricted-api=model-config,statistics:k=s3cret") as server:
        address = server.address("http")
        known = ("--metrics-url", server.address("metrics"), "--root-cert", theirs.cert,
                 "--client-cert", ours.cert, "--client-key", ours.key)
        good = command("explain", "echo", "--url", f"https://{address}", *known, "--header", "k=s3cret")
        assert good.returncode == 0, good.stderr
        assert good.stdout.startswith("echo: max_batch_size")
        bad = command("explain", "echo", "--url", f"https://{address}", *known)
        assert bad.returncode == 1 and "restricted" in bad.stderr
        plain_text = command("explain", "echo", "--url", address)
        assert plain_text.returncode == 1
        assert f"does it speak TLS? --url https://{address}" in plain_text.stderr


@needs_openssl
def test_certificates_are_looked_at_before_models_are_loaded(repository: Path, tmp_path: Path
                                                             ) -> None:
    one, other = make(tmp_path, "one"), make(tmp_path, "other")
    ports = ("--http-port=0", "--grpc-port=0", "--metrics-port=0")
    text = failed(f"--model-repository={repository}", *ports,
                  *tls_flags(Pair(one.cert, other.key)))
    assert "certificates" in text
    assert "loaded echo" not in text
    text = failed(f"--model-repository={repository}", *ports,
                  *tls_flags(Pair(one.cert, "/nowhere/key")))
    assert "server key '/nowhere/key'" in text


def test_the_access_log(repository: Path, tmp_path: Path) -> None:
    place = tmp_path / "access.log"
    with Serving(f"--model-repository={repository}", f"--access-log={place}",
                 "--access-log-format=json") as server:
        get(plain(server.address("http")), "/v2/health/ready")
        with grpc.insecure_channel(server.address("grpc")) as channel:
            channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=10)
        get(plain(server.address("metrics")), "/metrics")
        wait_for(lambda: place.read_text().count("\n") >= 2)
        os.rename(place, tmp_path / "access.log.1")
        server.process.send_signal(signal.SIGHUP)
        wait_for(place.exists)
        get(plain(server.address("http")), "/v2")
    old = [json.loads(t) for t in (tmp_path / "access.log.1").read_text().splitlines()]
    assert [(r["protocol"], r["path"], r["status"]) for r in old] == [
        ("HTTP/1.1", "/v2/health/ready", 200), ("gRPC", "/grpc.health.v1.Health/Check", "OK")]
    new = [json.loads(t) for t in place.read_text().splitlines()]
    assert [r["path"] for r in new] == ["/v2"]


def test_the_access_log_on_standard_output(repository: Path) -> None:
    with Serving(f"--model-repository={repository}", "--access-log=-") as server:
        get(plain(server.address("http")), "/v2/health/ready")
        assert server.wait_for(r" HTTP/1\.1 GET /v2/health/ready - 200 \d+ \d+ \d+$", 10)


def test_an_access_log_that_can_not_be_written(repository: Path, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "no" / "log"):
        assert "cannot be written" in failed(
            f"--model-repository={repository}", f"--access-log={place}", "--http-port=0",
            "--grpc-port=0", "--metrics-port=0")


@pytest.mark.skipif(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN,
                    reason="started so that hang-ups are ignored, as by nohup")
def test_without_anything_to_read_again_a_hang_up_ends_the_process(repository: Path) -> None:
    server = Serving(f"--model-repository={repository}")
    assert server.stop(signal.SIGHUP) == -signal.SIGHUP
