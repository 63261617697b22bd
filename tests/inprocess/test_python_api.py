# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""triton_py.Server, Model, InferenceRequest and InferenceResponse over a running server."""

from __future__ import annotations

import queue
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from inprocess_support import TYPES

import triton_py
from triton_py import (
    DataType,
    InferenceRequest,
    InternalError,
    InvalidArgumentError,
    ModelBatchFlag,
    ModelControlMode,
    ModelTxnPropertyFlag,
    NotFoundError,
    Server,
    Tensor,
    TritonError,
    UnavailableError,
)

ONE = np.ones(1, np.float32)
NUMPY = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32,
    "UINT64": np.uint64, "INT8": np.int8, "INT16": np.int16, "INT32": np.int32,
    "INT64": np.int64, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
    "BYTES": np.object_, "BF16": np.uint16,
}


def arrays(name, rank):
    """Arrays of a data type; every bit pattern, and bytes with NULs and no UTF-8."""
    shapes = hnp.array_shapes(min_dims=rank, max_dims=rank, min_side=0, max_side=4)
    elements = st.binary(max_size=12) if name == "BYTES" else None
    fill = st.nothing() if name == "BYTES" else None
    return hnp.arrays(NUMPY[name], shapes, elements=elements, fill=fill)


def as_tensor(name, array):
    return Tensor.from_numpy(array, "BF16") if name == "BF16" else Tensor.from_numpy(array)


def same(tensor, name, array):
    assert tensor.data_type == DataType[name]
    assert tensor.shape == array.shape
    if name == "BYTES":
        return tensor.to_bytes_array().tolist() == array.tolist()
    return tensor.numpy().tobytes() == array.tobytes()


class TestRoundTrips:
    @pytest.mark.parametrize(("model", "rank"), [("every_type", 1), ("every_type_3d", 3)])
    @pytest.mark.parametrize("name", TYPES)
    @settings(
        max_examples=25, deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(data=st.data())
    def test_each_type(self, server, name, model, rank, data):
        array = data.draw(arrays(name, rank))
        response = server.model(model).infer(
            inputs={f"IN_{name}": as_tensor(name, array)}
        ).result(10)
        assert list(response.outputs) == [f"OUT_{name}"]
        assert same(response[f"OUT_{name}"], name, array)

    @settings(
        max_examples=50, deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(data=st.data())
    def test_any_mixture(self, server, data):
        names = data.draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, unique=True))
        given_arrays = {name: data.draw(arrays(name, 1)) for name in names}
        response = server.model("every_type").infer(
            inputs={f"IN_{name}": as_tensor(name, array) for name, array in given_arrays.items()}
        ).result(10)
        assert set(response.outputs) == {f"OUT_{name}" for name in names}
        assert all(same(response[f"OUT_{n}"], n, a) for n, a in given_arrays.items())

    def test_lists_take_the_models_type(self, server):
        response = server.model("every_type").infer(inputs={
            "IN_FP32": [1, 2], "IN_INT8": [-1], "IN_BYTES": ["a", b"\0"], "IN_BOOL": [True],
            "IN_BF16": [1.5, 2.0], "IN_FP16": (0.5,),
        }).result(10)
        assert {name: tensor.tolist() for name, tensor in response.outputs.items()} == {
            "OUT_FP32": [1.0, 2.0], "OUT_INT8": [-1], "OUT_BYTES": [b"a", b"\0"],
            "OUT_BOOL": [True], "OUT_BF16": [1.5, 2.0], "OUT_FP16": [0.5],
        }

    def test_uint16_for_bf16(self, server):
        bits = np.array([0x3F80], np.uint16)
        response = server.model("every_type").infer(
            inputs={"IN_BF16": bits, "IN_UINT16": bits}
        ).result(10)
        assert response["OUT_BF16"].tolist() == [1.0]
        assert response["OUT_UINT16"].tolist() == [0x3F80]

    def test_values_that_do_not_fit_name_the_input(self, server):
        with pytest.raises(InvalidArgumentError, match="input 'IN_INT8': the values don't fit"):
            server.model("every_type").infer(inputs={"IN_INT8": [300]})


