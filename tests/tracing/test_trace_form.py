# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Traces as text: the JSON that Triton writes, elements of tensors, files."""

from __future__ import annotations

import csv
import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triton_py.tracing.files import TraceFile
from triton_py.tracing.form import trace_text
from triton_py.tracing.notes import CUSTOM, Happened, Recorded, Started, Tensor, custom_name
from triton_py.tracing.setting import Batch
from triton_py.tracing.values import tensor_text


def recorded(*notes: Started | Happened | Tensor) -> Recorded:
    return Recorded(1, 5, 0, 0, 9, list(notes), None, False)


def test_the_objects_of_a_trace_are_tritons():
    text = trace_text(recorded(
        Happened(5, "HTTP_RECV_START", 1, True),
        Started(5, 0, "m", 2, "id", 3, 0),
        Started(6, 5, "inner", 1, "", 4, 0),
        Happened(5, "QUEUE_START", 5, False),
        Tensor(6, "TENSOR_QUEUE_INPUT", "X", "INT32", (1, 2), struct.pack("<2i", 7, -8)),
    ))
    assert text == (
        '{"id":5,"timestamps":[{"name":"HTTP_RECV_START","ns":1}]},'
        '{"id":5,"model_name":"m","model_version":2,"request_id":"id"},'
        '{"id":5,"timestamps":[{"name":"REQUEST_START","ns":3}]},'
        '{"id":5,"timestamps":[{"name":"QUEUE_START","ns":5}]},'
        '{"id":6,"model_name":"inner","model_version":1,"parent_id":5},'
        '{"id":6,"timestamps":[{"name":"REQUEST_START","ns":4}]},'
        '{"id":6,"activity":"TENSOR_QUEUE_INPUT","tensor":{"name":"X","data":"7,-8",'
        '"shape":"1,2","dtype":"INT32"}}')


def test_nothing_to_say():
    assert trace_text(recorded()) == ""


def test_names_of_any_bytes_stay_json():
    name = b'quote " \\ \xff\x01'.decode("utf-8", "surrogateescape")
    entry = json.loads(trace_text(recorded(Happened(5, name, 1, False))))
    assert entry["timestamps"][0]["name"] == name


# --- elements ----------------------------------------------------------------------------------


@pytest.mark.parametrize("datatype, dtype, values", [
    ("UINT8", np.uint8, [0, 65, 255]), ("INT8", np.int8, [-128, 65, 127]),
    ("UINT16", np.uint16, [0, 65535]), ("INT16", np.int16, [-32768, 1]),
    ("UINT32", np.uint32, [2**32 - 1]), ("INT32", np.int32, [-2**31]),
    ("UINT64", np.uint64, [2**64 - 1]), ("INT64", np.int64, [-2**63]),
    ("FP16", np.float16, [0.5, -2.0]), ("FP32", np.float32, [0.1, 1e-30, 3.4028235e38]),
    ("FP64", np.float64, [0.1, 1e300]), ("BOOL", bool, [True, False]),
])
def test_elements_read_back(datatype, dtype, values):
    array = np.array(values, dtype)
    text = tensor_text(datatype, array.shape, array.tobytes())
    read = np.array([float(one) for one in text.split(",")] if array.dtype.kind == "f"
                    else [int(one) for one in text.split(",")]).astype(dtype)
    assert read.tolist() == array.tolist()


def test_short_numbers_stay_short():
    assert tensor_text("FP32", (3,), struct.pack("<3f", 0.1, 1.0, -2.5)) == "0.1,1,-2.5"
    assert tensor_text("BF16", (2,), struct.pack("<2H", 0x3f80, 0xc020)) == "1,-2.5"


@given(st.floats(width=32))
def test_every_single_reads_back(value):
    text = tensor_text("FP32", (), struct.pack("<f", value))
    assert math.isnan(float(text)) if math.isnan(value) else (
        struct.pack("<f", float(text)) == struct.pack("<f", value))


@given(st.lists(st.binary(max_size=12), max_size=6))
def test_strings_are_found_again(values):
    data = b"".join(struct.pack("<I", len(v)) + v for v in values)
    text = json.loads(json.dumps(tensor_text("BYTES", (len(values),), data)))
    # As the reader of trace_summary.py does; it can't tell line ends inside a string.
    if any(b"\n" in v or b"\r" in v or b"\0" in v for v in values) or not values:
        return
    row = next(csv.reader([text], skipinitialspace=True))
    assert [one.encode("utf-8", "surrogateescape") for one in row] == values


@pytest.mark.parametrize("datatype, shape, data, text", [
    ("INT32", (3,), struct.pack("<2i", 1, 2), "1,2"),           # less than the shape promises
    ("INT32", (1,), struct.pack("<2i", 1, 2), "1"),
    ("INT32", (0, 5), b"", ""),
    ("BYTES", (2,), struct.pack("<I", 2) + b"ab" + b"\x09\0\0\0z", '"ab"'),
    ("<invalid>", (1,), b"x", ""),
])
def test_data_that_does_not_fit_its_shape(datatype, shape, data, text):
    assert tensor_text(datatype, shape, data) == text


# --- names of a backend's own ------------------------------------------------------------------


@pytest.mark.parametrize("context, name", [
    ('{"5":"mine","6":"other"}', "mine"), ("{}", CUSTOM), ("", CUSTOM), ("[5]", CUSTOM),
    ('{"5":7}', CUSTOM),
])
def test_custom_names(context, name):
    assert custom_name(context, 5) == name


# --- files -------------------------------------------------------------------------------------


def test_one_file_and_numbered_ones(tmp_path):
    path = tmp_path / "trace.json"
    file = TraceFile(str(path))
    file.save(Batch('{"a":1}', True))
    file.save(Batch('{"b":1}', False))
    file.save(Batch('{"c":1},{"d":1}', False))
    file.save(Batch('{"e":1}', True))
    file.close()
    file.close()
    assert json.loads(path.read_text()) == [{"b": 1}, {"c": 1}, {"d": 1}]
    assert (tmp_path / "trace.json.0").read_text() == '[{"a":1}]'
    assert (tmp_path / "trace.json.1").read_text() == '[{"e":1}]'


def test_a_file_that_can_not_be_written_is_reported(tmp_path, caplog):
    file = TraceFile(str(tmp_path / "missing" / "trace.json"))
    file.save(Batch("{}", False))
    file.save(Batch("{}", True))
    file.close()
    assert [record.message for record in caplog.records if "failed creating trace file" in
            record.message][1:] != []
