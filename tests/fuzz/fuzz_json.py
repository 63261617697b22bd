# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The JSON reader and writer, beside Python's.

The first byte of an input says what the rest is: the JSON of an inference request, that of a generate
request, a JSON value of any kind, a tensor to be written, a string to be written.

What must hold: what Python's reader refuses ours refuses, as the client's mistake, and what both read is
the same, tensors included; the other way round ours refuses only what a sentence says it does; what is
written Python reads, as what it was, and so does our own reader.
"""

from __future__ import annotations

import json
import math
import random
import struct
from typing import Any, NoReturn

from fuzz_loop import Violation
from http_support import pack_strings

import triton_py.core  # noqa: F401
from triton_py.http._json_generate import generate_json
from triton_py.http._json_infer import describe_json
from triton_py.http._json_writer import string_json, tensor_json
from triton_py.http._parser import HttpError

INFER, GENERATE, VALUE, TENSOR, STRING = range(5)

#: data type -> struct's letter, bytes
NUMBERS = {"BOOL": ("?", 1), "UINT8": ("B", 1), "UINT16": ("H", 2), "UINT32": ("I", 4),
           "UINT64": ("Q", 8), "INT8": ("b", 1), "INT16": ("h", 2), "INT32": ("i", 4),
           "INT64": ("q", 8), "FP32": ("f", 4), "FP64": ("d", 8)}
DATATYPES = [*NUMBERS, "BYTES"]

METADATA = json.dumps({"name": "m", "inputs": [
    {"name": "TEXT", "datatype": "BYTES", "shape": [1]},
    {"name": "N", "datatype": "INT32", "shape": [-1, 2]},
    {"name": "R", "datatype": "FP32", "shape": [-1]},
    {"name": "B", "datatype": "BOOL", "shape": [1, -1]},
    {"name": "id", "datatype": "BYTES", "shape": [-1]}]}).encode()

#: Begins every refusal of the reader that is about JSON itself.
BAD = "failed to parse the request JSON buffer: "
#: And what of that is about more than JSON's grammar.
BEYOND = ("a NUL character is not allowed",)


# --- Python's reader, as strict as ours ------------------------------------------------------


class _Number(str):
    """A number as it was written."""


class _Object:
    """An object's members in order, also those whose names repeat."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs

    def get(self, name: str) -> Any:
        return dict(self.pairs).get(name)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _strings(value: Any) -> Any:
    """Every string in a value, names included."""
    if isinstance(value, _Object):
        for name, member in value.pairs:
            yield name
            yield from _strings(member)
    elif isinstance(value, list):
        for element in value:
            yield from _strings(element)
    elif isinstance(value, str):
        yield value


def _depth(value: Any) -> int:
    inner = value if isinstance(value, list) else (
        [member for _, member in value.pairs] if isinstance(value, _Object) else None)
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def reference(data: bytes) -> Any:
    """The value; raises ValueError where there is none."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=_Object, parse_int=_Number,
                           parse_float=_Number, parse_constant=_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if any("\ud800" <= c <= "\udfff" for text in _strings(value) for c in text):
        raise ValueError("half of a surrogate pair")
    return value


# --- requests --------------------------------------------------------------------------------


def _flat(value: Any) -> list[Any]:
    if not isinstance(value, list):
        return [value]
    return [element for inner in value for element in _flat(inner)]


def _packed(datatype: str, data: Any) -> bytes:
    """A tensor's bytes, from what Python read."""
    elements = _flat(data)
    if datatype == "BYTES":
        return pack_strings(*(element.encode() for element in elements))
    code, _ = NUMBERS[datatype]
    if datatype.startswith("FP"):
        elements = [float(element) for element in elements]
    elif datatype != "BOOL":
        elements = [int(element) for element in elements]
    return struct.pack(f"<{len(elements)}{code}", *elements)


def _same_number(ours: Any, written: Any) -> bool:
    if isinstance(ours, bool) or isinstance(written, bool):
        return ours is written
    if isinstance(written, _Number):
        if isinstance(ours, int):
            return ours == int(written)
        theirs = float(written)
        return ours == theirs and math.copysign(1, ours) == math.copysign(1, theirs)
    return bool(ours == written)


#: Of "parameters": those that the server has a use for itself.
OWN = ("sequence_id", "sequence_start", "sequence_end", "priority", "timeout", "binary_data_output")


