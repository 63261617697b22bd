# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""HTTP over TLS: the same answers, clients that may not, and certificates that change."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from http_running import Running
from http_support import Reader, call, infer, request_bytes
from make_certificates import Pair, make, needs_openssl

from triton_py.errors import InvalidArgumentError
from triton_py.frontend.tls import Tls

pytestmark = needs_openssl

LIVE = request_bytes("GET", "/v2/health/live")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def pair(folder: Path) -> Pair:
    return make(folder, "server")


def trusting(pair: Pair) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=pair.cert)


@pytest.fixture(scope="module")
def secure(repository: Path, pair: Pair) -> Iterator[Running]:
    running = Running(repository, tls=Tls(*pair), client_tls=trusting(pair))
    yield running
    running.close()


def body(count: int, number: int = 0) -> bytes:
    return json.dumps({"id": str(number), "inputs": [{
        "name": "INPUT0", "shape": [count], "datatype": "INT32",
        "data": list(range(count))}]}).encode()


def refused(connect: Callable[[], socket.socket]) -> bool:
    """Whether the server does not answer a request on such a connection."""
    try:
        with connect() as sock:
            sock.sendall(LIVE)
            return Reader(sock).reply().status != 200
    except (OSError, ConnectionError):
        return True


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


# --- the same as without ---------------------------------------------------------------------


def test_keep_alive(secure: Running) -> None:
    with secure.connect() as sock:
        assert sock.version() in ("TLSv1.2", "TLSv1.3")
        reader = Reader(sock)
        for number in range(20):
            sock.sendall(request_bytes("POST", "/v2/models/echo/infer", body(2, number)))
            assert reader.reply().json["id"] == str(number)
            sock.sendall(LIVE)
            assert reader.reply().status == 200


def test_pipelined_answers_keep_their_order(secure: Running) -> None:
    with secure.connect() as sock:
        sock.sendall(b"".join(
            request_bytes("POST", "/v2/models/echo/infer", body(2, n)) for n in range(200)))
        reader = Reader(sock)
        assert [reader.reply().json["id"] for _ in range(200)] == [str(n) for n in range(200)]


@pytest.mark.parametrize("size", [0, 1, 16 << 10, (16 << 10) + 1, 1 << 20, 40 << 20])
def test_tensors_of_all_sizes(secure: Running, size: int) -> None:
    data = os.urandom(min(size, 1 << 20)) * max(1, size >> 20)
    reply = infer(secure, "identity_uint8", {
        "inputs": [{"name": "INPUT0", "shape": [len(data)], "datatype": "UINT8",
                    "parameters": {"binary_data_size": len(data)}}],
        "parameters": {"binary_data_output": True}}, data)
    assert reply.status == 200
    assert reply.split[1] == data


def test_streams(secure: Running) -> None:
    """Of events that are larger than what is encrypted at a time, to a client in no hurry."""
    with secure.connect() as sock:
        sock.sendall(request_bytes("POST", "/v2/models/streaming/generate_stream", json.dumps(
            {"PROMPT": "x", "count": 30, "size": 200_000, "tag": "t"}).encode()))
        reader = Reader(sock)
        assert reader.head()[0] == 200
        time.sleep(0.3)
        events = list(reader.events())
        assert [(e["index"], len(e["TEXT"])) for e in events] == [(n, 200_000) for n in range(30)]
        sock.sendall(request_bytes("GET", "/v2/health/live"))
        assert reader.reply().status == 200


