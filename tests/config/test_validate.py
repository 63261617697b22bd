# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Each rule of validation: a configuration that breaks it, and a neighbour that doesn't.

The sentences that are Triton's stand here as its test suite matches them.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from triton_py.config import ConfigError, parse_text, problems, validate
from triton_py.config.validate import (
    dynamic,
    ensemble,
    general,
    instances,
    sequence,
    tensors,
    validate_config,
    validate_instance_groups,
    validate_io,
)

BASE = """
    name: "m" backend: "own" max_batch_size: 4 version_policy { latest { num_versions: 1 } }
    input { name: "a" data_type: TYPE_FP32 dims: [ 2, 3 ] }
    output { name: "z" data_type: TYPE_INT32 dims: [ -1 ] }
    instance_group { name: "m_0" kind: KIND_CPU count: 1 }
"""
TENSORRT = BASE.replace('backend: "own"', 'backend: "tensorrt" platform: "tensorrt_plan"')
SINGLE = BASE.replace("max_batch_size: 4", "max_batch_size: 0")
ENSEMBLE = """
    name: "m" platform: "ensemble" version_policy { latest { num_versions: 1 } }
    input { name: "a" data_type: TYPE_FP32 dims: [ 2 ] }
    output { name: "z" data_type: TYPE_FP32 dims: [ 2 ] }
"""
STEP = (
    'step { model_name: "x" input_map { key: "i" value: "a" } output_map { key: "o" value: "z" } }'
)


class Case(NamedTuple):
    broken: str  # merged into the base: scalars replace, repeated fields follow
    sentence: str  # what the error says, or a part of it
    field: str
    fixed: str
    base: str = BASE
    gpus: int | list[int] = 0


def tensor(text):
    return f'input {{ name: "b" {text} }}'


def steps(*texts):
    return "ensemble_scheduling { " + " ".join(texts) + " }"


def step(model, inputs, outputs):
    maps = [f'input_map {{ key: "i{n}" value: "{t}" }}' for n, t in enumerate(inputs)]
    maps += [f'output_map {{ key: "o{n}" value: "{t}" }}' for n, t in enumerate(outputs)]
    return f'step {{ model_name: "{model}" {" ".join(maps)} }}'


def batching(text):
    return f"dynamic_batching {{ {text} }}"


def sequences(text):
    return f"sequence_batching {{ {text} }}"


def control(text, name="START"):
    return sequences(f'control_input {{ name: "{name}" control {{ {text} }} }}')


def state(text):
    given = 'input_name: "i" output_name: "o" data_type: TYPE_FP32 dims: [ 2 ]'
    return sequences(f"state {{ {given} {text} }}")


def two_states(input_name, output_name):
    names = f'input_name: "{input_name}" output_name: "{output_name}"'
    more = f"state {{ {names} data_type: TYPE_FP32 dims: 2 }}"
    return state("").removesuffix("}") + more + " }"


def initial(text):
    return state(f"initial_state {{ {text} }}")


def warmup(text, sample='name: "w" batch_size: 1'):
    return f'model_warmup {{ {sample} inputs {{ key: "a" value {{ {text} }} }} }}'


def metric(text):
    return f"model_metrics {{ metric_control {{ {text} }} }}"


def group(text):
    return f'instance_group {{ name: "g" kind: KIND_CPU count: 1 {text} }}'


GOOD_TENSOR = tensor("data_type: TYPE_FP32 dims: [ 2 ]")
START = "kind: CONTROL_SEQUENCE_START"
CORRID = "kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64"
GOOD_CONTROL = control(f"{START} int32_false_true: [ 0, 1 ]")
GOOD_INITIAL = initial('name: "s" data_type: TYPE_FP32 dims: [ 2 ] zero_data: true')
GOOD_WARMUP = warmup("data_type: TYPE_FP32 dims: [ 2, 3 ] zero_data: true")
HISTOGRAM = "histogram_options { buckets: [ 1, 2 ] }"
IDENTIFIER = 'metric_identifier { family: "f" }'
GOOD_METRIC = metric(f"{IDENTIFIER} {HISTOGRAM}")
VARIABLE_HINT = "must be integer >= 1, or -1 to indicate a variable-size dimension for m"

