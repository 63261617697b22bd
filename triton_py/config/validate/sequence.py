# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Rules about sequence batching: controls, strategies, implicit state."""

from __future__ import annotations

from triton_py.proto import model_config
from triton_py.proto.model_config import ModelConfig, ModelInstanceGroup, ModelSequenceBatching

from .dynamic import preferred_size_problems
from .problem import (
    VARIABLE,
    Problem,
    Problems,
    duplicates,
    enum_name,
    escapes,
    problem,
)

_Control = ModelSequenceBatching.Control
_CORRID_TYPES = (
    model_config.TYPE_UINT64,
    model_config.TYPE_INT64,
    model_config.TYPE_UINT32,
    model_config.TYPE_INT32,
    model_config.TYPE_STRING,
)
_VALUES = ("int32_false_true", "fp32_false_true", "bool_false_true")
_VALUES_TEXT = "'int32_false_true', 'fp32_false_true'"


def sequence_problems(config: ModelConfig) -> Problems:
    """Problems of the sequence batcher's settings; none where the model has another scheduler."""
    if not config.HasField("sequence_batching"):
        return
    sequence, name, path = config.sequence_batching, config.name, "sequence_batching"
    if config.response_cache.enable:
        yield Problem(
            f"Response Cache does not currently support model {name} with sequence batching "
            "scheduler. Please disable the response cache.",
            "response_cache.enable",
        )
    if "TRITON_BATCH_STRATEGY_PATH" in config.parameters:
        yield Problem(
            "TRITON_BATCH_STRATEGY_PATH cannot be specified with sequence batcher, using default "
            f"batching strategy, for {name}",
            'parameters["TRITON_BATCH_STRATEGY_PATH"]',
        )
    yield from _controls(sequence, name)
    if sequence.HasField("oldest"):
        yield from _oldest(config)
    if sequence.HasField("direct"):
        utilization = sequence.direct.minimum_slot_utilization
        if not 0.0 <= utilization <= 1.0:
            yield problem(
                "sequence batching minimum slot utilization must be in range (0.0, 1.0] for "
                f"{name}",
                f"{path}.direct.minimum_slot_utilization",
                utilization,
            )
    yield from _states(config)


def _oldest(config: ModelConfig) -> Problems:
    oldest, path = config.sequence_batching.oldest, "sequence_batching.oldest"
    if oldest.max_candidate_sequences < 0:
        yield problem(
            f"sequence batching max candidate sequences must be non-negative for {config.name}",
            f"{path}.max_candidate_sequences",
            oldest.max_candidate_sequences,
        )
    yield from preferred_size_problems(
        list(oldest.preferred_batch_size),
        config.max_batch_size,
        path,
        "sequence batching preferred batch size",
        config.name,
    )


def _controls(sequence: ModelSequenceBatching, name: str) -> Problems:
    seen: set[int] = set()
    for index, tensor in enumerate(sequence.control_input):
        if not tensor.name:
            yield Problem(
                f"sequence batching control tensor must have a name for {name}",
                f"sequence_batching.control_input[{index}]",
            )
    for index, repeated in duplicates(tensor.name for tensor in sequence.control_input):
        yield Problem(
            f"sequence batching control tensor '{repeated}' is specified for multiple control "
            f"kinds for {name}",
            f"sequence_batching.control_input[{index}].name",
        )
    for index, tensor in enumerate(sequence.control_input):
        for at, control in enumerate(tensor.control):
            where = f"sequence_batching.control_input[{index}].control[{at}]"
            if control.kind in seen:
                yield Problem(
                    f"sequence batching specifies multiple {enum_name(control, 'kind')} tensors "
                    f"for {name}",
                    f"{where}.kind",
                )
            seen.add(control.kind)
            if control.kind == _Control.CONTROL_SEQUENCE_CORRID:
                yield from _correlation_id(control, where, name)
            else:
                yield from _boolean_control(control, where, name)


def _correlation_id(control: ModelSequenceBatching.Control, where: str, name: str) -> Problems:
    kind = enum_name(control, "kind")
    if any(getattr(control, field) for field in _VALUES):
        yield Problem(
            f"sequence batching must not specify either {_VALUES_TEXT} or 'bool_false_true' for "
            f"{kind} for {name}",
            where,
        )
    if control.data_type not in _CORRID_TYPES:
        yield problem(
            f"unexpected data type for control {kind} for {name}. Allowed data types are "
            "TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING",
            f"{where}.data_type",
            enum_name(control, "data_type"),
        )


def _boolean_control(control: ModelSequenceBatching.Control, where: str, name: str) -> Problems:
    kind = enum_name(control, "kind")
    given = [field for field in _VALUES if getattr(control, field)]
    if not given:
        yield Problem(
            f"sequence batching must specify either {_VALUES_TEXT} or 'bool_false_true' for "
            f"{kind} for {name}",
            where,
        )
    elif len(given) > 1:
        yield Problem(
            f"sequence batching specifies more than one from {_VALUES_TEXT} and 'bool_false_true' "
            f"for {kind} for {name}",
            f"{where}.{given[1]}",
        )
    elif len(getattr(control, given[0])) != 2:
        yield Problem(
            f"sequence batching control '{given[0]}' must have exactly 2 entries for {kind} for "
            f"{name}, got {len(getattr(control, given[0]))}",
            f"{where}.{given[0]}",
        )