def test_much_json_and_compression(secure: Running) -> None:
    reply = call(secure, "POST", "/v2/models/echo/infer", body(100_000),
                 {"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip"


def test_a_request_in_single_bytes(secure: Running) -> None:
    with secure.connect() as sock:
        for byte in request_bytes("POST", "/v2/models/echo/infer", body(2)):
            sock.sendall(bytes([byte]))
        assert Reader(sock).reply().status == 200


def test_who_closes(secure: Running) -> None:
    began = time.monotonic()
    with secure.connect() as sock:
        sock.sendall(b"GET /v2/health/live HTTP/1.0\r\n\r\n")
        reader = Reader(sock)
        assert reader.reply().headers["connection"] == "close"
        assert reader.at_end()
    with secure.connect() as sock:
        # What can't be parsed is answered, too, and then it is over.
        sock.sendall(b"no request at all\r\n\r\n" + b"x" * 100_000)
        reader = Reader(sock)
        assert reader.reply().status == 400
        assert reader.at_end()
    assert time.monotonic() - began < 8


def test_a_client_that_leaves_cancels(secure: Running) -> None:
    for politely in (True, False):
        with secure.connect() as sock:
            sock.sendall(request_bytes("POST", "/v2/models/echo/infer", json.dumps({
                "parameters": {"delay_ms": 20000}, "inputs": [{
                    "name": "INPUT0", "shape": [1], "datatype": "INT32",
                    "data": [1]}]}).encode()))
            wait_for(lambda: call(secure, "GET", "/v2/debug/objects").json["request"] > 0)
            if politely:
                sock.settimeout(0.5)
                try:
                    sock.unwrap()
                except OSError:
                    pass
        wait_for(lambda: call(secure, "GET", "/v2/debug/objects").json["request"] == 0)


def test_a_client_that_reads_slowly_gets_all(secure: Running) -> None:
    data = bytes(24 << 20)
    text = json.dumps({
        "inputs": [{"name": "INPUT0", "shape": [len(data)], "datatype": "UINT8",
                    "parameters": {"binary_data_size": len(data)}}],
        "parameters": {"binary_data_output": True}}).encode()
    with secure.connect() as sock:
        sock.sendall(request_bytes(
            "POST", "/v2/models/identity_uint8/infer", text + data,
            {"Inference-Header-Content-Length": str(len(text)), "Connection": "close"}))
        time.sleep(4)           # longer than an answer that is sent waits for the client's word
        reply = Reader(sock).reply()
        assert reply.split[1] == data


def test_a_client_that_takes_nothing_is_let_go(repository: Path, pair: Pair) -> None:
    running = Running(repository, tls=Tls(*pair), client_tls=trusting(pair), send_timeout=1)
    data = bytes(24 << 20)
    text = json.dumps({
        "inputs": [{"name": "INPUT0", "shape": [len(data)], "datatype": "UINT8",
                    "parameters": {"binary_data_size": len(data)}}],
        "parameters": {"binary_data_output": True}}).encode()
    try:
        with running.connect() as sock:
            sock.sendall(request_bytes(
                "POST", "/v2/models/identity_uint8/infer", text + data,
                {"Inference-Header-Content-Length": str(len(text))}))
            wait_for(lambda: running.http.statistics()["connections"] == 0, 15)
    finally:
        running.close()


def test_many_clients_at_once(secure: Running) -> None:
    failures: list[Exception] = []

    def client(seed: int) -> None:
        try:
            for number in range(10):
                assert infer(secure, "echo", body(seed + 1, number)).json["id"] == str(number)
        except Exception as error:  # noqa: BLE001  told below
            failures.append(error)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures


def test_tritonclient(secure: Running, pair: Pair) -> None:
    import gevent.ssl
    import numpy as np
    import tritonclient.http as client

    with client.InferenceServerClient(
            f"localhost:{secure.address[1]}", ssl=True, insecure=True,
            ssl_options={"server_hostname": "localhost"},
            ssl_context_factory=lambda: gevent.ssl.create_default_context(cafile=pair.cert),
            ) as made:
        tensor = client.InferInput("INPUT0", [3], "INT32")
        tensor.set_data_from_numpy(np.arange(3, dtype=np.int32))
        assert made.infer("echo", [tensor]).as_numpy("OUTPUT0").tolist() == [0, 1, 2]
        assert made.is_server_ready()


# --- who may not -----------------------------------------------------------------------------


def test_plain_http_is_not_answered(secure: Running) -> None:
    assert refused(lambda: socket.create_connection(secure.address, 5))
    assert call(secure, "GET", "/v2/health/live").status == 200


def test_old_versions_are_not_spoken(secure: Running, pair: Pair) -> None:
    context = trusting(pair)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)), \
            socket.create_connection(secure.address, 5) as sock:
        context.wrap_socket(sock, server_hostname="localhost")


def test_http_1_is_agreed_on(secure: Running, pair: Pair) -> None:
    for offered, got in ((["h2", "http/1.1"], "http/1.1"), ([], None)):
        context = trusting(pair)
        if offered:
            context.set_alpn_protocols(offered)
        with socket.create_connection(secure.address, 5) as plain, \
                context.wrap_socket(plain, server_hostname="localhost") as sock:
            assert sock.selected_alpn_protocol() == got
            sock.sendall(LIVE)
            assert Reader(sock).reply().status == 200


def test_mutual(repository: Path, folder: Path, pair: Pair) -> None:
    client, stranger = make(folder, "client"), make(folder, "stranger")
    running = Running(repository, tls=Tls(*pair, client.cert, mutual=True))
    try:
        for known, expected in ((client, True), (stranger, False), (None, False)):
            context = trusting(pair)
            if known is not None:
                context.load_cert_chain(*known)
            running.client_tls = context
            assert refused(running.connect) is not expected
    finally:
        running.close()


def test_certificates_that_can_not_be_used(repository: Path, folder: Path, pair: Pair) -> None:
    other = make(folder, "another")
    for tls, text in ((Tls("/nowhere", pair.key), "server certificate '/nowhere'"),
                      (Tls(pair.cert, other.key), "can't use the HTTP certificates")):
        with pytest.raises(InvalidArgumentError, match=text):
            Running(repository, tls=tls)


