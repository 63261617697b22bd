# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of the members of a generate request: tensors, parameters, or a mistake's text."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import triton_py.core  # noqa: F401  what the next one's symbols are bound to
from triton_py.http._json_generate import generate_json
from triton_py.http._parser import HttpError

NUMPY = {
    "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
    "FP32": np.float32, "FP64": np.float64, "BOOL": np.bool_,
}


def metadata(**inputs: tuple[str, list[int]]) -> bytes:
    """The metadata of a model with these inputs."""
    return json.dumps({
        "name": "m", "versions": ["1"], "platform": "p",
        "inputs": [{"name": name, "datatype": datatype, "shape": shape}
                   for name, (datatype, shape) in inputs.items()],
        "outputs": [{"name": "inputs", "datatype": "FP32", "shape": [1]}]}).encode()


MODEL = metadata(text_input=("BYTES", [1]), IN=("INT32", [-1]), on=("BOOL", [1]),
                 real=("FP32", [-1, 2]), half=("FP16", [-1]), grid=("INT64", [-1, 3, -1]),
                 none=("UINT8", []))


def read(model: bytes = MODEL, **members: Any) -> dict[str, Any]:
    return generate_json(model, json.dumps(members).encode())


def one(name: str, value: Any, model: bytes = MODEL) -> dict[str, Any]:
    [tensor] = read(model, **{name: value})["inputs"]
    assert tensor["name"] == name
    return tensor


def fails(text: str | bytes | dict[str, Any], match: str, status: int = 400,
          model: bytes = MODEL, **limits: int) -> None:
    if isinstance(text, dict):
        text = json.dumps(text)
    with pytest.raises(HttpError, match=match) as error:
        generate_json(model, text.encode() if isinstance(text, str) else text, **limits)
    assert error.value.status == status, error.value


# --- tensors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("datatype", sorted(NUMPY))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_scalars_and_lists_of_every_type(datatype: str, data: st.DataObject) -> None:
    model = metadata(x=(datatype, [-1]))
    numpy_type = NUMPY[datatype]
    if datatype == "BOOL":
        values = st.booleans()
    elif datatype.startswith("FP"):
        values = st.floats(allow_nan=False, allow_infinity=False, width=int(datatype[2:]))
    else:
        info = np.iinfo(numpy_type)
        values = st.integers(int(info.min), int(info.max))
    items = data.draw(st.lists(values, max_size=12))
    expected = np.array(items, numpy_type)
    tensor = one("x", items, model)
    assert (tensor["datatype"], tensor["shape"]) == (datatype, [len(items)])
    assert tensor["data"] == expected.tobytes()
    if items:
        tensor = one("x", items[0], model)
        assert (tensor["shape"], tensor["data"]) == ([1], expected[:1].tobytes())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=5))
def test_strings_become_bytes(text: str, several: list[str]) -> None:
    def packed(*texts: str) -> bytes:
        return b"".join(struct.pack("<I", len(t.encode())) + t.encode() for t in texts)

    model = metadata(s=("BYTES", [-1]))
    assert one("s", text, model)["data"] == packed(text)
    tensor = one("s", several, model)
    assert (tensor["shape"], tensor["data"]) == ([len(several)], packed(*several))


def flat(value: Any) -> list[int]:
    return [v for part in value for v in flat(part)] if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    ("declared", "value", "shape"),
    [
        ([1], 5, [1]), ([1], [5], [1]), ([-1], 5, [1]), ([-1], [1, 2, 3], [3]), ([-1], [], [0]),
        ([], 5, []), ([], [5], []), ([3], [1, 2, 3], [3]),
        ([-1, 3], [1, 2, 3, 4, 5, 6], [2, 3]), ([-1, 1], 4, [1, 1]), ([2, -1], [1, 2], [2, 1]),
        # Of several dimensions of any size the innermost takes all, the batch is 1 then.
        ([-1, -1], [1, 2, 3], [1, 3]), ([-1, 3, -1], [1, 2, 3, 4, 5, 6], [1, 3, 2]),
        ([-1, -1], [], [1, 0]), ([-1, 2, -1], [], [1, 2, 0]),
        # Nested lists are taken as the flat list of what is in them.
        ([-1], [[1, 2], [3]], [3]), ([-1, 2], [[1, 2], [3, 4]], [2, 2]), ([-1], [[], [[]]], [0]),
        ([-1], [[[[7]]]], [1]),
    ])
