# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Instance groups on a machine with GPUs: where the identity backend's instances go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from backend_support import model, tensors
from cuda_calls import Runtime

from triton_py import Server

pytestmark = pytest.mark.gpu

VECTOR = tensors([("INPUT0", "TYPE_FP32", [-1])], [("OUTPUT0", "TYPE_FP32", [-1])])

#: Name of the model -> its instance group.
GROUPS = {
    "gpu": "instance_group { kind: KIND_GPU }",
    "first": "instance_group { kind: KIND_GPU gpus: [ 0 ] count: 2 }",
    "auto": "instance_group { kind: KIND_AUTO }",
    "nowhere": "instance_group { kind: KIND_AUTO gpus: [ 99 ] }",
    "cpu": "instance_group { kind: KIND_CPU }",
    "none": "",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, runtime: Runtime) -> Path:
    folder = tmp_path_factory.mktemp("gpu_instances")
    for name, group in GROUPS.items():
        model(folder, name, "identity", VECTOR, group)
    return folder


@pytest.fixture(scope="module")
def server(repository: Path) -> Iterator[Server]:
    with Server(model_repository=repository, model_control_mode="explicit",
                startup_models=[name for name in GROUPS if name != "nowhere"],
                log_error=True) as running:
        yield running


@pytest.mark.parametrize("name", ["gpu", "auto", "none"])
def test_one_instance_on_each_device(server: Server, runtime: Runtime, name: str) -> None:
    [group] = server.model(name).config()["instance_group"]
    assert (group["kind"], group["count"]) == ("KIND_GPU", 1)
    assert group["gpus"] == list(range(runtime.devices))


def test_the_devices_and_the_count_that_are_asked_for(server: Server) -> None:
    [group] = server.model("first").config()["instance_group"]
    assert (group["kind"], group["count"], group["gpus"]) == ("KIND_GPU", 2, [0])


def test_the_cpu_where_it_is_asked_for(server: Server) -> None:
    [group] = server.model("cpu").config()["instance_group"]
    assert group["kind"] == "KIND_CPU" and not group.get("gpus")


def test_a_device_that_is_not_there(server: Server) -> None:
    """KIND_AUTO with it becomes the CPU's, which has no devices to list."""
    with pytest.raises(Exception, match="nowhere.*KIND_CPU but specifies one or more GPUs"):
        server.load("nowhere")


@pytest.mark.parametrize("name", ["gpu", "first", "auto", "none", "cpu"])
def test_outputs_equal_inputs(server: Server, name: str) -> None:
    arrays = [np.full(1000, k, np.float32) for k in range(20)]
    iterators = [server.model(name).infer(inputs={"INPUT0": array}) for array in arrays]
    for array, iterator in zip(arrays, iterators, strict=True):
        assert np.array_equal(iterator.result(timeout=30)["OUTPUT0"].numpy(), array)


CPU_ONLY = """
import json, sys
import triton_py
from triton_py.core import cuda
names = ["auto", "none", "cpu"]
with triton_py.Server(model_repository=sys.argv[1], model_control_mode="explicit",
                      startup_models=names) as server:
    kinds = {name: server.model(name).config()["instance_group"][0]["kind"] for name in names}
    try:
        server.load("gpu")
        refusal = None
    except triton_py.TritonError as error:
        refusal = str(error)
print(json.dumps([cuda.load(), kinds, refusal]))
"""


def test_cpu_only(repository: Path) -> None:
    """TRITON_SERVER_CPU_ONLY: as on a machine without a GPU. In a process of its own, because CUDA
    is looked for once."""
    done = subprocess.run(
        [sys.executable, "-c", CPU_ONLY, str(repository)], check=False, capture_output=True,
        text=True, timeout=100, env={**os.environ, "TRITON_SERVER_CPU_ONLY": "1"})
    assert done.returncode == 0, done.stderr
    devices, kinds, refusal = json.loads(done.stdout.splitlines()[-1])
    assert devices == 0
    assert kinds == {"auto": "KIND_CPU", "none": "KIND_CPU", "cpu": "KIND_CPU"}
    assert "has kind KIND_GPU but no GPUs are available" in refusal
