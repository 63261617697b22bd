# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Every data type through every kind of Triton's client: what comes back is what went in."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
import tritonclient.http.aio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from serving import DATATYPES, ServerProcess
from tritonclient.utils import triton_to_np_dtype

FEW = settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NUMPY = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32,
    "UINT64": np.uint64, "INT8": np.int8, "INT16": np.int16, "INT32": np.int32,
    "INT64": np.int64, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
}

SHAPES = npst.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=6)


def arrays(datatype: str) -> st.SearchStrategy[np.ndarray]:
    if datatype == "BYTES":
        return npst.arrays(np.object_, SHAPES, elements=st.binary(max_size=30))
    if datatype == "BF16":
        # Old clients take float32 and send the upper half of it: give them values that survive.
        # Newer ones take ml_dtypes' type, and know no other.
        floats = npst.arrays(np.float32, SHAPES, elements=st.integers(-256, 256).map(float))
        return floats.map(lambda array: array.astype(triton_to_np_dtype("BF16")))
    return npst.arrays(NUMPY[datatype], SHAPES)


def same(got: np.ndarray, sent: np.ndarray) -> None:
    assert got.shape == sent.shape
    if sent.dtype == np.object_:
        assert got.tolist() == sent.tolist()
    else:
        # Of an empty tensor the HTTP client makes float64, whatever the response's datatype says.
        assert got.dtype == sent.dtype or got.size == 0
        # Bit for bit: a NaN keeps its payload, -0.0 its sign.
        assert got.tobytes() == sent.tobytes()


# --- one function per kind of client: (model, datatype, array) -> the result's array --------

Send = Callable[[str, str, np.ndarray], Any]


def build(module: Any, datatype: str, array: np.ndarray, **kwargs: Any) -> list[Any]:
    tensor = module.InferInput("INPUT0", list(array.shape), datatype)
    tensor.set_data_from_numpy(array, **kwargs)
    return [tensor]


def grpc_sync(server: ServerProcess) -> Iterator[Send]:
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        yield lambda model, datatype, array: client.infer(
            model, build(tritonclient.grpc, datatype, array)).as_numpy("OUTPUT0")


def grpc_async(server: ServerProcess) -> Iterator[Send]:
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:

        def send(model: str, datatype: str, array: np.ndarray) -> Any:
            done: queue.Queue = queue.Queue()
            client.async_infer(model, build(tritonclient.grpc, datatype, array),
                               callback=lambda result, error: done.put((result, error)))
            result, error = done.get(timeout=30)
            if error is not None:
                raise error
            return result.as_numpy("OUTPUT0")

        yield send


def grpc_stream(server: ServerProcess) -> Iterator[Send]:
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        done: queue.Queue = queue.Queue()
        client.start_stream(callback=lambda result, error: done.put((result, error)))

        def send(model: str, datatype: str, array: np.ndarray) -> Any:
            client.async_stream_infer(model, build(tritonclient.grpc, datatype, array))
            result, error = done.get(timeout=30)
            if error is not None:
                raise error
            return result.as_numpy("OUTPUT0")

        yield send
        client.stop_stream()


def on_loop(make_client: Callable[[], Any], module: Any) -> Iterator[Send]:
    loop = asyncio.new_event_loop()

    async def make() -> Any:
        return make_client()

    client = loop.run_until_complete(make())

    def send(model: str, datatype: str, array: np.ndarray) -> Any:
        inputs = build(module, datatype, array)
        result = loop.run_until_complete(asyncio.wait_for(client.infer(model, inputs), 30))
        return result.as_numpy("OUTPUT0")

    yield send
    loop.run_until_complete(client.close())
    loop.close()


def grpc_asyncio(server: ServerProcess) -> Iterator[Send]:
    yield from on_loop(lambda: tritonclient.grpc.aio.InferenceServerClient(server.grpc),
                       tritonclient.grpc)


def http_sync(server: ServerProcess) -> Iterator[Send]:
    with tritonclient.http.InferenceServerClient(server.http) as client:
        yield lambda model, datatype, array: client.infer(
            model, build(tritonclient.http, datatype, array)).as_numpy("OUTPUT0")


def http_async(server: ServerProcess) -> Iterator[Send]:
    with tritonclient.http.InferenceServerClient(server.http, concurrency=2) as client:
        yield lambda model, datatype, array: client.async_infer(
            model, build(tritonclient.http, datatype, array)
        ).get_result(timeout=30).as_numpy("OUTPUT0")


def http_asyncio(server: ServerProcess) -> Iterator[Send]:
    yield from on_loop(lambda: tritonclient.http.aio.InferenceServerClient(server.http),
                       tritonclient.http)


@pytest.fixture(scope="module",
                params=[grpc_sync, grpc_async, grpc_stream, grpc_asyncio, http_sync, http_async,
                        http_asyncio],
                ids=lambda kind: kind.__name__)