def test_shapes(declared: list[int], value: Any, shape: list[int]) -> None:
    tensor = one("x", value, metadata(x=("INT32", declared)))
    assert tensor["shape"] == shape
    assert tensor["data"] == np.array(flat(value), np.int32).tobytes()


@pytest.mark.parametrize(
    ("declared", "value"),
    [([1], [1, 2]), ([1], []), ([3], 1), ([3], [1, 2]), ([-1, 3], [1, 2]), ([-1, 3], 1),
     ([], [1, 2]), ([], []), ([2, 2], [1, 2, 3]), ([2, 3], [1] * 12), ([-1, 4, 2], [1] * 12)])
def test_shapes_that_do_not_fit(declared: list[int], value: Any) -> None:
    fails({"x": value}, "^The schema can not convert input 'x' to tensor with proper shape$",
          model=metadata(x=("INT32", declared)))


# --- parameters ---------------------------------------------------------------------------------


def test_other_members_become_parameters() -> None:
    got = read(IN=3, temperature=0.5, stream=True, stop="no", seed=-(2**63), big=2**63 - 1,
               whole=1.0)
    assert [t["name"] for t in got["inputs"]] == ["IN"]
    assert got["parameters"] == {"temperature": 0.5, "stream": True, "stop": "no",
                                 "seed": -(2**63), "big": 2**63 - 1, "whole": 1.0}
    assert type(got["parameters"]["whole"]) is float and type(got["parameters"]["seed"]) is int


def test_parameters_are_taken_as_if_they_stood_beside() -> None:
    got = read(text_input="hi", parameters={"IN": [1, 2], "temperature": 0, "id": "no id"})
    assert [(t["name"], t["shape"]) for t in got["inputs"]] == [("text_input", [1]), ("IN", [2])]
    assert got["parameters"] == {"temperature": 0, "id": "no id"}
    assert got["id"] is None


def test_names_with_a_meaning_in_infer_have_none_here() -> None:
    members = {"priority": 1, "timeout": 5, "sequence_id": "a", "sequence_start": True,
               "binary_data_output": True, "inputs": 1, "outputs": "x"}
    for got in (read(**members), read(parameters=members)):
        assert got["parameters"] == members and got["inputs"] == []
        assert (got["priority"], got["timeout"], got["sequence_id"], got["flags"]) == (
            None, None, None, 0)


def test_the_id() -> None:
    got = read(id="seven", IN=1)
    assert got["id"] == "seven"
    # A parameter as well, as in Triton.
    assert got["parameters"] == {"id": "seven"}
    assert read(id="")["id"] == ""
    got = read(metadata(id=("BYTES", [1])), id="x")
    assert got["id"] == "x" and got["inputs"][0]["data"] == b"\1\0\0\0x"
    assert got["parameters"] == {}


def test_names_may_be_escaped() -> None:
    got = generate_json(MODEL, rb'{"\u0049N": 4, "p\u0061rameters": {"\u0061": 1}, "i\u0064":"x"}')
    assert (got["inputs"][0]["name"], got["id"]) == ("IN", "x")
    assert got["parameters"] == {"a": 1, "id": "x"}


def test_nothing_at_all() -> None:
    got = read()
    assert (got["inputs"], got["parameters"]) == ([], {})
    assert read(metadata(), x=1)["parameters"] == {"x": 1}


