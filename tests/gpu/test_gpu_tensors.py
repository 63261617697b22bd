# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Inputs that lie in GPU memory; outputs are in CPU memory, and asking for others is refused."""

from __future__ import annotations

import gc
import importlib
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from backend_support import model, tensors
from cuda_calls import Runtime

from triton_py import InvalidArgumentError, MemoryType, Server, Tensor, UnsupportedError

pytestmark = pytest.mark.gpu

VECTOR = tensors([("INPUT0", "TYPE_FP32", [-1])], [("OUTPUT0", "TYPE_FP32", [-1])])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, runtime: Runtime) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gpu_tensors")
    for name, kind in (("gpu", "KIND_GPU"), ("cpu", "KIND_CPU")):
        model(folder, name, "identity", VECTOR, f"instance_group {{ kind: {kind} }}")
    with Server(model_repository=folder, log_error=True) as running:
        yield running


class Foreign:
    """A tensor of another library's: nothing but DLPack shows what it is."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        self.streams: list[Any] = []

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._tensor.__dlpack_device__()

    def __dlpack__(self, **arguments: Any) -> Any:
        self.streams.append(arguments.get("stream"))
        return self._tensor.__dlpack__(**arguments)


def package(name: str) -> Any:
    """torch or cupy, if it can use the GPU that is there."""
    try:
        module = importlib.import_module(name)
    except ImportError:
        pytest.skip(f"not run: a GPU, but {name} isn't installed")
    if not module.cuda.is_available():
        pytest.skip(f"not run: a GPU, but {name} can't use it")
    return module


@pytest.fixture(params=["tensor", "dlpack", "torch", "cupy"])
def to_gpu(request: pytest.FixtureRequest, runtime: Runtime) -> Callable[[np.ndarray], Any]:
    """Copies an array to device 0, as an object of one library or another."""
    if request.param == "torch":
        torch = package("torch")
        return lambda array: torch.from_numpy(array).to("cuda:0")
    if request.param == "cupy":
        return package("cupy").asarray
    if request.param == "dlpack":
        return lambda array: Foreign(runtime.to_gpu(array))
    return runtime.to_gpu


@pytest.mark.parametrize("name", ["gpu", "cpu"])
def test_an_input_in_gpu_memory(server: Server, name: str, to_gpu: Callable[..., Any]) -> None:
    array = np.arange(1000, dtype=np.float32)
    there = to_gpu(array)
    for _ in range(3):
        response = server.model(name).infer(inputs={"INPUT0": there}).result(timeout=30)
        output = response["OUTPUT0"]
        assert output.memory_type == MemoryType.CPU
        assert np.array_equal(output.numpy(), array)


def test_the_producer_gets_ready_for_the_default_stream(server: Server, runtime: Runtime) -> None:
    foreign = Foreign(runtime.to_gpu(np.ones(4, np.float32)))
    server.model("gpu").infer(inputs={"INPUT0": foreign}).result(timeout=30)
    assert foreign.streams and set(foreign.streams) == {1}


def test_the_memory_is_kept_until_the_answer_and_no_longer(
    server: Server, runtime: Runtime
) -> None:
    tensor = runtime.to_gpu(np.ones(4, np.float32))
    memory = weakref.ref(tensor.memory_buffer.owner)
    iterator = server.model("gpu").infer(
        inputs={"INPUT0": tensor}, parameters={"delay_ms": 100})
    del tensor
    gc.collect()
    assert memory() is not None
    assert iterator.result(timeout=30)["OUTPUT0"].tolist() == [1.0] * 4
    del iterator
    gc.collect()
    assert memory() is None


def test_what_is_in_gpu_memory_shows_no_cpu_address(runtime: Runtime) -> None:
    tensor = runtime.to_gpu(np.ones(4, np.float32))
    with pytest.raises(UnsupportedError, match="GPU"):
        tensor.numpy()
    with pytest.raises(UnsupportedError, match="GPU"):
        tensor.to_host()


def test_an_output_in_gpu_memory_is_refused(server: Server) -> None:
    with pytest.raises(InvalidArgumentError, match="outputs are CPU memory"):
        server.model("gpu").infer(inputs={"INPUT0": [1.0]}, output_memory_type="gpu")
