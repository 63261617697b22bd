# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ONNX Runtime alone as a peer, and models that installed packages carry."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from triton_py.benchmarks import load, results, scenarios
from triton_py.benchmarks.load import session_loop
from triton_py.benchmarks.peers import PEERS, BareOnnxRuntime, TritonPy
from triton_py.benchmarks.results import BASELINE, CANDIDATE
from triton_py.benchmarks.runner.execute import (
    Contestant,
    Execution,
    shipped_backends,
    write_repository,
)
from triton_py.benchmarks.runner.plan import Plan
from triton_py.benchmarks.scenarios.packages import Parts
from triton_py.cli.main import main
from triton_py.errors import InternalError, UnavailableError, UnsupportedError

MISSING = [name for name in ("onnxruntime", "magika") if importlib.util.find_spec(name) is None]
needs_model = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

NEEDY = """
[models.needy]
config = 'backend: "identity"'
needs = ["no_such_package"]

[[scenario]]
name = "needy"
kind = "inprocess"
model = "needy"
inputs = ["INPUT0:FP32:16"]
levels = [1]
"""


@pytest.fixture
def needy(tmp_path):
    path = tmp_path / "needy.toml"
    path.write_text(NEEDY)
    return scenarios.read([path])


@pytest.fixture
def magika(tmp_path):
    """The repository of the scenario 'onnx-1', and its inputs."""
    catalogue = scenarios.builtin()
    scenario = catalogue.scenarios["onnx-1"]
    write_repository(tmp_path / "models", scenario, catalogue)
    return tmp_path / "models", scenario.inputs


def work(repository: Path, inputs, in_flight: int, **more) -> load.Work:
    return load.Work(repository, repository, "magika", inputs, in_flight, 0.1, 0, **more)


def test_a_package_that_is_missing_is_named():
    with pytest.raises(UnavailableError, match="no_such_package is not installed"):
        Parts(needs=("numpy", "no_such_package")).check()
    with pytest.raises(UnavailableError, match="no_such_package is not installed"):
        Parts(file="no_such_package:model.onnx").check()


def test_a_file_of_a_package(tmp_path):
    assert Parts(file="numpy:__init__.py").path() == Path(np.__file__)
    with pytest.raises(UnavailableError, match=r"numpy as installed has no models/\*\.onnx"):
        Parts(file="numpy:models/*.onnx").check()


def test_without_a_package_a_scenario_is_not_run_and_says_why(needy):
    told = []
    run = Execution(needy, list(needy.scenarios.values()),
                    {BASELINE: Contestant(TritonPy(), Path("nowhere"))}, Plan(blocks=2), "",
                    progress=lambda what, done, total: told.append((what, done, total))).execute()
    assert run.not_run == {"needy": "the package no_such_package is not installed"}
    assert not run.samples and told == [("done", 2, 2)]


def test_the_peer_is_no_server_and_runs_onnx_only(tmp_path):
    peer = BareOnnxRuntime()
    with pytest.raises(UnsupportedError, match="no server"):
        peer.serve(tmp_path, tmp_path, tmp_path / "log", [])
    if importlib.util.find_spec("onnxruntime") is not None:
        with pytest.raises(UnsupportedError, match="'magika' is none"):
            peer.closed_loop(work(tmp_path, (), 1))


def test_an_interpreter_without_onnxruntime_is_no_fault_until_it_is_to_run(tmp_path, monkeypatch):
    peer = BareOnnxRuntime()
    monkeypatch.setitem(vars(peer), "_facts", {"python": "3.11", "onnxruntime": ""})
    assert peer.subject().label == "bare onnxruntime (not installed)"
    with pytest.raises(UnavailableError, match="onnxruntime is not installed"):
        peer.closed_loop(work(tmp_path, (), 1))


def test_each_peer_has_scenarios_of_its_own():
    catalogue = scenarios.builtin()
    for make in PEERS.values():
        assert catalogue.chosen([], [make("").scenarios])
    alone = catalogue.chosen([], [BareOnnxRuntime.scenarios])
    assert all(one.settings["goals"] == {"throughput": 0.9, "p50": 1.1} for one in alone)


def test_the_help_names_every_peer(capsys):
    with pytest.raises(SystemExit):
        main(["bench", "versus", "--help"])
    listed = capsys.readouterr().out.partition("\npeers:\n")[2].partition("\npositional")[0]
    for name in PEERS:
        assert f"\n  {name}" in f"\n{listed}"


def test_what_is_in_flight_is_one_batch():
    name, tensor = session_loop._feed("bytes:INT32:2,3", 2, 4)
    assert name == "bytes" and tensor.dtype == np.int32
    assert tensor.tolist() == [[0, 1, 2], [3, 0, 1]] * 2


@needs_model
def test_a_run_answers_all_that_is_in_flight(magika):
    made = BareOnnxRuntime().closed_loop(work(*magika, in_flight=4, below=100))
    assert made.requests > 0 and made.requests % 4 == 0
    assert sum(count for _, count in made.histogram) == made.requests
    assert made.seconds >= 0.1 and made.more["cpu_seconds"] > 0


@needs_model
@pytest.mark.parametrize("name, threads", [("onnx-1", 0), ("onnx-one-thread", 1)])
def test_both_sides_have_as_many_threads(tmp_path, monkeypatch, name, threads):
    catalogue = scenarios.builtin()
    scenario = catalogue.scenarios[name]
    write_repository(tmp_path, scenario, catalogue)
    seen = []
    monkeypatch.setattr(load, "session", lambda python, model, threads, work: seen.append(threads))
    BareOnnxRuntime().closed_loop(load.Work(tmp_path, tmp_path, scenario.model, scenario.inputs, 1, 1, 0))
    assert seen == [threads]


@needs_model
def test_versus_measures_both_and_says_what_became_of_the_goals(tmp_path, capsys):
    file = tmp_path / "run.json"
    # One block decides nothing: 2.
    assert main(["bench", "versus", "bare-onnxruntime", "onnx-1", "--blocks", "1", "--seconds", "0.1",
                 "--warmup", "0", "--no-control", "--output", str(file)]) == 2
    run = results.read(file)
    assert run.not_run == {} and run.subjects[BASELINE].label.startswith("bare onnxruntime")
    assert {sample.subject for sample in run.samples} == {BASELINE, CANDIDATE}
    for sample in run.samples:
        assert {"throughput", "p50", "p99", "cpu"} <= set(sample.figures)
    said = capsys.readouterr().err
    assert "of 2 met" in said and "not measured" not in said


@needs_model
def test_the_in_process_client_runs_the_model(magika, tmp_path):
    repository, inputs = magika
    todo = load.Work(repository, shipped_backends(tmp_path / "backends"), "magika", inputs, 2, 0.1, 0,
                     identity=False, below=100)
    assert TritonPy().closed_loop(todo).requests > 0


def test_only_integers_stay_below_a_bound(tmp_path):
    todo = load.Work(tmp_path, tmp_path, "any", scenarios.tensors(["INPUT0:FP32:4"]), 1, 0.1, 0, below=9)
    with pytest.raises(InternalError, match="inputs of integers, and 'INPUT0' has others"):
        TritonPy().closed_loop(todo)
