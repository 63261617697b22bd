# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The onnxruntime backend through the core, from Python."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backend_support import model, tensors
from sanitized import SANITIZED

from triton_py import InvalidArgumentError, Server, Tensor, TritonError

NUMPY: dict[str, Any] = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}


def with_model(repository: Path, onnx_folder: Path, name: str, *config: str, **more: Any) -> None:
    """A model of the repository with the ONNX file of the same name."""
    source = more.pop("source", name)
    folder = model(repository, name, "onnxruntime", *config, **more)
    shutil.copytree(onnx_folder / source / "1", folder / "1", dirs_exist_ok=True)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, onnx_folder: Path, onnxruntime_path: str
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("onnx_models")
    for name in (*NUMPY, "BF16", "STRING"):
        with_model(folder, onnx_folder, f"copy_{name.lower()}")
    for name in ("add_unnamed", "matmul", "sequence", "fixed_batch"):
        with_model(folder, onnx_folder, name)
    for name in ("nonzero", "wrong_shape"):
        # Auto-complete would take the one dimension that varies for a batch.
        config = tensors([("X", "TYPE_INT64", [-1])], [("Y", "TYPE_INT64", [-1])])
        with_model(folder, onnx_folder, name, config)
    with_model(folder, onnx_folder, "external")
    with_model(folder, onnx_folder, "scalar")
    with_model(folder, onnx_folder, "renamed", 'default_model_filename: "other.onnx"')
    delay = "max_batch_size: 8 dynamic_batching { max_queue_delay_microseconds: 100000 }"
    with_model(folder, onnx_folder, "add", delay, "instance_group { count: 2 kind: KIND_CPU }")
    with_model(folder, onnx_folder, "gather", delay)
    with_model(
        folder,
        onnx_folder,
        "optional",
        'input { name: "X" data_type: TYPE_FP32 dims: [ -1 ] }',
        'input { name: "SCALE" data_type: TYPE_FP32 dims: [ 1 ] optional: true }',
        'output { name: "Y" data_type: TYPE_FP32 dims: [ -1 ] }',
    )
    with_model(
        folder,
        onnx_folder,
        "tuned",
        "optimization { graph { level: -1 } }",
        source="matmul",
        parameters={
            "intra_op_thread_count": "1",
            "execution_mode": "1",
            "inter_op_thread_count": "2",
            "enable_mem_arena": "0",
            "enable_mem_pattern": "false",
            "memory.enable_memory_arena_shrinkage": "",
            "session.intra_op.allow_spinning": "0",
            "share_session_between_instances": "false",
        },
    )
    with Server(model_repository=folder, log_error=True) as running:
        yield running


def infer(server: Server, name: str, outputs: list[str] | None = None, **inputs: Any) -> Any:
    more = {} if outputs is None else {"outputs": outputs}
    return server.model(name).infer(inputs=inputs, **more).result(timeout=30)


@pytest.mark.parametrize("name", sorted(NUMPY))
@pytest.mark.parametrize("shape", [(1, 3), (2, 0), (4, 1)])
def test_every_numeric_type(server: Server, name: str, shape: tuple[int, int]) -> None:
    values = np.random.default_rng(7).integers(0, 100, shape).astype(NUMPY[name])
    output = infer(server, f"copy_{name.lower()}", INPUT0=values)["OUTPUT0"].numpy()
    assert output.dtype == values.dtype
    assert output.shape == shape
    assert np.array_equal(output, values)


def test_bf16(server: Server) -> None:
    bits = np.array([[0x3F80, 0xC000]], np.uint16)
    output = infer(server, "copy_bf16", INPUT0=Tensor.from_numpy(bits, "BF16"))["OUTPUT0"]
    assert output.numpy().view(np.uint16).tolist() == bits.tolist()


def test_strings(server: Server) -> None:
    values = np.array([[b"", b"a\0b", "é".encode()], [b"\xff\xfe", b"x" * 70000, b"y"]], object)
    output = infer(server, "copy_string", INPUT0=values)["OUTPUT0"]
    assert output.to_bytes_array().tolist() == values.tolist()


def test_auto_complete(server: Server) -> None:
    config = server.model("matmul").config()
    assert config["max_batch_size"] == 4
    assert "dynamic_batching" in config
    [entry] = config["input"]
    assert (entry["name"], entry["data_type"], entry["dims"]) == ("X", "TYPE_FP32", [16])
    fixed = server.model("fixed_batch").config()
    assert fixed["max_batch_size"] == 0 and fixed["input"][0]["dims"] == [2, 3]


def test_outputs_that_are_no_tensors_are_left_out(server: Server) -> None:
    assert [o["name"] for o in server.model("sequence").config()["output"]] == ["Y"]
    assert infer(server, "sequence", X=np.ones((1,), np.float32))["Y"].tolist() == [1.0]