IO = {
    "no-name": Case(
        "input { data_type: TYPE_FP32 dims: 1 }",
        "model input must specify 'name' for m", "input[1]", GOOD_TENSOR,
    ),
    "no-output-name": Case(
        "output { data_type: TYPE_FP32 dims: 1 }",
        "model output must specify 'name' for m", "output[1]",
        'output { name: "y" data_type: TYPE_FP32 dims: 1 }',
    ),
    "no-type": Case(
        tensor("dims: 1"), "model input 'b' must specify 'data_type' for m", "input[1]", GOOD_TENSOR
    ),
    "type-invalid": Case(
        tensor("data_type: TYPE_INVALID dims: 1"),
        "model input 'b' must specify 'data_type' for m", "input[1]", GOOD_TENSOR,
    ),
    "no-dims": Case(
        tensor("data_type: TYPE_FP32"), "model input 'b' must specify 'dims' for m", "input[1]",
        GOOD_TENSOR,
    ),
    "dim-zero": Case(
        tensor("data_type: TYPE_FP32 dims: [ 1, 0 ]"),
        f"model input 'b' dimension {VARIABLE_HINT} (input[1].dims[1] is 0)", "input[1].dims[1]",
        tensor("data_type: TYPE_FP32 dims: [ 1, -1 ]"),
    ),
    "dim-negative": Case(
        'output { name: "y" data_type: TYPE_FP32 dims: [ -2 ] }',
        f"model output 'y' dimension {VARIABLE_HINT} (output[1].dims[0] is -2)",
        "output[1].dims[0]", 'output { name: "y" data_type: TYPE_FP32 dims: [ 2 ] }',
    ),
    "reshape-zero": Case(
        tensor("data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ 0 ] }"),
        f"model input 'b' reshape dimensions {VARIABLE_HINT}", "input[1].reshape.shape[0]",
        tensor("data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ 1, 1 ] }"),
    ),
    "reshape-empty-unbatched": Case(
        tensor("data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] }"),
        "model input 'b' cannot have empty reshape for non-batching model as scalar tensors are "
        "not supported for m", "input[1].reshape",
        tensor("data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ 1 ] }"), SINGLE,
    ),
    "reshape-count": Case(
        tensor("data_type: TYPE_FP32 dims: [ 2, 3 ] reshape { shape: [ 5 ] }"),
        "model input 'b' has different size for dims and reshape for m "
        "(input[1].reshape is [2, 3] to [5])", "input[1].reshape",
        tensor("data_type: TYPE_FP32 dims: [ 2, 3 ] reshape { shape: [ 6 ] }"),
    ),
    "reshape-empty-count": Case(
        tensor("data_type: TYPE_FP32 dims: [ 2 ] reshape { shape: [ ] }"),
        "model input 'b' has different size for dims and reshape for m", "input[1].reshape",
        tensor("data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] }"),
    ),
    "reshape-variable-to-fixed": Case(
        tensor("data_type: TYPE_FP32 dims: [ -1, 3 ] reshape { shape: [ 3 ] }"),
        "model input 'b' has different size for dims and reshape for m", "input[1].reshape",
        tensor("data_type: TYPE_FP32 dims: [ -1, 3 ] reshape { shape: [ -1, 1, 3 ] }"),
    ),
    "reshape-variable-chunks": Case(
        tensor("data_type: TYPE_FP32 dims: [ 2, 4, -1, 6 ] reshape { shape: [ 8, -1, 3 ] }"),
        "model input 'b' has different size for dims and reshape for m", "input[1].reshape",
        tensor("data_type: TYPE_FP32 dims: [ 2, 4, -1, 6 ] reshape { shape: [ 8, -1, 1, 6 ] }"),
    ),
    "reshape-variable-number": Case(
        tensor("data_type: TYPE_FP32 dims: [ -1, -1 ] reshape { shape: [ -1 ] }"),
        "model input 'b' has different number of variable-size dimensions for dims and reshape "
        "for m", "input[1].reshape",
        tensor("data_type: TYPE_FP32 dims: [ -1, -1 ] reshape { shape: [ -1, 1, -1 ] }"),
    ),
    "too-many-elements-besides-variable": Case(
        tensor("data_type: TYPE_INT8 dims: [ -1, 9223372036854775807, 2 ]"),
        "element count for tensor 'b' exceeds maximum size of 9223372036854775807 for m",
        "input[1].dims", tensor("data_type: TYPE_INT8 dims: [ -1, 9223372036854775807 ]"),
    ),
    "too-many-elements": Case(
        tensor("data_type: TYPE_INT8 dims: [ 4294967296, 2147483648 ]"),
        "element count for tensor 'b' exceeds maximum size of 9223372036854775807 for m",
        "input[1].dims", tensor("data_type: TYPE_INT8 dims: [ 4294967296, 1073741824 ]"),
    ),
    "format": Case(
        tensor("data_type: TYPE_FP32 dims: [ 2, 2 ] format: FORMAT_NHWC"),
        "model input NHWC/NCHW require 3 dims for m ('b' has 2 and format FORMAT_NHWC)",
        "input[1].format", tensor("data_type: TYPE_FP32 dims: [ 2, 2, 3 ] format: FORMAT_NHWC"),
    ),
    "shape-tensor": Case(
        tensor("data_type: TYPE_INT32 dims: [ 2 ] is_shape_tensor: true"),
        "shape tensors are only supported for TensorRT platform for m", "input[1].is_shape_tensor",
        tensor("data_type: TYPE_INT32 dims: [ 2 ] is_shape_tensor: false"),
    ),
    "non-linear-platform": Case(
        tensor("data_type: TYPE_FP16 dims: [ 2, 2, 2 ] is_non_linear_format_io: true"),
        "Non-linear IO format is only supported for the TensorRT platform for m",
        "input[1].is_non_linear_format_io", GOOD_TENSOR,
    ),
    "non-linear-dims": Case(
        tensor("data_type: TYPE_FP16 dims: [ 2, 2 ] is_non_linear_format_io: true"),
        "Non-linear IO format input requires 3 dims for m", "input[1].is_non_linear_format_io",
        tensor("data_type: TYPE_FP16 dims: [ 2, 2, 2 ] is_non_linear_format_io: true"), TENSORRT,
    ),
    "labels-outside": Case(
        'output { name: "y" data_type: TYPE_FP32 dims: 1 label_filename: "x/../../labels.txt" }',
        "label file path 'x/../../labels.txt' for output 'y' in model 'm' is outside model "
        "directory", "output[1].label_filename",
        'output { name: "y" data_type: TYPE_FP32 dims: 1 label_filename: "x/../labels.txt" }',
    ),
    "labels-absolute": Case(
        'output { name: "y" data_type: TYPE_FP32 dims: 1 label_filename: "/etc/passwd" }',
        "is outside model directory", "output[1].label_filename",
        'output { name: "y" data_type: TYPE_FP32 dims: 1 label_filename: "labels.txt" }',
    ),
    "input-twice": Case(
        'input { name: "a" data_type: TYPE_FP32 dims: 1 }',
        "model input 'a' is specified more than once for m", "input[1].name", GOOD_TENSOR,
    ),
    "output-twice": Case(
        'output { name: "z" data_type: TYPE_FP32 dims: 1 }',
        "model output 'z' is specified more than once for m", "output[1].name",
        'output { name: "a" data_type: TYPE_FP32 dims: 1 }',
    ),
    "batch-input-sources": Case(
        'batch_input { kind: BATCH_ELEMENT_COUNT data_type: TYPE_FP32 source_input: [ "a", "a" ] }',
        "batch input kind 'BATCH_ELEMENT_COUNT' expects 1 source input, got 2 for m",
        "batch_input[0].source_input",
        'batch_input { kind: BATCH_ELEMENT_COUNT data_type: TYPE_FP32 source_input: "a" }',
    ),
    "batch-input-type": Case(
        'batch_input { kind: BATCH_ITEM_SHAPE data_type: TYPE_INT64 source_input: "a" }',
        "batch input data type must be TYPE_INT32 or TYPE_FP32 for m "
        "(batch_input[0].data_type is TYPE_INT64)", "batch_input[0].data_type",
        'batch_input { kind: BATCH_ITEM_SHAPE data_type: TYPE_INT32 source_input: "a" }',
    ),
    "batch-input-unknown": Case(
        'batch_input { data_type: TYPE_FP32 source_input: "q" }',
        "unknown source input name 'q' for m", "batch_input[0].source_input[0]",
        'batch_input { data_type: TYPE_FP32 source_input: "a" }',
    ),
    "batch-output-target": Case(
        'batch_output { target_name: "q" source_input: "a" }',
        "unknown target output name 'q' for m", "batch_output[0].target_name[0]",
        'batch_output { target_name: "z" source_input: "a" }',
    ),
    "batch-output-twice": Case(
        'batch_output { target_name: [ "z", "z" ] source_input: "a" }',
        "target output name 'z' can only be specified once for m", "batch_output[0].target_name[1]",
        'batch_output { target_name: [ "z" ] source_input: "a" }',
    ),
    "batch-output-sources": Case(
        'batch_output { target_name: "z" }',
        "batch output kind 'BATCH_SCATTER_WITH_INPUT_SHAPE' expects 1 source input, got 0 for m",
        "batch_output[0].source_input", 'batch_output { target_name: "z" source_input: "a" }',
    ),
}  # fmt: skip

