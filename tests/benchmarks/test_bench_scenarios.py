# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Scenarios: what a file may say, what is refused with which sentence, and those that ship."""

from __future__ import annotations

import tomllib

import pytest
from google.protobuf import text_format

from triton_py.benchmarks import scenarios
from triton_py.benchmarks.figures import FIGURES
from triton_py.benchmarks.results import Case
from triton_py.errors import InvalidArgumentError
from triton_py.proto.model_config import ModelConfig

MODEL = """
[models.m]
config = 'backend: "identity"'
"""
SCENARIO = """
[[scenario]]
name = "one"
kind = "http"
model = "m"
inputs = ["INPUT0:FP32:16"]
levels = [1, 8]
"""


def read(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return scenarios.read([path])


# --- tensors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text, shape, size", [
    ("X:FP32:16", (16,), 64), ("X:FP32:2,3", (2, 3), 24), ("X:BOOL:5", (5,), 5),
    ("X:FP64:", (), 8), ("X:INT16:0,4", (0, 4), 0), ("X:BYTES:10:140", (10,), 140),
    ("X:BYTES:0:0", (0,), 0), ("X:BF16:3", (3,), 6)])
def test_a_tensor_is_read_and_printed_back(text, shape, size):
    made = scenarios.tensor(text)
    assert (made.shape, made.size) == (shape, size)
    assert scenarios.tensor(str(made)) == made


@pytest.mark.parametrize("text, said", [
    ("X", "expected NAME:DATATYPE:DIMS"), ("X:FP32", "expected NAME:DATATYPE:DIMS"),
    ("X:FP31:1", "expected NAME:DATATYPE:DIMS"), ("X:FP32:a", "expected NAME:DATATYPE:DIMS"),
    ("X:FP32:1,", "expected NAME:DATATYPE:DIMS"), ("X:FP32:-1", "belongs to BYTES"),
    ("X:FP32:4:16", "belongs to BYTES"), ("X:BYTES:4", "belongs to BYTES"),
    ("X:BYTES:4:15", "don't have 15 bytes"), ("X:BYTES:4:18", "don't have 18 bytes")])
def test_what_is_no_tensor(text, said):
    with pytest.raises(InvalidArgumentError, match=said):
        scenarios.tensor(text)


def test_a_star_makes_several_tensors():
    made = scenarios.tensors(["IN*3:FP32:2", "Y:INT8:1"])
    assert [t.name for t in made] == ["IN0", "IN1", "IN2", "Y"]
    assert {t.shape for t in made[:3]} == {(2,)}
    for wrong in ("IN*:FP32:2", "IN*x:FP32:2", "IN*-1:FP32:2"):
        with pytest.raises(InvalidArgumentError, match="no number of them"):
            scenarios.tensors([wrong])


# --- files -----------------------------------------------------------------------------------


def test_a_file_is_read(tmp_path):
    made = read(tmp_path, MODEL + SCENARIO + 'rates = [50]\ntags = ["a"]\nconnections = 3\n')
    one = made.scenarios["one"]
    assert one.cases() == [Case("one", "1"), Case("one", "8"), Case("one", "50/s")]
    assert (one.title, one.tags, one.settings) == ("one", {"a"}, {"connections": 3})
    assert made.models == {"m": 'backend: "identity"'}


def test_a_model_may_be_a_number_of_tensors(tmp_path):
    made = read(tmp_path, "[models.m]\ntensors = 3\n" + SCENARIO)
    config = text_format.Parse(made.models["m"], ModelConfig())
    assert [i.name for i in config.input] == ["INPUT0", "INPUT1", "INPUT2"]
    assert [o.name for o in config.output] == ["OUTPUT0", "OUTPUT1", "OUTPUT2"]


def test_a_model_may_have_a_source_and_others_beside_it(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "m.py").write_text("")
    made = read(tmp_path, MODEL + "source = 'code/m.py'\nbeside = ['n']\n[models.n]\ntensors = 1")
    assert made.parts["m"].source == tmp_path / "code" / "m.py"
    assert made.parts["m"].beside == ("n",) and made.parts["n"].source is None


def without(key):
    return "\n".join(line for line in SCENARIO.splitlines() if not line.startswith(key))


