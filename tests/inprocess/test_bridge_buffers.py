# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Lifetimes: what the inputs borrow from, and what the outputs show."""

from __future__ import annotations

import gc
import time
import weakref

import numpy as np
import pytest
from inprocess_support import request_objects, settles_to

from triton_py import InvalidArgumentError, MemoryType, Server, Tensor
from triton_py.inprocess import CompletionQueue, NativeRequest, infer, live_objects

pytestmark = pytest.mark.usefixtures("no_leaks")


def scripted(server, data, **parameters):
    """A request to the scripted model over `data`, not sent yet."""
    request = NativeRequest(server.native, "scripted")
    request.add_input("IN", "UINT8", [memoryview(data).nbytes])
    request.append_input_data("IN", data)
    for name, value in parameters.items():
        request.set_parameter(name, value)
    return request


def drain_all(queue):
    """Everything up to the settling of all requests sent to `queue`."""
    arrived = []
    while queue.in_flight:
        assert queue.wait(10)
        arrived += queue.drain()
    return arrived


def outputs_of(response):
    assert response.error is None
    return {output.name: output for output in response.outputs}


class TestNoCopy:
    @pytest.mark.parametrize("size", [1, 63, 4096, 1 << 20])
    def test_backend_sees_the_callers_memory(self, server, size):
        data = np.arange(size, dtype=np.uint8)
        [response] = infer(scripted(server, data), 10)
        outputs = outputs_of(response)
        addresses = np.frombuffer(outputs["ADDRESSES"], np.uint64)
        assert addresses[0] == data.ctypes.data
        assert addresses[1] == outputs["COPY"].data_ptr
        view = np.frombuffer(outputs["COPY"], np.uint8)
        assert view.ctypes.data == addresses[1]
        assert np.array_equal(view, data)

    def test_api_passes_the_callers_memory(self, server):
        data = np.arange(1000, dtype=np.uint8)
        response = server.model("scripted").infer(inputs={"IN": data}).result(10)
        address_in, address_out = response["ADDRESSES"].numpy()
        assert address_in == data.ctypes.data
        assert address_out == response["COPY"].data_ptr
        assert response["COPY"].numpy().ctypes.data == address_out
        assert np.from_dlpack(response["COPY"]).ctypes.data == address_out
        assert np.shares_memory(response["COPY"].numpy(), response["COPY"].numpy())

    def test_dlpack_input_is_not_copied(self, server):
        data = np.arange(100, dtype=np.uint8)

        class OnlyDLPack:
            def __dlpack__(self, **arguments):
                return data.__dlpack__(**arguments)

            def __dlpack_device__(self):
                return data.__dlpack_device__()

        response = server.model("scripted").infer(inputs={"IN": OnlyDLPack()}).result(10)
        assert response["ADDRESSES"].numpy()[0] == data.ctypes.data

    def test_output_of_one_model_is_input_of_the_next(self, server):
        model = server.model("scripted")
        first = model.infer(inputs={"IN": np.arange(9, dtype=np.uint8)}).result(10)
        second = model.infer(inputs={"IN": first["COPY"]}).result(10)
        assert second["ADDRESSES"].numpy()[0] == first["COPY"].data_ptr
        assert second["COPY"].tolist() == list(range(9))


