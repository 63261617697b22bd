# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The time of each kernel of the data plane, by pytest-benchmark; and that its result is right.

Quick by default. For numbers to compare:

    pytest tests/benchmarks/test_kernel_times.py --benchmark-min-rounds=200 --benchmark-json=A.json
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from triton_py.benchmarks.kernels import KERNELS
from triton_py.benchmarks.load import bodies
from triton_py.benchmarks.scenarios import tensors


def raw(count):
    return bodies.raw(tensors([f"INPUT0:FP32:{count}"])[0])


def http_parse(made):
    [request] = made
    assert request["target"] == "/v2/models/m/infer" and request["body"].endswith(raw(16))


def json_read(count):
    def check(made):
        [tensor] = made["inputs"]
        assert (tensor["name"], tensor["data"]) == ("INPUT0", raw(count))

    return check


def json_write(made):
    assert np.array(json.loads(made), "<f4").tobytes() == raw(1024)


def grpc_decode(count):
    def check(made):
        assert made.name == "m"
        names = [tensor["name"] for tensor in made.describe()["inputs"]]
        assert names == [f"INPUT{i}" for i in range(count)]

    return check


def grpc_typed(made):
    assert made == bodies.raw(tensors(["INPUT0:INT64:1024"])[0])


def grpc_encode(made):
    from triton_py.proto import grpc_service as pb

    answer = pb.ModelInferResponse.FromString(made)
    assert (answer.model_name, answer.outputs[0].name) == ("m", "OUTPUT0")
    assert list(answer.raw_output_contents) == [np.arange(16, dtype="<f4").tobytes()]


def batches(size, reason):
    def check(made):
        # 8 wait out their delay; of 128 the first 32 are a whole batch.
        assert (made["count"], made["reason"]) == (size, reason)

    return check


CHECKS = {
    "http-parse": http_parse, "json-read-16": json_read(16), "json-read-1024": json_read(1024),
    "json-write-1024": json_write, "grpc-decode": grpc_decode(1),
    "grpc-decode-64-inputs": grpc_decode(64), "grpc-typed-1024": grpc_typed,
    "grpc-encode": grpc_encode, "batch-8": batches(0, None),
    "batch-128": batches(32, "full"),
}


def test_each_kernel_has_a_check():
    assert set(CHECKS) == set(KERNELS)


@pytest.mark.benchmark(min_rounds=5, max_time=0.05, warmup=False)
@pytest.mark.parametrize("name", KERNELS)
def test_kernel(benchmark, name):
    kernel = KERNELS[name]()
    CHECKS[name](kernel())
    CHECKS[name](benchmark(kernel))