# --- certificates that change ----------------------------------------------------------------


def shown(running: Running) -> bytes:
    """The certificate that a new client sees."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    running.client_tls = context
    with running.connect() as sock:
        sock.sendall(LIVE)
        assert Reader(sock).reply().status == 200
        return sock.getpeercert(True)


def der(pair: Pair) -> bytes:
    return ssl.PEM_cert_to_DER_cert(Path(pair.cert).read_text())


def install(pair: Pair, place: Pair) -> None:
    for source, target in zip(pair, place, strict=True):
        shutil.copyfile(source, target + ".new")
        os.replace(target + ".new", target)


def test_new_files_are_taken_without_a_restart(repository: Path, folder: Path) -> None:
    first, second, third = (make(folder, name) for name in ("first", "second", "third"))
    place = Pair(str(folder / "now.crt"), str(folder / "now.key"))
    install(first, place)
    running = Running(repository, tls=Tls(*place, check_seconds=0.1))
    try:
        assert shown(running) == der(first)
        running.client_tls = trusting(first)
        with running.connect() as old:
            reader = Reader(old)
            install(second, place)
            wait_for(lambda: shown(running) == der(second))
            # Connections from before go on.
            old.sendall(LIVE)
            assert reader.reply().status == 200
        # A pair that doesn't match is not taken, and what there is goes on.
        shutil.copyfile(third.cert, place.cert)
        time.sleep(0.5)
        assert shown(running) == der(second)
        assert running.run(running.http.reload()) is False
        shutil.copyfile(third.key, place.key)
        wait_for(lambda: shown(running) == der(third))
    finally:
        running.close()


def test_they_are_read_when_told(repository: Path, folder: Path) -> None:
    first, second = make(folder, "told1"), make(folder, "told2")
    place = Pair(str(folder / "told.crt"), str(folder / "told.key"))
    install(first, place)
    running = Running(repository, tls=Tls(*place, check_seconds=3600))
    try:
        install(second, place)
        assert shown(running) == der(first)
        assert running.run(running.http.reload()) is True
        assert shown(running) == der(second)
    finally:
        running.close()


def test_no_client_is_turned_away_meanwhile(repository: Path, folder: Path) -> None:
    pairs = [make(folder, f"turn{i}") for i in range(2)]
    place = Pair(str(folder / "turn.crt"), str(folder / "turn.key"))
    install(pairs[0], place)
    running = Running(repository, tls=Tls(*place, check_seconds=3600))
    failures: list[Exception] = []
    done = threading.Event()
    context = ssl.create_default_context(cafile=pairs[0].cert)
    context.load_verify_locations(pairs[1].cert)
    running.client_tls = context

    def client() -> None:
        while not done.is_set():
            try:
                assert call(running, "GET", "/v2/health/live").status == 200
            except Exception as error:  # noqa: BLE001  told below
                failures.append(error)

    threads = [threading.Thread(target=client) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for number in range(20):
            install(pairs[number % 2], place)
            assert running.run(running.http.reload()) is True
            time.sleep(0.02)
    finally:
        done.set()
        for thread in threads:
            thread.join(20)
        running.close()
    assert not failures


def test_a_client_that_is_no_longer_trusted(repository: Path, folder: Path, pair: Pair) -> None:
    """Also by the session that it has from before."""
    trusted, other = make(folder, "trusted"), make(folder, "other")
    root = str(folder / "root.crt")
    shutil.copyfile(trusted.cert, root)
    running = Running(repository, tls=Tls(*pair, root, mutual=True, check_seconds=3600))
    context = trusting(pair)
    context.load_cert_chain(*trusted)
    running.client_tls = context
    try:
        with running.connect() as sock:
            sock.sendall(LIVE)
            assert Reader(sock).reply().status == 200
            session = sock.session
        shutil.copyfile(other.cert, root)
        assert running.run(running.http.reload()) is True
        assert refused(running.connect)
        assert refused(lambda: context.wrap_socket(
            socket.create_connection(running.address, 5), server_hostname="localhost",
            session=session))
    finally:
        running.close()


# --- the end ---------------------------------------------------------------------------------


def test_idle_clients_do_not_hold_up_the_end(repository: Path, pair: Pair) -> None:
    """Also those that never agree to the end of TLS, and those in the middle of a handshake."""
    running = Running(repository, tls=Tls(*pair), client_tls=trusting(pair))
    idle = [running.connect() for _ in range(3)]
    for sock in idle:
        sock.sendall(LIVE)
        assert Reader(sock).reply().status == 200
    silent = socket.create_connection(running.address, 5)
    began = time.monotonic()
    running.close()
    assert time.monotonic() - began < 9.5     # of the ten seconds that it has
    for sock in [*idle, silent]:
        sock.close()
