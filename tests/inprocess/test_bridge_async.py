# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The asyncio side: order, several loops, closing with requests in flight."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest
from inprocess_support import request_objects, settles_to

from triton_py import InternalError, InvalidArgumentError, UnavailableError
from triton_py.inprocess import FINAL, AsyncBridge, NativeRequest

pytestmark = pytest.mark.usefixtures("no_leaks")


def scripted(server, data=b"abc", **parameters):
    request = NativeRequest(server.native, "scripted")
    request.add_input("IN", "UINT8", [len(data)])
    request.append_input_data("IN", data)
    for name, value in parameters.items():
        request.set_parameter(name, value)
    return request


def test_responses_stay_with_their_requests(server):
    async def one(bridge, index):
        responses = await bridge.infer(scripted(server, bytes([index]), count=index % 4))
        assert len(responses) == index % 4
        for response in responses:
            [copy] = [o for o in response.outputs if o.name == "COPY"]
            assert bytes(copy) == bytes([index])

    async def main():
        bridge = AsyncBridge()
        await asyncio.gather(*(one(bridge, index) for index in range(100)))
        bridge.close()

    asyncio.run(main())


def test_stream_hands_out_responses_as_they_come(server):
    async def main():
        bridge = AsyncBridge()
        flags = [flags async for _, flags in bridge.stream(scripted(server, count=3, bare_final=1))]
        assert flags == [0, 0, 0, FINAL]
        stream = bridge.stream(scripted(server))
        assert (await anext(stream))[1] == FINAL
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        bridge.close()

    asyncio.run(main())


def test_refused_request_raises_at_once(server):
    async def main():
        bridge = AsyncBridge()
        with pytest.raises(InvalidArgumentError):
            bridge.stream(NativeRequest(server.native, "scripted"))
        assert bridge.in_flight == 0
        bridge.close()

    asyncio.run(main())


def test_close_with_requests_in_flight(server):
    async def main():
        bridge = AsyncBridge()
        task = asyncio.create_task(bridge.infer(scripted(server, late_ms=100)))
        await asyncio.sleep(0.02)
        bridge.close()
        bridge.close()
        with pytest.raises(UnavailableError, match="closed"):
            await task
        with pytest.raises(UnavailableError, match="closed"):
            bridge.stream(scripted(server))

    asyncio.run(main())


def test_a_loop_that_ends_before_the_responses(server):
    before = request_objects()

    async def main():
        server.model("scripted").async_infer(
            inputs={"IN": np.zeros(3, np.uint8)}, parameters={"late_ms": 100, "count": 3}
        )

    asyncio.run(main())
    # The next loop's first request clears the bridge of the one that ended.
    asyncio.run(single(server))
    assert settles_to(before) == before


async def single(server):
    return await server.model("scripted").async_infer(inputs={"IN": np.arange(3, dtype=np.uint8)})


def test_await_gives_the_single_response(server):
    response = asyncio.run(single(server))
    assert response["COPY"].tolist() == [0, 1, 2] and response.final


def test_await_of_many_responses_says_so(server):
    async def main():
        with pytest.raises(InternalError, match="sent 2; iterate"):
            await server.model("scripted").async_infer(
                inputs={"IN": np.zeros(1, np.uint8)}, parameters={"count": 2}
            )

    asyncio.run(main())


def test_iteration(server):
    async def main():
        iterator = server.model("scripted").async_infer(
            inputs={"IN": np.zeros(1, np.uint8)}, parameters={"count": 3, "bare_final": 1}
        )
        responses = [response async for response in iterator]
        assert [response.final for response in responses] == [False, False, False, True]
        assert responses[-1].empty and not responses[0].empty

    asyncio.run(main())


def test_loops_in_several_threads(server):
    results = []

    def work():
        async def main():
            return await asyncio.gather(*(single(server) for _ in range(20)))

        results.extend(asyncio.run(main()))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 60
    assert all(response["COPY"].tolist() == [0, 1, 2] for response in results)


def test_response_queue(server):
    async def main():
        queue = asyncio.Queue()
        iterator = server.model("scripted").async_infer(
            inputs={"IN": np.zeros(1, np.uint8)}, parameters={"count": 3}, response_queue=queue
        )
        seen = [response async for response in iterator]
        copied = [await asyncio.wait_for(queue.get(), 10) for _ in range(3)]
        assert copied == seen and len(seen) == 3

    asyncio.run(main())


def test_uvloop(server):
    uvloop = pytest.importorskip("uvloop")

    async def main():
        responses = await asyncio.gather(*(single(server) for _ in range(20)))
        assert all(response["COPY"].tolist() == [0, 1, 2] for response in responses)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def test_outside_a_loop(server):
    with pytest.raises(RuntimeError, match="no running event loop"):
        server.model("scripted").async_infer(inputs={"IN": np.zeros(1, np.uint8)})
