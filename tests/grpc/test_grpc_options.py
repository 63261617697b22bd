# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the front end can be told, and how it starts and stops."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_support import Loop, front_end, infer, request, requests_now, stream

from triton_py.errors import BY_CODE, InvalidArgumentError, UnavailableError
from triton_py.grpc import CompressionLevel, GrpcOptions, KeepAlive, Tls
from triton_py.grpc.status import MESSAGE_LIMIT, STATUS_BY_CODE, clip
from triton_py.grpc.versions import parse_version
from triton_py.inprocess import NativeServer, live_objects


def wait_for_requests(count: int) -> None:
    deadline = time.monotonic() + 20
    while live_objects()["request"] < count:
        assert time.monotonic() < deadline, "the request did not reach the core"
        time.sleep(0.01)


def test_every_error_code_has_a_status() -> None:
    assert STATUS_BY_CODE.keys() == BY_CODE.keys()
    assert len(set(STATUS_BY_CODE.values())) == len(STATUS_BY_CODE)


def test_long_messages_are_cut() -> None:
    assert clip("a" * MESSAGE_LIMIT) == "a" * MESSAGE_LIMIT
    assert clip("a" * (MESSAGE_LIMIT + 1)) == "a" * MESSAGE_LIMIT + "..."
    assert len(clip("ü" * MESSAGE_LIMIT)) == MESSAGE_LIMIT // 6 + 3
    assert clip("100 % ü") == "100 % ü"


@pytest.mark.parametrize(("text", "number"), [("", -1), ("1", 1), ("007", 7), ("+3", 3), ("0", 0)])
def test_versions(text: str, number: int) -> None:
    assert parse_version(text) == number


@pytest.mark.parametrize(
    "text", ["-1", "x", "1_0", " 1", "1.0", "٣", "9" * 19, "9" * 30, "+", "1\0"])
def test_wrong_versions(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="version should be an integral value > 0"):
        parse_version(text)


@pytest.mark.parametrize(
    "fields",
    [{"port": 70000}, {"port": -1}, {"max_message_bytes": 0}, {"max_message_bytes": 2**31},
     {"max_tensors": 0}, {"max_parameters": 0}, {"max_stream_backlog": 0},
     {"max_concurrent_calls": 0}],
    ids=str,
)
def test_impossible_options(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(fields.values())))):
        GrpcOptions(**fields)


def test_a_taken_port_is_named(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native) as (_, address):
        port = int(address.rpartition(":")[2])
        with (pytest.raises(UnavailableError, match=f"127.0.0.1:{port}"),
              front_end(loop, native, port=port)):
            pass


def test_a_front_end_starts_once_at_a_time(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native) as (front, first):
        with pytest.raises(UnavailableError, match="already running"):
            loop.run(front.start())
        loop.run(front.stop(1))
        second = loop.run(front.start())
        assert second
        with grpc.insecure_channel(second) as channel:
            assert infer(channel, request("echo")).raw_output_contents[0] == b"abc"
    assert first


def test_ipv6(loop: Loop, native: NativeServer) -> None:
    try:
        with front_end(loop, native, address="::1") as (_, address):
            assert address.startswith("[::1]:")
            with grpc.insecure_channel(address) as channel:
                assert infer(channel, request("echo")).raw_output_contents[0] == b"abc"
    except UnavailableError as error:
        if not Path("/proc/net/if_inet6").exists():
            pytest.skip(f"this machine has no IPv6: {error}")
        raise


def test_metadata_may_become_parameters(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native, header_forward_pattern="^X-MY-|priority|blob") as (_, address), \
            grpc.insecure_channel(address) as channel:
        got = infer(channel, request("echo"), metadata=(("x-my-tag", "v"), ("other", "w")))
        assert got.parameters["x-my-tag"].string_param == "v"
        assert "other" not in got.parameters
        for metadata, text in (((("priority", "1"),), "Header 'priority' is reserved"),
                               ((("blob-bin", b"\0"),), "'blob-bin' is binary")):
            with pytest.raises(grpc.RpcError) as error:
                infer(channel, request("echo"), metadata=metadata)
            assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert text in error.value.details()


