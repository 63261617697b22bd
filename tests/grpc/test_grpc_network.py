# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Unix sockets, certificates that change, and the access log."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_support import Loop, front_end, infer, request, scripted, stream
from http2_client import CANCEL, INFER, RST_STREAM, Http2Client, frame
from make_certificates import Pair, make, needs_openssl

from triton_py.errors import InvalidArgumentError, UnavailableError
from triton_py.frontend.access_log import AccessLog
from triton_py.grpc import GrpcOptions, Tls
from triton_py.inprocess import NativeServer
from triton_py.proto import grpc_service as pb


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


# --- Unix sockets ----------------------------------------------------------------------------


def test_a_unix_socket(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    path = tmp_path / "s"
    for spelled in (f"unix:{path}", f"unix://{path}"):
        with front_end(loop, native, address=spelled, unix_socket_mode=0o640) as (_, address):
            assert address == f"unix:{path}"
            assert stat.S_IMODE(path.stat().st_mode) == 0o640
            with grpc.insecure_channel(
                    address, [("grpc.max_receive_message_length", -1)]) as channel:
                data = os.urandom(1 << 20) * 8
                assert infer(channel, request("echo", data)).raw_output_contents[0] == data
                assert len(list(stream(channel, iter([request("echo")] * 5)))) == 5
            assert [p.name for p in tmp_path.iterdir()] == ["s"]
        assert not path.exists()


def test_a_unix_socket_that_is_taken(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with front_end(loop, native, address=f"unix:{path}") as (_, address):
        with pytest.raises(UnavailableError, match="a server is listening there"), \
                front_end(loop, native, address=f"unix:{path}"):
            pass
        with grpc.insecure_channel(address) as channel:
            assert infer(channel, request("echo")).raw_output_contents[0] == b"abc"
    path.write_text("mine")
    with pytest.raises(UnavailableError, match="no socket"), \
            front_end(loop, native, address=f"unix:{path}"):
        pass
    assert path.read_text() == "mine"
    with pytest.raises(UnavailableError, match="there is no directory"), \
            front_end(loop, native, address=f"unix:{tmp_path}/no/s"):
        pass


def test_what_a_dead_server_left(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    import socket

    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    with front_end(loop, native, address=f"unix:{path}") as (_, address), \
            grpc.insecure_channel(address) as channel:
        assert infer(channel, request("echo")).raw_output_contents[0] == b"abc"


@pytest.mark.parametrize("address", ["unix:", "unix://host/x", "unix-abstract:x", "dns:localhost"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ValueError, match="address|names no"):
        GrpcOptions(address=address)


# --- certificates ----------------------------------------------------------------------------


def install(pair: Pair, place: Pair) -> None:
    for source, target in zip(pair, place, strict=True):
        shutil.copyfile(source, target + ".new")
        os.replace(target + ".new", target)


def works(address: str, trusted: Pair, known: Pair | None = None) -> bool:
    """Whether a client that trusts one certificate is answered."""
    own = (Path(known.key).read_bytes(), Path(known.cert).read_bytes()) if known else (None, None)
    credentials = grpc.ssl_channel_credentials(Path(trusted.cert).read_bytes(), *own)
    with grpc.secure_channel(address, credentials) as channel:
        try:
            return bool(infer(channel, request("echo"), timeout=2).raw_output_contents)
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.UNAVAILABLE,
                                    grpc.StatusCode.DEADLINE_EXCEEDED)
            return False


@needs_openssl
@pytest.mark.parametrize("by_itself", [True, False])
def test_new_certificates(loop: Loop, native: NativeServer, tmp_path: Path, by_itself: bool
                          ) -> None:
    first, second, third = (make(tmp_path, name) for name in ("first", "second", "third"))
    place = Pair(str(tmp_path / "now.crt"), str(tmp_path / "now.key"))
    install(first, place)

    def reload(front: Any) -> None:
        if not by_itself:
            loop.run(front.reload())

    tls = Tls(*place, check_seconds=0.1 if by_itself else 3600)
    with front_end(loop, native, tls=tls) as (front, address):
        old = grpc.secure_channel(
            address, grpc.ssl_channel_credentials(Path(first.cert).read_bytes()))
        assert infer(old, request("echo"))
        install(second, place)
        reload(front)
        wait_for(lambda: works(address, second))
        assert not works(address, first)
        # Connections from before go on.
        assert infer(old, request("echo"), timeout=5)
        old.close()
        # A pair that doesn't match is not taken.
        shutil.copyfile(third.cert, place.cert)
        reload(front)
        time.sleep(0.5)
        assert works(address, second)
        shutil.copyfile(third.key, place.key)
        reload(front)
        wait_for(lambda: works(address, third))


@needs_openssl
def test_a_client_that_is_no_longer_trusted(loop: Loop, native: NativeServer, tmp_path: Path
                                            ) -> None:
    server, one, other = (make(tmp_path, name) for name in ("server", "one", "other"))
    root = str(tmp_path / "root.crt")
    shutil.copyfile(one.cert, root)
    tls = Tls(*server, root, mutual=True, check_seconds=3600)
    with front_end(loop, native, tls=tls) as (front, address):
        assert works(address, server, one)
        assert not works(address, server, other)
        shutil.copyfile(other.cert, root)
        loop.run(front.reload())
        wait_for(lambda: works(address, server, other))
        assert not works(address, server, one)


@needs_openssl
def test_certificates_that_can_not_be_used(loop: Loop, native: NativeServer, tmp_path: Path
                                           ) -> None:
    one, other = make(tmp_path, "one"), make(tmp_path, "other")
    for tls in (Tls(one.cert, other.key), Tls(one.cert, "/nowhere"),
                Tls(*one, str(tmp_path / "nothing"), mutual=True)):
        with pytest.raises(InvalidArgumentError, match="the gRPC"), \
                front_end(loop, native, tls=tls):
            pass


@needs_openssl
def test_tls_on_a_unix_socket(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    pair = make(tmp_path, "server")
    options = [("grpc.ssl_target_name_override", "localhost")]
    with front_end(loop, native, address=f"unix:{tmp_path}/s", tls=Tls(*pair)) as (
            front, address):
        for _ in range(2):
            credentials = grpc.ssl_channel_credentials(Path(pair.cert).read_bytes())
            with grpc.secure_channel(address, credentials, options) as channel:
                assert infer(channel, request("echo"), timeout=10).raw_output_contents[0] == b"abc"
            loop.run(front.reload())


@needs_openssl
def test_only_http2_is_spoken(h2_loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    import socket

    pair = make(tmp_path, "server")
    with front_end(h2_loop, native, tls=Tls(*pair)) as (_, address):
        host, _, port = address.rpartition(":")
        for offered, answered in ((["h2"], True), (["http/1.1"], False), ([], False)):
            context = ssl.create_default_context(cafile=pair.cert)
            if offered:
                context.set_alpn_protocols(offered)
            with socket.create_connection((host, int(port)), 5) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as sock:
                try:
                    got = sock.recv(1)
                except OSError:
                    got = b""
                assert bool(got) is answered, offered


# --- the access log --------------------------------------------------------------------------


class Log:
    """A log that is read as it grows."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.log = AccessLog(str(place), as_json=True)

    def records(self, count: int) -> list[dict[str, Any]]:
        wait_for(lambda: len(self.place.read_text().splitlines()) >= count)
        time.sleep(0.15)
        found = self.place.read_text().splitlines()
        assert len(found) == count, found
        return [json.loads(text) for text in found]


@contextmanager
def logged(loop: Loop, native: NativeServer, tmp_path: Path, **options: Any
           ) -> Iterator[tuple[Log, str]]:
    log = Log(tmp_path / "log")
    with front_end(loop, native, access_log=log.log, **options) as (_, address):
        yield log, address
    log.log.close()


def test_a_call_is_noted(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    with logged(loop, native, tmp_path) as (log, address), \
            grpc.insecure_channel(address) as channel:
        message = request("echo", bytes(1000))
        answer = infer(channel, message)
        (record,) = log.records(1)
        assert record.pop("time").endswith("Z")
        assert 0 < record.pop("microseconds") < 10_000_000
        assert record.pop("peer").startswith("127.0.0.1:")
        assert record == {
            "protocol": "gRPC", "method": "POST", "model": "echo", "status": "OK",
            "path": "/inference.GRPCInferenceService/ModelInfer",
            "received": len(message.SerializeToString()) + 5,
            "sent": len(answer.SerializeToString()) + 5}


def test_all_kinds_of_calls(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    with logged(loop, native, tmp_path) as (log, address), \
            grpc.insecure_channel(address) as channel:
        service = "/inference.GRPCInferenceService/"
        expected = []

        def failing(call: Callable[[], Any]) -> None:
            with pytest.raises(grpc.RpcError):
                call()

        channel.unary_unary(service + "ServerLive")(b"", timeout=20)
        expected.append(("ServerLive", "OK", None))
        failing(lambda: channel.unary_unary(service + "ModelMetadata")(
            pb.ModelMetadataRequest(name="nope").SerializeToString(), timeout=20))
        expected.append(("ModelMetadata", "NOT_FOUND", None))
        failing(lambda: infer(channel, request("nope")))
        expected.append(("ModelInfer", "NOT_FOUND", "nope"))
        failing(lambda: channel.unary_unary(service + "ModelInfer")(b"\xff", timeout=20))
        expected.append(("ModelInfer", "INVALID_ARGUMENT", None))
        failing(lambda: infer(channel, scripted("decoupled")))
        expected.append(("ModelInfer", "UNIMPLEMENTED", "decoupled"))
        messages = [request("echo", bytes(n)) for n in range(1, 6)]
        answers = list(stream(channel, iter(messages)))
        expected.append(("ModelStreamInfer", "OK", None))
        records = log.records(len(expected))
        assert [(r["path"].rpartition("/")[2], r["status"], r["model"]) for r in records] == expected
        assert records[-1]["received"] == sum(len(m.SerializeToString()) + 5 for m in messages)
        assert records[-1]["sent"] == sum(len(a.SerializeToString()) + 5 for a in answers)


def test_restricted_calls_are_noted(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    from triton_py.frontend.restriction import grpc_restriction

    with logged(loop, native, tmp_path,
                restricted={"inference": grpc_restriction("k", "v")}) as (log, address), \
            grpc.insecure_channel(address) as channel:
        with pytest.raises(grpc.RpcError):
            infer(channel, request("echo"))
        assert log.records(1)[0]["status"] == "UNAVAILABLE"


def test_calls_that_end_early(h2_loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    with logged(h2_loop, native, tmp_path) as (log, address):
        with Http2Client(address) as client:
            client.call(1, request("echo", delay_ms=20_000).SerializeToString())
            client.ping()
            client.send(frame(RST_STREAM, 0, 1, CANCEL.to_bytes(4, "big")))
            client.ping()
            assert log.records(1)[0]["status"] == "CANCELLED"
            assert log.records(1)[0]["model"] == "echo"
            client.headers(3, INFER, method="GET", end=True)
            client.answer(3)
            assert log.records(2)[1]["status"] == 405
            client.headers(5, "/no/method", end=True)
            client.answer(5)
            record = log.records(3)[2]
            assert (record["path"], record["status"]) == ("/no/method", "UNIMPLEMENTED")
            client.call(7, request("echo", delay_ms=20_000).SerializeToString())
            client.ping()
        # And the whole connection.
        assert log.records(4)[3]["status"] == "CANCELLED"


def test_the_peer_of_a_unix_socket(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    with logged(loop, native, tmp_path, address=f"unix:{tmp_path}/s") as (log, address), \
            grpc.insecure_channel(address) as channel:
        infer(channel, request("echo"))
        assert log.records(1)[0]["peer"].startswith("unix:")


def test_ipv6_peers(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with logged(loop, native, tmp_path, address="::1") as (log, address), \
            grpc.insecure_channel(address) as channel:
        infer(channel, request("echo"))
        assert log.records(1)[0]["peer"].startswith("[::1]:")
