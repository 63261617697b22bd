# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a model's configuration declares, as far as cases and rules need it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from google.protobuf import text_format

from triton_py.proto.model_config import DataType, ModelConfig


@dataclass(frozen=True)
class DeclaredTensor:
    name: str
    datatype: str
    #: Without the batch dimension; -1 for any size.
    dims: list[int]
    optional: bool = False
    ragged: bool = False


@dataclass(frozen=True)
class Declared:
    """The parts of a config.pbtxt that say what requests and responses look like."""

    backend: str
    max_batch_size: int
    decoupled: bool
    sequence: bool
    instances: int
    inputs: dict[str, DeclaredTensor] = field(default_factory=dict)
    outputs: dict[str, DeclaredTensor] = field(default_factory=dict)
    states: list[str] = field(default_factory=list)


def _type(number: int) -> str:
    name = DataType.Name(number).removeprefix("TYPE_")  # type: ignore[arg-type]
    return "BYTES" if name == "STRING" else name


@lru_cache(maxsize=256)
def declared(text: str) -> Declared:
    """Read the text of a config.pbtxt."""
    config = text_format.Parse(text, ModelConfig())
    return Declared(
        config.backend,
        config.max_batch_size,
        config.model_transaction_policy.decoupled,
        config.HasField("sequence_batching"),
        sum(max(1, group.count) for group in config.instance_group) or 1,
        {
            t.name: DeclaredTensor(
                t.name, _type(t.data_type), list(t.dims), t.optional, t.allow_ragged_batch
            )
            for t in config.input
        },
        {t.name: DeclaredTensor(t.name, _type(t.data_type), list(t.dims)) for t in config.output},
        [state.output_name for state in config.sequence_batching.state],
    )