def _states(config: ModelConfig) -> Problems:
    states = config.sequence_batching.state
    for index, state in enumerate(states):
        path = f"sequence_batching.state[{index}]"
        for field in ("input_name", "output_name"):
            if not getattr(state, field):
                yield Problem(
                    f"sequence batching state must specify '{field}' for {config.name}", path
                )
        if state.data_type == model_config.TYPE_INVALID:
            yield Problem(
                f"sequence batching state '{state.input_name}' must specify 'data_type' for "
                f"{config.name}",
                path,
            )
        if not state.dims and config.max_batch_size == 0:
            yield Problem(
                f"sequence batching state '{state.input_name}' must specify 'dims' for "
                f"{config.name}",
                path,
            )
        for at, dim in enumerate(state.dims):
            if dim < 1 and dim != VARIABLE:
                yield problem(
                    f"sequence batching state '{state.input_name}' dimension must be integer >= 1, "
                    f"or {VARIABLE} to indicate a variable-size dimension for {config.name}",
                    f"{path}.dims[{at}]",
                    dim,
                )
        yield from _growable(config, state, path)
        yield from _initial_state(state, path, config.name)
    for index, name in duplicates(state.input_name for state in states):
        yield Problem(
            f"State input name '{name}' specified more than once for {config.name}",
            f"sequence_batching.state[{index}].input_name",
        )
    for index, name in duplicates(state.output_name for state in states):
        yield Problem(
            f"State output name '{name}' specified more than once for {config.name}",
            f"sequence_batching.state[{index}].output_name",
        )


def _growable(config: ModelConfig, state: ModelSequenceBatching.State, path: str) -> Problems:
    if not state.use_growable_memory:
        return
    title = f"sequence batching state '{state.input_name}' of {config.name}"
    if not state.use_same_buffer_for_input_output:
        yield Problem(
            f"{title} has 'use_growable_memory', which needs 'use_same_buffer_for_input_output'",
            f"{path}.use_growable_memory",
        )
    kinds = {group.kind for group in config.instance_group}
    if kinds - {ModelInstanceGroup.KIND_GPU, ModelInstanceGroup.KIND_AUTO}:
        yield Problem(
            f"{title} has 'use_growable_memory', which needs all instance groups to be KIND_GPU",
            f"{path}.use_growable_memory",
        )


def _initial_state(state: ModelSequenceBatching.State, path: str, name: str) -> Problems:
    title = state.input_name
    if len(state.initial_state) > 1:
        yield Problem(
            f"initial_state field for state input '{title}' must contain exactly one or zero "
            f"element. Found '{len(state.initial_state)}' elements, for {name}",
            f"{path}.initial_state[1]",
        )
    for index, initial in enumerate(state.initial_state):
        where = f"{path}.initial_state[{index}]"
        if initial.data_type != state.data_type:
            yield Problem(
                f"The data type used for 'initial_state' field of state '{title}' does not match "
                f"the state data type: {enum_name(initial, 'data_type')} != "
                f"{enum_name(state, 'data_type')}, for {name}",
                f"{where}.data_type",
            )
        if not initial.name:
            yield Problem(
                f"Field 'name' must be set when using initial_state for state input '{title}' for "
                f"{name}",
                where,
            )
        if initial.WhichOneof("state_data") is None:
            yield Problem(
                f"initial_state setting expects state '{title}' to have state_data set, 'zero_data'"
                f" or 'data_file', for {name}",
                where,
            )
        if escapes(initial.data_file):
            yield Problem(
                f"initial_state data file '{initial.data_file}' of state '{title}' for {name} is "
                "outside model directory",
                f"{where}.data_file",
            )
        yield from _initial_dims(state, initial, where, name)


def _initial_dims(
    state: ModelSequenceBatching.State,
    initial: ModelSequenceBatching.InitialState,
    where: str,
    name: str,
) -> Problems:
    title = state.input_name
    if len(initial.dims) != len(state.dims):
        yield Problem(
            "Number of dimensions in 'initial_state' doesn't match the size of 'state' dimensions "
            f"for state input '{title}'. {len(initial.dims)} != {len(state.dims)}, for {name}",
            f"{where}.dims",
        )
        return
    for index, (dim, model_dim) in enumerate(zip(initial.dims, state.dims, strict=True)):
        if dim < 1:
            text = (
                "contains variable dimensions" if dim == VARIABLE else f"has a dimension of {dim}"
            )
            yield Problem(
                f"'initial_state' field for state input name '{title}' {text}, for {name}",
                f"{where}.dims[{index}]",
            )
        elif model_dim not in (VARIABLE, dim):
            yield Problem(
                f"'initial_state' dim for input name '{title}' doesn't match 'state' dim "
                f"description. {dim} != {model_dim}, for {name}",
                f"{where}.dims[{index}]",
            )