# --- mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ({"IN": "1"}, "input 'IN', element 0: datatype INT32 takes an integer"),
        ({"IN": [1, 2.5]}, "input 'IN', element 1: datatype INT32 takes an integer"),
        ({"IN": [1, None]}, "input 'IN', element 1: datatype INT32 takes an integer"),
        ({"IN": None}, "input 'IN', element 0: datatype INT32 takes an integer"),
        ({"IN": {"a": 1}}, "input 'IN', element 0: datatype INT32 takes an integer"),
        ({"IN": [{}]}, "input 'IN', element 0: datatype INT32 takes an integer"),
        ({"IN": True}, "input 'IN', element 0: datatype INT32 takes an integer"),
        ({"IN": 2**31}, "2147483648 is out of range for datatype INT32"),
        ({"IN": [0, -(2**31) - 1]}, "element 1: -2147483649 is out of range for datatype INT32"),
        ({"text_input": 1}, ("input 'text_input', element 0: datatype BYTES takes a string: "
                            "attempt to access JSON non-string as string")),
        ({"text_input": [True]}, "attempt to access JSON non-string as string"),
        ({"on": 1}, ("input 'on', element 0: datatype BOOL takes true or false: attempt to access "
                    "JSON non-boolean as boolean")),
        ({"on": "true"}, "attempt to access JSON non-boolean as boolean"),
        ({"real": [1, "x"]}, "input 'real', element 1: datatype FP32 takes a number"),
        ({"real": [1, 1e39]}, "element 1: 1e\\+39 is out of range for datatype FP32"),
        ({"half": [1.0]}, "receiving FP16 data via JSON is not supported"),
        ({"id": 5}, "^Unable to parse 'id': attempt to access JSON non-string as string$"),
        ({"id": None}, "Unable to parse 'id'"), ({"id": ["x"]}, "Unable to parse 'id'"),
        ({"x": None}, "^parameter 'x' has invalid type. It should be either 'int', 'bool'"),
        ({"x": [1]}, "parameter 'x' has invalid type"),
        ({"PARAMS": {"a": 1}}, "parameter 'PARAMS' has invalid type"),
        ({"x": 2**63}, "parameter 'x': 9223372036854775808 is out of range for int64"),
        ({"x": -(2**63) - 1}, "parameter 'x': -9223372036854775809 is out of range for int64"),
        ({"triton_x": 1}, "parameter keys starting with 'triton_' are reserved"),
        ({"parameters": {"triton_enable_empty_final_response": True}},
         "^Converting keyword: 'parameters': parameter keys starting with 'triton_' are reserved"),
        ({"parameters": 1}, ("^Expected JSON object for keyword: 'parameters': attempt to access "
                            "JSON non-object as object$")),
        ({"parameters": None}, "Expected JSON object for keyword: 'parameters'"),
        ({"parameters": ["a"]}, "Expected JSON object for keyword: 'parameters'"),
        ({"parameters": "a"}, "Expected JSON object for keyword: 'parameters'"),
        ({"parameters": {"nested": {"twice": 1}}},
         "^Converting keyword: 'parameters': parameter 'nested' has invalid type."),
        ({"parameters": {"parameters": {}}},
         "^Converting keyword: 'parameters': parameter 'parameters' has invalid type."),
        ({"parameters": {"IN": "x"}}, ("^Converting keyword: 'parameters': Unable to parse 'data': "
                                      "input 'IN', element 0: datatype INT32 takes an integer")),
        ({"parameters": {"real": 1}}, "^Converting keyword: 'parameters': The schema can not"),
        ({"IN": 1, "parameters": {"IN": 2}},
         "^Converting keyword: 'parameters': input 'IN' already exists in request$"),
    ])
