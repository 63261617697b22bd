# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Clients of a stream that read slower than responses come."""

from __future__ import annotations

import struct
from typing import Any

import grpc
import pytest
from grpc_support import Loop, front_end, scripted, stream
from http2_client import STREAM_INFER, Http2Client, frame, grpc_message, settings
from http2_support import wait_until

from triton_py.grpc._call import alive
from triton_py.inprocess import NativeServer, live_objects
from triton_py.proto import grpc_service as pb

BOUND = 4 << 20
SIZE = 20_000
TEXT = (f"more than {BOUND} bytes of responses wait for this client to read them; the request is "
        "cancelled")
WINDOW_UPDATE = 8


def resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def many(count: int, size: int = SIZE, **parameters: Any) -> Any:
    """A request of the decoupled model, which is answered by `count` copies of its input."""
    message = scripted("decoupled", count=count, **parameters)
    message.inputs[0].shape[:] = [size]
    message.raw_input_contents[:] = [bytes(size)]
    return message


def open_windows(client: Http2Client) -> None:
    for stream_id in (0, 1):
        client.send(frame(WINDOW_UPDATE, 0, stream_id, struct.pack(">I", 1 << 30)))


def test_what_waits_is_bounded(h2_loop: Loop, native: NativeServer) -> None:
    """Two gigabytes of responses for a client that takes none: the request ends, and says why."""
    with front_end(h2_loop, native, max_stream_backlog_bytes=BOUND) as (_, where), \
            Http2Client(where, greet=settings(window=0)) as client:
        before = resident()
        client.headers(1, STREAM_INFER)
        client.data(1, grpc_message(
            many(100_000, id="a", triton_enable_empty_final_response=True).SerializeToString()))
        wait_until(lambda: live_objects()["request"] > 0)
        wait_until(lambda: live_objects()["request"] == 0, 60)
        assert resident() - before < 60 << 20
        # The stream goes on.
        client.data(1, grpc_message(many(1, 10, id="b").SerializeToString()), end=True)
        open_windows(client)
        answer = client.answer(1)
        got = [pb.ModelStreamInferResponse.FromString(m) for m in answer.messages]
        *responses, cut, last = got
        assert BOUND // (SIZE + 200) <= len(responses) <= BOUND // SIZE
        assert {r.infer_response.id for r in responses} == {"a"}
        assert all(len(r.infer_response.raw_output_contents[0]) == SIZE for r in responses)
        assert cut.error_message == TEXT
        assert (cut.infer_response.id, cut.infer_response.model_name) == ("a", "decoupled")
        assert cut.infer_response.parameters["triton_final_response"].bool_param
        assert last.infer_response.id == "b" and not last.error_message
    wait_until(lambda: alive() == 0)


def test_a_reader_that_is_slow_for_a_while_loses_nothing(channel: grpc.Channel) -> None:
    call = stream(channel, iter([many(500, id="a"), many(500, id="b")]))
    wait_until(lambda: live_objects()["request"] == 0)
    ids = [r.infer_response.id for r in call if not r.error_message]
    assert ids.count("a") == ids.count("b") == 500


def test_the_request_is_cancelled_over_both_transports(loop: Loop, native: NativeServer) -> None:
    """Here the client is grpcio's, which takes what its own window lets it."""
    with front_end(loop, native, max_stream_backlog_bytes=BOUND) as (_, where), \
            grpc.insecure_channel(where) as channel:
        call = stream(channel, iter([many(20_000, id="a")]))
        first = next(call)
        assert first.infer_response.id == "a"
        wait_until(lambda: live_objects()["request"] == 0, 60)
        got = list(call)
        assert got[-1].error_message == TEXT
        assert not any(r.error_message for r in got[:-1])
        assert BOUND // (SIZE + 200) <= len(got) < 20_000


def test_with_grpc_errors_the_call_ends(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native, max_stream_backlog_bytes=BOUND) as (_, where), \
            grpc.insecure_channel(where) as channel:
        call = stream(channel, iter([many(20_000)]), metadata=(("triton_grpc_error", "true"),))
        wait_until(lambda: live_objects()["request"] > 0)
        wait_until(lambda: live_objects()["request"] == 0, 60)
        with pytest.raises(grpc.RpcError) as error:
            list(call)
        assert error.value.code() is grpc.StatusCode.UNAVAILABLE
        assert error.value.details() == TEXT


def test_one_response_may_be_larger_than_the_bound(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native, max_stream_backlog_bytes=1000) as (_, where), \
            grpc.insecure_channel(where) as channel:
        [got] = stream(channel, iter([many(1, 1_000_000)]))
        assert len(got.infer_response.raw_output_contents[0]) == 1_000_000


def test_requests_of_other_models_wait_instead(h2_loop: Loop, native: NativeServer) -> None:
    """Where each request has one response none is cancelled: no more are read."""
    with front_end(h2_loop, native, max_stream_backlog_bytes=500_000) as (_, where), \
            Http2Client(where, greet=settings(window=0)) as client:
        client.headers(1, STREAM_INFER)
        message = scripted("single")
        message.inputs[0].shape[:] = [100_000]
        message.raw_input_contents[:] = [bytes(100_000)]
        for _ in range(30):
            client.data(1, grpc_message(message.SerializeToString()))
        client.data(1, b"", end=True)
        open_windows(client)
        answer = client.answer(1)
        assert (answer.status, len(answer.messages)) == (0, 30)
        assert not any(pb.ModelStreamInferResponse.FromString(m).error_message
                       for m in answer.messages)