CONFIG = {
    "no-name": Case("", "model configuration must specify 'name'", "name", 'name: "m"',
                    BASE.replace('name: "m"', "", 1)),
    "no-backend": Case(
        'platform: "new_kind"', "unexpected platform type 'new_kind' for m", "platform",
        'platform: "new_kind" backend: "new"', BASE.replace('backend: "own"', ""),
    ),
    "ensemble-backend": Case(
        'backend: "own"',
        "Ensemble model 'm' must have platform type 'ensemble' and empty backend type", "backend",
        "", ENSEMBLE + steps(STEP),
    ),
    "backend-path": Case('backend: "../x"', "backend name '../x' of model 'm' is no name",
                         "backend", 'backend: "..x"'),
    "pair": Case(
        'backend: "onnxruntime" platform: "onnxruntim"',
        "unexpected 'platform' and 'backend' pair, got:onnxruntim, onnxruntime", "platform",
        'backend: "onnxruntime" platform: "onnxruntime_onnx"',
    ),
    "pair-pytorch": Case(
        'backend: "pytorch" platform: "tensorrt_plan"',
        "unexpected 'platform' and 'backend' pair, got:tensorrt_plan, pytorch", "platform",
        'backend: "pytorch" platform: "torch_aoti"',
    ),
    "unknown-enum": Case(
        tensor("data_type: 77 dims: 1"),
        "input[1].data_type has the value 77, which DataType doesn't have, for m",
        "input[1].data_type", GOOD_TENSOR,
    ),
    "unknown-enum-in-map": Case(
        batching("priority_levels: 1 default_priority_level: 1 "
                 "priority_queue_policy { key: 1 value { timeout_action: 9 } }"),
        "dynamic_batching.priority_queue_policy[1].timeout_action has the value 9",
        "dynamic_batching.priority_queue_policy[1].timeout_action",
        batching("priority_levels: 1 default_priority_level: 1 "
                 "priority_queue_policy { key: 1 value { timeout_action: DELAY } }"),
    ),
    "batch-size": Case(
        "max_batch_size: -1",
        "'max_batch_size' must be non-negative value for m (max_batch_size is -1)",
        "max_batch_size", "max_batch_size: 1",
    ),
    "no-versions": Case("", "must specify 'version policy' for m", "version_policy",
                        "version_policy { all {} }",
                        BASE.replace("version_policy { latest { num_versions: 1 } }", "")),
    "latest-none": Case(
        "version_policy { latest { } }",
        "version policy of m must serve at least one of the latest versions",
        "version_policy.latest.num_versions", "version_policy { latest { num_versions: 3 } }",
        BASE.replace("version_policy { latest { num_versions: 1 } }", ""),
    ),
    "specific-none": Case(
        "version_policy { specific { } }",
        "version policy of m must name at least one specific version", "version_policy.specific",
        "version_policy { specific { versions: [ 1 ] } }",
    ),
    "specific-negative": Case(
        "version_policy { specific { versions: [ 1, -7 ] } }",
        "must not name negative versions (version_policy.specific.versions[1] is -7)",
        "version_policy.specific.versions[1]", "version_policy { specific { versions: [ 1, 0 ] } }",
    ),
    "cache-decoupled": Case(
        "model_transaction_policy { decoupled: true } response_cache { enable: true }",
        "Response Cache does not currently support model m with 'decoupled' transaction policy. "
        "Please disable the response cache.", "response_cache.enable",
        "model_transaction_policy { decoupled: true } response_cache { enable: false }",
    ),
    "metric-tag": Case(
        'metric_tags { key: "a-b" value: "x" }', "metric tag 'a-b' of m can't be a label",
        'metric_tags["a-b"]', 'metric_tags { key: "a_b" value: "any thing" }',
    ),
    "agent-name": Case(
        "model_repository_agents { agents { } }", "repository agent must specify 'name' for m",
        "model_repository_agents.agents[0]", 'model_repository_agents { agents { name: "c" } }',
    ),
    "compute-capability": Case(
        'cc_model_filenames { key: "8" value: "x.plan" }',
        "'8' in cc_model_filenames of m is no CUDA compute capability", 'cc_model_filenames["8"]',
        'cc_model_filenames { key: "8.0" value: "x.plan" }',
    ),
    "preferred-positive": Case(
        batching("preferred_batch_size: [ 2, 0 ]"),
        "dynamic batching preferred size must be positive for m "
        "(dynamic_batching.preferred_batch_size[1] is 0)",
        "dynamic_batching.preferred_batch_size[1]", batching("preferred_batch_size: [ 2, 4 ]"),
    ),
    "preferred-maximum": Case(
        batching("preferred_batch_size: [ 5 ]"),
        "dynamic batching preferred size must be <= max batch size for m", 
        "dynamic_batching.preferred_batch_size[0]", batching("preferred_batch_size: [ 4 ]"),
    ),
    "priority-default-missing": Case(
        batching("priority_levels: 3"),
        "default priority level must be in range [1, 3] for m",
        "dynamic_batching.default_priority_level",
        batching("priority_levels: 3 default_priority_level: 3"),
    ),
    "priority-default-high": Case(
        batching("priority_levels: 3 default_priority_level: 4"),
        "default priority level must be in range [1, 3] for m",
        "dynamic_batching.default_priority_level",
        batching("priority_levels: 3 default_priority_level: 1"),
    ),
    "priority-policy": Case(
        batching("priority_levels: 3 default_priority_level: 1 "
                 "priority_queue_policy { key: 4 value { } }"),
        "priority queue policy must have priority level in range [1, 3] for m",
        "dynamic_batching.priority_queue_policy[4]",
        batching("priority_levels: 3 default_priority_level: 1 "
                 "priority_queue_policy { key: 3 value { } }"),
    ),
    "priority-many": Case(
        batching("priority_levels: 1000000000000 default_priority_level: 1"),
        "priority levels must be <= 65536 for m", "dynamic_batching.priority_levels",
        batching("priority_levels: 65536 default_priority_level: 1"),
    ),
    "ordering-priorities": Case(
        batching("preserve_ordering: true priority_levels: 2 default_priority_level: 1"),
        "Only one priority level is allowed when 'preserve_ordering' is true for m",
        "dynamic_batching.priority_levels",
        batching("preserve_ordering: true priority_levels: 1 default_priority_level: 1"),
    ),
    "ordering-delay": Case(
        batching("preserve_ordering: true default_queue_policy { timeout_action: DELAY "
                 "default_timeout_microseconds: 1 }"),
        "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for m",
        "dynamic_batching.default_queue_policy.timeout_action",
        batching("preserve_ordering: true default_queue_policy { timeout_action: DELAY }"),
    ),
    "ordering-delay-level": Case(
        batching("preserve_ordering: true priority_levels: 1 default_priority_level: 1 "
                 "priority_queue_policy { key: 1 value { timeout_action: DELAY "
                 "default_timeout_microseconds: 1 } }"),
        "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for m",
        "dynamic_batching.priority_queue_policy[1].timeout_action",
        batching("preserve_ordering: true priority_levels: 1 default_priority_level: 1 "
                 "priority_queue_policy { key: 1 value { timeout_action: REJECT "
                 "default_timeout_microseconds: 1 } }"),
    ),
    "sequence-cache": Case(
        sequences("") + "response_cache { enable: true }",
        "Response Cache does not currently support model m with sequence batching scheduler. "
        "Please disable the response cache.", "response_cache.enable",
        batching("") + "response_cache { enable: true }",
    ),
    "sequence-strategy-path": Case(
        sequences("") + 'parameters { key: "TRITON_BATCH_STRATEGY_PATH" value { } }',
        "TRITON_BATCH_STRATEGY_PATH cannot be specified with sequence batcher, using default "
        "batching strategy", 'parameters["TRITON_BATCH_STRATEGY_PATH"]',
        batching("") + 'parameters { key: "TRITON_BATCH_STRATEGY_PATH" value { } }',
    ),
    "candidates": Case(
        sequences("oldest { max_candidate_sequences: -1 }"),
        "sequence batching max candidate sequences must be non-negative for m",
        "sequence_batching.oldest.max_candidate_sequences",
        sequences("oldest { max_candidate_sequences: 1 }"),
    ),
    "oldest-positive": Case(
        sequences("oldest { preferred_batch_size: [ -1 ] }"),
        "sequence batching preferred batch size must be positive for m",
        "sequence_batching.oldest.preferred_batch_size[0]",
        sequences("oldest { preferred_batch_size: [ 1 ] }"),
    ),
    "oldest-maximum": Case(
        sequences("oldest { preferred_batch_size: [ 5 ] }"),
        "sequence batching preferred batch size must be <= max batch size for m",
        "sequence_batching.oldest.preferred_batch_size[0]",
        sequences("oldest { preferred_batch_size: [ 4 ] }"),
    ),
    "utilization": Case(
        sequences("direct { minimum_slot_utilization: 1.5 }"),
        "sequence batching minimum slot utilization must be in range (0.0, 1.0] for m "
        "(sequence_batching.direct.minimum_slot_utilization is 1.5)",
        "sequence_batching.direct.minimum_slot_utilization",
        sequences("direct { minimum_slot_utilization: 1 }"),
    ),
    "control-name": Case(
        sequences("control_input { }"),
        "sequence batching control tensor must have a name for m",
        "sequence_batching.control_input[0]", GOOD_CONTROL,
    ),
    "control-tensor-twice": Case(
        sequences('control_input { name: "C" } control_input { name: "C" }'),
        "sequence batching control tensor 'C' is specified for multiple control kinds for m",
        "sequence_batching.control_input[1].name",
        sequences('control_input { name: "C" } control_input { name: "D" }'),
    ),
    "control-kind-twice": Case(
        sequences(f'control_input {{ name: "C" control {{ {START} int32_false_true: [ 0, 1 ] }} '
                  f"control {{ {START} int32_false_true: [ 0, 1 ] }} }}"),
        "sequence batching specifies multiple CONTROL_SEQUENCE_START tensors for m",
        "sequence_batching.control_input[0].control[1].kind",
        sequences(f'control_input {{ name: "C" control {{ {START} int32_false_true: [ 0, 1 ] }} '
                  "control { kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] } }"),
    ),
    "control-no-value": Case(
        control(START),
        "sequence batching must specify either 'int32_false_true', 'fp32_false_true' or "
        "'bool_false_true' for CONTROL_SEQUENCE_START for m",
        "sequence_batching.control_input[0].control[0]",
        control(f"{START} bool_false_true: [ false, true ]"),
    ),
    "control-two-values": Case(
        control(f"{START} int32_false_true: [ 0, 1 ] fp32_false_true: [ 0, 1 ]"),
        "sequence batching specifies more than one from 'int32_false_true', 'fp32_false_true' and "
        "'bool_false_true' for CONTROL_SEQUENCE_START for m",
        "sequence_batching.control_input[0].control[0].fp32_false_true", GOOD_CONTROL,
    ),
    "control-length": Case(
        control(f"{START} fp32_false_true: [ 0, 1, 2 ]"),
        "sequence batching control 'fp32_false_true' must have exactly 2 entries for "
        "CONTROL_SEQUENCE_START for m",
        "sequence_batching.control_input[0].control[0].fp32_false_true",
        control(f"{START} fp32_false_true: [ 0, 1 ]"),
    ),
    "corrid-value": Case(
        control(f"{CORRID} int32_false_true: [ 0, 1 ]"),
        "sequence batching must not specify either 'int32_false_true', 'fp32_false_true' or "
        "'bool_false_true' for CONTROL_SEQUENCE_CORRID for m",
        "sequence_batching.control_input[0].control[0]", control(CORRID),
    ),
    "corrid-type": Case(
        control("kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_FP32"),
        "unexpected data type for control CONTROL_SEQUENCE_CORRID for m. Allowed data types are "
        "TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING",
        "sequence_batching.control_input[0].control[0].data_type",
        control("kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_STRING"),
    ),
    "state-name": Case(
        sequences('state { input_name: "i" data_type: TYPE_FP32 dims: 1 }'),
        "sequence batching state must specify 'output_name' for m", "sequence_batching.state[0]",
        state(""),
    ),
    "state-type": Case(
        sequences('state { input_name: "i" output_name: "o" dims: 1 }'),
        "sequence batching state 'i' must specify 'data_type' for m", "sequence_batching.state[0]",
        state(""),
    ),
    "state-dims": Case(
        sequences('state { input_name: "i" output_name: "o" data_type: TYPE_FP32 }'),
        "sequence batching state 'i' must specify 'dims' for m", "sequence_batching.state[0]",
        state(""), SINGLE,
    ),
    "state-dim": Case(
        state("dims: 0"),
        f"sequence batching state 'i' dimension {VARIABLE_HINT}",
        "sequence_batching.state[0].dims[1]", state("dims: -1"),
    ),
    "state-twice": Case(
        two_states("i", "p"),
        "State input name 'i' specified more than once for m",
        "sequence_batching.state[1].input_name",
        two_states("j", "p"),
    ),
    "state-output-twice": Case(
        two_states("j", "o"),
        "State output name 'o' specified more than once for m",
        "sequence_batching.state[1].output_name", state(""),
    ),
    "growable-buffer": Case(
        state("use_growable_memory: true"),
        "'use_growable_memory', which needs 'use_same_buffer_for_input_output'",
        "sequence_batching.state[0].use_growable_memory",
        state("use_same_buffer_for_input_output: true"),
    ),
    "growable-kind": Case(
        state("use_growable_memory: true use_same_buffer_for_input_output: true"),
        "which needs all instance groups to be KIND_GPU",
        "sequence_batching.state[0].use_growable_memory",
        state("use_growable_memory: false use_same_buffer_for_input_output: true"),
    ),
    "initial-two": Case(
        state('initial_state { name: "s" data_type: TYPE_FP32 dims: 2 zero_data: true } '
              'initial_state { name: "t" data_type: TYPE_FP32 dims: 2 zero_data: true }'),
        "initial_state field for state input 'i' must contain exactly one or zero element. Found "
        "'2' elements", "sequence_batching.state[0].initial_state[1]", GOOD_INITIAL,
    ),
    "initial-type": Case(
        initial('name: "s" data_type: TYPE_INT32 dims: 2 zero_data: true'),
        "The data type used for 'initial_state' field of state 'i' does not match the state data "
        "type: TYPE_INT32 != TYPE_FP32", "sequence_batching.state[0].initial_state[0].data_type",
        GOOD_INITIAL,
    ),
    "initial-name": Case(
        initial("data_type: TYPE_FP32 dims: 2 zero_data: true"),
        "Field 'name' must be set when using initial_state for state input 'i'",
        "sequence_batching.state[0].initial_state[0]", GOOD_INITIAL,
    ),
    "initial-data": Case(
        initial('name: "s" data_type: TYPE_FP32 dims: 2'),
        "initial_state setting expects state 'i' to have state_data set",
        "sequence_batching.state[0].initial_state[0]", GOOD_INITIAL,
    ),
    "initial-file": Case(
        initial('name: "s" data_type: TYPE_FP32 dims: 2 data_file: "../x"'),
        "initial_state data file '../x' of state 'i' for m is outside model directory",
        "sequence_batching.state[0].initial_state[0].data_file",
        initial('name: "s" data_type: TYPE_FP32 dims: 2 data_file: "x"'),
    ),
    "initial-rank": Case(
        initial('name: "s" data_type: TYPE_FP32 dims: [ 2, 1 ] zero_data: true'),
        "Number of dimensions in 'initial_state' doesn't match the size of 'state' dimensions for "
        "state input 'i'. 2 != 1", "sequence_batching.state[0].initial_state[0].dims", GOOD_INITIAL,
    ),
    "initial-variable": Case(
        initial('name: "s" data_type: TYPE_FP32 dims: -1 zero_data: true'),
        "'initial_state' field for state input name 'i' contains variable dimensions",
        "sequence_batching.state[0].initial_state[0].dims[0]", GOOD_INITIAL,
    ),
    "initial-dim": Case(
        initial('name: "s" data_type: TYPE_FP32 dims: 3 zero_data: true'),
        "'initial_state' dim for input name 'i' doesn't match 'state' dim description. 3 != 2",
        "sequence_batching.state[0].initial_state[0].dims[0]", GOOD_INITIAL,
    ),
    "warmup-batch": Case(
        'model_warmup { name: "w" batch_size: 5 }',
        "warmup sample 'w' batch size must be <= max batch size 4 for m",
        "model_warmup[0].batch_size", 'model_warmup { name: "w" batch_size: 4 }',
    ),
    "warmup-batch-of-one": Case(
        'max_batch_size: 1 model_warmup { name: "w" batch_size: 2 }',
        "warmup sample 'w' batch size must be <= max batch size 1 for m",
        "model_warmup[0].batch_size", 'max_batch_size: 1 model_warmup { name: "w" batch_size: 1 }',
    ),
    "warmup-type": Case(
        warmup("dims: 1 zero_data: true"),
        "warmup setting for input 'a' must specify 'data_type' for m",
        'model_warmup[0].inputs["a"]', GOOD_WARMUP,
    ),
    "warmup-variable": Case(
        warmup("data_type: TYPE_FP32 dims: -1 zero_data: true"),
        "warmup setting expects all variable-size dimensions are specified for input 'a'",
        'model_warmup[0].inputs["a"].dims',
        warmup("data_type: TYPE_STRING dims: 2305843009213693951 zero_data: true"),
    ),
    "warmup-negative": Case(
        warmup("data_type: TYPE_FP32 dims: -2 zero_data: true"),
        "warmup setting for input 'a' for m contains an invalid dimension in shape [-2]",
        'model_warmup[0].inputs["a"].dims', warmup("data_type: TYPE_FP32 dims: 0 zero_data: true"),
    ),
    "warmup-size": Case(
        warmup("data_type: TYPE_FP64 dims: [ 4294967296, 536870912 ] zero_data: true"),
        "byte size for tensor 'a' exceeds maximum size of 9223372036854775807",
        'model_warmup[0].inputs["a"].dims',
        warmup("data_type: TYPE_INT8 dims: 9223372036854775807 zero_data: true"),
    ),
    "warmup-data": Case(
        warmup("data_type: TYPE_FP32 dims: 1"),
        "warmup setting expects input 'a' to have input_data_type set",
        'model_warmup[0].inputs["a"]',
        warmup("data_type: TYPE_FP32 dims: 1", 'name: "w" batch_size: 0'),
    ),
    "warmup-file": Case(
        warmup('data_type: TYPE_FP32 dims: 1 input_data_file: "/etc/passwd"'),
        "warmup data file '/etc/passwd' of input 'a' for m is outside model directory",
        'model_warmup[0].inputs["a"].input_data_file',
        warmup('data_type: TYPE_FP32 dims: 1 input_data_file: "raw"'),
    ),
    "metric-identifier": Case(
        metric(HISTOGRAM), "metric control must specify 'metric_identifier'",
        "model_metrics.metric_control[0]", GOOD_METRIC,
    ),
    "metric-family": Case(
        metric(f"metric_identifier {{ }} {HISTOGRAM}"),
        "metric identifier must specify non-empty 'family'",
        "model_metrics.metric_control[0].metric_identifier", GOOD_METRIC,
    ),
    "metric-options": Case(
        metric(IDENTIFIER), "metric control must specify 'histogram_options'",
        "model_metrics.metric_control[0]", GOOD_METRIC,
    ),
    "metric-buckets": Case(
        metric(f"{IDENTIFIER} histogram_options {{ }}"),
        "histogram options must specify non-empty 'buckets'",
        "model_metrics.metric_control[0].histogram_options", GOOD_METRIC,
    ),
    "metric-order": Case(
        metric(f"{IDENTIFIER} histogram_options {{ buckets: [ 2, 1 ] }}"),
        "histogram options must specify 'buckets' in ascending order for m",
        "model_metrics.metric_control[0].histogram_options.buckets", GOOD_METRIC,
    ),
    "metric-twice": Case(
        f"model_metrics {{ metric_control {{ {IDENTIFIER} {HISTOGRAM} }} "
        f"metric_control {{ {IDENTIFIER} {HISTOGRAM} }} }}",
        "metric family 'f' is configured more than once for m",
        "model_metrics.metric_control[1].metric_identifier.family", GOOD_METRIC,
    ),
}  # fmt: skip