@pytest.mark.parametrize("text, said", [
    ("[[scenario", "can't read scenarios from"),
    ("other = 1", "'other' is neither 'models' nor 'scenario'"),
    ("scenario = 3", r"scenarios are written as \[\[scenario\]\]"),
    ("scenario = [3]", "a scenario is a table"),
    ("models = 3", "models are tables"),
    ("[models]\nm = 3", "the model 'm' has neither 'config' nor 'tensors'"),
    ("[models.m]\nsize = 1", "the model 'm' has neither 'config' nor 'tensors'"),
    ("[models.m]\nconfig = 1", "the model 'm' is its 'config', a text"),
    ("[models.m]\ntensors = 0", "the model 'm' is its 'config', a text"),
    ("[models.m]\ntensors = 1\nconfig = ''", "is its 'config', a text, or its 'tensors'"),
    ("[models.m]\ntensors = 1\nsize = 1", "and nothing else"),
    ("[models.m]\ntensors = 1\nneeds = 'numpy'", "what it 'needs' and has 'beside' it, lists of texts"),
    ("[models.m]\ntensors = 1\nbeside = 'm'", "what it 'needs' and has 'beside' it, lists of texts"),
    ("[models.m]\ntensors = 1\nbeside = ['n']", "has 'n' beside it, which is not in the file"),
    ("[models.m]\ntensors = 1\nsource = 3", "may have a 'file' and a 'source', texts"),
    ("[models.m]\ntensors = 1\nsource = 'no.py'", "the source of the model 'm' is .*no.py, and there is"),
    (MODEL + SCENARIO + "answer = 'shrug'", "has the answer 'shrug', expected, over HTTP or gRPC, one of"),
    (MODEL + SCENARIO.replace("http", "inprocess") + "answer = 'upper'", "has the answer 'upper', expected"),
    (MODEL + without("name"), "a scenario's name is lower-case letters"),
    (MODEL + SCENARIO.replace('"one"', '"One"'), "not 'One'"),
    (MODEL + SCENARIO.replace('"one"', '"-one"'), "not '-one'"),
    (MODEL + SCENARIO + SCENARIO, "a second scenario 'one'"),
    (MODEL + without("kind"), "kind of 'one' is None, expected one of inprocess, http, grpc"),
    (MODEL + SCENARIO.replace('"http"', '"smtp"'), "kind of 'one' is 'smtp'"),
    (MODEL + without("model"), "'one' has no model"),
    (SCENARIO, "about the model 'm', which is not in the file"),
    (MODEL + without("inputs"), "'one' has no inputs"),
    (MODEL + without("levels"), "'one' has no levels"),
    (MODEL + SCENARIO.replace("[1, 8]", "[0]"), "levels of 'one' are whole numbers above 0"),
    (MODEL + SCENARIO.replace("[1, 8]", "8"), "levels of 'one' are whole numbers above 0"),
    (MODEL + SCENARIO.replace("[1, 8]", "[true]"), "levels of 'one' are whole numbers above 0"),
    (MODEL + SCENARIO + "rates = [1.5]", "rates of 'one' are whole numbers above 0"),
    (MODEL + SCENARIO + "levles = [3]", "'one' says 'levles', which no scenario has"),
    (MODEL + SCENARIO + 'tags = "smoke"', "tags of 'one' is a list of texts, not 'smoke'"),
    (MODEL + SCENARIO + "title = 3", "title of 'one' is text, not 3"),
    (MODEL + SCENARIO + "copies = 0", "copies of 'one' is a whole number above 0, not 0"),
    (MODEL + SCENARIO + "identity = 1", "identity of 'one' is true or false, not 1"),
    (MODEL + SCENARIO + "goals = 2.0", "goals of 'one' is a table, not 2.0"),
    (MODEL + SCENARIO.replace('["INPUT0:FP32:16"]', "[3]"), "inputs of 'one' is a list of texts"),
    (MODEL + SCENARIO.replace("FP32", "FP31"), "'INPUT0:FP31:16' is no tensor"),
    (MODEL + SCENARIO + 'encoding = "raw"', "is 'raw', expected binary or json"),
    (MODEL + SCENARIO.replace("http", "grpc") + 'encoding = "json"', "expected raw or typed"),
    (MODEL + SCENARIO.replace("http", "inprocess") + 'encoding = "json"', "expected none"),
    (MODEL + SCENARIO.replace("http", "inprocess") + "rates = [5]", "has rates, which"),
    (MODEL + SCENARIO.replace("http", "start"), "has levels, which a scenario of kind 'start'"),
    (MODEL + SCENARIO + "goals = { speed = 2 }", "a goal for 'speed', which is no figure"),
    (MODEL + SCENARIO + 'goals = { "p99@2" = 2 }', "a goal at '2', which is none of its levels"),
    (MODEL + SCENARIO + "goals = { p99 = 0 }", "the goal 'p99' of 'one' is a number above 0"),
    (MODEL + SCENARIO + 'goals = { p99 = "2" }', "the goal 'p99' of 'one' is a number above 0"),
])
def test_what_is_malformed_is_a_sentence(tmp_path, text, said):
    with pytest.raises(InvalidArgumentError, match=said) as caught:
        read(tmp_path, text)
    assert "mine.toml" in str(caught.value) or "is no tensor" in str(caught.value)


