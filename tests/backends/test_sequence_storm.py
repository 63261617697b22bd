# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Many sequences from many threads, some cancelled, while their model is reloaded: each answer is its
own sequence's, and nothing is left behind. Worth a run under the sanitizers (tests/core/test_stress).

``TRITON_PY_STRESS``: sequences per thread.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sequence_support import IO, STATE, Client, model, output, sequences, serving

from triton_py import InvalidArgumentError, Server
from triton_py.errors import CancelledError, NotFoundError, UnavailableError

THREADS = 6
SEQUENCES = int(os.environ.get("TRITON_PY_STRESS", "150"))
# For a sequence that was going on when its model was replaced: the new one does not know it.
GONE = (InvalidArgumentError, NotFoundError, UnavailableError)


class Work(threading.Thread):
    def __init__(self, server: Server, name: str, number: int) -> None:
        super().__init__()
        self.server, self.name_of_model, self.number = server, name, number
        self.outcomes = Counter[str]()
        self.wrong: list[str] = []

    def run(self) -> None:
        chance = random.Random(self.number)
        begun = 0
        while self.outcomes["complete"] + self.outcomes["cancelled"] < SEQUENCES and not self.wrong:
            begun += 1
            client = Client(self.server, self.name_of_model, self.number * 1_000_000 + begun)
            try:
                self.outcomes[self.sequence(client, chance)] += 1
            except GONE as error:
                self.outcomes["gone"] += 1
                time.sleep(0.001)  # until the model is there again
                if isinstance(error, InvalidArgumentError) and "START flag" not in str(error):
                    self.wrong.append(str(error))
            except Exception as error:  # noqa: BLE001 a thread's failure is the test's
                self.wrong.append(repr(error))

    def sequence(self, client: Client, chance: random.Random) -> str:
        total, steps = 0, chance.randint(1, 6)
        gives_up = chance.randrange(12)
        for step in range(steps):
            value = chance.randint(1, 1000)
            response = client.send(value, start=step == 0, end=step == steps - 1)
            if step == gives_up:
                response.cancel()
            total += value
            try:
                got = output(response.result(timeout=60))
            except CancelledError:
                return "cancelled"
            if got != total:
                self.wrong.append(f"sequence {client.correlation_id}: {got}, not {total}")
        return "complete"


@pytest.mark.parametrize("strategy", ["direct", "oldest"])
def test_storm(tmp_path: Path, specimens: Callable[[str], Path], strategy: str) -> None:
    batching = sequences(f"{strategy} {{ }}", "max_sequence_idle_microseconds: 60000000",
                         STATE % ("1", ""))
    # Four slots for six threads: some always wait.
    model(tmp_path, "m", "stateful", IO, "max_batch_size: 2", batching,
          "instance_group { count: 2 kind: KIND_CPU }")
    done = threading.Event()
    with serving(
        tmp_path, specimens, "stateful", model_control_mode="explicit", startup_models=["m"],
        log_warn=False,
    ) as server:
        workers = [Work(server, "m", n) for n in range(THREADS)]

        def reload() -> None:
            while not done.wait(0.02):
                server.unload("m")
                server.load("m")

        reloader = threading.Thread(target=reload)
        for thread in (*workers, reloader):
            thread.start()
        for worker in workers:
            worker.join()
        done.set()
        reloader.join()
        outcomes = sum((w.outcomes for w in workers), Counter[str]())
        wrong = [w for worker in workers for w in worker.wrong]
        del workers
    assert wrong == []
    assert outcomes["complete"] + outcomes["cancelled"] == THREADS * SEQUENCES
    assert min(outcomes[outcome] for outcome in ("complete", "gone", "cancelled")) > 0, outcomes


def test_unload_does_not_wait_for_sequences_to_fall_silent(
    tmp_path: Path, specimens: Callable[[str], Path]
) -> None:
    model(tmp_path, "m", "stateful", IO, "max_batch_size: 1",
          sequences("direct { }", "max_sequence_idle_microseconds: 600000000", STATE % ("1", "")),
          "instance_group { count: 1 kind: KIND_CPU }")
    with serving(
        tmp_path, specimens, "stateful", model_control_mode="explicit", startup_models=["m"]
    ) as server:
        Client(server, "m", 1).ask(1, start=True)
        waits = [Client(server, "m", k).send(k, start=True, end=k == 3) for k in (2, 3)]
        began = time.monotonic()
        server.unload("m", wait_until_unloaded=True)
        assert time.monotonic() - began < 30
        # What was accepted before is answered, one after the other in the one slot.
        assert [output(w.result(timeout=10)) for w in waits] == [2, 3]