def test_requested_outputs(server: Server) -> None:
    a, b = np.ones((2, 3), np.float32), np.full((2, 3), 2, np.float32)
    both = infer(server, "add_unnamed", A=a, B=b)
    assert sorted(both.outputs) == ["DIFF", "SUM"]
    one = infer(server, "add_unnamed", outputs=["DIFF"], A=a, B=b)
    assert list(one.outputs) == ["DIFF"]
    assert one["DIFF"].tolist() == (a - b).tolist()


def test_matmul(server: Server) -> None:
    x = np.random.default_rng(1).random((3, 16), np.float32)
    w = np.add.outer(np.arange(16), np.arange(4)).astype(np.float32)
    for name in ("matmul", "tuned"):
        assert np.allclose(infer(server, name, X=x)["Y"].numpy(), x @ w, rtol=1e-5)


def test_external_data_and_other_file_names(server: Server) -> None:
    x = np.ones((1, 64), np.float32)
    w = np.add.outer(np.arange(64), np.arange(64)).astype(np.float32)
    assert np.allclose(infer(server, "external", X=x)["Y"].numpy(), x @ w)
    a = np.ones((1, 3), np.float32)
    assert infer(server, "renamed", A=a, B=a)["SUM"].tolist() == [[2.0] * 3]


def test_optional_input(server: Server) -> None:
    x = np.arange(3, dtype=np.float32)
    assert infer(server, "optional", X=x)["Y"].tolist() == [0.0, 2.0, 4.0]
    scale = np.array([10], np.float32)
    assert infer(server, "optional", X=x, SCALE=scale)["Y"].tolist() == [0.0, 10.0, 20.0]


def test_scalar(server: Server) -> None:
    output = infer(server, "scalar", X=np.array([41], np.float32))["Y"].numpy()
    assert output.shape == (1,) and output.tolist() == [42.0]


@pytest.mark.parametrize("name", ["nonzero", "wrong_shape"])
def test_shapes_that_are_known_after_the_run(server: Server, name: str) -> None:
    for values in ([1, 0, 2], [0, 0], [5]):
        output = infer(server, name, X=np.array(values, np.int64))["Y"].numpy()
        assert output.tolist() == [v for v in values if v != 0]


def test_batches_keep_requests_apart(server: Server) -> None:
    add = server.model("add")

    def executions() -> int:
        return int(add.statistics()["model_stats"][0]["execution_count"])

    before = executions()
    requests = [
        (np.full((k % 3 + 1, 3), k, np.float32), np.full((k % 3 + 1, 3), 100 * k, np.float32))
        for k in range(12)
    ]
    names = [["SUM"], ["DIFF"], ["SUM", "DIFF"]]
    iterators = [
        add.infer(inputs={"A": a, "B": b}, outputs=names[k % 3])
        for k, (a, b) in enumerate(requests)
    ]
    for k, ((a, b), iterator) in enumerate(zip(requests, iterators, strict=True)):
        response = iterator.result(timeout=30)
        assert sorted(response.outputs) == sorted(names[k % 3])
        for name, expected in (("SUM", a + b), ("DIFF", a - b)):
            if name in response.outputs:
                assert response[name].tolist() == expected.tolist()
    assert executions() - before < 12


def test_a_value_the_model_cannot_digest_fails_alone(server: Server) -> None:
    gather = server.model("gather")
    iterators = [gather.infer(inputs={"X": np.array([[k]], np.int64)}) for k in (1, 99, 3)]
    assert iterators[0].result(timeout=30)["Y"].tolist() == [[[2.0, 3.0]]]
    with pytest.raises(TritonError, match="onnx runtime error"):
        iterators[1].result(timeout=30)
    assert iterators[2].result(timeout=30)["Y"].tolist() == [[[6.0, 7.0]]]


def test_threads_share_a_session(server: Server) -> None:
    failures: list[BaseException] = []

    def work(k: int) -> None:
        try:
            for _ in range(20):
                a = np.full((1, 3), k, np.float32)
                assert infer(server, "add", A=a, B=a)["SUM"].tolist() == [[2.0 * k] * 3]
        except BaseException as error:  # noqa: BLE001  told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures[0]


def test_output_is_written_in_place_or_copied_right(server: Server) -> None:
    # An odd address can't be read in place.
    raw = np.zeros(4 * 6 + 1, np.uint8)
    a = np.ndarray((2, 3), np.float32, raw.data, offset=1)
    a[...] = np.arange(6).reshape(2, 3)
    assert infer(server, "add_unnamed", A=a, B=a)["SUM"].tolist() == (a + a).tolist()


def test_wrong_requests(server: Server) -> None:
    with pytest.raises(InvalidArgumentError):
        infer(server, "add", A=np.ones((1, 4), np.float32), B=np.ones((1, 4), np.float32))
    with pytest.raises(TritonError):
        infer(server, "add", A=np.ones((1, 3), np.float32), B=np.ones((2, 3), np.float32))


