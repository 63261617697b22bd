# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A value of the wrong kind in each field of a model configuration, as text and as JSON.

The fields are the protobuf description's own, so that a new one is tested as soon as it is there. What
values of the right kind are wrong is test_validate's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from triton_py.config import ConfigError, from_json, parse_text
from triton_py.config.places import is_map, is_repeated
from triton_py.proto.model_config import ModelConfig

Path = tuple[FieldDescriptor, ...]

INTEGERS = {
    FieldDescriptor.TYPE_INT32: ("a 32-bit integer", 2**31),
    FieldDescriptor.TYPE_INT64: ("a 64-bit integer", 2**63),
    FieldDescriptor.TYPE_UINT32: ("an unsigned 32-bit integer", -1),
    FieldDescriptor.TYPE_UINT64: ("an unsigned 64-bit integer", -1),
}


def fields(kind: Descriptor, above: Path = ()) -> Iterator[Path]:
    """Each field, by the fields that lead to it; a message's own fields once on each way."""
    for field in kind.fields:
        way = (*above, field)
        yield way
        inner = field.message_type
        if inner is not None and not any(f.message_type is inner for f in above):
            yield from fields(inner, way)


ALL = list(fields(ModelConfig.DESCRIPTOR))


def name_of(way: Path) -> str:
    return ".".join(field.name for field in way)


def wrong_values(field: FieldDescriptor) -> list[tuple[str, object, str]]:
    """(as text, as JSON, what the sentence says) of values that the field can't have."""
    if field.message_type is not None:
        return [("3", 3, "must be a")]
    if field.type == FieldDescriptor.TYPE_STRING:
        return [("5", 5, "must be a string"), ("true", True, "must be a string")]
    if field.type == FieldDescriptor.TYPE_BOOL:
        return [('"true"', "true", "must be true or false"), ("7", 7, "must be true or false")]
    if field.type == FieldDescriptor.TYPE_ENUM:
        return [("NO_SUCH_NAME", "NO_SUCH_NAME", "'NO_SUCH_NAME' is no ")]
    if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return [('"much"', "much", "must be a number")]
    sentence, beyond = INTEGERS[field.type]
    return [('"few"', "few", f"must be {sentence}"), ("1.5", 1.5, f"must be {sentence}"),
            (str(beyond), beyond, f"must be {sentence}")]


def as_text(way: Path, value: str) -> str:
    """`value` in the field at the end of the way."""
    head, *rest = way
    if not rest:
        return f"{head.name}: {value}"
    inner = as_text(tuple(rest), value)
    if is_map(head) and rest[0].name == "value":
        key = '"k"' if head.message_type.fields_by_name["key"].type == (
            FieldDescriptor.TYPE_STRING) else "1"
        inner = f"key: {key} {inner}"
    return f"{head.name} {{ {inner} }}"


def as_json(way: Path, value: object) -> object:
    """What the field at the beginning of the way is to be. Maps are objects."""
    head, *rest = way
    inner: object
    if rest and is_map(head):
        # Here `rest` begins with the entry's value.
        return {"1": as_json(tuple(rest), value) if len(rest) > 1 else value}
    inner = {rest[0].name: as_json(tuple(rest), value)} if rest else value
    return [inner] if is_repeated(head) and (rest or not is_map(head)) else inner


TEXT = [(way, text, sentence) for way in ALL for text, _, sentence in wrong_values(way[-1])]


def said(way: Path) -> str:
    """The name that a sentence about the field has. A map's key and value go by their entry."""
    return way[-2].name if len(way) > 1 and is_map(way[-2]) else way[-1].name


@pytest.mark.parametrize(("way", "value", "sentence"), TEXT,
                         ids=[f"{name_of(w)}={v}" for w, v, _ in TEXT])
def test_text(way: Path, value: str, sentence: str) -> None:
    text = as_text(way, value)
    with pytest.raises(ConfigError) as caught:
        parse_text(text, "config.pbtxt")
    assert sentence in caught.value.reason, text
    assert caught.value.line == 1
    assert said(way) in str(caught.value)


JSON = [(way, value, sentence) for way in ALL for _, value, sentence in wrong_values(way[-1])
        if not any(is_map(above) and below.name == "key"
                   for above, below in pairwise(way))]


@pytest.mark.parametrize(("way", "value", "sentence"), JSON,
                         ids=[f"{name_of(w)}={v}" for w, v, _ in JSON])
def test_json(way: Path, value: object, sentence: str) -> None:
    text = json.dumps({way[0].name: as_json(way, value)})
    with pytest.raises(ConfigError) as caught:
        from_json(text)
    assert sentence in str(caught.value), text
    assert said(way) in str(caught.value)


def test_all_fields_are_met() -> None:
    assert len(ALL) > 150
    assert {"dynamic_batching.priority_queue_policy.value.timeout_action",
            "sequence_batching.control_input.control.int32_false_true",
            "model_warmup.inputs.value.input_data_file"} <= {name_of(way) for way in ALL}
