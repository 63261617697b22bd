# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""conformance.toml: what it may say, and that each mistake in it is told with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from triton_py.conformance.bounds import range_problem
from triton_py.conformance.cases import CaseRequest
from triton_py.conformance.configs import DeclaredTensor
from triton_py.conformance.pool import HarnessError
from triton_py.conformance.settings import Settings, SettingsError, read
from triton_py.conformance.strategies import array_of, requests
from triton_py.conformance.target import ModelUnderTest, read_model

CONFIG = """
backend: "x"
input { name: "A" data_type: TYPE_INT8 dims: [ -1 ] }
input { name: "B" data_type: TYPE_FP32 dims: [ 4 ] }
input { name: "S" data_type: TYPE_STRING dims: [ -1 ] }
output { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.pbtxt").write_text(CONFIG)
    (tmp_path / "ref.py").write_text(
        "def good(inputs):\n    inputs['A'][:] = 0\n    return {'OUT': inputs['A']}\n"
        "def raises(inputs):\n    raise RuntimeError('no')\n"
        "def nothing(inputs):\n    return None\n"
        "def other(inputs):\n    return {'OUR': 1}\n"
        "number = 3\n"
    )
    (tmp_path / "broken.py").write_text("import nothing_of_this_name\n")
    return tmp_path


def settings(folder: Path, text: str) -> Settings:
    path = folder / "conformance.toml"
    path.write_text(text)
    return read(path)


def models(folder: Path) -> list[ModelUnderTest]:
    return [read_model(folder / name, "x") for name in ("one", "two")]


def test_an_empty_file_says_nothing(folder: Path) -> None:
    before = models(folder)
    assert settings(folder, "").applied(before) == before


def test_own_keys_are_laid_over_those_of_all(folder: Path) -> None:
    found = settings(folder, """
        deterministic = false
        largest = 9
        [ranges]
        A = [-3, 3]
        B = [0.5, 1]
        [parameters]
        p = ["a", 1, 2.5, true]
        [[model]]
        path = "two"
        deterministic = true
        largest = { A = 5 }
        ranges = { A = [0, 1] }
    """)
    one, two = found.applied(models(folder))
    assert list(found.models) == [(folder / "two").resolve()]
    assert (one.deterministic, two.deterministic) == (False, True)
    assert (one.largest, two.largest) == ({"": 9}, {"": 9, "A": 5})
    assert one.ranges == {"A": (-3, 3), "B": (0.5, 1)}
    assert two.ranges == {"A": (0, 1), "B": (0.5, 1)}
    assert one.parameters == {"p": ("a", 1, 2.5, True)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("determinstic = true", "determinstic: there is no such key; did you mean 'deterministic'?"),
        ("xyz = 1", "xyz: there is no such key; there are deterministic, reference"),
        ("deterministic = 1", "deterministic: it is true or false"),
        ("reference = 1", "reference: it is written"),
        ('reference = "ref.py"', "reference: 'ref.py' is not written FILE.py:FUNCTION"),
        ('reference = "no.py:f"', "reference: there is no file"),
        ('reference = "ref.py:goood"', "has no function 'goood'; did you mean 'good'?"),
        ('reference = "ref.py:number"', "has no function 'number'"),
        ('reference = "broken.py:f"', "can't be imported: ModuleNotFoundError"),
        ("ranges = 1", "ranges: it is a table, written [ranges]"),
        ("ranges.A = 1", "ranges.A: it is written [lowest, highest]"),
        ("ranges.A = [1]", "ranges.A: it is written"),
        ("ranges.A = [true, false]", "ranges.A: it is written"),
        ("ranges.A = [2, 1]", "ranges.A: 2 to 1 is not a range"),
        ("ranges.B = [nan, 1]", "ranges.B: nan to 1 is not a range"),
        ("ranges.B = [0, inf]", "ranges.B: 0 to inf is not a range"),
        ("largest.A = 0", "largest.A: it is a whole number from 1 on"),
        ("largest = true", "largest: it is a table"),
        ("parameters.p = 1", "parameters.p: it is a list"),
        ("parameters.p = []", "parameters.p: it is a list"),
        ("parameters.p = [[1]]", "parameters.p: [1] is no value of a parameter"),
        ("parameters.p = [9223372036854775808]", "parameters.p: 9223372036854775808 does not fit"),
        ('parameters.p = ["\\u0000"]', "parameters.p: a text has a zero byte"),
        ("model = 1", "model: it is a list of tables"),
        ("[[model]]", "model[1].path: name a model folder"),
        ('[[model]]\npath = "three"', "model[1].path: there is no model folder"),
        ('[[model]]\npath = "one"\n[[model]]\npath = "./one"', "model[2].path: './one' is there"),
        ('[[model]]\npath = "one"\nrange = 1', "model[1].range: there is no such key; did you mean"),
        ("[[tolerate]]", "tolerate[1]: it names no clause"),
        ("a = 1\nb c", "(at line 2, column 3)"),
    ],
)
def test_mistakes_have_their_place(folder: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(folder, text)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{folder / 'conformance.toml'}: ") and said in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ranges.AA = [0, 1]", "ranges.AA: no model has such an input; did you mean 'A'?"),
        ("ranges.S = [0, 1]", "ranges.S: the input is of BYTES, which has no range"),
        ("ranges.A = [0, 128]", "ranges.A: 0 to 128 goes beyond INT8"),
        ("ranges.A = [0.5, 1]", "ranges.A: the input is of INT8: its bounds are whole numbers"),
        ("ranges.B = [0, 1e39]", "ranges.B: 0 to 1e+39 goes beyond FP32"),
        ("largest.B = 3", "largest.B: the input has no variable dimension"),
        ("largest.Q = 3", "largest.Q: no model has such an input"),
        ('[[model]]\npath = "two"\nlargest.B = 3', "model[1].largest.B: the input has no variable"),
    ],
)
def test_what_does_not_fit_the_models(folder: Path, text: str, said: str) -> None:
    found = settings(folder, text)
    with pytest.raises(SettingsError) as caught:
        found.applied(models(folder))
    (problem,) = caught.value.problems
    assert problem.startswith(f"{folder / 'conformance.toml'}: ") and said in problem


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(folder, "x = 1\ndeterministic = 2\nlargest.A = -1\n[[tolerate]]\n")
    assert len(caught.value.problems) == 4


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read: No such file"):
        read(tmp_path / "conformance.toml")
    (tmp_path / "conformance.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="utf-8"):
        read(tmp_path / "conformance.toml")


def answered(folder: Path, name: str) -> tuple[np.ndarray, object]:
    model = settings(folder, f'reference = "ref.py:{name}"').applied(models(folder))[0]
    array = np.array([1, 2], np.int8)
    array.flags.writeable = False
    assert model.reference is not None
    return array, model.reference({"A": array})


def test_a_reference_function_may_write_into_what_it_gets(folder: Path) -> None:
    array, outputs = answered(folder, "good")
    assert array.tolist() == [1, 2]
    assert outputs["OUT"].tolist() == [0, 0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "ref.py:raises failed: RuntimeError: no"),
        ("nothing", "returned NoneType, not a dict"),
        ("other", "returned 'OUR', which is no output of the model; there are OUT"),
    ],
)
def test_mistakes_of_a_reference_function_are_the_harness_s(
    folder: Path, name: str, said: str
) -> None:
    with pytest.raises(HarnessError, match=said):
        answered(folder, name)


_TYPES = ["INT8", "INT64", "UINT8", "UINT64", "FP16", "FP32", "FP64", "BF16"]


@given(st.data(), st.sampled_from(_TYPES))
def test_values_stay_within_their_range(draw: st.DataObject, datatype: str) -> None:
    low = draw.draw(st.integers(0, 100))
    high = draw.draw(st.integers(low, 120))
    config = f'backend: "x" input {{ name: "A" data_type: TYPE_{datatype} dims: [ 50 ] }}'
    model = ModelUnderTest("m", config, ranges={"A": (low, high)})
    tensor = draw.draw(requests(model)).inputs["A"]
    array = array_of(tensor)
    if datatype == "BF16":
        array = (array.astype(np.uint32) << 16).view(np.float32)
    # Cut to 8 bits of precision a value may fall below an odd bound.
    slack = 1 if datatype == "BF16" else 0.1 if datatype == "FP16" else 0
    assert array.min() >= low - slack and array.max() <= high + slack


@pytest.mark.parametrize(
    ("datatype", "bounds", "fits"),
    [
        ("UINT64", (0, 2**64 - 1), True), ("UINT64", (0, 2**64), False),
        ("UINT8", (-1, 3), False), ("INT64", (-(2**63), 2**63 - 1), True),
        ("FP16", (-65504, 65504), True), ("FP16", (0, 65505), False),
        ("BOOL", (0, 1), False), ("FP64", (-8e307, 8e307), True),
    ],
)  # fmt: skip
def test_what_a_datatype_can_hold(datatype: str, bounds: tuple[float, float], fits: bool) -> None:
    tensor = DeclaredTensor("A", datatype, [50])
    assert (range_problem(tensor, bounds) == "") == fits
    if fits:
        config = f'backend: "x" input {{ name: "A" data_type: TYPE_{datatype} dims: [ 50 ] }}'
        drawn = []

        @hypothesis_settings(max_examples=5, database=None)
        @given(requests(ModelUnderTest("m", config, ranges={"A": bounds})))
        def draws(request: CaseRequest) -> None:
            drawn.append(array_of(request.inputs["A"]))

        draws()
        assert all(bounds[0] <= v <= bounds[1] for array in drawn for v in array.tolist())