def _check_infer(ours: dict[str, Any], value: _Object) -> None:
    members = dict(value.pairs)
    if ours["id"] != members.get("id"):
        raise Violation(f"the id is {ours['id']!r}")
    for tensor, written in zip(ours["inputs"], members["inputs"], strict=True):
        name, shape = written.get("name"), [int(n) for n in written.get("shape")]
        if (tensor["name"], tensor["shape"], tensor["datatype"]) != (
                name, shape, written.get("datatype")):
            raise Violation(f"{tensor} is not what was written")
        if tensor["data"] is not None:
            data = _packed(tensor["datatype"], written.get("data"))
            if tensor["data"] != data or (
                    tensor["datatype"] != "BYTES"
                    and len(data) != math.prod(shape) * NUMBERS[tensor["datatype"]][1]):
                raise Violation(f"{tensor} holds {tensor['data']!r}, not {data!r}")
    for output, written in zip(ours["outputs"], members.get("outputs") or [], strict=True):
        if output["name"] != written.get("name"):
            raise Violation(f"{output} is not what was written")
    given = members["parameters"].pairs if "parameters" in members else []
    rest = {name: written for name, written in given if name not in OWN}
    if ours["parameters"].keys() != rest.keys() or not all(
            _same_number(ours["parameters"][name], rest[name]) for name in rest):
        raise Violation(f"the parameters are {ours['parameters']}")


def _check_generate(ours: dict[str, Any], value: _Object) -> None:
    members = dict(value.pairs)
    nested = members.pop("parameters", None)
    if nested is not None:
        members.update(nested.pairs)
    names = [tensor["name"] for tensor in ours["inputs"]]
    if {*names, *ours["parameters"]} != members.keys() or len(set(names)) != len(names):
        raise Violation(f"{names} and {[*ours['parameters']]} of {[*members]}")
    for tensor in ours["inputs"]:
        data = _packed(tensor["datatype"], members[tensor["name"]])
        if tensor["data"] != data:
            raise Violation(f"{tensor} holds {tensor['data']!r}, not {data!r}")


def _request(data: bytes, read: Any, check: Any) -> None:
    try:
        value = reference(data)
        known = True
    except ValueError:
        known = False
    try:
        ours = read(data)
    except HttpError as error:
        text = str(error)
        if error.status not in (400, 413, 501) or not text:
            raise Violation(f"status {error.status}: {error}") from None
        if known and text.startswith(BAD) and not text.startswith(
                tuple(BAD + words for words in BEYOND)):
            # A member of the wrong kind is said to be that, but for one place: where an object or a
            # list is gone through, its end is looked for by its grammar.
            raise Violation(f"{text}, but Python reads it") from None
        return
    if not known:
        raise Violation(f"Python refuses what is read as {ours}")
    check(ours, value)


def _value(data: bytes) -> None:
    """Any value in a place that nobody looks at."""
    try:
        value = reference(data)
    except ValueError:
        value = None
        known = False
    else:
        known = True
    text = b'{"inputs":[],"x":' + data + b"}"
    try:
        describe_json(text)
    except HttpError as error:
        if known and not ("nesting depth" in str(error) and _depth(value) > 98):
            raise Violation(f"{error}, but Python reads it") from None
        return
    if not known:
        try:
            reference(text)     # it may have closed the object, and opened another member
        except ValueError:
            raise Violation("Python refuses what is passed over") from None


# --- writing ---------------------------------------------------------------------------------


def _tensor(data: bytes) -> None:
    datatype = DATATYPES[data[0] % len(DATATYPES)] if data else "BYTES"
    raw = data[2:]
    count = data[1] if len(data) > 1 else 0
    if datatype != "BYTES" and count >= 128:
        # Mostly whole tensors.
        size = NUMBERS[datatype][1]
        count = len(raw) // size
        raw = raw[:count * size]
    try:
        text = tensor_json(datatype, raw, count)
    except HttpError as error:
        fits = datatype == "BYTES" or len(raw) == count * NUMBERS[datatype][1]
        finite = not datatype.startswith("FP") or not fits or all(map(
            math.isfinite, struct.unpack(f"<{count}{NUMBERS[datatype][0]}", raw)))
        if datatype != "BYTES" and fits and finite:
            raise Violation(f"{error}: {raw!r}") from None
        return
    elements = reference(text)
    if len(elements) != count:
        raise Violation(f"{count} elements are {text!r}")
    again = _packed(datatype, elements)
    if datatype == "BOOL":
        raw = bytes(byte != 0 for byte in raw)
    if again != raw:
        raise Violation(f"{raw!r} is written {text!r}")
    body = (b'{"inputs":[{"name":"x","datatype":"%s","shape":[%d],"data":' % (
        datatype.encode(), count) + text + b"}]}")
    try:
        ours = describe_json(body)["inputs"][0]["data"]
    except HttpError as error:
        raise Violation(f"what is written can't be read: {error}, {text!r}") from None
    if ours != raw:
        raise Violation(f"{raw!r} becomes {ours!r}")


def _string(data: bytes) -> None:
    text = string_json(data)
    value = reference(text)
    try:
        if value != data.decode():
            raise Violation(f"{data!r} is written {text!r}")
    except UnicodeDecodeError:
        if "\ufffd" not in value or len(value) > len(data):
            raise Violation(f"{data!r} is written {text!r}") from None


def one_input(data: bytes) -> None:
    kind, rest = (data[0] % 5 if data else 0), data[1:]
    if kind == INFER:
        _request(rest, lambda text: describe_json(text, max_input_bytes=1 << 16, max_inputs=16,
                                                  max_outputs=16), _check_infer)
    elif kind == GENERATE:
        _request(rest, lambda text: generate_json(METADATA, text, max_input_bytes=1 << 16),
                 _check_generate)
    else:
        (_value, _tensor, _string)[kind - VALUE](rest)