class TestRequests:
    def test_fields_reach_the_backend(self, server):
        response = server.model("echo").infer(
            inputs={"INPUT0": ONE}, request_id="r1", correlation_id="c1", sequence_start=True,
            sequence_end=True, timeout=12345678, priority=1,
            parameters={"echo_parameters": True, "mine": "x"},
        ).result(10)
        assert response.request_id == "r1"
        echoed = response.parameters
        assert echoed["mine"] == "x" and echoed["request_id"] == "r1"
        assert echoed["request_flags"] == 3
        assert echoed["request_correlation_id"] == "c1"

    def test_request_object(self, server):
        model = server.model("echo")
        request = model.create_request(request_id="one")
        request.inputs = {"INPUT0": ONE}
        assert model.infer(request).result(10).request_id == "one"
        request = InferenceRequest(model, inputs={"INPUT0": 2 * ONE})
        assert model.infer(request).result(10)["OUTPUT0"].tolist() == [2.0]
        with pytest.raises(InvalidArgumentError, match="not both"):
            model.infer(request, request_id="two")

    def test_requested_outputs(self, server):
        model = server.model("every_type")
        inputs = {"IN_FP32": ONE, "IN_INT8": np.ones(1, np.int8)}
        response = model.infer(inputs=inputs, outputs=["OUT_INT8"]).result(10)
        assert list(response.outputs) == ["OUT_INT8"]
        with pytest.raises(KeyError, match=r"no output 'OUT_FP32', but \['OUT_INT8'\]"):
            _ = response["OUT_FP32"]
        with pytest.raises(InvalidArgumentError):
            model.infer(inputs=inputs, outputs=["NOPE"])
        with pytest.raises(InvalidArgumentError, match="not the string"):
            model.infer(inputs=inputs, outputs="OUT_INT8")

    @pytest.mark.parametrize(
        "inputs",
        [
            {},
            {"NOPE": ONE},
            {"INPUT0": ONE, "NOPE": ONE},
            {"INPUT0": np.ones(1, np.int32)},
            {"INPUT0": np.ones((1, 1), np.float32)},
        ],
    )
    def test_wrong_inputs(self, server, inputs):
        with pytest.raises(InvalidArgumentError):
            server.model("echo").infer(inputs=inputs)

    def test_unknown_model(self, server):
        with pytest.raises(NotFoundError, match="nowhere"):
            server.model("nowhere").infer(inputs={"INPUT0": ONE})
        assert server.model("nowhere").ready() is False
        with pytest.raises(TritonError):
            server.model("echo", 7).infer(inputs={"INPUT0": ONE})

    def test_gpu_output_is_refused(self, server):
        with pytest.raises(InvalidArgumentError, match="gpu not supported"):
            server.model("echo").infer(inputs={"INPUT0": ONE}, output_memory_type="gpu")
        assert server.model("echo").infer(
            inputs={"INPUT0": ONE}, output_memory_type="cpu"
        ).result(10).final

    def test_error_responses(self, server):
        model = server.model("echo")
        fields = {"inputs": {"INPUT0": ONE}, "parameters": {"error": "on purpose"}}
        with pytest.raises(TritonError, match="on purpose"):
            model.infer(**fields).result(10)
        with pytest.raises(TritonError, match="on purpose"):
            list(model.infer(**fields))
        [response] = model.infer(**fields, raise_on_error=False)
        assert "on purpose" in response.error.message
        assert response.outputs == {} and response.final
        assert "on purpose" in repr(response)

    def test_failing_execute(self, server):
        model = server.model("echo")
        with pytest.raises(TritonError, match="whole batch"):
            model.infer(
                inputs={"INPUT0": ONE}, parameters={"execute_error": "whole batch"}
            ).result(10)
        assert model.infer(inputs={"INPUT0": ONE}).result(10).error is None


class TestResponses:
    def test_iteration(self, server):
        iterator = server.model("scripted").infer(
            inputs={"IN": np.arange(3, dtype=np.uint8)}, parameters={"count": 3}
        )
        responses = list(iterator)
        assert [response.parameters["index"] for response in responses] == [0, 1, 2]
        assert [response.final for response in responses] == [False, False, True]
        assert list(iterator) == []
        assert responses[0].model.version == 1

    def test_no_response_at_all(self, server):
        [response] = server.model("scripted").infer(
            inputs={"IN": np.zeros(1, np.uint8)}, parameters={"count": 0}
        )
        assert response.final and response.empty and response.outputs == {}

    def test_result_wants_one(self, server):
        with pytest.raises(InternalError, match="sent 3; iterate"):
            server.model("scripted").infer(
                inputs={"IN": np.zeros(1, np.uint8)}, parameters={"count": 3, "bare_final": 1}
            ).result(10)

    def test_next_with_a_timeout(self, server):
        iterator = server.model("scripted").infer(
            inputs={"IN": np.zeros(1, np.uint8)}, parameters={"late_ms": 200}
        )
        with pytest.raises(TimeoutError):
            iterator.next(0.01)
        assert iterator.next(10).final

    def test_response_queue(self, server):
        copies: queue.SimpleQueue = queue.SimpleQueue()
        iterator = server.model("scripted").infer(
            inputs={"IN": np.zeros(1, np.uint8)}, parameters={"count": 3}, response_queue=copies
        )
        seen = list(iterator)
        assert [copies.get(timeout=10) for _ in range(3)] == seen
        with pytest.raises(InvalidArgumentError, match=r"queue\.SimpleQueue"):
            server.model("echo").infer(inputs={"INPUT0": ONE}, response_queue=[])

    def test_repr(self, server):
        response = server.model("echo").infer(inputs={"INPUT0": ONE}, request_id="7").result(10)
        assert repr(response) == (
            "InferenceResponse(model='echo' version 1, request_id='7', "
            "outputs={'OUTPUT0': Tensor(FP32, [1], 4 bytes, CPU)}, final=True)"
        )


