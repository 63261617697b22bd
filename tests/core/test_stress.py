# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
r"""Many threads, batching, and a model that comes and goes: what the sanitizers are run on.

The thread sanitizer found here that a request's queue was signalled after its unlock, when the
model could be closed already. To run it again, with a build of its own (CONTRIBUTING.md)::

    LD_PRELOAD=$(gcc -print-file-name=libtsan.so) TRITON_PY_STRESS=1500 \
        pytest tests/core/test_stress.py

``TRITON_PY_STRESS``: requests per thread.
"""

from __future__ import annotations

import os
import random
import threading

import numpy as np
import pytest
from live_objects import more_than

import triton_py
from triton_py.core import counters
from triton_py.errors import NotFoundError, UnavailableError

THREADS = 6
REQUESTS = int(os.environ.get("TRITON_PY_STRESS", "150"))
CONFIG = """
name: "{name}" backend: "identity" max_batch_size: 8
input {{ name: "INPUT0" data_type: TYPE_FP32 dims: [-1] }}
output {{ name: "OUTPUT0" data_type: TYPE_FP32 dims: [-1] }}
instance_group {{ count: 2 kind: KIND_CPU }}
dynamic_batching {{ max_queue_delay_microseconds: 200 }}
"""


@pytest.fixture
def repository(tmp_path):
    for name in ("steady", "flighty"):
        (tmp_path / name / "1").mkdir(parents=True)
        (tmp_path / name / "config.pbtxt").write_text(CONFIG.format(name=name))
    return str(tmp_path)


class Client(threading.Thread):
    """Sends numbers that no other request has, and compares what comes back."""

    def __init__(self, server: triton_py.Server, number: int) -> None:
        super().__init__()
        self.server = server
        self.number = number
        self.answered = 0
        self.refused = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        chance = random.Random(self.number)
        for k in range(REQUESTS):
            sent = np.full((1, chance.choice([4, 4, 8])), self.number * 100_000 + k, np.float32)
            model = chance.choice(["steady", "flighty"])
            try:
                self.one(model, sent)
            except (NotFoundError, UnavailableError) as error:
                self.refused += 1
                if model == "steady":
                    self.wrong.append(f"the steady model refused: {error}")

    def one(self, model: str, sent: np.ndarray) -> None:
        for response in self.server.model(model).infer(inputs={"INPUT0": sent}):
            got = np.from_dlpack(response.outputs["OUTPUT0"])
            if got.shape != sent.shape or not (got == sent).all():
                self.wrong.append(f"sent {sent[0, 0]} {sent.shape}, got {got.ravel()[:1]}")
            self.answered += 1


def test_threads_batches_and_reloads(repository):
    before = counters.snapshot()
    done = threading.Event()
    with triton_py.Server(
        model_repository=repository, model_control_mode="explicit",
        startup_models=["steady", "flighty"],
    ) as server:
        clients = [Client(server, i) for i in range(THREADS)]
        for client in clients:
            client.start()

        def come_and_go() -> None:
            while not done.is_set():
                server.unload("flighty")
                done.wait(0.01)
                server.load("flighty")
                done.wait(0.02)

        reloader = threading.Thread(target=come_and_go)
        reloader.start()
        for client in clients:
            client.join()
        done.set()
        reloader.join()
        statistics = server.model("steady").statistics()["model_stats"][0]
    assert [w for client in clients for w in client.wrong] == []
    assert sum(c.answered + c.refused for c in clients) == THREADS * REQUESTS
    # What the statistics say adds up: every success was in one batch.
    batches = statistics["batch_stats"]
    assert statistics["execution_count"] == sum(b["compute_infer"]["count"] for b in batches)
    assert statistics["inference_count"] == sum(
        b["batch_size"] * b["compute_infer"]["count"] for b in batches)
    assert statistics["inference_count"] == statistics["inference_stats"]["success"]["count"]
    assert more_than(before) == {}