def open_target() -> None:
    """Nothing is shared."""


def close_target() -> None:
    """Nothing is shared."""


# --- seeds and mutations ---------------------------------------------------------------------


def _input(datatype: str, data: Any, shape: list[int], **more: Any) -> dict[str, Any]:
    return {"name": f"in_{datatype}", "datatype": datatype, "shape": shape, "data": data, **more}


def seeds() -> list[bytes]:
    out = []
    for datatype in DATATYPES:
        data: list[Any] = (["a", "\u00e9\n\U0001f600"] if datatype == "BYTES" else
                           [True, False] if datatype == "BOOL" else
                           [1.5, -2e-3] if datatype.startswith("FP") else [1, 100])
        out.append(bytes([INFER]) + json.dumps({"inputs": [_input(datatype, data, [2])]}).encode())
        raw = (pack_strings(b"a", "\u00e9".encode()) if datatype == "BYTES"
               else struct.pack("<2" + NUMBERS[datatype][0], *data))
        out.append(bytes([TENSOR, DATATYPES.index(datatype), 2]) + raw)
    whole = {"id": "1", "parameters": {
        "sequence_id": 3, "sequence_start": True, "sequence_end": False, "priority": 1, "timeout": 9,
        "binary_data_output": True, "p": "x", "q": -1.5e300, "r": -9223372036854775808, "s": True},
        "inputs": [_input("INT32", [[1, 2], [3, 4]], [2, 2]),
                   {"data": [], "shape": [0], "datatype": "BYTES", "name": "e"},
                   {"name": "b", "shape": [1], "datatype": "FP16", "parameters": {"binary_data_size": 2}}],
        "outputs": [{"name": "o", "parameters": {"binary_data": False, "classification": 3}},
                    {"name": "p"}], "unknown": {"a": [None, {}, [[]]]}}
    out.append(bytes([INFER]) + json.dumps(whole, indent=1).encode())
    out.append(bytes([INFER]) + json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())
    out.append(bytes([INFER]) + rb'{"\u0069d":"\ud83d\ude00\u00e9\/\b\f\n\r\t\"\\","inputs":[]}')
    for request in ({"TEXT": "hi", "max_tokens": 3, "stream": False},
                    {"N": [[1, 2], [3, 4]], "parameters": {"R": 1.5, "x": "y"}, "id": "7"},
                    {"B": True, "R": [], "TEXT": ["a"]}):
        out.append(bytes([GENERATE]) + json.dumps(request).encode())
    for value in (b"-0.0e-0", b'[1, 2.5E+3, true, false, null, "x"]', b'{"a": {"b": []}}', b"[" * 99,
                  b'"\\ud83d\\ude00"', b"123456789012345678901234567890", '"\u00e9\u20ac"'.encode()):
        out.append(bytes([VALUE]) + value)
    out += [bytes([STRING]) + text for text in (b"plain", "\u00e9\u20ac\U0001f600".encode(),
                                                b"\x00\x1f\"\\\x7f\xff\xc3")]
    return out


def mutate(data: bytes, random_seed: int, generic: Any) -> bytes:
    """The generic one, or one of a request's values replaced by another."""
    rng = random.Random(random_seed)
    if rng.random() < 0.6 or not data or data[0] % 5 > VALUE:
        return generic(data)
    try:
        value = json.loads(data[1:])
    except (ValueError, RecursionError):
        return generic(data)
    spots = [spot for spot in _spots(value) if spot]
    if not spots:
        return generic(data)
    spot = rng.choice(spots)
    key = rng.choice(list(spot) if isinstance(spot, dict) else range(len(spot)))
    other = rng.choice(spots)
    spot[key] = rng.choice([
        None, True, 0, -1, 1.5, 1e308, 2**63, -2**63 - 1, 2**64, "", "a\u00e9", [], {}, [[]],
        json.loads(json.dumps(other)), [spot[key]], {"x": spot[key]}])
    return data[:1] + json.dumps(value, ensure_ascii=rng.random() < 0.5).encode()


def _spots(value: Any) -> Any:
    """Every object and list in a JSON value."""
    if isinstance(value, (dict, list)):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _spots(inner)


DICTIONARY = [
    b'"name":', b'"datatype":', b'"shape":', b'"data":', b'"inputs":', b'"outputs":', b'"parameters":',
    b'"binary_data_size":', b'"binary_data":', b'"classification":', b'"sequence_id":', b'"id":',
    b'"TEXT":', b'"N":', b'"R":', b'"B":', b"true", b"false", b"null", b"\\u0000", b"\\ud83d\\ude00",
    b"1e400", b"-1e-400", b"18446744073709551615", b"-9223372036854775808", b"[[[[", b"]]]]",
    *(datatype.encode() for datatype in DATATYPES),
]