class TestModels:
    def test_metadata(self, server):
        metadata = server.model("echo").metadata()
        assert metadata["name"] == "echo" and metadata["versions"] == ["1"]
        assert metadata["inputs"] == [{"name": "INPUT0", "datatype": "FP32", "shape": [-1]}]
        assert server.metadata()["name"] == "triton"
        assert "statistics" in server.metadata()["extensions"]

    def test_config(self, server):
        config = server.model("batched").config()
        assert config["max_batch_size"] == 8 and config["backend"] == "identity"

    def test_statistics_count_requests(self, server):
        model = server.model("batched")
        def count():
            [stats] = model.statistics()["model_stats"]
            return int(stats["inference_count"])
        before = count()
        for _ in range(3):
            model.infer(inputs={"INPUT0": np.ones((2, 1), np.float32)}).result(10)
        assert count() == before + 6
        assert len(server.statistics()["model_stats"]) == 5

    def test_properties(self, server):
        assert server.model("batched").batch_properties() == ModelBatchFlag.FIRST_DIM
        assert server.model("echo").batch_properties() == ModelBatchFlag.UNKNOWN
        decoupled = server.model("scripted").transaction_properties()
        assert decoupled == ModelTxnPropertyFlag.DECOUPLED
        one_to_one = server.model("echo").transaction_properties()
        assert one_to_one == ModelTxnPropertyFlag.ONE_TO_ONE

    def test_models(self, server):
        models = server.models()
        names = {name for name, _ in models}
        assert names == {"echo", "batched", "every_type", "every_type_3d", "scripted"}
        assert models[("echo", 1)].state == "READY"
        assert repr(models[("echo", 1)]) == "Model('echo', version=1, state='READY')"
        assert models["echo"].infer(inputs={"INPUT0": ONE}).result(10).final
        with pytest.raises(KeyError, match="Unknown Model: nope"):
            _ = models["nope"]

    def test_html(self, server):
        assert "<td>echo</td><td>1</td><td>READY</td>" in server.models()._repr_html_()
        assert "<td>INPUT0</td><td>FP32</td>" in server.model("echo")._repr_html_()
        assert "&lt;b&gt;" in server.model("<b>")._repr_html_()
        assert "<table>" in server._repr_html_()

    def test_metrics(self, server):
        server.model("echo").infer(inputs={"INPUT0": ONE}).result(10)
        assert 'nv_inference_request_success{model="echo"' in server.metrics()

    def test_dynamic_batching_serves_threads(self, server):
        from concurrent.futures import ThreadPoolExecutor

        def one(index):
            array = np.full((1, 3), index, np.float32)
            response = server.model("batched").infer(inputs={"INPUT0": array}).result(10)
            return response["OUTPUT0"].tolist() == array.tolist()

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(one, range(64)))
        [stats] = server.model("batched").statistics()["model_stats"]
        assert int(stats["execution_count"]) < int(stats["inference_count"])


class TestModelControl:
    def test_load_and_unload(self, repository):
        with Server(
            model_repository=repository, model_control_mode="explicit", startup_models=["echo"]
        ) as server:
            assert server.model("echo").ready() and not server.model("batched").ready()
            model = server.load("batched")
            assert model.ready()
            model.unload(wait_until_unloaded=True, timeout=10)
            assert not model.ready()
            with pytest.raises(TritonError):
                model.infer(inputs={"INPUT0": ONE.reshape(1, 1)})
            assert model.load().ready()
            server.unload("echo", wait_until_unloaded=True, timeout=10)
            assert {name for name, _ in server.models(exclude_not_ready=True)} == {"batched"}
            with pytest.raises(TritonError):
                server.load("nowhere")

    def test_load_with_a_config(self, repository):
        with Server(
            model_repository=repository, model_control_mode=ModelControlMode.EXPLICIT
        ) as server:
            config = (
                '{"backend": "identity", "max_batch_size": 0,'
                ' "input": [{"name": "A", "data_type": "TYPE_INT8", "dims": [-1]}],'
                ' "output": [{"name": "B", "data_type": "TYPE_INT8", "dims": [-1]}]}'
            )
            model = server.load("echo", {"config": config})
            assert model.infer(inputs={"A": [1, 2]}).result(10)["B"].tolist() == [1, 2]
            with pytest.raises(InvalidArgumentError, match="bytes"):
                server.load("echo", {"config": ["no"]})

    def test_not_allowed_without_explicit_mode(self, server):
        with pytest.raises(UnavailableError):
            server.load("echo")
        with pytest.raises(UnavailableError):
            server.unload("echo")


class TestPackage:
    def test_importing_the_package_does_not_load_the_core(self):
        code = (
            "import sys, triton_py; triton_py.get_include()\n"
            "assert 'triton_py.core' not in sys.modules\n"
            "triton_py.NotFoundError\n"
            "assert 'triton_py.core' not in sys.modules\n"
            "triton_py.Server\n"
            "assert 'triton_py.core' in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

    def test_names(self):
        for name in ("Server", "Options", "Tensor", "TritonError", "InferenceRequest"):
            assert name in dir(triton_py)
            assert getattr(triton_py, name).__name__ == name
        with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
            _ = triton_py.Nothing
