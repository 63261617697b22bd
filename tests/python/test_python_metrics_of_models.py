# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Metrics that a model has of its own, from its start to the end of its process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from python_support import add_model, tensors

from triton_py import Server, TritonError

pytestmark = pytest.mark.usefixtures("isolation")

CONFIG = tensors("input", "IN FP32 -1") + tensors("output", "OUT FP32 -1")
MODEL = """
def initialize(self, args):
    self.counts = pb_utils.MetricFamily(name="my_requests", description="so many", kind=pb_utils.MetricFamily.COUNTER)
    self.count = self.counts.Metric(labels={"model": "m"})
    self.levels = pb_utils.MetricFamily("my_level", "how high", pb_utils.MetricFamily.GAUGE)
    self.level = self.levels.Metric()
    self.times = pb_utils.MetricFamily("my_times", "how long", pb_utils.MetricFamily.HISTOGRAM)
    self.time = self.times.Metric(labels={"a": "b"}, buckets=[0.1, 1.0, 10.0])

def execute(self, requests):
    answers = []
    for request in requests:
        value = float(request.inputs()[0].as_numpy()[0])
        if value == 13:
            import os
            os._exit(1)
        self.count.increment(2)
        self.level.set(value)
        self.level.increment(-1)
        self.time.observe(value)
        if value < 0:
            self.count.increment(value)
        seen = np.array([self.count.value(), self.level.value()], np.float32)
        answers.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", seen)]))
    return answers
"""


def ask(server: Server, value: float) -> list[float]:
    (response,) = server.model("m").infer(inputs={"IN": np.array([value], np.float32)})
    return response["OUT"].numpy().tolist()


def mine(server: Server) -> set[str]:
    return {line for line in server.metrics().splitlines() if line.startswith("my_")}


def test_they_are_on_the_page(tmp_path: Path) -> None:
    add_model(tmp_path, "m", MODEL, CONFIG)
    with Server(model_repository=tmp_path) as server:
        assert ask(server, 5) == [2, 4]
        assert ask(server, 0.5) == [4, -0.5]
        page = mine(server)
        assert 'my_requests{model="m"} 4' in page
        assert "my_level -0.5" in page
        assert {line for line in page if line.startswith("my_times_bucket")} == {
            'my_times_bucket{a="b",le="0.1"} 0', 'my_times_bucket{a="b",le="1"} 1',
            'my_times_bucket{a="b",le="10"} 2', 'my_times_bucket{a="b",le="+Inf"} 2'}
        with pytest.raises(TritonError, match="TritonModelException"):
            ask(server, -1)
    with Server(model_repository=tmp_path) as server:
        assert ask(server, 5) == [2, 4]


@pytest.mark.of_processes
def test_those_of_a_process_that_died_go_with_it(tmp_path: Path) -> None:
    add_model(tmp_path, "m", MODEL, CONFIG)
    with Server(model_repository=tmp_path) as server:
        assert ask(server, 5) == [2, 4]
        with pytest.raises(TritonError, match="ended with status 1"):
            ask(server, 13)
        assert ask(server, 1) == [2, 0]