def test_no_metadata_becomes_parameters_by_default(channel: grpc.Channel) -> None:
    got = infer(channel, request("echo"), metadata=(("x-my-tag", "v"),))
    assert "x-my-tag" not in got.parameters


def test_calls_at_a_time(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native, max_concurrent_calls=1) as (_, address), \
            grpc.insecure_channel(address) as channel:
        calls = [threading.Thread(target=infer, args=(channel, request("echo", delay_ms=1500)))]
        before = requests_now()
        calls[0].start()
        wait_for_requests(before + 1)
        with pytest.raises(grpc.RpcError) as error:
            infer(channel, request("echo"))
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        calls[0].join(10)
        assert infer(channel, request("echo")).raw_output_contents[0] == b"abc"


def test_limits_of_a_request(loop: Loop, native: NativeServer) -> None:
    options = {"max_tensors": 1, "max_parameters": 2, "max_message_bytes": 100_000}
    with front_end(loop, native, **options) as (_, address), \
            grpc.insecure_channel(address) as channel:
        assert infer(channel, request("echo", a=1, b=2)).raw_output_contents[0] == b"abc"
        two = request("echo")
        two.inputs.add(name="INPUT1", datatype="UINT8", shape=[1])
        for message, text in ((two, "too many inputs"),
                              (request("echo", a=1, b=2, c=3), "too many parameters")):
            with pytest.raises(grpc.RpcError) as error:
                infer(channel, message)
            assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert text in error.value.details()
        with pytest.raises(grpc.RpcError) as error:
            infer(channel, request("echo", bytes(100_001)))
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_small_message_that_unpacks_to_a_large_one(loop: Loop, native: NativeServer) -> None:
    """The limit is for what has to be held in memory, not for what travelled."""
    with front_end(loop, native, max_message_bytes=100_000) as (_, address), \
            grpc.insecure_channel(address) as channel:
        with pytest.raises(grpc.RpcError) as error:
            infer(channel, request("echo", bytes(5_000_000)), compression=grpc.Compression.Gzip)
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED, error.value.details()
        assert infer(channel, request("echo", bytes(50_000)), compression=grpc.Compression.Gzip)


def test_a_streams_backlog(loop: Loop, native: NativeServer) -> None:
    """With a limit of two, never more than two requests of the stream wait for their answer."""
    before = requests_now()
    seen = []
    options = {"max_stream_backlog": 2, "header_forward_pattern": "x-my-tag"}
    with front_end(loop, native, **options) as (_, address), \
            grpc.insecure_channel(address) as channel:
        messages = [request("echo", id=str(i), delay_ms=20) for i in range(20)]
        call = stream(channel, iter(messages), metadata=(("x-my-tag", "v"),))
        ids = []
        for response in call:
            seen.append(live_objects()["request"] - before)
            ids.append(response.infer_response.id)
            assert response.infer_response.parameters["x-my-tag"].string_param == "v"
    assert ids == [str(i) for i in range(20)]
    # And one that was answered, which the model's one instance is about to give back.
    assert max(seen) <= 3


