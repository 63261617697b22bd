# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``--metrics-config``: histograms and summaries of a running server hold what was done."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
from serving import ServerProcess, add_model, identity_config, parameter
from strict_page import Read, read
from tritonclient.utils import InferenceServerException

BATCHING = "dynamic_batching { preferred_batch_size: [4] max_queue_delay_microseconds: 20000000 }\n"
OWN_BUCKETS = """
model_metrics { metric_control {
  metric_identifier { family: "nv_inference_first_response_histogram_ms" }
  histogram_options { buckets: [ 0.001, 60000 ] }
} }
"""
HISTOGRAMS = ("request", "queue", "compute_input", "compute_infer", "compute_output")
FIRST = "nv_inference_first_response_histogram_ms"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    repository = Path(tmp_path_factory.mktemp("measured"))
    one = "instance_group { kind: KIND_CPU }\n"
    add_model(repository, "slow", identity_config(
        ["INT32"], "-1", 0, parameter("execute_delay_ms", 120) + one))
    add_model(repository, "batched", identity_config(
        ["INT32"], "-1", 8, BATCHING + OWN_BUCKETS + one))
    with ServerProcess(
        repository, "--metrics-config=histogram_latencies=true",
        "--metrics-config=summary_latencies=true",
        "--metrics-config=summary_quantiles=0.5:0.05,1:0",
    ) as server:
        yield server
        assert server.stop() == 0, server.output()[-4000:]


def scrape(server: ServerProcess) -> dict[str, Read]:
    with urllib.request.urlopen(f"http://{server.metrics}/metrics", timeout=20) as answer:
        return read(answer.read().decode())


def tensor(*shape: int) -> list[Any]:
    made = tritonclient.grpc.InferInput("INPUT0", shape, "INT32")
    made.set_data_from_numpy(np.zeros(shape, np.int32))
    return [made]


def test_histograms_and_summaries_add_up(measured: ServerProcess) -> None:
    labels = {"model": "slow", "version": "1"}
    with tritonclient.grpc.InferenceServerClient(measured.grpc) as client:
        for _ in range(3):
            client.infer("slow", tensor(2))
        with pytest.raises(InferenceServerException, match="on purpose"):
            client.infer("slow", tensor(2), parameters={"error": "on purpose"})
        stats = client.get_inference_statistics("slow", as_json=True)["model_stats"][0]
    shown = scrape(measured)
    for part in HISTOGRAMS:
        key = "success" if part == "request" else part
        microseconds = int(stats["inference_stats"][key]["ns"]) / 1000
        histogram = shown[f"triton_py_{part}_histogram_us"]
        summary = shown[f"nv_inference_{part}_summary_us"]
        assert histogram.value("_count", **labels) == summary.value("_count", **labels) == 3
        assert histogram.value("_sum", **labels) == pytest.approx(microseconds, rel=1e-9)
        # Whole microseconds, as Triton counts them.
        assert summary.value("_sum", **labels) == pytest.approx(microseconds, abs=3)
    # The delay is the backend's, at 120 ms.
    times = shown["triton_py_request_histogram_us"]
    assert times.value("_bucket", **labels, le="100000") == 0
    assert times.value("_bucket", **labels, le="10000000") == 3
    median = shown["nv_inference_request_summary_us"].value(**labels, quantile="0.5")
    longest = shown["nv_inference_request_summary_us"].value(**labels, quantile="1")
    assert 119_000 < median <= longest < 10_000_000
    # The error is a first response, too; it came at once.
    first = shown[FIRST]
    assert first.value("_count", **labels) == 4
    assert first.value("_bucket", **labels, le="100") == 1
    assert 3 * 119 < first.value("_sum", **labels) < 10_000


def test_sizes_of_batches_and_a_models_own_buckets(measured: ServerProcess) -> None:
    labels = {"model": "batched", "version": "1"}
    with tritonclient.grpc.InferenceServerClient(measured.grpc) as client:
        # Closed at once each: by four inferences, whether they come in one request or in two.
        answers: list[Any] = []
        for size in (1, 3):
            client.async_infer("batched", tensor(size, 2),
                               callback=lambda result, error: answers.append(error))
        deadline = time.monotonic() + 15
        while len(answers) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert answers == [None, None]
        client.infer("batched", tensor(4, 2))
    shown = scrape(measured)
    sizes = shown["triton_py_batch_size_histogram"]
    closed = shown["triton_py_batch_closed"]
    assert sizes.value("_count", **labels) == sum(
        value for (_, given), value in closed.samples.items() if ("model", "batched") in given)
    assert sizes.value("_sum", **labels) == 8
    assert sizes.value("_bucket", **labels, le="4") - sizes.value("_bucket", **labels, le="2") == 2
    bounds = [dict(given)["le"] for name, given in shown[FIRST].samples
              if name.endswith("_bucket") and ("model", "batched") in given]
    assert bounds == ["0.001", "60000", "+Inf"]
    assert shown[FIRST].value("_bucket", **labels, le="0.001") == 0
    assert shown[FIRST].value("_bucket", **labels, le="60000") == 3
