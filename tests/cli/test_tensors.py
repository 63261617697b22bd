# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What ``triton-py infer`` makes of text and files, held against tritonclient's encoding."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tritonclient.utils import (
    serialize_bf16_tensor,
    serialize_byte_tensor,
)

from triton_py.cli import tensors
from triton_py.cli.errors import CliError
from triton_py.cli.tensors import Described, Tensor, decode, encode, from_text


@pytest.mark.parametrize("datatype", tensors.NUMPY_TYPES)
@given(data=st.data())
def test_every_numeric_type_round_trips(datatype, data):
    array = data.draw(hnp.arrays(tensors.NUMPY_TYPES[datatype],
                                 hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)))
    got = decode(Tensor("x", datatype, array.shape, encode(array, datatype)))
    np.testing.assert_array_equal(got, array)


@given(hnp.arrays(np.float32, hnp.array_shapes(max_dims=2, max_side=4),
                  elements=st.floats(-(2.0**126), 2.0**126, width=32)))
def test_bf16_is_within_half_a_step(array):
    got = decode(Tensor("x", "BF16", array.shape, encode(array, "BF16")))
    truncated = np.frombuffer(serialize_bf16_tensor(array).item(), "<u2").astype("<u4") << 16
    step = np.abs(truncated.view("<f4")) * 2.0**-7 + 2.0**-133
    assert (np.abs(got.reshape(-1) - array.reshape(-1)) <= step / 2).all()


def test_bf16_rounds_to_even_and_keeps_nan_and_infinity():
    array = np.array([1.00390625, 1.01171875, np.nan, np.inf, -np.inf], np.float32)
    got = decode(Tensor("x", "BF16", array.shape, encode(array, "BF16")))
    assert got[0] == 1.0 and got[1] == 1.015625
    assert np.isnan(got[2]) and got[3] == np.inf and got[4] == -np.inf


@given(st.lists(st.binary(max_size=8), max_size=4))
def test_bytes_are_encoded_as_the_client_library_does(elements):
    array = np.array(elements, object)
    data = encode(array, "BYTES")
    if elements:
        assert data == serialize_byte_tensor(array).item()
    assert decode(Tensor("x", "BYTES", (len(elements),), data)).tolist() == elements


def test_truncated_outputs_are_an_error():
    with pytest.raises(CliError, match="ends inside element 0"):
        decode(Tensor("OUT", "BYTES", (1,), b"\x05\0\0\0ab"))
    with pytest.raises(CliError, match="3 bytes for INT16"):
        decode(Tensor("OUT", "INT16", (2,), b"abc"))


@pytest.mark.parametrize("wanted, batched, text, shape", [
    ((-1, 3), True, "[[1,2,3]]", (1, 3)),
    ((-1, 3), True, "[1,2,3]", (1, 3)),
    ((-1, -1), True, "[1,2,3]", (1, 3)),
    ((3,), False, "[1,2,3]", (3,)),
    ((2, 2), False, "[1,2,3,4]", (2, 2)),
    ((-1, 2), False, "[1,2,3,4]", (2, 2)),
    ((1,), False, "5", (1,)),
    ((-1, 1), True, "5", (1, 1)),
    ((-1, 2), True, "[[1,2],[3,4]]", (2, 2)),
    ((0,), False, "[]", (0,)),
])
def test_shapes_are_completed_from_metadata(wanted, batched, text, shape):
    tensor = from_text(Described("X", "INT32", wanted, batched), text)
    assert tensor.shape == shape
    expected = np.array(json.loads(text), np.int32).reshape(shape)
    np.testing.assert_array_equal(decode(tensor), expected)


def test_a_shape_that_cannot_be_told_asks_for_one():
    described = Described("X", "FP32", (-1, -1, 3))
    with pytest.raises(CliError, match=r"has shape \[6\], the model wants .* --shape X="):
        from_text(described, "[1,2,3,4,5,6]")
    assert from_text(described, "[1,2,3,4,5,6]", (1, 2, 3)).shape == (1, 2, 3)
    with pytest.raises(CliError, match="has 4 elements, the value has 6"):
        from_text(described, "[1,2,3,4,5,6]", (2, 2))


@pytest.mark.parametrize("datatype, text, message", [
    ("INT8", "[300]", "300 is outside INT8"),
    ("UINT64", "-1", "-1 is outside UINT64"),
    ("INT32", "1.5", "not a whole number"),
    ("INT32", "hello", "'hello' is not JSON"),
    ("FP32", "[[1,2],[3]]", "lists of equal length"),
    ("FP32", '["a"]', "expected numbers"),
    ("FP32", "null", "expected numbers"),
    ("FP32", '{"a":1}', "expected numbers"),
    ("BOOL", "[2]", "BOOL elements are"),
    ("BYTES", "[1]", "BYTES elements are strings"),
])
def test_wrong_values_are_named(datatype, text, message):
    with pytest.raises(CliError, match="input 'X'.*" + message):
        from_text(Described("X", datatype, (-1,)), text)


@pytest.mark.parametrize("text, elements", [
    ("hello", [b"hello"]), ('["a","b"]', [b"a", b"b"]), ('"12"', [b"12"]), ("12", [b"12"]),
    ("true", [b"true"]), ("ü", ["ü".encode()]), ("", [b""]),
])
def test_strings(text, elements):
    tensor = from_text(Described("T", "BYTES", (-1,)), text)
    assert decode(tensor).tolist() == elements


def test_files(tmp_path):
    raw = tmp_path / "x.bin"
    raw.write_bytes(np.arange(6, dtype="<f4").tobytes())
    tensor = from_text(Described("X", "FP32", (-1, 2, 3), True), f"@{raw}")
    assert tensor.shape == (1, 2, 3)
    assert tensor.data == raw.read_bytes()
    whole = from_text(Described("T", "BYTES", (1,)), f"@{raw}")
    assert decode(whole).tolist() == [raw.read_bytes()]
    raw.write_bytes(b"abc")
    with pytest.raises(CliError, match="3 bytes, no multiple of the 4 of FP32"):
        from_text(Described("X", "FP32", (-1,)), f"@{raw}")
    with pytest.raises(CliError, match="cannot read .*missing: No such file"):
        from_text(Described("X", "FP32", (-1,)), f"@{tmp_path}/missing")


def test_saved_arrays(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(6, dtype=np.int16).reshape(2, 3))
    tensor = from_text(Described("X", "INT32", (-1, 3)), f"@{path}")
    assert tensor.shape == (2, 3)
    assert decode(tensor).tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(CliError, match="holds int16, the model wants INT8"):
        from_text(Described("X", "INT8", (-1, 3)), f"@{path}")
    path.write_bytes(b"not numpy")
    with pytest.raises(CliError, match="cannot read"):
        from_text(Described("X", "INT8", (-1, 3)), f"@{path}")


def test_printing():
    assert tensors.to_json(np.array([b"a", b"\xff"], object)) == ["a", "\\xff"]
    assert tensors.to_json(np.array([1.5, np.nan])) == [1.5, "nan"]
    assert "..." in tensors.to_text(np.arange(1000))
    assert tensors.to_text(np.array([b"hi"], object)) == "['hi']"
