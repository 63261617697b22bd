# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ModelStreamInfer with the repeat backend: many requests under way on a stream, and their ends."""

from __future__ import annotations

import queue
import random
import struct
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from grpc_support import infer, request, stream
from http2_support import wait_until

from triton_py.inprocess import live_objects


def repeat(values: list[int], delays: list[int] | None = None, wait: int | None = None,
           **parameters: Any) -> Any:
    message = request("repeat", b"", **parameters)
    del message.inputs[:]
    del message.raw_input_contents[:]
    for name, datatype, code, numbers in (("IN", "INT32", "i", values),
                                          ("DELAY", "UINT32", "I", delays),
                                          ("WAIT", "UINT32", "I", None if wait is None else [wait])):
        if numbers is not None:
            message.inputs.add(name=name, datatype=datatype, shape=[len(numbers)])
            message.raw_input_contents.append(struct.pack(f"<{len(numbers)}{code}", *numbers))
    return message


def said(response: Any) -> tuple[Any, ...]:
    """(id, OUT, IDX, triton_final_response) of a response; (id, error) of one with an error."""
    got = response.infer_response
    if response.error_message:
        return got.id, response.error_message
    final = got.parameters["triton_final_response"].bool_param
    # The end alone names the version that was asked for, which is none here.
    version = "1" if got.outputs else ""
    assert (got.model_name, got.model_version) == ("repeat", version)
    if not got.outputs:
        return got.id, None, None, final
    raw = {o.name: r for o, r in zip(got.outputs, got.raw_output_contents, strict=True)}
    return (got.id, struct.unpack("<i", raw["OUT"])[0], struct.unpack("<I", raw["IDX"])[0], final)


def test_responses_of_a_request(channel: grpc.Channel) -> None:
    got = [said(r) for r in stream(channel, iter([repeat([5, -6, 7], [0, 3, 1], id="a")]))]
    # The final flag comes alone, and is not announced to who didn't ask for it.
    assert got == [("a", 5, 0, False), ("a", -6, 1, False), ("a", 7, 2, False)]


@pytest.mark.parametrize("values", [[], [1], [1, 2]])
def test_the_end_alone_for_those_who_want_it(channel: grpc.Channel, values: list[int]) -> None:
    messages = [repeat(values, id="a", triton_enable_empty_final_response=True)]
    got = [said(r) for r in stream(channel, iter(messages))]
    assert got == [*(("a", v, i, False) for i, v in enumerate(values)), ("a", None, None, True)]
    messages = [repeat(values, id="a", triton_enable_empty_final_response=False)]
    assert len(list(stream(channel, iter(messages)))) == len(values)


def test_requests_of_a_stream_run_at_the_same_time(channel: grpc.Channel) -> None:
    """Responses come as they are made: in order within a request, mixed between them."""
    count, started = 60, time.monotonic()
    messages = [repeat([n, n + 1, n + 2], [150 + n % 7, 150, 150], n % 3 * 200, id=str(n))
                for n in range(count)]
    got = [said(r) for r in stream(channel, iter(messages))]
    assert time.monotonic() - started < 8
    assert sorted(got) == sorted((str(n), n + i, i, False) for n in range(count) for i in range(3))
    for n in range(count):
        assert [i for id_, _, i, _ in got if id_ == str(n)] == [0, 1, 2]
    ids = [id_ for id_, *_ in got]
    assert ids != sorted(ids, key=ids.index), "one request after the other"


def test_errors_are_messages_and_the_stream_goes_on(channel: grpc.Channel) -> None:
    messages = [repeat([1], id="a"), repeat([1, 2], [0], id="b"), repeat([3], id="c"),
                request("nowhere", id="d"), request("repeat", id="e"), repeat([4], id="f")]
    got: dict[str, list[tuple[Any, ...]]] = {}
    for response in stream(channel, iter(messages)):
        got.setdefault(response.infer_response.id, []).append(said(response))
    assert got["a"] == [("a", 1, 0, False)] and got["c"] == [("c", 3, 0, False)]
    assert got["f"] == [("f", 4, 0, False)]
    [(_, text)] = got["b"]
    assert "expected IN and DELAY shape to match, got [2] and [1]" in text
    [(_, text)] = got["d"]
    assert "nowhere" in text
    [(_, text)] = got["e"]
    assert "INPUT0" in text


def test_an_error_of_the_model_carries_final_and_names(channel: grpc.Channel) -> None:
    [response] = stream(channel, iter([repeat([1, 2], [0], id="b")]))
    got = response.infer_response
    assert (got.id, got.model_name) == ("b", "repeat")
    assert got.parameters["triton_final_response"].bool_param is True


@pytest.mark.parametrize("wrong", ["model", "backend"])
def test_the_first_error_ends_a_stream_that_asks_for_it(channel: grpc.Channel, wrong: str) -> None:
    bad = request("nowhere") if wrong == "model" else repeat([1, 2], [0])
    messages = [repeat([1], id="a"), bad, repeat([2], [60_000], 60_000, id="c")]
    call = stream(channel, iter(messages), metadata=(("triton_grpc_error", "true"),))
    got = []
    with pytest.raises(grpc.RpcError) as error:
        got.extend(said(response) for response in call)
    assert set(got) <= {("a", 1, 0, False)}
    assert error.value.code() is (grpc.StatusCode.NOT_FOUND if wrong == "model"
                                  else grpc.StatusCode.INVALID_ARGUMENT)
    # What was still to come was cancelled.
    wait_until(lambda: live_objects()["request"] == 0)


def test_a_cancelled_stream_ends_its_requests(channel: grpc.Channel) -> None:
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def messages() -> Iterator[Any]:
        for n in range(10):
            yield repeat([n, n], [0, 60_000], 60_000, id=str(n))
        waiting.get(timeout=30)

    call = stream(channel, messages())
    for _ in range(10):
        assert said(next(call))[2] == 0
    assert live_objects()["request"] == 10
    started = time.monotonic()
    call.cancel()
    waiting.put(None)
    wait_until(lambda: live_objects()["request"] == 0)
    assert time.monotonic() - started < 10


def test_a_deadline_ends_a_streams_requests(channel: grpc.Channel) -> None:
    call = stream(channel, iter([repeat([1, 2], [0, 60_000], 60_000)]), timeout=0.5)
    assert said(next(call))[1] == 1
    with pytest.raises(grpc.RpcError) as error:
        next(call)
    assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    wait_until(lambda: live_objects()["request"] == 0)


def test_a_unary_call_is_refused(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as error:
        infer(channel, repeat([1]))
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_storm_of_streams(channel: grpc.Channel) -> None:
    rng = random.Random(4)
    calls = []
    for _ in range(12):
        sizes = {str(n): rng.randrange(5) for n in range(20)}
        messages = [repeat([int(id_)] * size, [rng.randrange(20) for _ in range(size)],
                           rng.randrange(60), id=id_) for id_, size in sizes.items()]
        calls.append((sizes, stream(channel, iter(messages))))
    for sizes, call in calls:
        got = [said(r) for r in call]
        for id_, size in sizes.items():
            assert [g[2] for g in got if g[0] == id_] == list(range(size))
    wait_until(lambda: live_objects()["request"] == 0)
