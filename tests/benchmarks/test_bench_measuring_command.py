# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""``triton-py bench list``, ``run``, ``versus`` and ``backend``, as they are typed."""

from __future__ import annotations

import shutil

import pytest

from triton_py.benchmarks import results, scenarios
from triton_py.benchmarks.runner import execute
from triton_py.cli.main import main

MINE = """
[models.mine]
config = '''
backend: "identity"
input { name: "INPUT0" data_type: TYPE_FP32 dims: [ 4 ] }
output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 4 ] }
'''
[[scenario]]
name = "mine"
kind = "inprocess"
model = "mine"
inputs = ["INPUT0:FP32:4"]
levels = [2]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(MINE)
    return tmp_path


def bench(*arguments):
    return main(["bench", *arguments])


def test_list(capsys):
    assert bench("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(scenarios.builtin().scenarios)
    assert "start-100   " in "\n".join(lines) and "[smoke, versus]" in lines[0]


@pytest.mark.parametrize("arguments, names", [
    (["grpc-6*"], ["grpc-64kib", "grpc-64mib"]), (["--set", "self-test"], ["planted"]),
    (["--scenarios-from", "mine.toml", "mine"], ["mine"]),
    (["mine", "--scenarios-from", "mine.toml", "planted"], ["mine", "planted"])])
def test_list_some(capsys, arguments, names):
    assert bench("list", *arguments) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == names


def test_run_start(folder, capsys):
    assert bench("run", "start", "--blocks", "1", "--output", "r.json") == 0
    run = results.read(folder / "r.json")
    assert run.complete and [str(case) for case in run.cases()] == ["start"]
    figures = run.samples[0].figures
    assert set(figures) == {"start", "resident", "peak"} and min(figures.values()) > 0
    said = capsys.readouterr()
    assert {"start", "resident", "peak"} <= {word for line in said.out.splitlines()
                                            for word in line.split()}
    assert "[0/1] start" in said.err and "samples: r.json" in said.err


def test_scenarios_may_follow_options(folder):
    assert bench("run", "--blocks", "1", "--seconds", "0.1", "--warmup", "0", "--scenarios-from",
                 "mine.toml", "--output", "r.json", "mine") == 0
    assert [str(case) for case in results.read(folder / "r.json").cases()] == ["mine @ 2"]


def test_a_run_without_a_file_name_is_named_by_its_time(folder):
    assert bench("run", "mine", "--scenarios-from", "mine.toml", "--blocks", "1", "--seconds", "0.1",
                 "--warmup", "0") == 0
    assert len(list(folder.glob("bench-*.json"))) == 1


def test_two_builds_of_a_backend(folder, shipped, capsys):
    """The same library twice, once: four blocks would be needed to say anything."""
    library = str(shipped / "identity" / "libtriton_identity.so")
    (folder / "m" / "1").mkdir(parents=True)
    (folder / "m" / "config.pbtxt").write_text(scenarios.builtin().models["identity"])
    assert bench("backend", library, library, "--model", "m", "--blocks", "1", "--seconds", "0.1",
                 "--warmup", "0", "--levels", "1", "--no-control", "--output", "r.json") == 2
    run = results.read(folder / "r.json")
    assert set(run.subjects) == {"A", "B"}
    assert len([s for s in run.samples if "throughput" in s.figures]) == 4
    # And what each allocates and copies, in a block of its own.
    assert len([s for s in run.samples if "copied" in s.figures]) == 2
    assert "inconclusive" in capsys.readouterr().out


def test_parameters_are_of_this_installation_alone(folder, monkeypatch):
    configs = {}

    def measured(scenario, peer, place, timing):
        for config in place.repository.glob("*/config.pbtxt"):
            configs.setdefault(config.read_text().count("ISOLATION"), []).append(config.parent.name)
        return iter(())

    monkeypatch.setattr(execute, "measure", measured)
    bench("versus", "triton-py", "mine", "--scenarios-from", "mine.toml", "--blocks", "1", "--no-control",
          "--no-counts", "--parameter", "ISOLATION=inprocess", "--output", "r.json")
    assert configs == {0: ["mine"] * 2, 1: ["mine"] * 2}
    subjects = results.read(folder / "r.json").subjects
    assert subjects["B"].label == f"{subjects['A'].label}, ISOLATION=inprocess"


def test_an_interrupt_says_where_the_samples_are(folder, capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(execute, "measure", interrupted)
    try:
        status = bench("run", "start", "--output", "r.json")
    except KeyboardInterrupt:
        status = 130
    assert status != 0
    assert "stopped; the samples so far are in r.json" in capsys.readouterr().err
    assert not results.read(folder / "r.json").complete


@pytest.mark.parametrize("arguments, said", [
    (["list", "htp"], "no scenario 'htp'; there are: inprocess"),
    (["run", "--set", "none"], ("no set 'none'; there are: floor, litserve, mlserver, mosec, "
                                "onnxruntime, python, scale, self-test, smoke, versus")),
    (["run", "--scenarios-from", "none.toml"], "can't read scenarios from none.toml"),
    (["versus", "apache"], "there is no peer 'apache'; there are: tritonserver, triton-py"),
    (["versus", "tritonserver", "http", "--peer-path", "."], "no tritonserver in ."),
    (["versus", "triton-py", "start", "--peer-path", "./none"], "can't run ./none"),
    (["backend", "a.so", "b.so", "--model", "none"], "'none' is no folder of a model"),
    (["run", "start", "--output", "nowhere/r.json"], "there is no folder"),
    (["run", "start", "--output", "r.json", "--json", "r.json"], "same file"),
])
def test_what_can_not_be_done_is_a_sentence_and_2(capsys, arguments, said):
    assert bench(*arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments, said", [
    (["run", "--blocks", "0"], "'0' is no whole number from 1 to 9999"),
    (["run", "--blocks", "1.5"], "'1.5' is no whole number"),
    (["run", "--seconds", "0"], "'0' is no number from 0.1 on"),
    (["run", "--seconds", "nan"], "'nan' is no number"),
    (["run", "--warmup", "-1"], "'-1' is no number from 0 on"),
    (["run", "--margin", "5"], "'5' is no part"),
    (["run", "start", "--bogus"], "unrecognized arguments: --bogus"),
    (["run", "--block", "1"], "unrecognized arguments: --block"),
    (["backend", "a.so", "--model", "m"], "required: B"),
    (["backend", "a", "b", "--model", "m", "--levels", "1,x"], "'x' is no whole number"),
    (["run", "--parameter", "ISOLATION"], "'ISOLATION' is not NAME=VALUE"),
    (["run", "--parameter", '=a'], "'=a' is not NAME=VALUE"),
    (["run", "--parameter", 'a="'], "without quotes"),
    (["versus"], "required: peer"), ([], "required: COMMAND"), (["measure"], "invalid choice"),
])
def test_usage_errors_are_2(capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        bench(*arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_installed_command():
    assert shutil.which("triton-py")
