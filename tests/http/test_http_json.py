# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""JSON in and out: against Python's ``json`` and numpy, and every mistake by status and text."""

from __future__ import annotations

import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triton_py.http._json_infer import describe_json
from triton_py.http._json_writer import string_json, tensor_json
from triton_py.http._parser import HttpError

NUMPY = {
    "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
    "FP32": np.float32, "FP64": np.float64, "BOOL": np.bool_,
}
INTEGERS = [name for name in NUMPY if "INT" in name]


def describe(**members: object) -> dict:
    return describe_json(json.dumps(members).encode())


def one_input(datatype: str, data: object, shape: list[int] | None = None) -> dict:
    if shape is None:
        shape = [len(data)]  # type: ignore[arg-type]
    return {"name": "x", "shape": shape, "datatype": datatype, "data": data}


def read(datatype: str, data: object, shape: list[int] | None = None) -> bytes:
    [tensor] = describe(inputs=[one_input(datatype, data, shape)])["inputs"]
    return tensor["data"]


def fails(text: str | bytes, status: int, match: str, **limits: int) -> None:
    with pytest.raises(HttpError, match=match) as error:
        describe_json(text.encode() if isinstance(text, str) else text, **limits)
    assert error.value.status == status, error.value


# --- tensors in --------------------------------------------------------------------------------


@pytest.mark.parametrize("datatype", INTEGERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_integers(datatype: str, data: st.DataObject) -> None:
    info = np.iinfo(NUMPY[datatype])
    values = data.draw(st.lists(st.integers(int(info.min), int(info.max)), max_size=20))
    assert read(datatype, values) == np.array(values, NUMPY[datatype]).tobytes()
    for bad in (int(info.min) - 1, int(info.max) + 1, 2**64, -(2**64), 10**40):
        fails(json.dumps({"inputs": [one_input(datatype, [0, bad])]}), 400,
              rf"input 'x', element 1: {str(bad)[:40]} is out of range for datatype {datatype}")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_doubles(values: list[float]) -> None:
    assert read("FP64", values) == np.array(values, np.float64).tobytes()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=20))
def test_singles(values: list[float]) -> None:
    assert read("FP32", values) == np.array(values, np.float32).tobytes()


@settings(max_examples=500, deadline=None)
@given(st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?",
                     fullmatch=True))
def test_any_number_json_allows(text: str) -> None:
    body = f'{{"inputs":[{{"name":"x","shape":[1],"datatype":"FP64","data":[{text}]}}]}}'
    expected = float(text)
    if math.isinf(expected):
        fails(body, 400, "out of range for datatype FP64")
    else:
        [tensor] = describe_json(body.encode())["inputs"]
        assert tensor["data"] == struct.pack("<d", expected)


@pytest.mark.parametrize("text", ["1e400", "-1e400", "1" + "0" * 400, "1" + "0" * 400 + ".5e-50",
                                  "0.0001e999999999999999999"])
def test_too_large_for_a_double(text: str) -> None:
    fails(f'{{"inputs":[{{"name":"x","shape":[1],"datatype":"FP64","data":[{text}]}}]}}', 400,
          "element 0.*out of range for datatype FP64")


@pytest.mark.parametrize("text", ["1e-400", "-1e-400", "0." + "0" * 400 + "1", "0e999999",
                                  "1e-99999999999999999999", "123e-500"])
def test_too_small_for_a_double_is_zero(text: str) -> None:
    body = f'{{"inputs":[{{"name":"x","shape":[1],"datatype":"FP64","data":[{text}]}}]}}'
    [tensor] = describe_json(body.encode())["inputs"]
    assert struct.unpack("<d", tensor["data"])[0] == 0.0


def test_too_large_for_a_single() -> None:
    fails('{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1, 3.5e38]}]}', 400,
          "input 'x', element 1: 3.5e38 is out of range for datatype FP32")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=10), st.booleans())
def test_strings(values: list[str], ascii_only: bool) -> None:
    text = json.dumps({"inputs": [one_input("BYTES", values)]}, ensure_ascii=ascii_only)
    try:
        encoded = [v.encode() for v in values]
    except UnicodeEncodeError:
        return                      # a lone surrogate has no UTF-8 form
    expected = b"".join(struct.pack("<I", len(v)) + v for v in encoded)
    assert describe_json(text.encode())["inputs"][0]["data"] == expected


