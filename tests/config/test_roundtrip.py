# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Generated configurations survive every change of form."""

from __future__ import annotations

import json
import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triton_py.config import (
    ConfigError,
    compile_spec,
    from_json,
    normalize,
    normalize_instance_groups,
    parse_text,
    problems,
    to_json,
    to_text,
)
from triton_py.config.places import is_map, is_repeated
from triton_py.proto.model_config import ModelConfig

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
INTEGERS = {
    3: st.integers(-(1 << 63), (1 << 63) - 1),
    4: st.integers(0, (1 << 64) - 1),
    5: st.integers(-(1 << 31), (1 << 31) - 1),
    13: st.integers(0, (1 << 32) - 1),
}


@st.composite
def scalars(draw, field):
    if field.enum_type is not None:
        return draw(st.sampled_from([value.number for value in field.enum_type.values]))
    if field.type in INTEGERS:
        return draw(st.one_of(st.integers(0, 9), INTEGERS[field.type]))
    if field.type in (1, 2):
        return draw(st.floats(width=64 if field.type == 1 else 32, allow_nan=False))
    return draw(st.booleans() if field.type == 8 else TEXT)


def fill(draw, message, depth):
    """Set a few fields of a message, of any type."""
    descriptor = message.DESCRIPTOR
    names = [field.name for field in descriptor.fields]
    for name in draw(st.lists(st.sampled_from(names), max_size=5, unique=True)) if names else ():
        field = descriptor.fields_by_name[name]
        target = getattr(message, name)
        if is_map(field):
            entry = field.message_type.fields_by_name
            for key in draw(st.lists(scalars(entry["key"]), max_size=2)):
                if entry["value"].message_type is not None:
                    fill(draw, target[key], depth + 1)
                else:
                    target[key] = draw(scalars(entry["value"]))
        elif field.message_type is not None and is_repeated(field):
            for _ in range(draw(st.integers(0, 2)) if depth < 5 else 0):
                fill(draw, target.add(), depth + 1)
        elif field.message_type is not None:
            target.SetInParent()
            fill(draw, target, depth + 1)
        elif is_repeated(field):
            target.extend(draw(st.lists(scalars(field), max_size=3)))
        else:
            setattr(message, name, draw(scalars(field)))


@st.composite
def configs(draw):
    config = ModelConfig()
    fill(draw, config, 0)
    return config


SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


@SLOW
@given(configs())
def test_text_and_json_and_back(config):
    text = to_text(config)
    assert parse_text(text) == config
    form = to_json(config)
    assert from_json(form) == config
    assert to_json(from_json(form)) == form
    assert to_json(parse_text(text)) == form
    assert to_text(from_json(form)) == text
    assert "\n" not in form
    assert json.dumps(json.loads(form), ensure_ascii=False, separators=(",", ":")) == form


@SLOW
@given(configs())
def test_checks_and_defaults_never_crash(config):
    """Whatever is in a configuration, validation has sentences for it; what passes, compiles."""
    normalize(config)
    once = to_json(config)
    normalize(config)
    assert to_json(config) == once
    normalize_instance_groups(config, gpus=2)
    found = problems(config, gpus=2)
    assert all(error.reason and error.field for error in found)
    if not found:
        compile_spec(config)


@SLOW
@given(
    st.text(
        st.one_of(
            st.sampled_from('{}[]<>:,;"\\#\n'),
            st.characters(max_codepoint=255, exclude_categories=("Cs",)),
        ),
        max_size=60,
    )
)
def test_any_text_is_read_or_refused(text):
    for read in (parse_text, from_json):
        try:
            read(text)
        except ConfigError as error:
            assert error.reason
            assert error.line is None or error.line >= 1


@SLOW
@given(configs(), st.data())
def test_damaged_text_is_read_or_refused_with_a_place(config, data):
    text = to_text(config)
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(st.sampled_from(["{", "}", '"', "x", "[", ": "])) + text[at:]
    try:
        parse_text(damaged)
    except ConfigError as error:
        assert error.line is None or 1 <= error.line <= damaged.count("\n") + 1


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner)),
    max_leaves=5,
)


def spots(value):
    """Every object and array in a JSON value."""
    if isinstance(value, (dict, list)):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from spots(inner)


@SLOW
@given(configs(), VALUES, st.data())
def test_damaged_json_is_read_or_refused_with_a_field(config, value, data):
    whole = json.loads(to_json(config))
    spot = data.draw(st.sampled_from([s for s in spots(whole) if s]))
    key = data.draw(st.sampled_from(list(spot) if isinstance(spot, dict) else range(len(spot))))
    spot[key] = value
    text = json.dumps(whole)
    try:
        again = from_json(text)
    except ConfigError as error:
        assert error.field or "JSON" in error.reason
    else:
        assert from_json(to_json(again)) == again


def test_special_floats():
    for value in (math.inf, -math.inf, math.nan):
        config = ModelConfig()
        options = config.model_metrics.metric_control.add().histogram_options
        options.buckets.append(value)
        again = from_json(to_json(config)).model_metrics.metric_control[0].histogram_options
        assert repr(again.buckets[0]) == repr(value)
