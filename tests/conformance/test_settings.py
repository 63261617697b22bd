# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""conformance.toml: what it says reaches the models, what it can't say is refused with its place."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from report_support import run_of

from triton_py.conformance.pool import HarnessError
from triton_py.conformance.results import FAIL
from triton_py.conformance.settings import find, read_settings, read_target
from triton_py.conformance.waivers import Waiver, apply

CONFIG = 'backend: "x"\ninput { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models" / "add").mkdir(parents=True)
    (tmp_path / "models" / "add" / "config.pbtxt").write_text(CONFIG)
    (tmp_path / "right.py").write_text("def add(inputs):\n    return {'OUT': inputs['IN'] + 1}\n")
    (tmp_path / "libtriton_x.so").write_bytes(b"")
    return tmp_path


def test_everything_that_can_be_said(folder: Path) -> None:
    (folder / "conformance.toml").write_text(
        '[[model]]\npath = "models/add"\ndeterministic = false\nreference = "right.py:add"\n'
        "ranges = { IN = [0.0, 1] }\nlargest = { IN = 512 }\nparameters = { t = [0, 1.5, 'x'] }\n"
        '[[tolerate]]\nclause = "requests.released"\nreason = "soon"\nexpires = 2027-01-31\n'
    )
    library = folder / "libtriton_x.so"
    assert find(library) == folder / "conformance.toml"
    target, settings = read_target(library, [], None)
    (model,) = target.models
    assert (model.name, model.deterministic) == ("add", False)
    assert model.ranges == {"IN": (0.0, 1.0)}
    assert model.largest == {"IN": 512}
    assert list(model.parameters["t"]) == [0, 1.5, "x"]
    assert model.reference is not None
    assert model.reference({"IN": np.array([1.0])})["OUT"].tolist() == [2.0]
    assert settings.waivers == (Waiver("requests.released", "soon", date(2027, 1, 31)),)


def test_a_model_of_the_command_line_has_what_the_file_says_of_it(folder: Path) -> None:
    (folder / "c.toml").write_text('[[model]]\npath = "models/add"\ndeterministic = false\n')
    target, _ = read_target(
        folder / "libtriton_x.so", [folder / "models" / "add"], str(folder / "c.toml")
    )
    assert not target.models[0].deterministic


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[modle]]", "there is no key 'modle'; did you mean 'model'?"),
        ("model = 3", "model is a list of tables, written [[model]]"),
        ("[[model]]\nx = 1", "[[model]] number 1: there is no key 'x'"),
        ("[[model]]\ndeterministic = true", "[[model]] number 1 has no path"),
        ("[[model]]\npath = 'a'\ndeterministic = 'yes'", "it is to be true or false"),
        ("[[model]]\npath = 'a'\nranges = { A = [2, 1] }", "a table of [low, high]"),
        ("[[model]]\npath = 'a'\nlargest = { A = 0 }", "a table of numbers from 1 on"),
        ("[[model]]\npath = 'a'\nparameters = { A = 1 }", "a table of lists of values"),
        ("[[model]]\npath = 'a'\nreference = 'x.py'", "like 'right.py:add'"),
        ("[[model]]\npath = 'nowhere'", "has no config.pbtxt"),
        ("[[model]]\npath = 'models/add'\nranges = { B = [1, 2] }", "has no input 'B'; it has IN"),
        ("[[model]]\npath = 'models/add'\nreference = 'no.py:add'", "no.py' is not there"),
        ("[[model]]\npath = 'models/add'\nreference = 'right.py:sub'", "has no function 'sub'"),
        ("[[model]]\npath = 'models/add'\nreference = 'bad.py:f'", "ZeroDivisionError"),
        ("[[tolerate]]\nclause = 'requests.relesed'", "did you mean 'requests.released'?"),
        ("[[tolerate]]\nclause = 'requests.released'", "gives no reason why"),
        ("[[tolerate]]\nclause = 'requests.released'\nreason = 'x'", "until when"),
        ("[[tolerate]]\nclause = 'requests.released'\nreason = 'x'\nexpires = 'soon'", "not a date"),
        ("= 3", "Invalid"),
    ],
)
def test_what_it_can_not_say(folder: Path, text: str, sentence: str) -> None:
    (folder / "bad.py").write_text("1 / 0\n")
    (folder / "conformance.toml").write_text(text)
    with pytest.raises(HarnessError, match=re.escape(sentence)) as raised:
        read_target(folder / "libtriton_x.so", [], None)
    if "nowhere" not in text and ".py" not in text:
        assert "conformance.toml" in str(raised.value)


def test_a_file_that_is_not_there(folder: Path) -> None:
    with pytest.raises(HarnessError, match="can't be read: No such file"):
        read_settings(folder / "x.toml")


def waiver(clause: str) -> Waiver:
    return Waiver(clause, "soon", date(2027, 1, 31))


def test_a_waiver_keeps_a_clause_from_deciding() -> None:
    run = run_of({"requests.released": FAIL})
    assert run.exit_code == 1
    assert apply(run, [waiver("requests.released")], date(2027, 1, 31)) == []
    assert (run.verdict, run.exit_code) == ("conformant", 0)
    result = next(r for r in run.results if r.clause.id == "requests.released")
    assert (result.status, result.waived, result.waived_until) == ("fail", "soon", "2027-01-31")


def test_a_waiver_that_is_over_or_not_needed() -> None:
    run = run_of({"requests.released": FAIL})
    said = apply(run, [waiver("requests.released"), waiver("responses.final")], date(2027, 2, 1))
    assert run.exit_code == 1
    assert "that day is over" in said[0]
    assert "has passed: remove its [[tolerate]]" in said[1]
    assert run.warnings == said