def test_wrong_values(members: dict[str, Any], match: str) -> None:
    fails(members, match)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "The document is empty"), ("  ", "The document is empty"),
        ("[]", "the request JSON must be an object"), ("null", "must be an object"),
        ("1", "must be an object"), ('"x"', "must be an object"),
        ("{", "Missing a name for object member"), ("{x:1}", "Missing a name for object member"),
        ('{"a"', "Missing a colon"), ('{"a":', "parameter 'a' has invalid type"),
        ('{"a":1', "Missing a comma or }"), ('{"a":1,}', "Missing a name for object member"),
        ('{"a":1} x', "must not be followed by other values"), ('{"a":01}', "begin with a zero"),
        ('{"IN":[1', "Missing a comma or ]"), ('{"IN":[1,]}', "Invalid value"),
        ('{"IN":[1}}', "Missing a comma or ]"), ('{"IN":}', "Invalid value"),
        ('{"IN":NaN}', "Invalid value"), ('{"a":tru}', "Invalid value"),
        ('{"IN":1,"IN":2}', "^input 'IN' already exists in request$"),
        ('{"a":1,"a":2}', "Unable to parse 'a': the member is given twice"),
        ('{"a":1,"parameters":{"a":2}}', "Unable to parse 'a': the member is given twice"),
        ('{"id":"a","id":"b"}', "Unable to parse 'id': the member is given twice"),
        ('{"parameters":{},"parameters":{}}', "'parameters': the member is given twice"),
        ('{"a":"\\u0000"}', "NUL character"), ('{"a\\u0000":1}', "NUL character"),
        ('{"a":"\\ud800"}', "surrogate pair"), (b'{"a":"\xff"}', "not UTF-8"),
        ('{"IN":' + "[" * 101 + "]" * 101 + "}", "JSON nesting depth exceeds"),
        ('{"IN":' + "[" * 50_000, "JSON nesting depth exceeds"),
        ('{"a":' + "[" * 50_000, "parameter 'a' has invalid type"),
        ('{"IN":[' + '{"a":' * 50_000, "JSON nesting depth exceeds"),
    ])
def test_malformed_json(text: str | bytes, match: str) -> None:
    fails(text, match)


def test_a_model_with_an_input_named_parameters() -> None:
    fails({"parameters": {}}, "^Keyword 'parameters' for nested schema also given as input tensor "
          "name$", model=metadata(parameters=("INT32", [1])))


def test_limits() -> None:
    fails({"IN": [1] * 100}, "byte_size .400 bytes. that exceeds the maximum", 413,
          max_input_bytes=399)
    assert len(generate_json(MODEL, json.dumps({"IN": [1] * 100}).encode(),
                             max_input_bytes=400)["inputs"][0]["data"]) == 400
    fails({"text_input": "x" * 97}, "exceeds the maximum", 413, max_input_bytes=100)
    fails({f"p{n}": n for n in range(1025)}, "the request has more than 1024 parameters")
    assert len(read(**{f"p{n}": n for n in range(1024)})["parameters"]) == 1024


@pytest.mark.parametrize("text", [b"", b"[]", b'{"inputs":1}', b'{"inputs":[1]}',
                                  b'{"inputs":[{"name":"a","shape":1}]}',
                                  b'{"inputs":[{"name":"a","shape":[-1 1]}]}'])
def test_metadata_that_is_none_is_the_servers_fault(text: bytes) -> None:
    fails("{}", "the model's metadata can't be read", 500, model=text)


def test_an_input_without_a_known_type() -> None:
    fails({"x": 1}, "input 'x' has unsupported datatype", model=metadata(x=("INT3", [1])))


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 80), st.integers(0, 20))
def test_mutated_requests(noise: bytes, at: int, cut: int) -> None:
    """Whatever comes: an answer that is right, or a mistake with a status."""
    text = json.dumps({"id": "a", "IN": [1, 2, 3], "text_input": "é\n", "on": True, "p": 1.5,
                       "parameters": {"real": [[1, 2], [3, 4]], "q": "x"}}).encode()
    try:
        got = generate_json(MODEL, text[:at] + noise + text[at + cut:])
    except HttpError as error:
        assert error.status in (400, 413)
        return
    for tensor in got["inputs"]:
        if tensor["datatype"] != "BYTES":
            size = np.dtype(NUMPY[tensor["datatype"]]).itemsize
            assert len(tensor["data"]) == size * int(np.prod(tensor["shape"], dtype=np.int64))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner,
                                                                max_size=3), max_leaves=12)
NAMES = st.sampled_from(["IN", "text_input", "on", "real", "grid", "none", "id", "parameters",
                         "p", "q", "triton_x", ""])


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_any_json(members: dict[str, Any]) -> None:
    """Members end as a tensor or as a parameter, none of them nowhere."""
    try:
        got = read(**members)
    except HttpError as error:
        assert error.status in (400, 413)
        return
    nested = members.get("parameters", {})
    names = [*(n for n in members if n != "parameters"), *nested]
    found = [t["name"] for t in got["inputs"]] + list(got["parameters"])
    assert sorted(names) == sorted(found)
