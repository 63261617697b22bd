# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The onnxruntime backend on a machine with GPUs, with a package that has CUDA and one that hasn't."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from backend_support import model
from cuda_calls import Runtime

from triton_py import Server, TritonError
from triton_py.backends.onnxruntime_library import find

pytestmark = pytest.mark.gpu

INNER, OUTER = 16, 4


@pytest.fixture(scope="module")
def has_cuda() -> bool:
    """Whether the installed ONNX Runtime has the CUDA execution provider. Asked in another process:
    importing the package would load a second copy of the library."""
    if find() is None:
        pytest.skip("not run: a GPU, but no package onnxruntime, 1.19 or later")
    code = "import onnxruntime; print(*onnxruntime.get_available_providers())"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True,
                          timeout=100)
    assert done.returncode == 0, done.stderr
    return "CUDAExecutionProvider" in done.stdout.split()


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, runtime: Runtime, has_cuda: bool
) -> Iterator[Server]:
    onnx_models = pytest.importorskip(
        "onnx_models", reason="not run: a GPU, but the package onnx isn't installed")
    made = onnx_models.write(tmp_path_factory.mktemp("gpu_onnx_files"))
    folder = tmp_path_factory.mktemp("gpu_onnx_models")
    for name, group in (("none", ""), ("cpu", "instance_group { kind: KIND_CPU }"),
                        ("gpu", "instance_group { kind: KIND_GPU gpus: [ 0 ] }")):
        versions = model(folder, name, "onnxruntime", group)
        shutil.copytree(Path(made) / "matmul" / "1", versions / "1", dirs_exist_ok=True)
    with Server(model_repository=folder, model_control_mode="explicit",
                startup_models=["none", "cpu"], log_error=True) as running:
        yield running


def check(server: Server, name: str, runtime: Runtime) -> None:
    """The product is right for an input in CPU memory, and for one in the GPU's."""
    rows = np.arange(3 * INNER, dtype=np.float32).reshape(3, INNER)
    weights = np.add.outer(np.arange(INNER), np.arange(OUTER)).astype(np.float32)
    for value in (rows, runtime.to_gpu(rows)):
        output = server.model(name).infer(inputs={"X": value}).result(timeout=60)["Y"]
        np.testing.assert_allclose(output.numpy(), rows @ weights, rtol=1e-3)


def test_on_the_cpu(server: Server, runtime: Runtime) -> None:
    check(server, "cpu", runtime)


def test_without_an_instance_group(server: Server, runtime: Runtime, has_cuda: bool) -> None:
    """It goes to the GPU only if the library can follow."""
    [group] = server.model("none").config()["instance_group"]
    assert group["kind"] == ("KIND_GPU" if has_cuda else "KIND_CPU")
    check(server, "none", runtime)


def test_on_the_gpu(server: Server, runtime: Runtime, has_cuda: bool) -> None:
    if not has_cuda:
        with pytest.raises(TritonError, match="a KIND_GPU instance needs the CUDAExecutionProvider"):
            server.load("gpu")
        return
    server.load("gpu")
    check(server, "gpu", runtime)
