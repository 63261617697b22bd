# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Restricted protocols: which metadata opens which calls, on every path that a call can take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from grpc_support import Loop, front_end, infer, request, stream
from http2_client import INFER, STREAM_INFER, Http2Client
from http2_support import OK, UNAVAILABLE, echo

from triton_py.frontend.restriction import CATEGORIES, Restriction, grpc_restriction
from triton_py.grpc import GrpcOptions
from triton_py.grpc.restricted import CATEGORY, of_path
from triton_py.inprocess import NativeServer
from triton_py.proto import grpc_service as pb

HEALTH = "grpc.health.v1.Health"
ALL = {name: grpc_restriction(f"{name}-Key", f"{name} secret") for name in CATEGORIES}


def secret(category: str) -> tuple[tuple[str, str], ...]:
    return ((f"triton-grpc-protocol-{category}-key", f"{category} secret"),)


def wrong(category: str) -> list[tuple[tuple[str, str], ...]]:
    """Metadata that does not open the category."""
    name = f"triton-grpc-protocol-{category}-key"
    other = "trace" if category != "trace" else "logging"
    return [(), ((name, "wrong"),), ((name, f"{category} secre"),), ((name, f"{category} secretx"),),
            ((name, ""),), secret(other), ((f"{category}-key", f"{category} secret"),),
            ((name, f"{category} secret"), (name, f"{category} secret")),
            ((name, f"{category} secret"), (name, "wrong"))]


@pytest.fixture(scope="module")
def guarded(loop: Loop, native: NativeServer) -> Iterator[grpc.Channel]:
    with front_end(loop, native, restricted=ALL) as (_, address), \
            grpc.insecure_channel(address) as channel:
        yield channel


def refused(category: str, call: Any) -> None:
    with pytest.raises(grpc.RpcError) as error:
        call()
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    assert error.value.details() == ("This protocol is restricted, expecting header "
                                     f"'triton-grpc-protocol-{category}-key'")


def test_every_method_has_a_category() -> None:
    for method in pb.METHODS.values():
        assert of_path(method.path, ALL) is ALL[CATEGORY[method.path.rpartition("/")[2]]]
    assert of_path(f"/{HEALTH}/Watch", ALL) is ALL["health"]
    with pytest.raises(KeyError):
        of_path("/inference.GRPCInferenceService/Forgotten", ALL)
    assert set(CATEGORY.values()) == set(CATEGORIES)


@pytest.mark.parametrize("name", [n for n in pb.METHODS
                                  if n not in ("ModelInfer", "ModelStreamInfer")])
def test_control_calls(guarded: grpc.Channel, name: str) -> None:
    category = CATEGORY[name]
    call = guarded.unary_unary(pb.METHODS[name].path)
    for metadata in wrong(category):
        refused(category, lambda m=metadata: call(b"", metadata=m, timeout=20))
    try:
        call(b"", metadata=secret(category), timeout=20)
    except grpc.RpcError as error:
        assert "restricted" not in error.details()


def test_inference(guarded: grpc.Channel) -> None:
    for metadata in wrong("inference"):
        refused("inference", lambda m=metadata: infer(guarded, request("echo"), metadata=m))
    got = infer(guarded, request("echo"), metadata=secret("inference"))
    assert got.raw_output_contents[0] == b"abc"
    # What the fast path leaves to Python.
    classes = request("echo")
    classes.outputs.add(name="OUTPUT0").parameters["classification"].int64_param = 1
    refused("inference", lambda: infer(guarded, classes))
    assert infer(guarded, classes, metadata=secret("inference")).outputs
    # Compressed, and larger than what is unpacked at once.
    large = request("echo", bytes(300_000))
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        refused("inference", lambda c=compression: infer(guarded, large, compression=c))
        assert infer(guarded, large, compression=compression, metadata=secret("inference"))


def test_streams(guarded: grpc.Channel) -> None:
    for metadata in wrong("inference"):
        refused("inference", lambda m=metadata: list(
            stream(guarded, iter([request("echo")] * 3), metadata=m)))
    got = list(stream(guarded, iter([request("echo")] * 3), metadata=secret("inference")))
    assert len(got) == 3


