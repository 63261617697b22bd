# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Each field of each JSON body, with each kind of value that it can't have.

What values of the right kind are wrong is test_http_bad_input's.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from http_support import call, infer

#: One value of each kind that JSON has.
VALUES: dict[str, Any] = {
    "null": None, "true": True, "number": 7, "negative": -7, "fraction": 1.5, "string": "seven",
    "array": [7], "object": {"seven": 7},
}

INFER = {
    "id": "a",
    "parameters": {"sequence_id": 0, "sequence_start": False, "sequence_end": False, "priority": 0,
                   "timeout": 0, "binary_data_output": False, "triton_account": False, "mine": 1},
    "inputs": [{"name": "INPUT0", "shape": [1], "datatype": "FP32", "data": [1.5]}],
    "outputs": [{"name": "OUTPUT0", "parameters": {"binary_data": False}}],
}

Place = tuple[str | int, ...]

#: Where in the request (but for shared memory, which is refused whatever is said of it), and the kinds of values that are right there.
INFERENCE: dict[Place, set[str]] = {
    ("id",): {"string"},
    ("parameters",): {"object"},
    ("parameters", "sequence_id"): {"number", "string"},
    ("parameters", "sequence_start"): {"true"},
    ("parameters", "sequence_end"): {"true"},
    ("parameters", "priority"): {"number"},
    ("parameters", "timeout"): {"number"},
    ("parameters", "binary_data_output"): {"true"},
    ("parameters", "triton_account"): {"true"},
    ("parameters", "mine"): {"true", "number", "negative", "fraction", "string"},
    ("inputs",): set(),
    ("inputs", 0): {"object"},
    ("inputs", 0, "name"): set(),
    ("inputs", 0, "shape"): set(),
    ("inputs", 0, "shape", 0): set(),
    ("inputs", 0, "datatype"): set(),
    ("inputs", 0, "parameters"): {"object"},
    ("inputs", 0, "parameters", "binary_data_size"): set(),
    ("inputs", 0, "data"): {"array"},
    ("inputs", 0, "data", 0): {"number", "negative", "fraction", "array"},
    ("outputs",): set(),
    ("outputs", 0): {"object"},
    ("outputs", 0, "name"): set(),
    ("outputs", 0, "parameters"): {"object"},
    ("outputs", 0, "parameters", "binary_data"): {"true"},
    ("outputs", 0, "parameters", "classification"): {"number"},
}

#: Of the other bodies: path, a right body, and as above.
CONTROL: dict[str, tuple[dict[str, Any], dict[Place, set[str]]]] = {
    "/v2/repository/index": ({}, {("ready",): {"true"}}),
    "/v2/repository/models/matrix/load": ({"parameters": {}}, {
        ("parameters",): {"object", "null"},
        ("parameters", "config"): set(),
        ("parameters", "file:1/model"): set(),
        ("parameters", "unknown"): set(),
    }),
    "/v2/repository/models/matrix/unload": ({"parameters": {}}, {
        ("parameters",): {"object", "null"},
        ("parameters", "unload_dependents"): {"true"},
    }),
}


def with_value(body: dict[str, Any], place: Place, value: Any) -> bytes:
    changed = copy.deepcopy(body)
    holder: Any = changed
    *way, last = place
    for step in way:
        if isinstance(holder, dict) and step not in holder:
            holder[step] = {}
        holder = holder[step]
    holder[last] = value
    return json.dumps(changed).encode()


def wrong(places: dict[Place, set[str]]) -> Iterator[tuple[Place, str]]:
    for place, right in places.items():
        for kind in VALUES:
            if kind not in right:
                yield place, kind


def name_of(place: Place) -> str:
    return next(str(step) for step in reversed(place) if isinstance(step, str))


@pytest.mark.parametrize(("place", "kind"), list(wrong(INFERENCE)), ids=str)
def test_inference(server: Any, place: Place, kind: str) -> None:
    reply = infer(server, "identity_fp32", with_value(INFER, place, VALUES[kind]))
    assert reply.status == 400, reply
    named = {name_of(place), str(place[-1])}
    if kind in ("string", "number", "negative") and place[-1] in ("name", "datatype", 0):
        named |= {str(VALUES[kind])}        # a name that is none, a shape that doesn't fit
    if "data" in place or "shape" in place or "binary_data_size" in place:
        named |= {"INPUT0"}
    assert any(word in reply.error for word in named), reply.error


@pytest.mark.parametrize("place", INFERENCE, ids=str)
def test_inference_with_what_is_right(server: Any, place: Place) -> None:
    for kind in sorted(INFERENCE[place]):
        body = with_value(INFER, place, VALUES[kind])
        reply = infer(server, "identity_fp32", body)
        if place == ("outputs", 0, "parameters", "classification") or reply.status == 200:
            assert reply.status == 200, (kind, reply)
        else:
            # Right of its kind, but the rest of the request doesn't go with it.
            assert place in {("inputs", 0, "parameters"), ("outputs", 0, "parameters"),
                             ("inputs", 0), ("outputs", 0), ("parameters",), ("parameters", "sequence_id"),
                             ("inputs", 0, "data"), ("inputs", 0, "data", 0)}, (kind, reply)


@pytest.mark.parametrize(
    ("path", "place", "kind"),
    [(path, *case) for path, (_, places) in CONTROL.items() for case in wrong(places)], ids=str)
def test_control(server: Any, path: str, place: Place, kind: str) -> None:
    body, _ = CONTROL[path]
    reply = call(server, "POST", path, with_value(body, place, VALUES[kind]))
    assert reply.status == 400, reply
    assert name_of(place).split(":")[0] in reply.error, reply.error


@pytest.mark.parametrize("kind", sorted(set(VALUES) - {"object"}))
@pytest.mark.parametrize("path", [*CONTROL, "/v2/models/identity_fp32/infer"])
def test_a_body_that_is_no_object(server: Any, path: str, kind: str) -> None:
    reply = call(server, "POST", path, json.dumps(VALUES[kind]).encode())
    assert reply.status == 400 and reply.error


def test_the_server_is_as_it_was(server: Any) -> None:
    assert infer(server, "identity_fp32", json.dumps(INFER).encode()).status == 200
    assert call(server, "GET", "/v2/models/matrix/ready").status == 200