ENSEMBLES = {
    "not-set": Case("", "ensemble scheduling must be set for ensemble m whose platform is ensemble",
                    "ensemble_scheduling", steps(STEP), ENSEMBLE),
    "platform": Case(
        steps(STEP),
        "ensemble scheduling cannot be set for model 'm' whose platform is not ensemble",
        "ensemble_scheduling", "",
    ),
    "platform-missing": Case(
        "", "ensemble scheduling cannot be set for model 'm' whose platform is not ensemble",
        "ensemble_scheduling", 'platform: "ensemble"',
        ENSEMBLE.replace('platform: "ensemble"', "") + steps(STEP),
    ),
    "instances": Case(
        "instance_group { }", "instance group should not be specified for ensemble 'm'",
        "instance_group", "", ENSEMBLE + steps(STEP),
    ),
    "optimization": Case(
        "optimization { }", "optimization should not be specified for ensemble 'm'",
        "optimization", "", ENSEMBLE + steps(STEP),
    ),
    "warmup": Case(
        "model_warmup { }", "model_warmup can not be specified for ensemble 'm'", "model_warmup",
        "", ENSEMBLE + steps(STEP),
    ),
    "no-steps": Case(
        "ensemble_scheduling { }", "must specify 'step' for ensemble 'm'", "ensemble_scheduling",
        steps(STEP), ENSEMBLE,
    ),
    "no-model": Case(
        steps(STEP.replace('"x"', '""')), "must specify 'model_name' in step 0 of ensemble 'm'",
        "ensemble_scheduling.step[0]", steps(STEP), ENSEMBLE,
    ),
    "no-inputs": Case(
        steps('step { model_name: "x" output_map { key: "o" value: "z" } }'),
        "must specify 'input_map' in step 0 of ensemble 'm'", "ensemble_scheduling.step[0]",
        steps(STEP), ENSEMBLE,
    ),
    "no-outputs": Case(
        steps(STEP, 'step { model_name: "x" input_map { key: "i" value: "a" } }'),
        "must specify 'output_map' in step 1 of ensemble 'm'", "ensemble_scheduling.step[1]",
        steps(STEP), ENSEMBLE,
    ),
    "version": Case(
        steps(STEP.replace("step {", "step { model_version: -2")),
        "step 0 of ensemble 'm' asks for version -2 of model 'x'",
        "ensemble_scheduling.step[0].model_version",
        steps(STEP.replace("step {", "step { model_version: -1")), ENSEMBLE,
    ),
    "empty-output-tensor": Case(
        steps(STEP.replace('"z"', '""')), "output 'o' is mapped to an empty name in step 0",
        'ensemble_scheduling.step[0].output_map["o"]', steps(STEP), ENSEMBLE,
    ),
    "empty-input-tensor": Case(
        steps(STEP.replace('"a"', '""')), "input 'i' is mapped to an empty name in step 0",
        'ensemble_scheduling.step[0].input_map["i"]', steps(STEP), ENSEMBLE,
    ),
    "output-twice": Case(
        steps(step("x", "a", "z"), step("y", "a", "z")),
        "ensemble tensor 'z' can appear in an output map only once for ensemble 'm' step 1",
        'ensemble_scheduling.step[1].output_map["o0"]',
        steps(step("x", "a", "t"), step("y", "t", "z")), ENSEMBLE,
    ),
    "input-unused": Case(
        'input { name: "b" data_type: TYPE_FP32 dims: 1 }' + steps(STEP),
        "ensemble input 'b' for ensemble m' is not used", "input[1].name", steps(STEP), ENSEMBLE,
    ),
    "input-written": Case(
        steps(step("x", "a", "z"), step("y", "z", "a")),
        "ensemble input 'a' for ensemble 'm' is also written by a step", "input[0].name",
        steps(STEP), ENSEMBLE,
    ),
    "output-unused": Case(
        'output { name: "y" data_type: TYPE_FP32 dims: 1 }' + steps(STEP),
        "ensemble output 'y' for ensemble m' is not used", "output[1].name",
        'output { name: "y" data_type: TYPE_FP32 dims: 1 }' + steps(step("x", "a", "zy")), ENSEMBLE,
    ),
    "not-connected": Case(
        steps(step("x", "a", "t"), step("y", "tq", "z")),
        "output 'z' for ensemble 'm' is not written: at least one of its depending tensors, 'q', "
        "is not connected", "output[0].name",
        steps(step("x", "a", "tq"), step("y", "tq", "z")), ENSEMBLE,
    ),
    "circle": Case(
        steps(step("w", "a", "v"), step("x", "tv", "u"), step("y", "u", "tz")),
        "output 'z' for ensemble 'm' is not written: at least one of its depending tensors, ",
        "output[0].name", steps(step("w", "a", "v"), step("x", "v", "u"), step("y", "u", "z")),
        ENSEMBLE,
    ),
    "tensor-unused": Case(
        steps(step("x", "a", "zt")), "ensemble tensor 't' is unused in ensemble 'm'",
        "ensemble_scheduling.step", steps(step("x", "a", "z")), ENSEMBLE,
    ),
}  # fmt: skip

