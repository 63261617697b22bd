# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors from and to numpy, DLPack, lists and buffers; no server involved."""

from __future__ import annotations

import array
import ctypes
import gc
import math
import sys
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from triton_py import DataType, InvalidArgumentError, MemoryBuffer, MemoryType, Tensor
from triton_py.api import dlpack
from triton_py.api.bytes_tensor import decode, encode
from triton_py.api.dtypes import float32_to_bfloat16
from triton_py.api.memory import parse_device

NUMERIC = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
}
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@pytest.mark.parametrize("name", NUMERIC)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_numpy_round_trip_shares_memory(name, data):
    original = data.draw(hnp.arrays(NUMERIC[name], SHAPES))
    tensor = Tensor.from_object(original)
    assert tensor.data_type == DataType[name]
    assert tensor.shape == original.shape
    back = tensor.numpy()
    assert back.dtype == original.dtype and back.shape == original.shape
    assert back.tobytes() == original.tobytes()
    if original.size:
        assert tensor.data_ptr == original.ctypes.data == back.ctypes.data
        assert np.shares_memory(original, back)


@pytest.mark.parametrize("name", NUMERIC)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_dlpack_round_trip_shares_memory(name, data):
    original = data.draw(hnp.arrays(NUMERIC[name], SHAPES))
    tensor = Tensor.from_dlpack(original)
    assert tensor.data_type == DataType[name]
    back = np.from_dlpack(tensor)
    assert back.dtype == original.dtype and back.shape == original.shape
    assert back.tobytes() == original.tobytes()
    if original.size:
        assert back.ctypes.data == original.ctypes.data


@settings(max_examples=200, deadline=None)
@given(
    hnp.arrays(
        object,
        SHAPES,
        elements=st.one_of(st.binary(max_size=20), st.just(b"\0"), st.just(b"a\0\0")),
        fill=st.nothing(),
    )
)
def test_bytes_round_trip(original):
    tensor = Tensor.from_object(original)
    assert tensor.data_type == DataType.BYTES and tensor.shape == original.shape
    back = tensor.to_bytes_array()
    assert back.shape == original.shape
    assert back.tolist() == original.tolist()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=10), max_size=5))
def test_text_round_trip(texts):
    tensor = Tensor.from_string_array(texts) if texts else Tensor.from_object([], "BYTES")
    assert tensor.shape == (len(texts),)
    assert tensor.to_string_array().tolist() == texts


def test_text_that_is_no_utf8_survives():
    raw = b"\xff\xfe\x00\x80"
    tensor = Tensor.from_bytes_array([raw])
    with pytest.raises(UnicodeDecodeError):
        tensor.to_string_array()
    text = tensor.to_string_array("surrogateescape")
    assert Tensor.from_bytes_array(text).to_bytes_array().tolist() == [raw]


def test_fixed_width_numpy_strings():
    assert Tensor.from_object(np.array(["ab", "c"])).to_bytes_array().tolist() == [b"ab", b"c"]
    assert Tensor.from_object(np.array([b"ab", b"c"])).to_bytes_array().tolist() == [b"ab", b"c"]


def test_bytes_scalar_and_list():
    assert Tensor.from_object("x").shape == ()
    assert Tensor.from_object(b"x\0").to_bytes_array().tolist() == b"x\0"
    nested = Tensor.from_object([["a", b"b\0"], ["", b"\xff"]])
    assert nested.shape == (2, 2)
    assert nested.to_bytes_array().tolist() == [[b"a", b"b\0"], [b"", b"\xff"]]


@pytest.mark.parametrize(
    ("buffer", "shape", "message"),
    [
        (b"\x01\0\0", (1,), "ends after 0 of 1"),
        (encode([b"a"]), (2,), "ends after 1 of 2"),
        (b"\x05\0\0\0ab", (1,), "element 0 .* claims 5 bytes, but only 2"),
        (encode([b"a", b"b"]), (1,), "5 bytes too many"),
        (b"\xff\xff\xff\xff", (1,), "claims 4294967295 bytes"),
        (b"x", (0,), "1 bytes too many"),
    ],
)
def test_malformed_bytes(buffer, shape, message):
    with pytest.raises(InvalidArgumentError, match=message):
        decode(buffer, shape)


def test_bytes_elements_of_other_types_are_refused():
    with pytest.raises(InvalidArgumentError, match="bytes or str, not int"):
        Tensor.from_object(np.array(["a", 1], dtype=object))
    with pytest.raises(InvalidArgumentError, match="mixes types"):
        Tensor.from_object(["a", 1])