@pytest.mark.parametrize("level", list(CompressionLevel))
def test_compressed_responses(loop: Loop, native: NativeServer, level: CompressionLevel) -> None:
    keep_alive = KeepAlive(time_ms=10_000, permit_without_calls=True, max_connection_age_ms=60_000,
                           max_connection_age_grace_ms=1000)
    with front_end(loop, native, compression=level, keep_alive=keep_alive) as (_, address), \
            grpc.insecure_channel(address) as channel:
        data = bytes(100_000)
        assert infer(channel, request("echo", data)).raw_output_contents[0] == data


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_tls(loop: Loop, native: NativeServer, tmp_path: Path) -> None:
    def make(name: str) -> tuple[str, str]:
        key, cert = tmp_path / f"{name}.key", tmp_path / f"{name}.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", str(key), "-out", str(cert)],
            check=True, capture_output=True)
        return str(cert), str(key)

    cert, key = make("server")
    client_cert, client_key = make("client")
    trust = Path(cert).read_bytes()
    anonymous = grpc.ssl_channel_credentials(trust)
    known = grpc.ssl_channel_credentials(
        trust, Path(client_key).read_bytes(), Path(client_cert).read_bytes())

    def works(address: str, credentials: grpc.ChannelCredentials | None) -> bool:
        channel = (grpc.secure_channel(address, credentials) if credentials is not None
                   else grpc.insecure_channel(address))
        with channel:
            try:
                return infer(channel, request("echo"), timeout=3).raw_output_contents[0] == b"abc"
            except grpc.RpcError as error:
                assert error.code() in (grpc.StatusCode.UNAVAILABLE,
                                        grpc.StatusCode.DEADLINE_EXCEEDED)
                return False

    with front_end(loop, native, tls=Tls(cert, key)) as (_, address):
        assert works(address, anonymous)
        assert not works(address, None)
    with front_end(loop, native, tls=Tls(cert, key, client_cert, mutual=True)) as (_, address):
        assert works(address, known)
        assert not works(address, anonymous)
    with (pytest.raises(InvalidArgumentError, match="server key '/nowhere'"),
          front_end(loop, native, tls=Tls(cert, "/nowhere"))):
        pass


# --- stopping ------------------------------------------------------------------------------


def test_stopping_lets_calls_finish(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native) as (front, address), grpc.insecure_channel(address) as channel:
        answers: list[bytes] = []

        def call() -> None:
            got = infer(channel, request("echo", delay_ms=500))
            answers.append(got.raw_output_contents[0])

        before = requests_now()
        thread = threading.Thread(target=call)
        thread.start()
        wait_for_requests(before + 1)
        start = time.monotonic()
        loop.run(front.stop(20))
        assert time.monotonic() - start < 5
        thread.join(10)
        assert answers == [b"abc"]
        with pytest.raises(grpc.RpcError) as error:
            infer(channel, request("echo"), timeout=2)
        assert error.value.code() is grpc.StatusCode.UNAVAILABLE


def test_stopping_without_patience_cancels(loop: Loop, native: NativeServer) -> None:
    before = requests_now()
    with front_end(loop, native) as (front, address), grpc.insecure_channel(address) as channel:
        statuses: list[grpc.StatusCode] = []

        def call() -> None:
            try:
                infer(channel, request("echo", delay_ms=30_000))
            except grpc.RpcError as error:
                statuses.append(error.code())

        thread = threading.Thread(target=call)
        thread.start()
        wait_for_requests(before + 1)
        start = time.monotonic()
        loop.run(front.stop(0.2))
        assert time.monotonic() - start < 5
        thread.join(10)
        assert statuses and statuses[0] in (grpc.StatusCode.UNAVAILABLE,
                                            grpc.StatusCode.CANCELLED)
    deadline = time.monotonic() + 10
    while live_objects()["request"] > before:
        assert time.monotonic() < deadline, "the cancelled request was not given back"
        time.sleep(0.05)


def test_idle_streams_and_watches_do_not_hold_up_the_end(
    loop: Loop, native: NativeServer
) -> None:
    with front_end(loop, native) as (front, address), grpc.insecure_channel(address) as channel:
        stop = threading.Event()

        def messages() -> Any:
            yield request("echo", id="a")
            stop.wait(30)

        call = stream(channel, messages())
        assert next(call).infer_response.id == "a"
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=30)
        assert next(watch) == b"\x08\x01"
        start = time.monotonic()
        loop.run(front.stop(20))
        assert time.monotonic() - start < 5
        assert list(watch) == [b"\x08\x02"]
        with pytest.raises(grpc.RpcError) as error:
            next(call)
        assert error.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "shutting down" in error.value.details()
        stop.set()