GROUPS = {
    "none": Case("", "must specify one or more 'instance group's for m", "instance_group",
                 "instance_group { kind: KIND_CPU }",
                 BASE.replace('instance_group { name: "m_0" kind: KIND_CPU count: 1 }', "")),
    "model-gpus": Case(
        group("kind: KIND_MODEL gpus: 0").replace("kind: KIND_CPU ", ""),
        "instance group g of model m has kind KIND_MODEL but specifies one or more GPUs",
        "instance_group[1].gpus", group("kind: KIND_MODEL").replace("kind: KIND_CPU ", ""), gpus=1,
    ),
    "cpu-gpus": Case(
        group("gpus: 0"),
        "instance group g of model m has kind KIND_CPU but specifies one or more GPUs",
        "instance_group[1].gpus", group(""), gpus=1,
    ),
    "no-gpus": Case(
        'instance_group { name: "g" kind: KIND_GPU count: 1 }',
        "instance group g of model m has kind KIND_GPU but no GPUs are available",
        "instance_group[1].kind", group(""),
    ),
    "gpus-not-named": Case(
        'instance_group { name: "g" kind: KIND_GPU count: 1 }',
        "instance group g of model m has kind KIND_GPU but specifies no GPUs",
        "instance_group[1].kind", 'instance_group { name: "g" kind: KIND_GPU count: 1 gpus: 1 }',
        gpus=2,
    ),
    "gpu-unknown": Case(
        'instance_group { name: "g" kind: KIND_GPU count: 1 gpus: [ 3, 42 ] }',
        "instance group g of model m specifies invalid or unsupported gpu id 42. GPUs with at "
        "least the minimum required CUDA compute compatibility of 6.000000 are: 1, 3",
        "instance_group[1].gpus[1]",
        'instance_group { name: "g" kind: KIND_GPU count: 1 gpus: [ 3 ] }', gpus=[3, 1],
    ),
    "gpu-negative": Case(
        'instance_group { name: "g" kind: KIND_GPU count: 1 gpus: [ -1 ] }',
        "specifies invalid or unsupported gpu id -1. GPUs with at least the minimum required CUDA "
        "compute compatibility", "instance_group[1].gpus[0]",
        'instance_group { name: "g" kind: KIND_GPU count: 1 gpus: [ 0 ] }', gpus=1,
    ),
    "auto": Case(
        'instance_group { name: "g" count: 1 }',
        "instance group g of model m has unexpected kind KIND_AUTO", "instance_group[1].kind",
        group(""),
    ),
    "profile-platform": Case(
        group('profile: "0"'),
        "profile field which is only supported for TensorRT models", "instance_group[1].profile",
        group(""),
    ),
    "profile-number": Case(
        group('profile: [ "0", "-1" ]'),
        "specifies invalid profile -1. The field should contain the string representation of a "
        "non-negative integer.", "instance_group[1].profile[1]", group('profile: [ "0", "1" ]'),
        TENSORRT,
    ),
    "count-negative": Case(
        group("").replace("count: 1", "count: -1"),
        "instance group g of model m has count -1, which must be between 1 and 4096",
        "instance_group[1].count", group(""),
    ),
    "count-large": Case(
        group("").replace("count: 1", "count: 4097"),
        "instance group g of model m has count 4097, which must be between 1 and 4096",
        "instance_group[1].count", group("").replace("count: 1", "count: 4096"),
    ),
    "count-huge": Case(
        group("").replace("count: 1", "count: 2147483647"),
        "instance group g of model m has count 2147483647", "instance_group[1].count", group(""),
    ),
    "host-policy": Case(
        group('host_policy: "a=b"'),
        "instance group g of model m has host policy 'a=b': a name can't have",
        "instance_group[1].host_policy", group('host_policy: "gpu_0"'),
    ),
    "resource-name": Case(
        group("rate_limiter { resources { count: 1 } }"),
        "instance group g of model m has a rate limiter resource without a 'name'",
        "instance_group[1].rate_limiter.resources[0]",
        group('rate_limiter { resources { name: "r" count: 1 } }'),
    ),
    "resource-both": Case(
        group('rate_limiter { resources { name: "r" } resources { name: "r" global: true } }'),
        'Resource "r" is present as both global and device-specific resource',
        "instance_group[1].rate_limiter.resources[0]",
        group('rate_limiter { resources { name: "r" } resources { name: "q" global: true } }'),
    ),
    "resource-twice": Case(
        group('rate_limiter { resources { name: "r" } resources { name: "r" } }'),
        "names rate limiter resource 'r' more than once",
        "instance_group[1].rate_limiter.resources[1].name",
        group('rate_limiter { resources { name: "r" } }'),
    ),
}  # fmt: skip