def test_every_escape() -> None:
    body = rb'{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["\"\\\/\b\f\n\r\t' \
           rb'\u0000\u00e9\u20ac\ud83d\ude00"]}]}'
    expected = b'"\\/\b\f\n\r\t' + "\0\u00e9\u20ac\U0001f600".encode()
    assert describe_json(body)["inputs"][0]["data"] == struct.pack("<I", len(expected)) + expected


def test_booleans() -> None:
    assert read("BOOL", [True, False, True]) == b"\1\0\1"
    for bad in ("1", "0", '"true"', "null"):
        fails(f'{{"inputs":[{{"name":"x","shape":[1],"datatype":"BOOL","data":[{bad}]}}]}}', 400,
              "element 0: datatype BOOL takes true or false")


def test_nesting_is_flattened() -> None:
    assert read("INT8", [[1, 2], [3, 4]], [4]) == bytes([1, 2, 3, 4])
    assert read("INT8", [[[1], [2]], [[3], [4]]], [2, 2]) == bytes([1, 2, 3, 4])
    assert read("INT8", [[], [1, 2, 3, 4], [[]]], [4]) == bytes([1, 2, 3, 4])


@pytest.mark.parametrize("datatype", [*NUMPY, "BYTES"])
def test_empty_tensors(datatype: str) -> None:
    assert read(datatype, [], [0]) == b""
    assert read(datatype, [[], []], [2, 0]) == b""


def test_data_before_shape_and_datatype() -> None:
    text = b'{"inputs":[{"data":[1,2],"shape":[2],"name":"x","datatype":"INT8"}]}'
    assert describe_json(text)["inputs"][0]["data"] == b"\1\2"


def test_names_written_with_escapes() -> None:
    text = rb'{"\u0069nputs":[{"n\u0061me":"x","shape":[1],"datatype":"INT8","d\u0061ta":[7]}],' \
           rb'"parameters":{"\u00e9\n":1}}'
    got = describe_json(text)
    assert got["inputs"][0]["data"] == b"\7"
    assert got["parameters"] == {"\u00e9\n": 1}
    fails(rb'{"inputs":[],"parameters":{"\u0000":1}}', 400, "NUL character")


def test_white_space_anywhere() -> None:
    text = json.dumps({"id": "7", "inputs": [one_input("FP32", [1.5, -2])],
                       "outputs": [{"name": "y"}]}, indent=3).replace("\n", "\r\n\t")
    assert describe_json(f" \n{text}\t ".encode())["inputs"][0]["data"] == struct.pack("<2f", 1.5,
                                                                                       -2)


# --- the rest of the request -------------------------------------------------------------------


def test_everything_a_request_may_say() -> None:
    got = describe(
        id="a\u00e9", unknown={"deep": [1, {"x": None}]},
        parameters={"s": "t", "i": -5, "big": -(2**63), "b": True, "d": 1.5, "sequence_id": 2**64 - 1,
                    "sequence_start": True, "sequence_end": False, "priority": 3, "timeout": 4,
                    "binary_data_output": True},
        inputs=[one_input("INT8", [1]), {"name": "y", "shape": [3, 0, 2], "datatype": "FP16",
                                         "parameters": {"binary_data_size": 0, "other": [1]}}],
        outputs=[{"name": "o"}, {"name": "p", "parameters": {"binary_data": False}},
                 {"name": "q", "parameters": {"binary_data": True, "classification": 3}}],
    )
    assert got["id"] == "a\u00e9"
    assert got["parameters"] == {"s": "t", "i": -5, "big": -(2**63), "b": True, "d": 1.5}
    assert got["sequence_id"] == 2**64 - 1
    assert got["flags"] == 1
    assert got["priority"] == 3
    assert got["timeout"] == 4
    assert got["binary_data_output"] is True
    assert got["inputs"][1] == {"name": "y", "datatype": "FP16", "shape": [3, 0, 2],
                                "binary_data_size": 0, "data": None}
    assert got["outputs"] == [
        {"name": "o", "binary_data": None, "classification": 0},
        {"name": "p", "binary_data": False, "classification": 0},
        {"name": "q", "binary_data": True, "classification": 3},
    ]
    assert describe(inputs=[], parameters={"sequence_id": "abc"})["sequence_id"] == "abc"