def send(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[Send]:
    yield from request.param(server)


@pytest.mark.parametrize("datatype", sorted(DATATYPES))
@FEW
@given(data=st.data())
def test_a_tensor_comes_back(send: Send, datatype: str, data: st.DataObject) -> None:
    array = data.draw(arrays(datatype))
    same(send(f"identity_{datatype.lower()}", datatype, array), array)


# --- JSON ----------------------------------------------------------------------------------

JSON_TYPES = sorted(set(DATATYPES) - {"FP16", "BF16"})


def json_arrays(datatype: str) -> st.SearchStrategy[np.ndarray]:
    if datatype == "BYTES":
        # As JSON a BYTES element is a string; it comes back as its UTF-8 bytes.
        return npst.arrays(np.object_, SHAPES, elements=st.text(max_size=20))
    if datatype in ("FP32", "FP64"):
        elements = st.floats(allow_nan=False, allow_infinity=False,
                             width=32 if datatype == "FP32" else 64)
        return npst.arrays(NUMPY[datatype], SHAPES, elements=elements)
    return arrays(datatype)


@pytest.mark.parametrize("binary_in", [False, True])
@pytest.mark.parametrize("binary_out", [False, True])
@pytest.mark.parametrize("datatype", JSON_TYPES)
@FEW
@given(data=st.data())
def test_a_tensor_comes_back_as_json(
    http_client: Any, datatype: str, binary_in: bool, binary_out: bool, data: st.DataObject
) -> None:
    array = data.draw(json_arrays(datatype))
    inputs = build(tritonclient.http, datatype, array, binary_data=binary_in)
    outputs = [tritonclient.http.InferRequestedOutput("OUTPUT0", binary_data=binary_out)]
    got = http_client.infer(f"identity_{datatype.lower()}", inputs, outputs=outputs).as_numpy(
        "OUTPUT0")
    assert got.shape == array.shape
    if datatype == "BYTES":
        plain = [e if isinstance(e, bytes) else e.encode() for e in got.ravel().tolist()]
        assert plain == [e.encode() for e in array.ravel().tolist()]
    else:
        assert got.tobytes() == array.tobytes()


# --- several tensors -----------------------------------------------------------------------


@st.composite
def three_tensors(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    def sizes(dtype: Any, **kwargs: Any) -> Any:
        return draw(npst.arrays(dtype, draw(st.integers(0, 9)), **kwargs))

    return (sizes(np.float32), sizes(np.object_, elements=st.binary(max_size=9)),
            sizes(np.int64))


@pytest.mark.parametrize("protocol", ["grpc", "http"])
@FEW
@given(tensors=three_tensors(), wanted=st.sets(st.integers(0, 2)))
def test_several_tensors_and_a_choice_of_outputs(
    grpc_client: Any, http_client: Any, protocol: str, tensors: Any, wanted: set[int]
) -> None:
    module = {"grpc": tritonclient.grpc, "http": tritonclient.http}[protocol]
    client = {"grpc": grpc_client, "http": http_client}[protocol]
    inputs = []
    for index, (array, datatype) in enumerate(zip(tensors, ("FP32", "BYTES", "INT64"),
                                                  strict=True)):
        tensor = module.InferInput(f"INPUT{index}", list(array.shape), datatype)
        tensor.set_data_from_numpy(array)
        inputs.append(tensor)
    outputs = [module.InferRequestedOutput(f"OUTPUT{i}") for i in sorted(wanted)]
    result = client.infer("multi", inputs, outputs=outputs or None, request_id="seven")
    for index, array in enumerate(tensors):
        if not wanted or index in wanted:
            same(result.as_numpy(f"OUTPUT{index}"), array)
        else:
            assert result.as_numpy(f"OUTPUT{index}") is None
    response = result.get_response()
    assert (response.id if protocol == "grpc" else response["id"]) == "seven"


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_large_tensor(grpc_client: Any, http_client: Any, protocol: str) -> None:
    module = {"grpc": tritonclient.grpc, "http": tritonclient.http}[protocol]
    client = {"grpc": grpc_client, "http": http_client}[protocol]
    array = np.random.default_rng(1).random((1024, 1024), dtype=np.float32)
    result = client.infer("identity_fp32", build(module, "FP32", array))
    same(result.as_numpy("OUTPUT0"), array)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_compressed(grpc_client: Any, http_client: Any, protocol: str, algorithm: str) -> None:
    array = np.zeros((200, 200), np.int32)
    if protocol == "grpc":
        result = grpc_client.infer("identity_int32", build(tritonclient.grpc, "INT32", array),
                                   compression_algorithm=algorithm)
    else:
        result = http_client.infer(
            "identity_int32", build(tritonclient.http, "INT32", array),
            request_compression_algorithm=algorithm, response_compression_algorithm=algorithm)
    same(result.as_numpy("OUTPUT0"), array)
