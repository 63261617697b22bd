# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Ten thousand requests from several threads and a loop while models come and go at random: every
one is answered, once and rightly, or refused for a reason; nothing stays behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import threading
import time
from collections import Counter

import numpy as np
import pytest
from inprocess_support import identity_config, settles_to, write_model

from triton_py import NotFoundError, Server, TritonError, UnavailableError
from triton_py.inprocess import live_objects

REQUESTS = int(os.environ.get("TRITON_PY_STORM_REQUESTS", "10000"))
MODELS = ("a", "b", "c")
THREADS = 4
#: Seconds after a refusal; asking an absent model is so fast that little else would happen.
BACK_OFF = 0.002
#: Growth of the resident set that allocators and the first reloads explain.
SLACK_KIB = 12 * 1024


def resident_kib() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


class Storm:
    """Counts what became of the requests, and remembers the first thing that was wrong."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.outcomes: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.wrong: list[str] = []
        self.left = REQUESTS
        self.early_kib = 0

    def take(self) -> bool:
        with self.lock:
            self.left -= 1
            if self.left == REQUESTS * 8 // 10:
                self.early_kib = resident_kib()
            return self.left >= 0

    def note(self, outcome: str) -> None:
        with self.lock:
            self.outcomes[outcome] += 1

    def check(self, sent: np.ndarray, response) -> None:
        got = response["OUTPUT0"].numpy()
        if not np.array_equal(got, sent):
            self.wrong.append(f"sent {sent.tolist()}, got {got.tolist()}")
        self.note("answered")

    def refused(self, error: TritonError) -> None:
        # A model that is being unloaded, or is not there right now.
        if not isinstance(error, (NotFoundError, UnavailableError)):
            self.wrong.append(repr(error))
        self.note("refused")

    def send_from_a_thread(self, seed: int) -> None:
        chance = random.Random(seed)
        while self.take():
            array = np.full(chance.randrange(1, 50), chance.random(), np.float32)
            try:
                model = self.server.model(chance.choice(MODELS))
                self.check(array, model.infer(inputs={"INPUT0": array}).result(30))
            except TritonError as error:
                self.refused(error)
                time.sleep(BACK_OFF)

    async def send_from_a_loop(self) -> None:
        async def one(seed: int) -> None:
            chance = random.Random(seed)
            while self.take():
                array = np.full(chance.randrange(1, 50), chance.random(), np.float32)
                try:
                    model = self.server.model(chance.choice(MODELS))
                    self.check(array, await model.async_infer(inputs={"INPUT0": array}))
                except TritonError as error:
                    self.refused(error)
                    await asyncio.sleep(BACK_OFF)

        await asyncio.gather(*(one(1000 + index) for index in range(8)))

    def reload(self, over: threading.Event) -> None:
        chance = random.Random(7)
        while not over.wait(chance.random() / 50):
            name = chance.choice(MODELS)
            try:
                if chance.random() < 0.3:
                    self.server.unload(name)
                else:
                    self.server.load(name)
                self.note("reloads")
            except TritonError as error:
                self.wrong.append(f"{name}: {error!r}")
                return


@pytest.mark.timeout(300)
def test_reloads_under_load(tmp_path):
    vector = 'name: "{}" data_type: TYPE_FP32 dims: [ -1 ]'
    for name in MODELS:
        inputs, outputs = (f"{{ {vector.format(tensor)} }}" for tensor in ("INPUT0", "OUTPUT0"))
        write_model(tmp_path, name, identity_config(inputs, outputs))
    gc.collect()
    before = live_objects()
    with Server(
        model_repository=tmp_path, model_control_mode="explicit", startup_models=list(MODELS)
    ) as server:
        storm = Storm(server)
        over = threading.Event()
        reloader = threading.Thread(target=storm.reload, args=(over,))
        senders = [
            threading.Thread(target=storm.send_from_a_thread, args=(seed,))
            for seed in range(THREADS)
        ]
        for thread in (reloader, *senders):
            thread.start()
        asyncio.run(storm.send_from_a_loop())
        for thread in senders:
            thread.join(120)
        over.set()
        reloader.join(30)
        late_kib = resident_kib()
    print(storm.outcomes, storm.early_kib, late_kib)
    assert storm.wrong == []
    assert storm.outcomes["answered"] + storm.outcomes["refused"] == REQUESTS
    assert storm.outcomes["answered"] > REQUESTS // 10
    assert storm.outcomes["reloads"] > 0
    assert late_kib - storm.early_kib < SLACK_KIB
    del storm, server
    assert settles_to(before) == before
