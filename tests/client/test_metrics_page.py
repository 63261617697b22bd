# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The metrics page of a running server: what it counts is what was done."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from prometheus_client.parser import text_string_to_metric_families
from serving import ServerProcess, add_model, identity_config, parameter
from tritonclient.utils import InferenceServerException


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    repository = Path(tmp_path_factory.mktemp("counted"))
    tags = 'metric_tags { key: "team" value: "a \\"b\\"" }\n'
    add_model(repository, "plain", identity_config(["INT32"], "-1", 4, tags))
    # One instance, also on a machine with several GPUs.
    add_model(repository, "narrow", identity_config(
        ["INT32"], "-1", 0,
        parameter("execute_delay_ms", 300) + "instance_group { kind: KIND_CPU }\n"))
    with ServerProcess(repository, "--model-control-mode=explicit", "--load-model=*") as server:
        yield server
        assert server.stop() == 0, server.output()[-4000:]


def scrape(server: ServerProcess) -> dict[tuple[str, str, str], float]:
    """Values by (name, model, reason)."""
    with urllib.request.urlopen(f"http://{server.metrics}/metrics", timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        text = answer.read().decode()
    return {
        (sample.name.removesuffix("_total"), sample.labels.get("model", ""),
         sample.labels.get("reason", "")): sample.value
        for family in text_string_to_metric_families(text) for sample in family.samples
    }


def tensor(module: Any, *shape: int) -> list[Any]:
    made = module.InferInput("INPUT0", shape, "INT32")
    made.set_data_from_numpy(np.zeros(shape, np.int32))
    return [made]


def test_successes_and_durations(counted: ServerProcess) -> None:
    before = scrape(counted)
    with tritonclient.grpc.InferenceServerClient(counted.grpc) as client:
        for _ in range(3):
            client.infer("plain", tensor(tritonclient.grpc, 2, 2))
    with tritonclient.http.InferenceServerClient(counted.http) as client:
        client.infer("plain", tensor(tritonclient.http, 1, 2))
        (entry,) = client.get_inference_statistics("plain")["model_stats"]
    after = scrape(counted)

    def change(name: str) -> float:
        return after[name, "plain", ""] - before[name, "plain", ""]

    assert change("nv_inference_request_success") == 4
    assert change("nv_inference_count") == 7
    assert change("nv_inference_exec_count") == 4
    for part in ("request", "queue", "compute_input", "compute_infer", "compute_output"):
        key = "success" if part == "request" else part
        counted_ns = entry["inference_stats"][key]["ns"]
        assert after[f"nv_inference_{part}_duration_us", "plain", ""] == counted_ns // 1000
    assert change("nv_inference_request_duration_us") > 0
    assert after["nv_inference_pending_request_count", "plain", ""] == 0
    assert 0 < after["nv_model_load_duration_secs", "plain", ""] < 30
    assert after["nv_cpu_memory_used_bytes", "", ""] > 0
    closed = sum(v for (name, model, _), v in after.items()
                 if name == "triton_py_batch_closed" and model == "plain")
    assert closed == after["nv_inference_exec_count", "plain", ""]


def failures(page: dict[tuple[str, str, str], float], model: str) -> dict[str, float]:
    return {reason: value for (name, of, reason), value in page.items()
            if name == "nv_inference_request_failure" and of == model}


def test_failures_by_reason(counted: ServerProcess) -> None:
    before = failures(scrape(counted), "plain")
    assert set(before) == {"REJECTED", "CANCELED", "BACKEND", "OTHER"}
    with tritonclient.grpc.InferenceServerClient(counted.grpc) as client:
        for name in ("error", "execute_error"):
            with pytest.raises(InferenceServerException, match="on purpose"):
                client.infer("plain", tensor(tritonclient.grpc, 1, 2),
                             parameters={name: "on purpose"})
    after = failures(scrape(counted), "plain")
    assert {reason: after[reason] - before[reason] for reason in after} == {
        "REJECTED": 0, "CANCELED": 0, "BACKEND": 2, "OTHER": 0}


def until(read: Callable[[], float], expected: float, seconds: float = 30) -> None:
    """Waits for a figure to be as expected."""
    deadline = time.monotonic() + seconds
    while (seen := read()) != expected:
        assert time.monotonic() < deadline, f"{seen}, not {expected}, after {seconds} s"
        time.sleep(0.01)


def test_requests_that_wait_and_one_that_gives_up(counted: ServerProcess) -> None:
    """Seen: now and then the call that gave up was counted as BACKEND. The first calls on a channel
    that isn't connected yet reach the server in any order, so the last one made was not always the
    last in the queue, and which of them executed was chance."""
    before = scrape(counted)
    results: dict[str, Any] = {}

    def alive() -> int:
        return counted.counters()["request"]

    def pending() -> float:
        return scrape(counted)["nv_inference_pending_request_count", "narrow", ""]

    until(alive, 0)
    with tritonclient.grpc.InferenceServerClient(counted.grpc) as client:

        def send(name: str, **parameters: Any) -> Any:
            """Returns once the server has it: only so is it known who is in front of whom."""
            had = alive()
            call = client.async_infer(
                "narrow", tensor(tritonclient.grpc, 2), parameters=parameters,
                callback=lambda result, error: results.update({name: error}))
            until(alive, had + 1)
            return call

        # Executes until it is cancelled, so that nothing here is a question of time.
        gate = send("gate", delay_ms=60_000)
        for name in ("first", "second", "third"):
            send(name)
        until(pending, 3)
        last = send("last")
        until(pending, 4)
        assert not results
        last.cancel()
        gate.cancel()
        until(lambda: len(results), 5)
        until(alive, 0)
    after = scrape(counted)
    assert {name for name, error in results.items() if error is None} == {
        "first", "second", "third"}
    assert pending() == 0
    key = ("nv_inference_request_success", "narrow", "")
    assert after[key] - before[key] == 3
    was, now = failures(before, "narrow"), failures(after, "narrow")
    # The gate was cancelled too, but it was for its backend to notice.
    assert {reason: now[reason] - was[reason] for reason in now} == {
        "REJECTED": 0, "CANCELED": 1, "BACKEND": 1, "OTHER": 0}


def test_an_unloaded_model_leaves_the_page(counted: ServerProcess) -> None:
    with tritonclient.grpc.InferenceServerClient(counted.grpc) as client:
        client.unload_model("narrow")
        deadline = time.monotonic() + 10
        while any(model == "narrow" for _, model, _ in scrape(counted)):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        client.load_model("narrow")
    assert scrape(counted)["nv_inference_count", "narrow", ""] == 0
