# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Two builds of one backend: what is taken from the model's configuration, what is refused."""

from __future__ import annotations

import pytest

from triton_py.benchmarks import builds
from triton_py.benchmarks.machine import sha256
from triton_py.errors import InvalidArgumentError

FIXED = """
backend: "mine" max_batch_size: 4
input { name: "A" data_type: TYPE_FP32 dims: [ 2, 3 ] }
input { name: "B" data_type: TYPE_BOOL dims: [ 5 ] }
"""
OPEN = 'backend: "mine" input { name: "A" data_type: TYPE_FP32 dims: [ -1 ] }'
STRINGS = 'backend: "mine" input { name: "A" data_type: TYPE_STRING dims: [ 2 ] }'


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "My_Model"
    folder.mkdir()
    return folder


def write(model, text):
    (model / "config.pbtxt").write_text(text)


def test_inputs_are_those_of_the_smallest_batch(model):
    write(model, FIXED)
    catalogue, made = builds.scenario(model, [], (1, 8))
    assert [str(t) for t in made.inputs] == ["A:FP32:1,2,3", "B:BOOL:1,5"]
    assert (made.name, made.kind, made.levels) == ("my-model", "inprocess", (1, 8))
    assert catalogue.scenarios == {"my-model": made}
    # The answers of a backend that isn't known can't be held against its inputs.
    assert made.settings["identity"] is False


def test_a_model_without_batches(model):
    write(model, FIXED.replace("max_batch_size: 4", ""))
    _, made = builds.scenario(model, [], (1,))
    assert str(made.inputs[0]) == "A:FP32:2,3"


def test_inputs_that_are_given_win(model):
    write(model, OPEN)
    _, made = builds.scenario(model, ["A:FP32:7"], (1,))
    assert [t.shape for t in made.inputs] == [(7,)]


@pytest.mark.parametrize("text, said", [
    (OPEN, "leaves the size of input 'A' open: --input A:FP32:DIMS says it"),
    (STRINGS, "--input A:BYTES:DIMS says it"),
    ('backend: "mine"', "names no inputs: give --input"),
    ("bakend", "can't read .*config.pbtxt"),
])
def test_what_the_configuration_does_not_say(model, text, said):
    write(model, text)
    with pytest.raises(InvalidArgumentError, match=said):
        builds.scenario(model, [], (1,))


def test_a_folder_without_a_model(tmp_path, model):
    with pytest.raises(InvalidArgumentError, match="none' is no folder of a model"):
        builds.scenario(tmp_path / "none", [], (1,))
    with pytest.raises(InvalidArgumentError, match="can't read .*config.pbtxt"):
        builds.scenario(model, [], (1,))


def test_each_build_has_a_folder_of_its_own_with_what_lies_beside_it(tmp_path, model):
    write(model, FIXED)
    libraries = []
    for name in ("old", "new"):
        place = tmp_path / name
        place.mkdir()
        (place / "libtriton_mine.so").write_text(name)
        (place / "libhelper.so").write_text(f"helper of {name}")
        (place / "notes.txt").write_text("not its own")
        libraries.append(place / "libtriton_mine.so")
    made = builds.contestants(libraries, model, tmp_path / "work")
    for name, library, one in zip(("old", "new"), libraries, made, strict=True):
        placed = {p.name: p.read_text() for p in (one.backends / "mine").iterdir()}
        assert placed == {"libtriton_mine.so": name, "libhelper.so": f"helper of {name}"}
        assert one.subject().label == str(library)
        assert one.subject().facts == {"sha256": sha256(library), "backend": "mine"}


def test_a_build_by_another_file_name_is_renamed(tmp_path, model):
    write(model, FIXED)
    (tmp_path / "b.so").write_text("b")
    made = builds.contestants([tmp_path / "b.so"], model, tmp_path / "work")
    assert [p.name for p in (made[0].backends / "mine").iterdir()] == ["libtriton_mine.so"]


def test_what_is_no_build(tmp_path, model):
    write(model, FIXED)
    with pytest.raises(InvalidArgumentError, match="there is no file '.*none.so'"):
        builds.contestants([tmp_path / "none.so"], model, tmp_path / "work")
    write(model, FIXED.replace('backend: "mine"', ""))
    with pytest.raises(InvalidArgumentError, match="names no backend"):
        builds.contestants([], model, tmp_path / "work")