def test_health(guarded: grpc.Channel) -> None:
    check = guarded.unary_unary(f"/{HEALTH}/Check")
    watch = guarded.unary_stream(f"/{HEALTH}/Watch")
    for metadata in wrong("health"):
        refused("health", lambda m=metadata: check(b"", metadata=m, timeout=20))
        refused("health", lambda m=metadata: next(watch(b"", metadata=m, timeout=20)))
    assert check(b"", metadata=secret("health"), timeout=20) == b"\x08\x01"
    call = watch(b"", metadata=secret("health"), timeout=20)
    assert next(call) == b"\x08\x01"
    call.cancel()


def test_what_is_not_restricted_is_open(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native, restricted={"model-repository": ALL["model-repository"]}) as (
            _, address), grpc.insecure_channel(address) as channel:
        assert infer(channel, request("echo")).raw_output_contents[0] == b"abc"
        assert len(list(stream(channel, iter([request("echo")])))) == 1
        refused("model-repository", lambda: channel.unary_unary(
            pb.METHODS["RepositoryIndex"].path)(b"", timeout=20))
        assert channel.unary_unary(f"/{HEALTH}/Check")(b"", timeout=20) == b"\x08\x01"


def test_streams_with_compressed_answers(loop: Loop, native: NativeServer) -> None:
    """They go another way on our own transport."""
    from triton_py.grpc import CompressionLevel

    with front_end(loop, native, restricted=ALL, compression=CompressionLevel.HIGH) as (
            _, address), grpc.insecure_channel(address) as channel:
        refused("inference", lambda: list(stream(channel, iter([request("echo")]))))
        assert len(list(stream(channel, iter([request("echo")]),
                               metadata=secret("inference")))) == 1


def test_metadata_still_become_parameters(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native, restricted=ALL, header_forward_pattern="^x-tag$") as (
            _, address), grpc.insecure_channel(address) as channel:
        got = infer(channel, request("echo"), metadata=(*secret("inference"), ("x-tag", "t")))
        assert got.parameters["x-tag"].string_param == "t"
        assert "triton-grpc-protocol-inference-key" not in got.parameters


def test_many_calls_of_one_connection(h2_loop: Loop, native: NativeServer) -> None:
    """Each is looked at on its own, also when they come in one go."""
    with front_end(h2_loop, native, restricted=ALL) as (_, address), \
            Http2Client(address) as client:
        for number in range(40):
            extra = secret("inference") if number % 2 else ()
            client.call(2 * number + 1, echo(), INFER, extra)
        for number in range(40):
            answer = client.answer(2 * number + 1)
            assert answer.status == (OK if number % 2 else UNAVAILABLE)
        client.headers(101, STREAM_INFER)
        assert client.answer(101).status == UNAVAILABLE
        # Trailers are no headers: what stands in them comes too late.
        client.headers(103, INFER)
        client.data(103, b"\0\0\0\0\0")
        client.trailers(103, secret("inference"))
        assert client.answer(103).status == UNAVAILABLE


def test_tritonclient(guarded: grpc.Channel, loop: Loop, native: NativeServer) -> None:
    import numpy as np
    import tritonclient.grpc as client
    from tritonclient.utils import InferenceServerException

    with front_end(loop, native, restricted=ALL) as (_, address), \
            client.InferenceServerClient(address) as made:
        with pytest.raises(InferenceServerException, match="This protocol is restricted"):
            made.is_server_live()
        assert made.is_server_live(headers=dict(secret("health")))
        tensor = client.InferInput("INPUT0", [3], "UINT8")
        tensor.set_data_from_numpy(np.array([1, 2, 3], np.uint8))
        with pytest.raises(InferenceServerException, match="This protocol is restricted"):
            made.infer("echo", [tensor])
        got = made.infer("echo", [tensor], headers=dict(secret("inference")))
        assert got.as_numpy("OUTPUT0").tolist() == [1, 2, 3]


@pytest.mark.parametrize(("restricted", "text"), [
    ({"infer": Restriction("triton-grpc-protocol-a", "v")}, "unknown category 'infer'"),
    ({"health": Restriction("Upper", "v")}, "'Upper' can be no name"),
    ({"health": Restriction("x-bin", "v")}, "'x-bin' can be no name")])
def test_impossible_restrictions(restricted: dict[str, Restriction], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        GrpcOptions(restricted=restricted)
