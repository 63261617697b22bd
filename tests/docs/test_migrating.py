# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""docs/migrating.md names every field of a model configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from triton_py.proto.model_config import ModelConfig

PAGE = Path(__file__).parents[2] / "docs" / "migrating.md"
NAMED = set(re.findall(r"`([a-z_.]+)`", PAGE.read_text()))
FIELDS = ModelConfig.DESCRIPTOR.fields_by_name


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_named(name: str) -> None:
    if name in ("optimization", "dynamic_batching", "sequence_batching"):
        for inner in FIELDS[name].message_type.fields_by_name:
            assert f"{name}.{inner}" in NAMED, f"{name}.{inner}"
    else:
        assert name in NAMED


@pytest.mark.parametrize("name", ["input", "output", "instance_group"])
def test_every_part_of_a_repeated_field_is_named(name: str) -> None:
    for inner in FIELDS[name].message_type.fields_by_name:
        assert inner in NAMED, f"{name}: {inner}"


def test_nothing_else_is_named_as_a_field() -> None:
    """A field that is misspelt, or gone."""
    for name in NAMED:
        first, _, rest = name.partition(".")
        if rest and first in FIELDS:
            assert rest in FIELDS[first].message_type.fields_by_name, name
