# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The plain-data description of a model that the core schedules by.

The core copies it into C structs once, when the model is loaded, and never sees protobuf.
"""

from __future__ import annotations

import math
from typing import Any

from triton_py.proto.model_config import (
    ModelConfig,
    ModelInput,
    ModelInstanceGroup,
    ModelOutput,
    ModelQueuePolicy,
    ModelSequenceBatching,
)

from .names import ELEMENT_SIZES
from .normalize import ABI_KINDS

_MAX_INT64 = (1 << 63) - 1


def compile_spec(config: ModelConfig) -> dict[str, Any]:
    """Describe a validated configuration in ints, strings, lists and dicts.

    Keys of the result:

    `name`; `platform`; `backend`; `runtime`; `max_batch_size`: int, 0 without batching;
    `decoupled`; `response_cache`: bool each.

    `inputs`: a list of dicts with `name`, `datatype` (TRITONSERVER_DataType), `dims` (without the
    batch dimension, -1 for any size), `reshape` (list, or None), `optional`, `ragged`,
    `shape_tensor`, `non_linear`. `outputs`: the same, with `label_filename` in place of `optional`
    and `ragged`.

    `scheduling`: "default", "dynamic", "sequence" or "ensemble". The dynamic batcher's settings are
    always there, and say "no batching" where it isn't used: `preferred_batch_sizes` (ascending,
    without repeats), `max_queue_delay_ns`, `preserve_ordering`, `priority_levels`,
    `default_priority_level` (both 0 without priorities), `default_queue_policy` (a dict with
    `timeout_action`, "REJECT" or "DELAY", `default_timeout_us`, `allow_timeout_override`,
    `max_queue_size`), `priority_queue_policy` (such a dict by level). `eager_batching`: bool.
    `equal_shapes`: names of the inputs whose shape has to be the same throughout a batch;
    `equal_contents`: of those, as shape tensors, whose contents have to be.

    `sequence`: None, or a dict, see `_sequence`. `states`: its states, [] where there are none,
    each with `input_name`, `output_name`, `datatype`, `shape` (of a sequence's first input, with
    the batch dimension), `same_buffer`, `growable`, `data_file` ("" for zeros), `byte_size` (of
    such data; of BYTES, that of empty strings). `ensemble`: None, or a dict with `steps` and `max_inflight_requests`.

    `instances`: a list of dicts, one an instance group: `name`, `kind`
    (TRITONSERVER_InstanceGroupKind), `count`, `gpus`, `profiles`, `passive`, `host_policy` ("" for
    the kind's own), `secondary_devices` (pairs of kind's name and device number), `rate_limiter`
    (`priority` and `resources`, each a dict with `name`, `global`, `count`).

    `metric_tags`: dict of strings. `metric_buckets`: list of upper bounds by metric family.
    """
    batching = config.dynamic_batching
    return {
        "name": config.name,
        "platform": config.platform,
        "backend": config.backend,
        "runtime": config.runtime,
        "max_batch_size": config.max_batch_size,
        "decoupled": config.model_transaction_policy.decoupled,
        "response_cache": config.response_cache.enable,
        "inputs": [
            _tensor(tensor) | {"optional": tensor.optional, "ragged": tensor.allow_ragged_batch}
            for tensor in config.input
        ],
        "outputs": [
            _tensor(tensor) | {"label_filename": tensor.label_filename} for tensor in config.output
        ],
        "scheduling": scheduling(config),
        "preferred_batch_sizes": sorted(set(batching.preferred_batch_size)),
        "max_queue_delay_ns": _nanoseconds(batching.max_queue_delay_microseconds),
        "preserve_ordering": batching.preserve_ordering,
        "priority_levels": batching.priority_levels,
        "default_priority_level": batching.default_priority_level,
        "default_queue_policy": _queue_policy(batching.default_queue_policy),
        "priority_queue_policy": {
            level: _queue_policy(batching.priority_queue_policy[level])
            for level in sorted(batching.priority_queue_policy)
        },
        "eager_batching": config.optimization.eager_batching,
        "equal_shapes": [t.name for t in config.input if _needs_equal_shape(t)],
        "equal_contents": [t.name for t in config.input if t.is_shape_tensor],
        "sequence": _sequence(config) if config.HasField("sequence_batching") else None,
        "states": [
            _state(state, config.max_batch_size > 0) for state in config.sequence_batching.state
        ],
        "ensemble": _ensemble(config) if config.HasField("ensemble_scheduling") else None,
        "instances": [_instances(group) for group in config.instance_group],
        "metric_tags": dict(sorted(config.metric_tags.items())),
        "metric_buckets": {
            control.metric_identifier.family: list(control.histogram_options.buckets)
            for control in config.model_metrics.metric_control
        },
    }


def scheduling(config: ModelConfig) -> str:
    """Which scheduler a model has: "default", "dynamic", "sequence" or "ensemble"."""
    choice = config.WhichOneof("scheduling_choice")
    return choice.split("_")[0] if choice is not None else "default"


def _nanoseconds(microseconds: int) -> int:
    return min(microseconds * 1000, _MAX_INT64)  # 292 years are as good as what was asked for


def _tensor(tensor: ModelInput | ModelOutput) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "datatype": int(tensor.data_type),  # the two enums have the same numbers
        "dims": list(tensor.dims),
        "reshape": list(tensor.reshape.shape) if tensor.HasField("reshape") else None,
        "shape_tensor": tensor.is_shape_tensor,
        "non_linear": tensor.is_non_linear_format_io,
    }


def _needs_equal_shape(tensor: ModelInput) -> bool:
    return tensor.is_shape_tensor or (-1 in tensor.dims and not tensor.allow_ragged_batch)


def _queue_policy(policy: ModelQueuePolicy) -> dict[str, Any]:
    return {
        "timeout_action": ModelQueuePolicy.TimeoutAction.Name(policy.timeout_action),
        "default_timeout_us": policy.default_timeout_microseconds,
        "allow_timeout_override": policy.allow_timeout_override,
        "max_queue_size": policy.max_queue_size,
    }


def _sequence(config: ModelConfig) -> dict[str, Any]:
    """The sequence batcher's settings.

    `strategy` ("direct" or "oldest"), `max_idle_us`, `iterative`, `controls` (a dict each, with
    `name`, `kind` without its prefix, `datatype`, and `false_true`, a pair, or None for CORRID),
    and the strategy's settings: `max_queue_delay_ns`, `minimum_slot_utilization`, `max_candidates`
    (0: the
    maximum batch size), `preferred_batch_sizes`, `preserve_ordering`."""
    sequence = config.sequence_batching
    oldest = sequence.HasField("oldest")
    strategy = sequence.oldest if oldest else sequence.direct
    return {
        "strategy": "oldest" if oldest else "direct",
        "max_idle_us": sequence.max_sequence_idle_microseconds,
        "iterative": sequence.iterative_sequence,
        "controls": [
            _control(tensor.name, control)
            for tensor in sequence.control_input
            for control in tensor.control
        ],
        "max_queue_delay_ns": _nanoseconds(strategy.max_queue_delay_microseconds),
        "minimum_slot_utilization": sequence.direct.minimum_slot_utilization,
        "max_candidates": sequence.oldest.max_candidate_sequences,
        "preferred_batch_sizes": sorted(set(sequence.oldest.preferred_batch_size)),
        "preserve_ordering": sequence.oldest.preserve_ordering,
    }


_FALSE_TRUE = {"int32_false_true": 8, "fp32_false_true": 11, "bool_false_true": 1}


def _control(name: str, control: ModelSequenceBatching.Control) -> dict[str, Any]:
    kind = ModelSequenceBatching.Control.Kind.Name(control.kind).removeprefix("CONTROL_SEQUENCE_")
    given = next((field for field in _FALSE_TRUE if getattr(control, field)), None)
    return {
        "name": name,
        "kind": kind,
        "datatype": int(control.data_type) if given is None else _FALSE_TRUE[given],
        "false_true": None if given is None else tuple(getattr(control, given)),
    }


def _state(state: ModelSequenceBatching.State, batching: bool) -> dict[str, Any]:
    initial = state.initial_state[0] if state.initial_state else None
    # Where nothing says how large a variable dimension begins, it begins with 1.
    dims = list(initial.dims) if initial else [1 if dim < 0 else dim for dim in state.dims]
    return {
        "input_name": state.input_name,
        "output_name": state.output_name,
        "datatype": int(state.data_type),
        "shape": [1, *dims] if batching else dims,
        "same_buffer": state.use_same_buffer_for_input_output,
        "growable": state.use_growable_memory,
        "data_file": initial.data_file if initial else "",
        # An empty string is its length alone: 4 bytes.
        "byte_size": math.prod(dims) * ELEMENT_SIZES.get(state.data_type, 4),
    }


def _ensemble(config: ModelConfig) -> dict[str, Any]:
    ensemble = config.ensemble_scheduling
    return {
        "steps": [
            {
                "model_name": step.model_name,
                "model_version": step.model_version,
                "model_namespace": step.model_namespace,
                "input_map": dict(sorted(step.input_map.items())),
                "output_map": dict(sorted(step.output_map.items())),
            }
            for step in ensemble.step
        ],
        "max_inflight_requests": ensemble.max_inflight_requests,
    }


def _instances(group: ModelInstanceGroup) -> dict[str, Any]:
    device_kinds = ModelInstanceGroup.SecondaryDevice.SecondaryDeviceKind
    return {
        "name": group.name,
        "kind": ABI_KINDS[int(group.kind)],
        "count": group.count,
        "gpus": list(group.gpus),
        "profiles": list(group.profile),
        "passive": group.passive,
        "host_policy": group.host_policy,
        "secondary_devices": [
            (device_kinds.Name(device.kind), device.device_id) for device in group.secondary_devices
        ],
        "rate_limiter": {
            "priority": group.rate_limiter.priority,
            "resources": [
                {"name": r.name, "global": getattr(r, "global"), "count": r.count}
                for r in group.rate_limiter.resources
            ],
        },
    }