FP32 = "TYPE_FP32"
LOAD_ERRORS = {
    "wrong_name": (
        "add",
        [tensors([("A", FP32, [-1, 3]), ("Z", FP32, [-1, 3])], [("SUM", FP32, [-1, 3])])],
        {},
        "unexpected inference input 'Z', allowed inputs are: A, B",
    ),
    "wrong_output": (
        "matmul",
        [tensors([("X", FP32, [-1, 16])], [("Z", FP32, [-1, 4])])],
        {},
        "unexpected inference output 'Z', allowed outputs are: Y",
    ),
    "wrong_type": (
        "matmul",
        [tensors([("X", "TYPE_INT32", [-1, 16])], [("Y", FP32, [-1, 4])])],
        {},
        "configuration expects datatype TYPE_INT32 for input 'X', model provides TYPE_FP32",
    ),
    "wrong_dims": (
        "matmul",
        [tensors([("X", FP32, [15])], [("Y", FP32, [4])]), "max_batch_size: 2"],
        {},
        "making complete shape [-1,15]",
    ),
    "missing_input": (
        "add",
        [tensors([("A", FP32, [-1, 3])], [("SUM", FP32, [-1, 3])])],
        {},
        "configuration expects 1 inputs, model provides 2",
    ),
    "no_batching": ("fixed_batch", ["max_batch_size: 4"], {}, "does not support batching"),
    "broken": ("broken", [], {}, "unable to load model 'broken'"),
    "bad_parameter": ("matmul", [], {"execution_mode": "7"}, "execution_mode"),
    "escape": ("matmul", ['default_model_filename: "../x"'], {}, "x"),
    "accelerator": (
        "matmul",
        [
            'optimization { execution_accelerators { cpu_execution_accelerator { name: "abacus" } } }'
        ],
        {},
        "unknown Execution Accelerator 'abacus' is requested",
    ),
}


def test_models_that_do_not_load(tmp_path: Path, onnx_folder: Path, onnxruntime_path: str) -> None:
    for name, (source, config, parameters, _) in LOAD_ERRORS.items():
        with_model(tmp_path, onnx_folder, name, *config, source=source, parameters=parameters)
    with_model(tmp_path, onnx_folder, "matmul")
    with Server(model_repository=tmp_path, exit_on_error=False, strict_readiness=False) as server:
        assert server.model("matmul").ready()
        reasons = {m["name"]: m.get("reason", "") for m in server.native.model_index()}
        for name, (*_, expected) in LOAD_ERRORS.items():
            assert expected in reasons[name], (name, reasons[name])


def test_a_library_that_is_not_there(tmp_path: Path, onnx_folder: Path) -> None:
    with_model(tmp_path, onnx_folder, "matmul")
    settings = {"onnxruntime": {"library": "/nowhere/libonnxruntime.so"}}
    with Server(
        model_repository=tmp_path, exit_on_error=False, backend_configuration=settings
    ) as server:
        [entry] = server.native.model_index()
        assert "pip install onnxruntime" in entry["reason"]


def test_profile(tmp_path: Path, onnx_folder: Path, onnxruntime_path: str) -> None:
    prefix = tmp_path / "profile"
    repository = tmp_path / "models"
    with_model(repository, onnx_folder, "matmul", parameters={"enable_profiling": str(prefix)})
    with Server(model_repository=repository) as server:
        infer(server, "matmul", X=np.ones((1, 16), np.float32))
    [profile] = tmp_path.glob("profile*.json")
    assert "MatMul" in profile.read_text()


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps memory of its own")
def test_memory_stays_flat(server: Server) -> None:
    def resident() -> int:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    a = np.ones((2, 3), np.float32)
    strings = np.array([[b"x" * 100] * 20], object)

    def work(rounds: int) -> None:
        for _ in range(rounds):
            infer(server, "add_unnamed", A=a, B=a)
            infer(server, "copy_string", INPUT0=strings)

    work(300)
    before = resident()
    work(1500)
    # kB; a leak of one output or response per request would be several times this.
    assert resident() - before < 2048


def test_a_folder_without_a_configuration(
    tmp_path: Path, onnx_folder: Path, onnxruntime_path: str
) -> None:
    shutil.copytree(onnx_folder / "matmul", tmp_path / "bare")
    with Server(model_repository=tmp_path) as server:
        config = server.model("bare").config()
        assert (config["backend"], config["max_batch_size"]) == ("onnxruntime", 4)
        assert infer(server, "bare", X=np.zeros((1, 16), np.float32))["Y"].tolist() == [[0.0] * 4]


def test_default_max_batch_size(tmp_path: Path, onnx_folder: Path, onnxruntime_path: str) -> None:
    with_model(tmp_path, onnx_folder, "matmul")
    settings = {"onnxruntime": {"default-max-batch-size": "0"}}
    with Server(model_repository=tmp_path, backend_configuration=settings) as server:
        config = server.model("matmul").config()
        assert config["max_batch_size"] == 0 and config["input"][0]["dims"] == [-1, 16]
        x = np.zeros((3, 16), np.float32)
        assert infer(server, "matmul", X=x)["Y"].numpy().shape == (3, 4)
