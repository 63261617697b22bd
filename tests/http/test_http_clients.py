# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""PyPI's tritonclient, blocking and asyncio, against the running port."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
import tritonclient.http as client
import tritonclient.http.aio as aio_client
from http_running import DATATYPES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

QUIET = settings(max_examples=25, deadline=None,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])


def arrays(datatype: str) -> st.SearchStrategy[np.ndarray]:
    """Any tensor of one dimension that the data type can hold."""
    size = st.integers(0, 20)
    if datatype == "BYTES":
        return st.lists(st.binary(max_size=20), max_size=10).map(
            lambda values: np.array(values + [None], dtype=np.object_)[:-1])
    if datatype == "BF16":
        # The client takes float32 and keeps the upper half: give it what survives that.
        return hnp.arrays(np.uint16, size).map(
            lambda a: (a.astype(np.uint32) << 16).view(np.float32)).filter(
                lambda a: not np.isnan(a).any())
    return hnp.arrays(triton_to_np_dtype(datatype), size)


def same(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype == np.object_:
        return list(a) == list(b) and a.shape == b.shape
    return a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.fixture(scope="module")
def triton(server: Any):
    with client.InferenceServerClient(server.url) as made:
        yield made


def ask(datatype: str, value: np.ndarray, binary: bool = True) -> client.InferInput:
    tensor = client.InferInput("INPUT0", list(value.shape), datatype)
    tensor.set_data_from_numpy(value, binary_data=binary)
    return tensor


@pytest.mark.parametrize("datatype", DATATYPES)
@QUIET
@given(data=st.data())
def test_round_trips_in_binary(triton, datatype: str, data: st.DataObject) -> None:
    value = data.draw(arrays(datatype))
    coding = data.draw(st.sampled_from([None, "gzip", "deflate"]))
    answer_coding = data.draw(st.sampled_from([None, "gzip", "deflate"]))
    answer = triton.infer(f"identity_{datatype.lower()}", [ask(datatype, value)],
                          request_compression_algorithm=coding,
                          response_compression_algorithm=answer_coding)
    assert same(answer.as_numpy("OUTPUT0"), value)


@pytest.mark.parametrize("datatype", [d for d in DATATYPES if d not in ("FP16", "BF16")])
@QUIET
@given(data=st.data())
def test_round_trips_in_json(triton, datatype: str, data: st.DataObject) -> None:
    if datatype == "BYTES":
        texts = data.draw(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
                                   max_size=5))
        value = np.array([t.encode() for t in texts] + [None], dtype=np.object_)[:-1]
    elif datatype.startswith("FP"):
        value = data.draw(hnp.arrays(
            triton_to_np_dtype(datatype), st.integers(0, 10),
            elements=st.floats(allow_nan=False, allow_infinity=False, width=int(datatype[2:]))))
    else:
        value = data.draw(arrays(datatype))
    asked = [client.InferRequestedOutput("OUTPUT0", binary_data=False)]
    answer = triton.infer(f"identity_{datatype.lower()}", [ask(datatype, value, False)],
                          outputs=asked)
    got = answer.as_numpy("OUTPUT0")
    if datatype == "BYTES":
        got = np.array([g if isinstance(g, bytes) else g.encode() for g in got] + [None],
                       dtype=np.object_)[:-1]
    assert same(got, value)


def test_half_precision_is_refused_as_json(triton) -> None:
    value = np.array([1, 2], np.float16)
    asked = [client.InferRequestedOutput("OUTPUT0", binary_data=False)]
    with pytest.raises(InferenceServerException,
                       match="sending FP16 data via JSON is not supported") as error:
        triton.infer("identity_fp16", [ask("FP16", value)], outputs=asked)
    assert error.value.status() == "400"


@QUIET
@given(rows=st.integers(0, 7), columns=st.integers(0, 7))
def test_matrices(triton, rows: int, columns: int) -> None:
    value = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    for binary in (True, False):
        answer = triton.infer("matrix", [ask("FP32", value, binary)])
        assert same(answer.as_numpy("OUTPUT0"), value)


def test_the_whole_client(triton) -> None:
    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert triton.is_model_ready("echo")
    assert not triton.is_model_ready("nope")
    assert triton.get_server_metadata()["name"] == "triton"
    assert "binary_tensor_data" in triton.get_server_metadata()["extensions"]
    assert triton.get_model_metadata("echo")["inputs"][0]["datatype"] == "INT32"
    assert triton.get_model_config("echo", "1")["backend"] == "identity"
    index = {m["name"]: m["state"] for m in triton.get_model_repository_index()}
    assert index["echo"] == "READY"
    value = np.arange(5, dtype=np.int32)
    before = statistics(triton)
    answer = triton.infer("echo", [ask("INT32", value)], request_id="q", sequence_id=5,
                          sequence_start=True, priority=1, timeout=1000, parameters={"p": "v"})
    assert answer.get_response()["id"] == "q"
    assert answer.get_response()["parameters"]["p"] == "v"
    assert answer.get_response()["parameters"]["request_correlation_id"] == 5
    after = statistics(triton)
    assert after["inference_count"] == before["inference_count"] + 1
    assert after["execution_count"] == before["execution_count"] + 1
    assert triton.get_inference_statistics()["model_stats"]


def statistics(triton: Any) -> Any:
    return triton.get_inference_statistics("echo")["model_stats"][0]


def test_loading_and_unloading(triton) -> None:
    triton.unload_model("one_string")
    assert not triton.is_model_ready("one_string")
    value = np.array([b"x"], np.object_)
    with pytest.raises(InferenceServerException):
        triton.infer("one_string", [ask("BYTES", value)])
    triton.load_model("one_string")
    assert triton.infer("one_string", [ask("BYTES", value)]).as_numpy("OUTPUT0")[0] == b"x"
    with pytest.raises(InferenceServerException) as error:
        triton.load_model("nope")
    assert "nope" in str(error.value)


def test_asyncio(server: Any) -> None:
    async def talk() -> None:
        async with aio_client.InferenceServerClient(server.url) as triton:
            assert await triton.is_server_ready()

            async def one(number: int) -> None:
                value = np.full(number % 7, number, np.int32)
                tensor = aio_client.InferInput("INPUT0", list(value.shape), "INT32")
                tensor.set_data_from_numpy(value, binary_data=number % 2 == 0)
                answer = await triton.infer(
                    "echo", [tensor], request_id=str(number),
                    parameters={"delay_ms": number % 5})
                assert answer.get_response()["id"] == str(number)
                assert same(answer.as_numpy("OUTPUT0"), value)

            await asyncio.gather(*(one(number) for number in range(1, 60)))

    asyncio.run(talk())