X = '"name":"x","shape":[1],"datatype":"INT8"'
BAD = {
    "": "The document is empty. at 0",
    "  ": "The document is empty. at 2",
    "nonsense": "Invalid value. at 0",
    "[1]": "the request JSON must be an object",
    "{": "Missing a name for object member. at 1",
    '{"inputs":[]': "Missing a comma or } after an object member. at 12",
    '{"inputs":[],}': "Missing a name for object member",
    '{"inputs":[]} x': "The document root must not be followed by other values. at 14",
    '{"inputs":[] "id":"x"}': "Missing a comma or }",
    '{"inputs" []}': "Missing a colon after a name of object member",
    "{}": "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'",
    '{"inputs":{}}': "Unable to parse 'inputs': attempt to access JSON non-array as array",
    '{"inputs":[1]}': "Unable to parse an element of 'inputs': expected an object",
    '{"inputs":[],"inputs":[]}': "Unable to parse 'inputs': the member is given twice",
    '{"inputs":[],"id":5}': "Unable to parse 'id'",
    '{"inputs":[],"id":"\\u0000"}': "NUL character",
    '{"inputs":[],"id":"\\ud800"}': "surrogate pair",
    '{"inputs":[],"id":"\\ud800\\u0041"}': "surrogate pair",
    '{"inputs":[],"id":"\\udc00"}': "surrogate pair",
    '{"inputs":[],"id":"\\x"}': "Invalid escape character",
    '{"inputs":[],"id":"\\u12g4"}': "Incorrect hex digit",
    '{"inputs":[],"id":"a\nb"}': "control character in string",
    '{"inputs":[],"id":"abc': "Missing a closing quotation mark",
    '{"inputs":[],"x":01}': "must not begin with a zero",
    '{"inputs":[],"x":1.}': "Miss fraction part",
    '{"inputs":[],"x":1e}': "Miss exponent",
    '{"inputs":[],"x":-}': "Invalid value",
    '{"inputs":[],"x":NaN}': "Invalid value",
    '{"inputs":[],"x":tru}': "Invalid value",
    '{"inputs":[],"parameters":5}': "Unable to parse 'parameters': expected an object",
    '{"inputs":[],"parameters":{"triton_x":1}}': "parameter keys starting with 'triton_'",
    '{"inputs":[],"parameters":{"x":null}}': "parameter 'x' has invalid type",
    '{"inputs":[],"parameters":{"x":[1]}}': "parameter 'x' has invalid type",
    '{"inputs":[],"parameters":{"x":9223372036854775808}}': "out of range for int64",
    '{"inputs":[],"parameters":{"x":1.0e999}}': "out of range for double",
    '{"inputs":[],"parameters":{"priority":-1}}': "Unable to parse 'priority'",
    '{"inputs":[],"parameters":{"timeout":1.5}}': "Unable to parse 'timeout'",
    '{"inputs":[],"parameters":{"timeout":18446744073709551616}}': "Unable to parse 'timeout'",
    '{"inputs":[],"parameters":{"sequence_id":-1}}': "Unable to parse 'sequence_id'",
    '{"inputs":[],"parameters":{"sequence_start":1}}': "Unable to parse 'sequence_start'",
    '{"inputs":[],"parameters":{"binary_data_output":"yes"}}': "Unable to parse 'binary_data_out",
    '{"inputs":[{"shape":[1],"datatype":"INT8","data":[1]}]}': "Unable to parse 'name'",
    '{"inputs":[{"name":"x","datatype":"INT8","data":[1]}]}': "Unable to parse 'shape'",
    '{"inputs":[{"name":"x","shape":[1],"data":[1]}]}': "Unable to parse 'datatype'",
    '{"inputs":[{"name":"x","shape":[1],"datatype":"INT9","data":[1]}]}': "'INT9' is not a data ty",
    '{"inputs":[{"name":"x","shape":[-1],"datatype":"INT8","data":[1]}]}': "Unable to parse 'shape",
    '{"inputs":[{"name":"x","shape":[1.0],"datatype":"INT8","data":[1]}]}': "Unable to parse 'shap",
    '{"inputs":[{"name":"x","shape":1,"datatype":"INT8","data":[1]}]}': "Unable to parse 'shape'",
    '{"inputs":[{"name":"x","shape":[9223372036854775808],"datatype":"INT8","data":[1]}]}':
        "out of range for a dimension",
    '{"inputs":[{"name":"x","shape":[4294967296,4294967296],"datatype":"INT8","data":[1]}]}':
        "invalid shape for input 'x'",
    '{"inputs":[{"name":"x","shape":[' + ",".join("1" * 65) + '],"datatype":"INT8","data":[1]}]}':
        "more than 64 dimensions",
    f'{{"inputs":[{{{X}}}]}}': "Input must set only one.*But no field is set",
    f'{{"inputs":[{{{X},"data":[1],"parameters":{{"binary_data_size":1}}}}]}}':
        "But set 'data' 'binary_data_size'",
    f'{{"inputs":[{{{X},"parameters":{{"binary_data_size":-1}}}}]}}': "Unable to parse 'binary_data",
    f'{{"inputs":[{{{X},"parameters":{{"binary_data_size":"1"}}}}]}}': "Unable to parse 'binary_da",
    f'{{"inputs":[{{{X},"data":1}}]}}': "expected an array",
    f'{{"inputs":[{{{X},"data":[1,2]}}]}}': "Shape does not match.*more than 1",
    f'{{"inputs":[{{{X},"data":[]}}]}}': "Shape does not match.*'data' has 0",
    f'{{"inputs":[{{{X},"data":[1.0]}}]}}': "element 0: datatype INT8 takes an integer",
    f'{{"inputs":[{{{X},"data":["1"]}}]}}': "element 0: datatype INT8 takes an integer",
    f'{{"inputs":[{{{X},"data":[true]}}]}}': "element 0: datatype INT8 takes an integer",
    f'{{"inputs":[{{{X},"data":[1 2]}}]}}': "Missing a comma or ]",
    f'{{"inputs":[{{{X},"data":[1}}]}}': "Missing a comma or ]",
    f'{{"inputs":[{{{X},"data":[1]}},{{{X},"data":[1]}}]}}': "input 'x' already exists in request",
    '{"inputs":[{"name":"x","shape":[1],"datatype":"FP16","data":[1]}]}':
        "receiving FP16 data via JSON is not supported. Please use the binary data format for input x",
    '{"inputs":[{"name":"x","shape":[1],"datatype":"BF16","data":[1]}]}': "receiving BF16 data",
    '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[NaN]}]}': "NaN and Infinity",
    '{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":[1]}]}': "BYTES takes a string",
    '{"inputs":[],"outputs":[{}]}': "Unable to parse 'name'",
    '{"inputs":[],"outputs":[{"name":"o"},{"name":"o"}]}': "output 'o' is requested twice",
    '{"inputs":[],"outputs":[{"name":"o","parameters":{"binary_data":1}}]}': "Unable to parse 'bin",
    '{"inputs":[],"outputs":[{"name":"o","parameters":{"classification":4294967296}}]}': "out of r",
    '{"inputs":[],"x":' + "[" * 200 + "]" * 200 + "}": "nesting depth exceeds maximum allowed limit",
    f'{{"inputs":[{{{X},"data":' + "[" * 101 + "1" + "]" * 101 + "}]}": "nesting depth exceeds",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_requests(text: str) -> None:
    fails(text, 400, BAD[text].replace("(", r"\(").replace("[", r"\[").replace("]", r"\]"))


def test_text_that_is_not_utf8() -> None:
    for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe2\x82"):
        fails(b'{"inputs":[],"id":"' + bad + b'"}', 400, "string is not UTF-8")


def test_limits() -> None:
    small = {"max_input_bytes": 8}
    text = json.dumps({"inputs": [one_input("INT32", [1, 2])]})
    assert describe_json(text.encode(), **small)["inputs"][0]["data"] == struct.pack("<2i", 1, 2)
    fails(json.dumps({"inputs": [one_input("INT32", [1, 2, 3])]}), 413,
          r"JSON input 'x' has a byte_size \(12 bytes\) that exceeds the maximum allowed value of 8",
          **small)
    fails(json.dumps({"inputs": [one_input("BYTES", ["abc", "abc"])]}), 413, "exceeds", **small)
    fails('{"inputs":[{"name":"x","shape":[4611686018427387904],"datatype":"INT32","data":[1]}]}',
          413, "more than the maximum allowed value")
    fails('{"inputs":[{"name":"x","shape":[1000],"datatype":"INT32","data":[1]}]}', 400,
          "'data' has fewer")
    inputs = [{**one_input("INT8", [1]), "name": str(i)} for i in range(4)]
    assert len(describe_json(json.dumps({"inputs": inputs}).encode(), max_inputs=4)["inputs"]) == 4
    fails(json.dumps({"inputs": inputs}), 400, "more than 3 inputs", max_inputs=3)
    outputs = [{"name": str(i)} for i in range(4)]
    fails(json.dumps({"inputs": [], "outputs": outputs}), 400, "more than 3 outputs", max_outputs=3)


@settings(max_examples=300, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), inner), max_leaves=20))
def test_any_json_is_skipped(value: object) -> None:
    assert describe(other=value, inputs=[])["inputs"] == []


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_mutations_only_ever_refuse(data: st.DataObject) -> None:
    text = bytearray(json.dumps({
        "id": "\u00e9", "parameters": {"p": 1.5}, "inputs": [
            one_input("FP32", [[1.5, 2], [3, 4]], [2, 2]), {**one_input("BYTES", ["a\n"]),
                                                           "name": "y"}],
        "outputs": [{"name": "o", "parameters": {"binary_data": True}}]}).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                text[at] = data.draw(st.integers(0, 255))
            case 1:
                del text[at]
            case 2:
                text[at:at] = data.draw(st.sampled_from([b"[", b"]", b'"', b"{", b"}", b"9", b"\\"]))
    try:
        assert isinstance(describe_json(bytes(text)), dict)
    except HttpError as error:
        assert error.status in (400, 413)


# --- tensors out -------------------------------------------------------------------------------


@pytest.mark.parametrize("datatype", NUMPY)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_numbers_out_read_back_the_same(datatype: str, data: st.DataObject) -> None:
    kind = NUMPY[datatype]
    if datatype == "BOOL":
        values: list = data.draw(st.lists(st.booleans(), max_size=20))
    elif datatype.startswith("FP"):
        values = data.draw(st.lists(st.floats(allow_nan=False, allow_infinity=False,
                                              width=int(datatype[2:])), max_size=20))
    else:
        info = np.iinfo(kind)
        values = data.draw(st.lists(st.integers(int(info.min), int(info.max)), max_size=20))
    raw = np.array(values, kind).tobytes()
    text = tensor_json(datatype, raw, len(values))
    parsed = json.loads(text)
    assert np.array(parsed, kind).tobytes() == raw
    if datatype.startswith("FP"):
        assert all(isinstance(value, float) for value in parsed)
    if datatype == "BOOL":
        assert all(isinstance(value, bool) for value in parsed)


def test_singles_are_written_short() -> None:
    assert tensor_json("FP32", struct.pack("<3f", 0.1, 1, 1e20), 3) == b"[0.1,1.0,1e+20]"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=10))