class TestMemory:
    def test_array_lives_as_long_as_a_view(self):
        original = np.arange(6, dtype=np.float32)
        alive = weakref.ref(original)
        view = Tensor.from_object(original).numpy()
        del original
        gc.collect()
        assert view.tolist() == [0, 1, 2, 3, 4, 5]
        assert alive() is not None
        del view
        gc.collect()
        assert alive() is None

    def test_dlpack_keeps_the_owner_alive(self):
        original = np.arange(6, dtype=np.float32)
        alive = weakref.ref(original)
        tensor = Tensor.from_dlpack(original)
        view = np.from_dlpack(tensor)
        del original, tensor
        gc.collect()
        assert view.sum() == 15 and alive() is not None
        del view
        gc.collect()
        assert alive() is None

    @pytest.mark.parametrize("version", [None, (1, 0)])
    def test_unused_capsule_lets_go(self, version):
        tensor = Tensor.from_object(np.zeros(3))
        count = sys.getrefcount(tensor)
        capsule = tensor.__dlpack__(max_version=version)
        assert sys.getrefcount(tensor) == count + 1
        del capsule
        assert sys.getrefcount(tensor) == count

    @pytest.mark.parametrize("version", [None, (1, 0)])
    def test_capsule_is_taken_once(self, version):
        original = np.arange(3, dtype=np.int16)
        tensor = Tensor.from_object(original)
        count = sys.getrefcount(tensor)
        capsule = tensor.__dlpack__(max_version=version)
        imported = dlpack.Imported(capsule)
        assert imported.data_ptr == original.ctypes.data
        assert (imported.shape, imported.type_code, imported.bits) == ((3,), 0, 16)
        with pytest.raises(InvalidArgumentError, match="taken over before"):
            dlpack.Imported(capsule)
        del capsule
        assert sys.getrefcount(tensor) == count + 1
        del imported
        assert sys.getrefcount(tensor) == count

    def test_writable_without_a_copy(self):
        original = np.zeros(3, np.float32)
        Tensor.from_object(original).numpy()[1] = 7
        assert original[1] == 7

    def test_read_only_array_is_accepted(self):
        original = np.arange(4.0)
        original.flags.writeable = False
        assert Tensor.from_object(original).data_ptr == original.ctypes.data
        assert Tensor.from_dlpack(original).data_ptr == original.ctypes.data

    def test_gaps_are_copied_from_numpy_and_refused_from_dlpack(self):
        original = np.arange(12, dtype=np.int32).reshape(3, 4)
        tensor = Tensor.from_object(original.T)
        assert tensor.shape == (4, 3) and tensor.numpy().tolist() == original.T.tolist()
        assert tensor.data_ptr != original.ctypes.data
        with pytest.raises(InvalidArgumentError, match="contiguous"):
            Tensor.from_dlpack(original.T)

    def test_other_byte_order_is_converted(self):
        original = np.array([1, 256], dtype=">i4")
        assert Tensor.from_object(original).numpy().tolist() == [1, 256]

    def test_buffers(self):
        original = array.array("h", [1, -2, 3])
        tensor = Tensor.from_object(original)
        assert tensor.data_type == DataType.INT16
        assert tensor.data_ptr == original.buffer_info()[0]
        raw = (ctypes.c_float * 2)(1.5, 2.5)
        assert Tensor.from_object(raw).numpy().tolist() == [1.5, 2.5]
        assert Tensor.from_object(raw).data_ptr == ctypes.addressof(raw)

    def test_memory_buffer_from_dlpack(self):
        original = np.arange(4, dtype=np.uint8)
        buffer = MemoryBuffer.from_dlpack(original)
        assert (buffer.data_ptr, buffer.size) == (original.ctypes.data, 4)
        assert buffer.memory_type == MemoryType.CPU
        with pytest.raises(InvalidArgumentError, match="does not support the DLPack"):
            MemoryBuffer.from_dlpack(b"1234")

    def test_wrong_size_is_refused(self):
        buffer = MemoryBuffer.from_dlpack(np.zeros(4, np.uint8))
        with pytest.raises(InvalidArgumentError, match=r"FP32 \[2\] has 8 bytes, its buffer 4"):
            Tensor(DataType.FP32, [2], buffer)

    def test_asarray(self):
        original = np.arange(3, dtype=np.float32)
        tensor = Tensor.from_object(original)
        assert np.shares_memory(np.asarray(tensor), original)
        assert np.asarray(tensor, dtype=np.float64).dtype == np.float64
        assert not np.shares_memory(np.array(tensor), original)