def test_what_can_not_be_read_is_a_sentence(tmp_path):
    with pytest.raises(InvalidArgumentError, match="can't read scenarios from .*none.toml"):
        scenarios.read([tmp_path / "none.toml"])
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidArgumentError, match="can't read scenarios from .*bad.toml"):
        scenarios.read([tmp_path / "bad.toml"])


def test_a_file_of_ones_own_can_not_change_the_models_of_another(tmp_path):
    """A second [models.identity] took the place of ours, and ours' scenarios ran on it."""
    path = tmp_path / "mine.toml"
    path.write_text(MODEL.replace("models.m", "models.identity"))
    with pytest.raises(InvalidArgumentError, match="a second model 'identity'"):
        scenarios.read([*scenarios.builtin_files(), path])


# --- choosing --------------------------------------------------------------------------------


@pytest.fixture
def some(tmp_path):
    text = MODEL
    for name, tag in (("http", "a"), ("http-big", "b"), ("grpc", "a"), ("a.b", "b")):
        text += SCENARIO.replace('"one"', f'"{name}"') + f'tags = ["{tag}"]\n'
    return read(tmp_path, text)


@pytest.mark.parametrize("names, sets, found", [
    ([], [], ["http", "http-big", "grpc", "a.b"]),
    (["http"], [], ["http"]), (["http*"], [], ["http", "http-big"]), (["*big"], [], ["http-big"]),
    (["grpc", "http*"], [], ["grpc", "http", "http-big"]), (["http", "*"], [],
     ["http", "http-big", "grpc", "a.b"]),
    ([], ["a"], ["http", "grpc"]), (["http-big"], ["a"], ["http-big", "http", "grpc"]),
    ([], ["b", "a"], ["http-big", "a.b", "http", "grpc"])])
def test_choosing(some, names, sets, found):
    assert [s.name for s in some.chosen(names, sets)] == found


@pytest.mark.parametrize("names, sets, said", [
    (["htp"], [], "no scenario 'htp'; there are: http, http-big, grpc, a.b"),
    (["a?b"], [], "no scenario 'a"), (["axb"], [], "no scenario 'axb'"),
    ([], ["c"], "no set 'c'; there are: a, b")])
def test_choosing_what_there_is_not(some, names, sets, said):
    with pytest.raises(InvalidArgumentError, match=said):
        some.chosen(names, sets)


# --- ours ------------------------------------------------------------------------------------


def test_ours_load_and_no_name_is_there_twice():
    written = []
    for path in scenarios.builtin_files():
        written += [entry["name"] for entry in tomllib.loads(path.read_text())["scenario"]]
    assert sorted(written) == sorted(set(written))
    assert list(scenarios.builtin().scenarios) == written
    assert {"http", "grpc", "inprocess", "start", "reload"} <= set(written)


@pytest.mark.parametrize("name", scenarios.builtin().scenarios)
def test_each_of_ours_fits_its_model(name):
    catalogue = scenarios.builtin()
    scenario = catalogue.scenarios[name]
    config = text_format.Parse(catalogue.models[scenario.model], ModelConfig())
    assert config.backend in ("identity", "onnxruntime", "python")
    source = catalogue.parts[scenario.model].source
    assert (source is not None) == (config.backend == "python")
    # What is compared with the input has to be a copy of it.
    copies = config.backend == "identity" or source is not None and source.name == "passed.py"
    assert (copies or scenario.kind == "start" or "answer" in scenario.settings
            or scenario.settings["identity"] is False)
    declared = {i.name: list(i.dims) for i in config.input}
    for tensor in scenario.inputs:
        dims = list(tensor.shape)[1 if config.max_batch_size else 0:]
        assert len(dims) == len(declared[tensor.name])
        assert all(want in (-1, got) for want, got in zip(declared[tensor.name], dims, strict=True))
    assert {t.name for t in scenario.inputs} in (set(), set(declared))
    assert all(goal.partition("@")[0] in FIGURES for goal in scenario.settings.get("goals", {}))
