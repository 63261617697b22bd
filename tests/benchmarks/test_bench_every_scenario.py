# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Each scenario that ships, at its lowest level: that it runs, and what it has figures of.

``TRITON_PY_BENCH=full`` runs those with many models whole.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import pytest

from triton_py.benchmarks import scenarios
from triton_py.benchmarks.load import programs
from triton_py.benchmarks.peers import TritonPy
from triton_py.benchmarks.runner.execute import Contestant, Execution
from triton_py.benchmarks.runner.plan import Plan
from triton_py.benchmarks.scenarios.packages import Parts
from triton_py.errors import UnavailableError

CATALOGUE = scenarios.builtin()
FULL = os.environ.get("TRITON_PY_BENCH") == "full"
#: Copies of a model, where not all of them are loaded.
FEW = 20

LATENCIES = {"p50", "p90", "p99", "p999"}
LOADED = LATENCIES | {"throughput", "cpu", "switches", "peak"}
FIGURES = {"inprocess": LOADED, "http": LOADED, "grpc": LOADED,
           "start": {"start", "resident", "peak"}, "reload": {"load", "unload", "peak"}}
TOOLS = {"http": "wrk", "grpc": "h2load"}


def reduced(scenario):
    settings = dict(scenario.settings)
    if not FULL:
        for key, few in (("copies", FEW), ("cycles", 3)):
            settings[key] = min(settings.get(key, 1 if key == "copies" else few), few)
    return replace(scenario, levels=scenario.levels[:1], rates=scenario.rates[:1],
                   settings=settings)


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUE.scenarios)
def test_it_runs_and_has_its_figures(name, shipped):
    scenario = reduced(CATALOGUE.scenarios[name])
    tool = TOOLS.get(scenario.kind)
    try:
        CATALOGUE.parts.get(scenario.model, Parts()).check()
    except UnavailableError as error:
        pytest.skip(str(error))
    if tool and scenario.levels and shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed (apt-get install {programs.PACKAGES[tool]})")
    run = Execution(CATALOGUE, [scenario], {"A": Contestant(TritonPy(), shipped)},
                    Plan(1, 0.2, 0.0), "test").execute()
    assert run.not_run == {}
    assert run.cases() == scenario.cases()
    for sample in run.samples:
        wanted = FIGURES[scenario.kind]
        if sample.case.level.endswith("/s"):
            wanted = wanted - {"throughput"}
            assert sample.requests == int(sample.case.level[:-2]) * 0.2
        assert set(sample.figures) == wanted
        # Switches can be none.
        assert all(value > 0 for key, value in sample.figures.items() if key != "switches")
        assert sample.seconds > 0
        if scenario.levels:
            assert sample.requests > 0 and sample.histogram