class TestInputLifetime:
    def test_a_bytearray_is_locked_while_in_flight(self, server):
        data = bytearray(b"0123456789")
        queue = CompletionQueue()
        request = scripted(server, data)
        with pytest.raises(BufferError):
            data.append(0)
        request.submit(queue)
        drain_all(queue)
        data.append(0)
        assert request.released and not request.in_flight

    def test_buffer_is_kept_until_the_release_was_drained(self, server):
        data = np.zeros(10, np.uint8)
        alive = weakref.ref(data)
        queue = CompletionQueue()
        request = scripted(server, data)
        request.submit(queue)
        del data
        gc.collect()
        assert alive() is not None
        drain_all(queue)
        gc.collect()
        assert alive() is None

    def test_buffer_is_let_go_at_the_release_not_at_the_last_response(self, server):
        data = bytearray(10)
        queue = CompletionQueue()
        request = scripted(server, data, late_ms=300)
        request.submit(queue)
        assert queue.wait(10)
        assert queue.drain() == []
        assert request.released and request.in_flight
        data.append(0)
        [(cookie, response, _)] = drain_all(queue)
        assert cookie is request
        assert bytes(outputs_of(response)["COPY"]) == bytes(10)

    def test_inputs_are_free_when_a_blocking_call_returns(self, server):
        for _ in range(50):
            data = bytearray(10)
            infer(scripted(server, data), 10)
            data.append(0)

    def test_a_kept_iterator_does_not_keep_the_inputs(self, server):
        data = np.zeros(10, np.uint8)
        alive = weakref.ref(data)
        iterator = server.model("scripted").infer(inputs={"IN": data})
        response = iterator.result(10)
        del data
        deadline = time.monotonic() + 10
        while alive() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert alive() is None
        assert response["COPY"].tolist() == [0] * 10 and list(iterator) == []

    def test_unsent_request_lets_go(self, server):
        data = bytearray(10)
        request = scripted(server, data)
        del request
        data.append(0)

    def test_a_request_nobody_holds_is_answered_all_the_same(self, server):
        data = np.arange(5, dtype=np.uint8)
        alive = weakref.ref(data)
        queue = CompletionQueue()
        request = scripted(server, data, late_ms=50)
        request.submit(queue, "cookie")
        del request, data
        gc.collect()
        [(cookie, response, _)] = drain_all(queue)
        assert cookie == "cookie"
        assert bytes(outputs_of(response)["COPY"]) == bytes(range(5))
        del response
        gc.collect()
        assert alive() is None

    def test_pointer_owner_is_held(self, server):
        data = np.arange(8, dtype=np.uint8)
        alive = weakref.ref(data)
        queue = CompletionQueue()
        request = NativeRequest(server.native, "scripted")
        request.add_input("IN", "UINT8", [8])
        request.append_input_pointer("IN", data.ctypes.data, 8, owner=data)
        request.submit(queue)
        del data
        gc.collect()
        assert alive() is not None
        [(_, response, _)] = drain_all(queue)
        assert bytes(outputs_of(response)["COPY"]) == bytes(range(8))
        gc.collect()
        assert alive() is None

    def test_several_buffers_are_one_tensor(self, server):
        request = NativeRequest(server.native, "scripted")
        request.add_input("IN", "UINT8", [10])
        parts = [b"ab", bytearray(b"cde"), memoryview(b"xfghx")[1:4], np.array([105, 106], "u1")]
        for part in parts:
            request.append_input_data("IN", part)
        [response] = infer(request, 10)
        assert bytes(outputs_of(response)["COPY"]) == b"abcdefghij"

    def test_gaps_are_refused_and_nothing_is_held(self, server):
        data = bytearray(10)
        request = NativeRequest(server.native, "scripted")
        request.add_input("IN", "UINT8", [5])
        with pytest.raises(InvalidArgumentError, match="contiguous"):
            request.append_input_data("IN", memoryview(data)[::2])
        with pytest.raises(InvalidArgumentError, match="input 'IN': list is no"):
            request.append_input_data("IN", [1, 2])
        data.append(0)

    def test_data_for_an_unknown_input_is_not_held(self, server):
        data = bytearray(10)
        request = NativeRequest(server.native, "scripted")
        with pytest.raises(InvalidArgumentError):
            request.append_input_data("NOPE", data)
        data.append(0)

    def test_empty_input(self, server):
        [response] = infer(scripted(server, b""), 10)
        copy = outputs_of(response)["COPY"]
        assert copy.shape == (0,) and bytes(copy) == b""
        assert memoryview(copy).nbytes == 0


class TestOutputLifetime:
    def test_view_outlives_everything_else(self, server):
        before = live_objects()["response"]
        data = np.arange(100, dtype=np.uint8)
        response = server.model("scripted").infer(inputs={"IN": data}).result(10)
        array = response["COPY"].numpy()
        del response
        gc.collect()
        assert live_objects()["response"] == before + 1
        assert np.array_equal(array, data)
        part = array[10:20]
        del array
        gc.collect()
        assert part.tolist() == list(range(10, 20))
        del part
        gc.collect()
        assert live_objects()["response"] == before

    def test_all_outputs_share_one_response(self, server):
        before = live_objects()["response"]
        [response] = infer(scripted(server, b"abc"), 10)
        outputs = response.outputs
        assert response.outputs is outputs
        copy = memoryview(outputs[0])
        del response, outputs
        gc.collect()
        assert live_objects()["response"] == before + 1
        copy.release()
        del copy
        gc.collect()
        assert live_objects()["response"] == before

    def test_memory_is_writable_and_cpu(self, server):
        data = np.zeros(4, np.uint8)
        response = server.model("scripted").infer(inputs={"IN": data}).result(10)
        tensor = response["COPY"]
        assert tensor.memory_type == MemoryType.CPU
        tensor.numpy()[:] = 9
        assert tensor.tolist() == [9] * 4

    def test_views_outlive_the_server(self, repository):
        with Server(model_repository=repository) as own:
            data = np.arange(50, dtype=np.uint8)
            tensor = own.model("scripted").infer(inputs={"IN": data}).result(10)["COPY"]
            capsule = tensor.__dlpack__()
        array = tensor.numpy()
        assert np.array_equal(array, data)
        del capsule, tensor
        gc.collect()
        assert np.array_equal(array, data)

    def test_outputs_can_not_be_made_by_hand(self):
        from triton_py.inprocess import NativeOutput, NativeResponse

        for kind in (NativeOutput, NativeResponse):
            with pytest.raises(TypeError):
                kind()

    def test_unread_responses_are_deleted(self, server):
        before = request_objects()
        iterator = server.model("scripted").infer(
            inputs={"IN": np.zeros(4, np.uint8)}, parameters={"count": 20}
        )
        next(iterator)
        del iterator
        assert settles_to(before) == before


def test_tensor_sent_twice(server):
    """The same memory may be lent to several requests at once."""
    data = Tensor.from_object(np.arange(10, dtype=np.uint8))
    model = server.model("scripted")
    request = model.create_request(inputs={"IN": data}, parameters={"late_ms": 20})
    iterators = [model.infer(request) for _ in range(5)]
    assert all(it.result(10)["COPY"].tolist() == list(range(10)) for it in iterators)
