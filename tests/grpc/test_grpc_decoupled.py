# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models that answer a request with none or many responses."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import grpc
import numpy as np
import pytest
from grpc_support import Loop, infer, request, scripted, stream

from triton_py.grpc.infer import Inference
from triton_py.grpc.options import GrpcOptions
from triton_py.inprocess import AsyncBridge, NativeServer
from triton_py.proto import grpc_service as pb


def summary(responses: Any) -> list[tuple[str, int, bool, int]]:
    """(id, index given by the backend or -1, triton_final_response, outputs) of each response."""
    out = []
    for response in responses:
        assert response.error_message == ""
        got = response.infer_response
        index = got.parameters["index"].int64_param if "index" in got.parameters else -1
        assert got.model_name and "triton_final_response" in got.parameters
        out.append((got.id, index, got.parameters["triton_final_response"].bool_param,
                    len(got.outputs)))
    return out


@pytest.mark.parametrize("late_ms", [0, 30])
def test_many_responses(channel: grpc.Channel, late_ms: int) -> None:
    got = summary(stream(channel, iter([scripted("decoupled", id="a", count=4,
                                                 late_ms=late_ms)])))
    assert got == [("a", i, i == 3, 1) for i in range(4)]


def test_a_final_flag_that_comes_alone_is_not_announced(channel: grpc.Channel) -> None:
    got = summary(stream(channel, iter([scripted("decoupled", id="a", count=2, bare_final=1)])))
    assert got == [("a", 0, False, 1), ("a", 1, False, 1)]


def test_unless_the_client_asks_for_it(channel: grpc.Channel) -> None:
    wanted = {"triton_enable_empty_final_response": True}
    got = summary(stream(channel, iter([
        scripted("decoupled", id="a", count=2, bare_final=1, **wanted)])))
    assert got == [("a", 0, False, 1), ("a", 1, False, 1), ("a", -1, True, 0)]
    # Where the last response carries the flag itself there is nothing to add.
    got = summary(stream(channel, iter([scripted("decoupled", id="a", count=1, **wanted)])))
    assert got == [("a", 0, True, 1)]


@pytest.mark.parametrize("late_ms", [0, 20])
def test_no_response_at_all(channel: grpc.Channel, late_ms: int) -> None:
    messages = [scripted("decoupled", id="a", count=0, late_ms=late_ms)]
    assert summary(stream(channel, iter(messages))) == []
    messages[0].parameters["triton_enable_empty_final_response"].bool_param = True
    assert summary(stream(channel, iter(messages))) == [("a", -1, True, 0)]


def test_decoupled_responses_overtake_and_ordered_ones_wait(channel: grpc.Channel) -> None:
    got = [(id_, index) for id_, index, _, _ in summary(stream(channel, iter([
        scripted("single", id="slow", late_ms=1000),
        scripted("single", id="after"),
        scripted("decoupled", id="free", count=2),
    ])))]
    assert got.index(("slow", 0)) < got.index(("after", 0))
    assert got.index(("free", 1)) < got.index(("slow", 0))


def test_a_decoupled_model_is_for_streams(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as error:
        infer(channel, scripted("decoupled"))
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "decoupled transaction policy" in error.value.details()


@pytest.mark.parametrize(("count", "text"), [(2, "got 2"), (0, "got 0")])
def test_a_unary_call_has_one_response(channel: grpc.Channel, count: int, text: str) -> None:
    with pytest.raises(grpc.RpcError) as error:
        infer(channel, scripted("single", count=count))
    assert error.value.code() is grpc.StatusCode.INTERNAL
    assert "expected a single response" in error.value.details() or text in error.value.details()


def test_a_response_and_the_final_flag_may_come_apart(channel: grpc.Channel) -> None:
    got = infer(channel, scripted("single", bare_final=1, late_ms=10))
    assert list(got.raw_output_contents) == [b"abc"]


def test_the_backend_reads_the_received_bytes(loop: Loop, native: NativeServer) -> None:
    """Raw contents are not copied on their way to the backend."""
    message = scripted("single", outputs=("COPY", "ADDRESSES")).SerializeToString()
    start = np.frombuffer(message, np.uint8).ctypes.data

    async def run() -> bytes:
        bridge = AsyncBridge(asyncio.get_running_loop())
        try:
            return await Inference(native, bridge, GrpcOptions()).unary(message, ())
        finally:
            bridge.close()

    response = pb.ModelInferResponse.FromString(loop.run(run()))
    data = dict(zip([o.name for o in response.outputs], response.raw_output_contents,
                    strict=True))
    address = struct.unpack("<2Q", data["ADDRESSES"])[0]
    assert start <= address < start + len(message)
    assert message[address - start :][:3] == b"abc"
    assert data["COPY"] == b"abc"


def test_responses_outlive_a_slow_reader(channel: grpc.Channel) -> None:
    """Many large responses: flow control holds the server, nothing is lost or reordered."""
    data = bytes(200_000)
    messages = [request("echo", data, id=str(i)) for i in range(100)]
    got = []
    for response in stream(channel, iter(messages)):
        assert response.infer_response.raw_output_contents[0] == data
        got.append(response.infer_response.id)
    assert got == [str(i) for i in range(100)]
