# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Backends with metrics of their own: made when they are initialized, changed while they execute."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import uvloop
from prometheus_client.parser import text_string_to_metric_families
from sequence_support import IO, model, serving
from strict_page import Read, labels, read

from triton_py import InvalidArgumentError, Server
from triton_py.http.metrics_app import MetricsServer
from triton_py.http.options import MetricsOptions

INPUT = {"INPUT": np.array([[1]], np.int32)}
ONE = "instance_group { count: 1 kind: KIND_CPU }"
BATCHING = ("max_batch_size: 8", ONE,
            "dynamic_batching { preferred_batch_size: [4] max_queue_delay_microseconds: 30000000 }")


def page(server: Server) -> dict[str, Read]:
    return read(server.metrics())


def send(server: Server, name: str, count: int = 1, **parameters: int) -> None:
    waiting = [server.model(name).infer(inputs=INPUT, parameters=parameters) for _ in range(count)]
    for iterator in waiting:
        iterator.result(timeout=30)


def test_from_initialize_to_finalize(tmp_path: Path, specimens: Callable[[str], Path]) -> None:
    model(tmp_path, "a", "metrics", IO, *BATCHING)
    model(tmp_path, "b", "metrics", IO, "max_batch_size: 8", ONE)
    with serving(
        tmp_path, specimens, "metrics", model_control_mode="explicit", startup_models=["a", "b"]
    ) as server:
        shown = page(server)
        assert {name: family.kind for name, family in shown.items() if name.startswith("spec")} == {
            "specimen_batch": "histogram", "specimen_level": "gauge",
            "specimen_requests": "counter"}
        assert shown["specimen_requests"].help == "Requests that the specimen has seen"
        assert set(shown["specimen_requests"].samples.values()) == {0}
        send(server, "a", 4, level=7)
        send(server, "b", level=-2)
        shown = page(server)
        assert shown["specimen_requests"].samples == {
            ("specimen_requests", labels(scope="backend")): 5,
            ("specimen_requests", labels(model="a")): 4,
            ("specimen_requests", labels(model="b")): 1,
        }
        assert shown["specimen_level"].value(model="a") == 7
        assert shown["specimen_level"].value(model="b") == -2
        batch = shown["specimen_batch"]
        assert [batch.value("_bucket", model="a", le=le) for le in ("1", "2", "4", "+Inf")] == [
            0, 0, 1, 1]
        assert [batch.value("_bucket", model="b", le=le) for le in ("1", "+Inf")] == [1, 1]
        assert (batch.value("_sum", model="a"), batch.value("_sum", model="b")) == (4, 1)
        # The server's own are beside them, and Prometheus' parser takes it all.
        families = {f.name for f in text_string_to_metric_families(server.metrics())}
        assert {"specimen_requests", "specimen_batch", "nv_inference_count"} <= families
        server.unload("a")
        server.model("b").infer(inputs=INPUT).result(timeout=30)
        unloaded(server, "a")
        assert set(page(server)["specimen_requests"].samples) == {
            ("specimen_requests", labels(scope="backend")),
            ("specimen_requests", labels(model="b"))}
    # `serving` has seen that no family and no metric is left.


def unloaded(server: Server, name: str) -> None:
    """Waits for ModelFinalize, which comes behind the unload."""
    deadline = time.monotonic() + 10
    while any(labels(model=name) == given
              for _, given in page(server)["specimen_requests"].samples):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_backends_make_the_same_family(
    tmp_path: Path, specimens: Callable[[str], Path]
) -> None:
    """They know nothing of each other. Both count into one family, and where the labels are the same
    into one series; it stays when one of them goes."""
    specimens("more_metrics")
    model(tmp_path, "a", "metrics", IO, "max_batch_size: 8", ONE)
    model(tmp_path, "b", "more_metrics", IO, "max_batch_size: 8", ONE)
    with serving(
        tmp_path, specimens, "metrics", model_control_mode="explicit", startup_models=["a"]
    ) as server:
        server.load("b")
        send(server, "a", 2)
        send(server, "b", 3)
        shown = page(server)["specimen_requests"]
        assert shown.help == "Requests that the specimen has seen"
        assert shown.value(scope="backend") == 5
        assert (shown.value(model="a"), shown.value(model="b")) == (2, 3)
        server.unload("a")
        unloaded(server, "a")
        send(server, "b")
        assert page(server)["specimen_requests"].value(scope="backend") == 6


def test_a_family_that_is_refused_fails_the_model(
    tmp_path: Path, specimens: Callable[[str], Path]
) -> None:
    model(tmp_path, "m", "metrics", IO, ONE, parameters={"family": "nv_model_load_duration_secs"})
    with serving(
        tmp_path, specimens, "metrics", model_control_mode="explicit"
    ) as server, pytest.raises(
        InvalidArgumentError, match="'nv_model_load_duration_secs': the server has one of that name, "
                                    "which is a gauge"
    ):
        server.load("m")


def test_over_http(tmp_path: Path, specimens: Callable[[str], Path]) -> None:
    model(tmp_path, "a", "metrics", IO, ONE)
    with serving(tmp_path, specimens, "metrics") as server:

        async def scrape() -> str:
            port = MetricsServer(server.native, MetricsOptions(port=0))
            address = await port.start()
            try:
                def get() -> str:
                    with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as answer:
                        return str(answer.read().decode())

                return await asyncio.get_running_loop().run_in_executor(None, get)
            finally:
                await port.stop(1)

        assert read(uvloop.run(scrape()))["specimen_level"].value(model="a") == 0