class TestBf16:
    BITS = np.array([0x3F80, 0xBF80, 0x7F80, 0x0001], dtype=np.uint16)

    def test_from_bit_patterns(self):
        tensor = Tensor.from_numpy(self.BITS, "BF16")
        assert tensor.data_type == DataType.BF16 and tensor.data_ptr == self.BITS.ctypes.data
        assert tensor.numpy().view(np.uint16).tolist() == self.BITS.tolist()
        assert tensor.tolist()[:3] == [1.0, -1.0, math.inf]
        assert Tensor.from_object(self.BITS).data_type == DataType.UINT16
        assert Tensor.from_object(self.BITS, DataType.BF16).data_type == DataType.BF16

    def test_ml_dtypes(self):
        ml_dtypes = pytest.importorskip("ml_dtypes")
        original = self.BITS.view(ml_dtypes.bfloat16)
        tensor = Tensor.from_object(original)
        assert tensor.data_type == DataType.BF16 and tensor.data_ptr == original.ctypes.data
        assert tensor.numpy().dtype == ml_dtypes.bfloat16

    def test_dlpack(self):
        capsule = Tensor.from_numpy(self.BITS, "BF16").__dlpack__()
        imported = dlpack.Imported(capsule)
        assert (imported.type_code, imported.bits) == (4, 16)

    @given(st.floats(width=32))
    def test_rounding(self, value):
        rounded = int(float32_to_bfloat16(np.array([value], np.float32))[0])
        back = float(np.array([rounded << 16], np.uint32).view(np.float32)[0])
        if math.isnan(value):
            assert math.isnan(back)
        elif not math.isinf(back):
            # Half a unit in the last of 8 significant bits, or of the smallest subnormal.
            assert abs(back - value) <= max(abs(value) * 2.0**-8, 2.0**-134)

    def test_ties_go_to_even(self):
        values = np.array([0x3F808000, 0x3F818000, 0x7F7FFFFF], np.uint32).view(np.float32)
        assert float32_to_bfloat16(values).tolist() == [0x3F80, 0x3F82, 0x7F80]


class TestLists:
    """Lists carry no type of their own, so they take the model's where no value changes."""

    @pytest.mark.parametrize(
        ("values", "wanted", "expected"),
        [
            ([1, 2], "FP32", [1.0, 2.0]),
            ([1.5], "FP16", [1.5]),
            ([[1, 2], [3, 4]], "INT8", [[1, 2], [3, 4]]),
            ([True, False], "BOOL", [True, False]),
            ([255], "UINT8", [255]),
            ([2**64 - 1], "UINT64", [2**64 - 1]),
            ([1.5, -2.0], "BF16", [1.5, -2.0]),
            ([], "FP32", []),
            ([], "BYTES", []),
            (3, "INT32", 3),
        ],
    )
    def test_fits(self, values, wanted, expected):
        tensor = Tensor.from_object(values, wanted)
        assert tensor.data_type == DataType[wanted]
        assert tensor.tolist() == expected

    @pytest.mark.parametrize(
        ("values", "wanted"),
        [
            ([300], "INT8"),
            ([-1], "UINT64"),
            ([1.5], "INT32"),
            ([1e39], "FP32"),
            ([70000], "FP16"),
            ([1], "BOOL"),
            ([1], "BYTES"),
            (["1"], "INT32"),
            ([[1, 2], [3]], "INT32"),
            ([2**64], "UINT64"),
            ([None], "FP32"),
        ],
    )
    def test_does_not_fit(self, values, wanted):
        with pytest.raises(InvalidArgumentError):
            Tensor.from_object(values, wanted)

    def test_unknown_objects_are_named(self):
        with pytest.raises(InvalidArgumentError, match="dict is no tensor"):
            Tensor.from_object({})
        with pytest.raises(InvalidArgumentError, match="datetime64"):
            Tensor.from_object(np.array(["2026-01-01"], "datetime64[s]"))


def test_repr():
    text = repr(Tensor.from_object(np.zeros((2, 3), np.float32)))
    assert text == "Tensor(FP32, [2, 3], 24 bytes, CPU)"


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("cpu", (MemoryType.CPU, 0)),
        ("gpu:2", (MemoryType.GPU, 2)),
        (MemoryType.CPU_PINNED, (MemoryType.CPU_PINNED, 0)),
        ((MemoryType.GPU, 1), (MemoryType.GPU, 1)),
    ],
)
def test_devices(device, expected):
    assert parse_device(device) == expected


@pytest.mark.parametrize("device", ["tpu", "gpu:x", (MemoryType.GPU, "1"), 7])
def test_wrong_devices(device):
    with pytest.raises(InvalidArgumentError, match="memory type"):
        parse_device(device)