ALL = {
    f"{kind}-{name}": case
    for kind, cases in {
        "io": IO, "config": CONFIG, "ensemble": ENSEMBLES, "group": GROUPS,
    }.items()
    for name, case in cases.items()
}  # fmt: skip


def build(base, extra):
    config = parse_text(base)
    config.MergeFrom(parse_text(extra))
    return config


@pytest.mark.parametrize("case", ALL.values(), ids=ALL)
def test_broken_and_fixed(case):
    found = problems(build(case.base, case.broken), case.gpus)
    matching = [error for error in found if case.sentence in str(error)]
    assert matching, [str(error) for error in found]
    assert matching[0].field == case.field
    fixed = problems(build(case.base, case.fixed), case.gpus)
    assert [str(error) for error in fixed] == []


ONLY = {
    # one cause, one sentence: what follows from it isn't reported as well
    "resources-without-names": (
        BASE, group("rate_limiter { resources { } resources { } }"),
        ["without a 'name'", "without a 'name'"],
    ),
    "inputs-without-names": (
        BASE, "input { } input { }", ["must specify 'name'", "must specify 'name'"],
    ),
    "controls-without-names": (
        BASE, sequences("control_input { } control_input { }"),
        ["must have a name", "must have a name"],
    ),
    "states-without-names": (
        BASE, sequences("state { data_type: TYPE_FP32 } state { data_type: TYPE_FP32 }"),
        ["'input_name'", "'output_name'", "'input_name'", "'output_name'"],
    ),
    "zero-in-dims": (
        BASE, tensor("data_type: TYPE_FP32 dims: [ 0 ] reshape { shape: [ 3 ] }"),
        ["'b' dimension must be integer >= 1"],
    ),
    "zero-in-reshape": (
        BASE, tensor("data_type: TYPE_FP32 dims: [ 3 ] reshape { shape: [ 0 ] }"),
        ["'b' reshape dimensions must be integer >= 1"],
    ),
    "nothing-direct": (BASE, sequences("direct { minimum_slot_utilization: 0 }"), []),
    "nothing-state-of-one": (BASE, state("").replace("[ 2 ]", "[ 1 ]"), []),
    "nothing-initial": (
        BASE, sequences(
            'state { input_name: "i" output_name: "o" data_type: TYPE_FP32 dims: -1 '
            'initial_state { name: "s" data_type: TYPE_FP32 dims: 1 zero_data: true } }'
        ), [],
    ),
    "growable-on-cpu": (
        BASE, state("use_growable_memory: true use_same_buffer_for_input_output: true"),
        ["needs all instance groups to be KIND_GPU"],
    ),
    "ensemble-without-steps": (ENSEMBLE, "", ["ensemble scheduling must be set"]),
    "ensemble-without-platform": (
        ENSEMBLE.replace('platform: "ensemble"', ""), steps(STEP),
        ["ensemble scheduling cannot be set"],
    ),
    "broken-step": (
        ENSEMBLE, steps(STEP.replace('"x"', '""').replace('"a"', '"q"')),
        ["must specify 'model_name' in step 0 of ensemble 'm'"],
    ),
    "metrics-without-family": (
        BASE, "model_metrics { metric_control { " + HISTOGRAM + " } metric_control { } }",
        ["'metric_identifier'", "'metric_identifier'", "'histogram_options'"],
    ),
    "output-that-nothing-feeds": (
        ENSEMBLE, 'output { name: "q" data_type: TYPE_FP32 dims: 1 }'
        + steps(STEP, step("y", "q", "r")),
        ["output 'q' for ensemble 'm' is not written", "ensemble tensor 'r' is unused"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ONLY.values(), ids=ONLY)
def test_reports_that_and_no_more(case):
    base, broken, sentences = case
    found = [str(error) for error in problems(build(base, broken), 0)]
    assert len(found) == len(sentences), found
    for sentence, text in zip(sentences, found, strict=True):
        assert sentence in text
    assert not any("depending tensors" in text for text in found)


@pytest.mark.parametrize("kind", ["KIND_GPU", "KIND_AUTO"])
def test_growable_state_on_gpus(kind):
    text = state("use_growable_memory: true use_same_buffer_for_input_output: true")
    validate_config(build(BASE.replace("KIND_CPU", kind), text))
    with pytest.raises(ConfigError, match="which needs 'use_same_buffer_for_input_output'"):
        validate_config(build(BASE.replace("KIND_CPU", kind), state("use_growable_memory: true")))


def raised(config, gpus):
    """What the three functions that a server calls raise, first to last."""
    for check in (validate_config, validate_io, lambda c: validate_instance_groups(c, gpus)):
        try:
            check(config)
        except ConfigError as error:
            return str(error)
    return None


@pytest.mark.parametrize("case", ALL.values(), ids=ALL)
def test_the_first_problem_is_raised(case):
    config = build(case.base, case.broken)
    assert raised(config, case.gpus) == str(problems(config, case.gpus)[0])
    assert raised(build(case.base, case.fixed), case.gpus) is None


def test_errors_are_invalid_arguments():
    with pytest.raises(ConfigError) as caught:
        validate_config(build(BASE, "max_batch_size: -1"))
    assert caught.value.code == 3
    assert caught.value.field == "max_batch_size"


def rules():
    """File and line of each problem that the package can report."""
    for module in (dynamic, ensemble, general, instances, sequence, tensors):
        path = Path(module.__file__)
        for node in ast.walk(ast.parse(path.read_text())):
            call = node.value if isinstance(node, ast.Yield) else None
            if getattr(getattr(call, "func", None), "id", "") in ("Problem", "problem"):
                yield module, call.lineno


def test_every_rule_is_broken_by_some_case(monkeypatch):
    """No rule without a case above."""
    reported = set()

    def spy(function):
        def recorded(*arguments):
            frame = sys._getframe(1)
            reported.add((frame.f_globals["__name__"], frame.f_lineno))
            return function(*arguments)

        return recorded

    for module in (dynamic, ensemble, general, instances, sequence, tensors):
        for name in {"Problem", "problem"} & set(vars(module)):
            monkeypatch.setattr(module, name, spy(getattr(module, name)))
    for case in ALL.values():
        validate.problems(build(case.base, case.broken), case.gpus)
    expected = {(module.__name__, line) for module, line in rules()}
    assert len(expected) > 70
    assert sorted(expected - reported) == []
