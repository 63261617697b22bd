# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests while models load and unload at random: nothing lost, nothing wrong, nothing leaked.

``TRITON_PY_STORM_REQUESTS`` sets the number of requests (10000 for the full run).
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from sanitized import SANITIZED
from serving import ServerProcess, add_model, identity_config, parameter
from tritonclient.utils import InferenceServerException

TOTAL = int(os.environ.get("TRITON_PY_STORM_REQUESTS", "2500"))
WARM_UP = 1000
CLIENTS = 8
MODELS = ("storm_plain", "storm_batched", "storm_slow")
#: Statuses of a model that is not there just now.
EXCUSES = ("StatusCode.UNAVAILABLE", "StatusCode.NOT_FOUND", "503", "404")
#: Kinds that must be back at their count once the storm is over.
TRANSIENT = ("request", "response", "error", "response_factory", "output_buffer", "parameter",
             "message")


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Any:
    repository = Path(tmp_path_factory.mktemp("storm"))
    add_model(repository, "storm_plain", identity_config(["INT64"], "-1"))
    add_model(repository, "storm_batched", identity_config(
        ["INT64"], "-1", 8, "dynamic_batching { max_queue_delay_microseconds: 500 }\n"))
    add_model(repository, "storm_slow", identity_config(
        ["INT64"], "-1", 0, parameter("execute_delay_ms", 1)))
    with ServerProcess(repository, "--model-control-mode=explicit", "--load-model=*") as server:
        yield server
        server.assert_alive()
        assert server.stop() == 0, server.output()[-4000:]


class Storm:
    """Eight clients, half of them by HTTP and half by gRPC, and one that reloads."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.answers: Counter[str] = Counter()
        self.sent = 0
        self.errors: list[BaseException] = []
        self._lock = threading.Lock()
        self._done = threading.Event()

    def _next(self, total: int) -> int | None:
        with self._lock:
            if self.sent >= total or self.errors:
                return None
            self.sent += 1
            return self.sent

    def _client(self, total: int, seed: int) -> None:
        rng = random.Random(seed)
        module = tritonclient.http if seed % 2 else tritonclient.grpc
        address = self.server.http if seed % 2 else self.server.grpc
        try:
            with module.InferenceServerClient(address) as client:
                while (i := self._next(total)) is not None:
                    model = rng.choice(MODELS)
                    values = np.arange(i, i + rng.randrange(1, 400), dtype=np.int64)
                    if model == "storm_batched":
                        values = values.reshape(1, -1)
                    tensor = module.InferInput("INPUT0", values.shape, "INT64")
                    tensor.set_data_from_numpy(values)
                    try:
                        result = client.infer(model, [tensor], request_id=str(i))
                    except InferenceServerException as error:
                        # Unloaded just now: the only excuse there is.
                        status = str(error.status())
                        assert status in EXCUSES, error
                        with self._lock:
                            self.answers[status] += 1
                        continue
                    response = result.get_response()
                    assert (response["id"] if seed % 2 else response.id) == str(i)
                    assert np.array_equal(result.as_numpy("OUTPUT0"), values)
                    with self._lock:
                        self.answers["OK"] += 1
        except BaseException as error:  # noqa: BLE001  raised by the main thread
            with self._lock:
                self.errors.append(error)

    def _reloader(self, seed: int) -> None:
        rng = random.Random(seed)
        try:
            with tritonclient.grpc.InferenceServerClient(self.server.grpc) as client:
                while not self._done.is_set():
                    model = rng.choice(MODELS)
                    if rng.random() < 0.4:
                        client.unload_model(model)
                        time.sleep(rng.random() * 0.02)
                    client.load_model(model)
                    self.answers["reloads"] += 1
                    self._done.wait(rng.random() * 0.05)
                for model in MODELS:
                    client.load_model(model)
        except BaseException as error:  # noqa: BLE001  raised by the main thread
            with self._lock:
                self.errors.append(error)

    def run(self, total: int) -> None:
        self.sent = 0
        self.answers.clear()
        self._done.clear()
        clients = [threading.Thread(target=self._client, args=(total, n)) for n in range(CLIENTS)]
        reloader = threading.Thread(target=self._reloader, args=(99,))
        for thread in (*clients, reloader):
            thread.start()
        for thread in clients:
            thread.join(500)
        self._done.set()
        reloader.join(60)
        assert not any(t.is_alive() for t in (*clients, reloader)), "a call never came back"
        if self.errors:
            raise self.errors[0]


def settled(server: ServerProcess, kinds: tuple[str, ...], wanted: dict[str, int]) -> dict:
    """The counters once they are at ``wanted``, or after ten seconds whatever they are."""
    deadline = time.monotonic() + 10
    while True:
        now = server.counters()
        if all(now[kind] <= wanted[kind] for kind in kinds) or time.monotonic() > deadline:
            return now
        time.sleep(0.1)


@pytest.mark.timeout(900)
def test_storm(storm: ServerProcess) -> None:
    before = settled(storm, (), {})
    run = Storm(storm)
    run.run(WARM_UP)
    warm = storm.resident_bytes()
    run.run(TOTAL)
    # Every request was answered once: with its own data, or with the one error it may have.
    answered = sum(count for kind, count in run.answers.items() if kind != "reloads")
    assert answered == TOTAL, run.answers
    assert run.answers["OK"] > TOTAL / 4, run.answers
    assert run.answers["reloads"] > 5, run.answers
    kinds = (*TRANSIENT, "model", "instance")
    after = settled(storm, kinds, before)
    assert {k: after[k] for k in kinds} == {k: before[k] for k in kinds}
    grown = storm.resident_bytes() - warm
    # Flat: what an allocator moves about, not what thousands of requests would leave behind.
    assert SANITIZED or grown < 8 << 20, f"{grown / 2**20:.1f} MiB more after {TOTAL} requests; {run.answers}"
    print(f"storm: {dict(run.answers)}, {grown / 2**20:+.1f} MiB")


def test_the_server_can_be_stopped_with_requests_in_flight(
    tmp_path: Path,
) -> None:
    """SIGTERM: what is in flight is answered, what comes later is refused, the exit is clean."""
    add_model(tmp_path, "slow", identity_config(
        ["INT64"], "-1", 0, parameter("execute_delay_ms", 400)))
    with ServerProcess(tmp_path) as server:
        answers: list[Any] = []
        with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
            values = np.arange(5, dtype=np.int64)
            tensor = tritonclient.grpc.InferInput("INPUT0", [5], "INT64")
            tensor.set_data_from_numpy(values)
            client.is_server_live()
            for _ in range(3):
                client.async_infer("slow", [tensor],
                                   callback=lambda result, error: answers.append(result or error))
            deadline = time.monotonic() + 10
            while server.counters()["request"] < 3:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert server.stop() == 0, server.output()[-4000:]
            while len(answers) < 3:
                assert time.monotonic() < deadline + 20
                time.sleep(0.01)
    for answer in answers:
        assert not isinstance(answer, Exception), answer
        assert np.array_equal(answer.as_numpy("OUTPUT0"), values)
