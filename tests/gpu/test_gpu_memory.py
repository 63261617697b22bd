# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA runtime is found, and backends get memory of every type from the memory manager."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import backend_builder
import numpy as np
import pytest
from backend_support import model, tensors
from cuda_calls import Runtime
from strict_page import read

import triton_py.core  # noqa: F401  its modules are found in the library that it loads
from triton_py import Server, UnavailableError
from triton_py.conformance.cuda import devices
from triton_py.core import cuda

pytestmark = pytest.mark.gpu

VECTOR = tensors([("INPUT0", "TYPE_FP32", [-1])], [("OUTPUT0", "TYPE_FP32", [-1])])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, runtime: Runtime) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gpu_memory")
    built = backend_builder.build("memory", folder / "backends")
    for name, kind in (("gpu", "KIND_GPU"), ("cpu", "KIND_CPU")):
        model(folder / "models", name, "memory", VECTOR, f"instance_group {{ kind: {kind} }}")
    with Server(model_repository=folder / "models", backend_directory=built.parent.parent,
                log_error=True) as running:
        yield running


def test_the_runtime_counts_the_drivers_devices(runtime: Runtime) -> None:
    assert cuda.load() == devices() == runtime.devices


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("name", ["gpu", "cpu"])
@pytest.mark.parametrize("count", [0, 1, 100_000])
def test_through_memory_of_every_type(server: Server, name: str, count: int) -> None:
    data = np.arange(count, dtype=np.float32)
    response = server.model(name).infer(inputs={"INPUT0": data}).result(timeout=30)
    assert np.array_equal(response["OUTPUT0"].numpy(), data)


@pytest.mark.usefixtures("nothing_left")
def test_each_instance_runs_on_its_device(server: Server, runtime: Runtime) -> None:
    """One instance for each device; the device is the current one in the instance's thread, so what
    a backend does without a word about devices happens there."""
    model_ = server.model("gpu")
    [group] = model_.config()["instance_group"]
    assert group["kind"] == "KIND_GPU" and group["gpus"] == list(range(runtime.devices))
    # Whichever instance is free takes a request, so it may take some until each has had one.
    seen = set()
    for _ in range(200):
        iterators = [
            model_.infer(inputs={"INPUT0": np.ones(50_000, np.float32)}) for _ in range(8)
        ]
        for iterator in iterators:
            parameters = iterator.result(timeout=30).parameters
            assert parameters["kind"] == "GPU" and parameters["current"] == parameters["device"]
            seen.add(parameters["device"])
        if len(seen) == runtime.devices:
            break
    assert seen == set(range(runtime.devices))


def test_a_cpu_instance_stays_one(server: Server) -> None:
    response = server.model("cpu").infer(inputs={"INPUT0": [1.0]}).result(timeout=30)
    assert response.parameters["kind"] == "CPU" and response.parameters["device"] == 0


@pytest.mark.usefixtures("nothing_left")
def test_more_than_there_is(server: Server) -> None:
    """An error with the size and the runtime's words; the device works on."""
    much = 1 << 50
    with pytest.raises(UnavailableError, match=f"failed to allocate {much} bytes of GPU memory: "
                                               "out of memory"):
        server.model("gpu").infer(
            inputs={"INPUT0": [1.0]}, parameters={"want_gpu": much}).result(timeout=30)
    response = server.model("gpu").infer(
        inputs={"INPUT0": [1.0]}, parameters={"want_gpu": 1 << 20}).result(timeout=30)
    assert response["OUTPUT0"].tolist() == [1.0]


def pinned(server: Server) -> dict[str, float]:
    """Bytes of the pinned memory pool: ``total`` and ``used``."""
    shown = read(server.metrics())
    return {what: shown[f"nv_pinned_memory_pool_{what}_bytes"].value() for what in ("total", "used")}


@pytest.mark.usefixtures("nothing_left")
def test_the_pinned_memory_pool_is_a_limit(
    server: Server, tmp_path: Path, runtime: Runtime
) -> None:
    """Of all servers of the process together: what one more brings is gone with it."""
    before = pinned(server)
    assert before["used"] == 0
    folder = Path(server.options.repositories()[0])
    with Server(model_repository=folder, backend_directory=folder.parent / "backends",
                pinned_memory_pool_size=1 << 20) as other:
        assert pinned(other) == {"total": before["total"] + (1 << 20), "used": 0}
    assert pinned(server) == before
    much = int(before["total"] // 4 // 2)  # of floats: the way holds two buffers at a time
    data = np.zeros(much + 1, np.float32)
    with pytest.raises(UnavailableError, match=f"failed to allocate {data.nbytes} bytes of pinned "
                                               "memory: the pinned memory pool has not that much"):
        server.model("cpu").infer(inputs={"INPUT0": data}).result(timeout=30)
    response = server.model("cpu").infer(inputs={"INPUT0": data[:-1]}).result(timeout=30)
    assert response["OUTPUT0"].numpy().nbytes == data.nbytes - 4
    assert pinned(server) == before