def test_strings_out(values: list[str]) -> None:
    raw = b"".join(struct.pack("<I", len(v.encode())) + v.encode() for v in values)
    assert json.loads(tensor_json("BYTES", raw, len(values))) == values


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=30))
def test_any_bytes_make_a_valid_string(raw: bytes) -> None:
    text = json.loads(string_json(raw).decode())
    if b"\x80" not in raw:
        assert text == raw.decode("utf-8", "replace") or "\ufffd" in text
    try:
        assert text == raw.decode()
    except UnicodeDecodeError:
        assert "\ufffd" in text


@pytest.mark.parametrize(
    ("datatype", "raw", "count", "status", "match"),
    [
        ("FP16", b"\0\0", 1, 400, "sending FP16 data via JSON is not supported"),
        ("BF16", b"\0\0", 1, 400, "sending BF16 data via JSON is not supported"),
        ("FP32", struct.pack("<2f", 0, math.nan), 2, 400, "element 1 is not a finite number"),
        ("FP64", struct.pack("<d", math.inf), 1, 400, "element 0 is not a finite number"),
        ("BYTES", b"\1\0\0\0\xff", 1, 400, "element 0 is not UTF-8"),
        ("BYTES", b"\2\0\0\0a", 1, 500, "does not match size"),
        ("BYTES", b"\1\0\0", 1, 500, "does not match size"),
        ("BYTES", b"\1\0\0\0ab", 1, 500, "does not match size"),
        ("INT32", b"\0" * 7, 2, 500, "does not match size"),
        ("INT32", b"\0" * 8, 1, 500, "does not match size"),
        ("NONE", b"", 0, 500, "Invalid data type"),
    ],
)
def test_tensors_that_json_cannot_say(datatype: str, raw: bytes, count: int, status: int,
                                      match: str) -> None:
    with pytest.raises(HttpError, match=match) as error:
        tensor_json(datatype, raw, count)
    assert error.value.status == status
