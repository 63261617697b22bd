# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Many threads load and unload models that share agents; each agent still has its life in order."""

from __future__ import annotations

import os
import random
import re
import threading
from collections import defaultdict
from itertools import pairwise

from agents_support import Place, ask

from triton_py.errors import TritonError

FOLLOWS = {
    "ModelInitialize": {"LOAD"},
    "LOAD": {"LOAD_COMPLETE", "LOAD_FAIL"},
    "LOAD_COMPLETE": {"UNLOAD"},
    "UNLOAD": {"UNLOAD_COMPLETE"},
    "LOAD_FAIL": {"ModelFinalize"},
    "UNLOAD_COMPLETE": {"ModelFinalize"},
}


def test_loads_unloads_and_refusals_at_the_same_time(place: Place) -> None:
    names = ("a", "b", "c", "d")
    for name in names:
        refuses = {"fail": "LOAD"} if name == "d" else {}
        place.model(name, ("first", {"copy": "1"}), ("second", refuses))
    unexpected: list[BaseException] = []

    with place.server(log_error=False) as server:

        def work(seed: int) -> None:
            chance = random.Random(seed)
            for _ in range(12):
                name = chance.choice(names)
                try:
                    if chance.random() < 0.6:
                        server.load(name)
                        # So that the next load is a reload.
                        os.utime(place.repository / name / "config.pbtxt", (1, chance.random()))
                    else:
                        server.unload(name)
                except TritonError as error:
                    known = ("second does not like LOAD", "Newer operation")
                    if not any(text in str(error) for text in known):
                        unexpected.append(error)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(100)
        assert not any(thread.is_alive() for thread in threads)
        assert unexpected == []
        place.model("a", ("first", {"copy": "1"}), ("second", {}), batch=64)
        server.load("a")
        ask(server, "a")

    # A load's life can be told from the others' by its acquired folder, once it has one.
    lives: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in place.lines():
        found = re.fullmatch(r"(\w+) ([A-Z_]+) (\S*triton-py-agent-\S+)", line)
        if found:
            agent, action, folder = found.groups()
            lives[agent, folder].append(action)
    assert len(lives) > 10
    for (agent, folder), actions in lives.items():
        # The first agent is told of LOAD where it found the model.
        whole = actions if agent == "second" else ["LOAD", *actions]
        for one, next_one in pairwise(whole):
            assert next_one in FOLLOWS[one], (agent, folder, whole)
        assert whole[-1] in ("LOAD_FAIL", "UNLOAD_COMPLETE"), (agent, folder, whole)
    starts = [line for line in place.lines() if line.split(" ")[1] in ("Initialize", "Finalize")]
    for agent in ("first", "second"):
        own = [line.split(" ")[1] for line in starts if line.startswith(agent)]
        assert own == ["Initialize", "Finalize"] * (len(own) // 2)
