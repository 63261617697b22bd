# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Defaults, and what the core and clients are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from triton_py.config import (
    PreferredGroup,
    add_default_batching,
    compile_spec,
    datatype_string,
    metadata,
    normalize,
    normalize_instance_groups,
    parse_text,
    to_text,
)
from triton_py.config.names import ELEMENT_SIZES
from triton_py.config.normalize import ABI_KINDS
from triton_py.proto import model_config
from triton_py.proto.model_config import ModelInstanceGroup

ABI = Path(__file__).resolve().parents[2] / "cbackend/abi/abi.json"
PINNED = """
    optimization { input_pinned_memory { enable: true } output_pinned_memory { enable: true } }
"""
LATEST = "version_policy { latest { num_versions: 1 } }" + PINNED


def text_of(text):
    return to_text(parse_text(text))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", LATEST),
        ("version_policy { }", "version_policy { all { } }" + PINNED),
        ("version_policy { latest { } }", LATEST),
        ("version_policy { latest { num_versions: 2 } }",
         "version_policy { latest { num_versions: 2 } }" + PINNED),
        ("version_policy { specific { versions: 3 } }",
         "version_policy { specific { versions: 3 } }" + PINNED),
        ("optimization { input_pinned_memory { enable: false } }",
         LATEST.replace("input_pinned_memory { enable: true }", "input_pinned_memory { }")),
        ("optimization { output_pinned_memory { enable: false } }",
         LATEST.replace("output_pinned_memory { enable: true }", "output_pinned_memory { }")),
        ("dynamic_batching { }", LATEST + "dynamic_batching { }"),
        ("max_batch_size: 1 dynamic_batching { }",
         LATEST + "max_batch_size: 1 dynamic_batching { preferred_batch_size: 1 }"),
        ("max_batch_size: 4 dynamic_batching { }",
         LATEST + "max_batch_size: 4 dynamic_batching { preferred_batch_size: 4 }"),
        ("max_batch_size: 4 dynamic_batching { preferred_batch_size: 2 }",
         LATEST + "max_batch_size: 4 dynamic_batching { preferred_batch_size: 2 }"),
        ("max_batch_size: 4 sequence_batching { }", LATEST +
         "max_batch_size: 4 sequence_batching { max_sequence_idle_microseconds: 1000000 }"),
        ("max_batch_size: 4 sequence_batching { max_sequence_idle_microseconds: 7 oldest { } }",
         LATEST + "max_batch_size: 4 sequence_batching { max_sequence_idle_microseconds: 7 "
         "oldest { preferred_batch_size: 4 } }"),
        ("ensemble_scheduling { }",
         "version_policy { latest { num_versions: 1 } } ensemble_scheduling { }"),
    ],
)  # fmt: skip
def test_defaults(given, expected):
    config = parse_text(given)
    normalize(config)
    assert to_text(config) == text_of(expected)
    normalize(config)
    assert to_text(config) == text_of(expected)


CPU, GPU = ModelInstanceGroup.KIND_CPU, ModelInstanceGroup.KIND_GPU
AUTO, MODEL = ModelInstanceGroup.KIND_AUTO, ModelInstanceGroup.KIND_MODEL


@pytest.mark.parametrize(
    ("given", "preferred", "gpus", "expected"),
    [
        ("", [], 0, ["m CPU 1"]),
        ("", [], 2, ["m GPU 1 0,1"]),
        ("", [], [3, 1], ["m GPU 1 1,3"]),
        ('backend: "onnxruntime"', [], 0, ["m CPU 2"]),
        ('backend: "onnxruntime"', [], 1, ["m GPU 1 0"]),
        ('backend: "openvino"', [], 0, ["m CPU 1"]),
        ("instance_group { }", [], 0, ["m_0 CPU 1"]),
        ('instance_group { } instance_group { name: "x" count: 3 } instance_group { }', [], 0,
         ["m_0 CPU 1", "x CPU 3", "m_2 CPU 1"]),
        ("instance_group { gpus: [ 0 ] }", [], 1, ["m_0 GPU 1 0"]),
        ("instance_group { gpus: [ 0, 4 ] }", [], 1, ["m_0 CPU 1 0,4"]),
        ("instance_group { kind: KIND_GPU }", [], 0, ["m_0 GPU 1"]),
        ("instance_group { kind: KIND_MODEL }", [], 2, ["m_0 MODEL 1"]),
        ("", [PreferredGroup(CPU, 4)], 2, ["m CPU 4"]),
        ("", [PreferredGroup(MODEL)], 2, ["m MODEL 1"]),
        ("", [PreferredGroup(CPU, 1, (0,))], 2, ["m CPU 1"]),
        ('backend: "onnxruntime"', [PreferredGroup(CPU)], 0, ["m CPU 2"]),
        ('backend: "onnxruntime"', [PreferredGroup(CPU, 1)], 0, ["m CPU 1"]),
        ('backend: "onnxruntime" instance_group { count: 1 }', [], 0, ["m_0 CPU 1"]),
        ('backend: "onnxruntime" instance_group { }', [PreferredGroup(CPU, 1)], 0,
         ["m_0 CPU 1"]),
        ("", [PreferredGroup(GPU, 2), PreferredGroup(CPU, 4)], 0, ["m CPU 4"]),
        ("", [PreferredGroup(GPU, 2), PreferredGroup(CPU, 4)], 2, ["m GPU 2 0,1"]),
        ("", [PreferredGroup(GPU, 2, (1, 7))], 2, ["m GPU 2 1"]),
        ("", [PreferredGroup(AUTO, 3, (0,))], 2, ["m GPU 3 0"]),
        ("", [PreferredGroup(AUTO, 3, (5,))], 2, ["m CPU 3 5"]),
        ("instance_group { kind: KIND_CPU }", [PreferredGroup(GPU, 2), PreferredGroup(CPU, 4)], 1,
         ["m_0 CPU 4"]),
        ("instance_group { kind: KIND_CPU count: 1 }", [PreferredGroup(CPU, 4)], 1, ["m_0 CPU 1"]),
        ("instance_group { kind: KIND_GPU }", [PreferredGroup(GPU, 2, (1,))], 2, ["m_0 GPU 2 1"]),
        ("instance_group { kind: KIND_GPU }",
         [PreferredGroup(GPU, 2, (9,)), PreferredGroup(GPU, 3, (0,))], 2, ["m_0 GPU 3 0"]),
        ("ensemble_scheduling { }", [PreferredGroup(CPU, 4)], 2, []),
    ],
)  # fmt: skip
def test_instance_groups(given, preferred, gpus, expected):
    config = parse_text('name: "m" ' + given)
    normalize_instance_groups(config, preferred, gpus)
    found = []
    for group in config.instance_group:
        kind = ModelInstanceGroup.Kind.Name(group.kind).removeprefix("KIND_")
        devices = ",".join(map(str, group.gpus))
        found.append(f"{group.name} {kind} {group.count} {devices}".strip())
    assert found == expected


def test_no_gpus_and_no_preferences_unless_given():
    config = parse_text('name: "m"')
    normalize_instance_groups(config)
    assert config.instance_group[0].kind == CPU
    assert PreferredGroup.from_abi(1) == PreferredGroup(CPU, 0, ())


def test_numbers_of_the_abi():
    """The kinds are numbered differently in protobuf and in the ABI, the data types are not."""
    enums = json.loads(ABI.read_text())
    values = {name: number for name, number in every_value(enums)}
    for name, number in model_config.DataType.items():
        abi_name = name.removeprefix("TYPE_").replace("STRING", "BYTES")
        assert values[f"TRITONSERVER_TYPE_{abi_name}"] == number
    for kind, number in ABI_KINDS.items():
        name = ModelInstanceGroup.Kind.Name(kind).removeprefix("KIND_")
        assert values[f"TRITONSERVER_INSTANCEGROUPKIND_{name}"] == number
        assert PreferredGroup.from_abi(number, 2, [1]) == PreferredGroup(kind, 2, (1,))


def every_value(node):
    """All [name, number] pairs of enums, wherever the table has them."""
    if isinstance(node, dict):
        for value in node.values():
            yield from every_value(value)
    elif isinstance(node, list):
        if len(node) == 2 and isinstance(node[0], str) and isinstance(node[1], int):
            yield node
        for value in node:
            yield from every_value(value)


def test_every_data_type_has_name_and_size():
    for name, number in model_config.DataType.items():
        protocol = datatype_string(number)
        assert protocol == {"TYPE_STRING": "BYTES", "TYPE_INVALID": ""}.get(name, name[5:])
        assert (number in ELEMENT_SIZES) == (protocol not in ("BYTES", ""))
    assert datatype_string(99) == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "max_batch_size: 4 dynamic_batching { }"),
        ("max_batch_size: 1", "max_batch_size: 1"),
        ("max_batch_size: 2", "max_batch_size: 2 dynamic_batching { }"),
        ("sequence_batching { }", "max_batch_size: 4 sequence_batching { }"),
    ],
)
def test_default_batching(given, expected):
    config = parse_text(given)
    add_default_batching(config)
    assert to_text(config) == text_of(expected)


def test_default_batching_of_the_backends_setting():
    config = parse_text("")
    add_default_batching(config, 0)
    assert to_text(config) == text_of("max_batch_size: 1")


SPEC = """
    name: "m" platform: "p" backend: "b" max_batch_size: 8 runtime: "libx.so"
    input { name: "a" data_type: TYPE_FP32 dims: [ -1, 2 ] reshape { shape: [ -1, 1, 2 ] } }
    input { name: "r" data_type: TYPE_STRING dims: [ -1 ] allow_ragged_batch: true optional: true }
    input { name: "s" data_type: TYPE_BF16 dims: [ 2 ] is_shape_tensor: true }
    output { name: "z" data_type: TYPE_BOOL dims: [ 1 ] reshape { } label_filename: "l.txt"
             is_non_linear_format_io: true }
    dynamic_batching {
      preferred_batch_size: [ 8, 2, 8 ] max_queue_delay_microseconds: 150 preserve_ordering: true
      priority_levels: 2 default_priority_level: 1
      default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 9
                             allow_timeout_override: true max_queue_size: 5 }
      priority_queue_policy { key: 2 value { max_queue_size: 1 } }
    }
    optimization { eager_batching: true } model_transaction_policy { decoupled: true }
    response_cache { enable: true } metric_tags { key: "t" value: "v" }
    instance_group { name: "g" kind: KIND_GPU count: 2 gpus: [ 1 ] profile: "0" passive: true
      host_policy: "h" secondary_devices { device_id: 3 }
      rate_limiter { priority: 2 resources { name: "r" global: true count: 4 } } }
    model_metrics { metric_control { metric_identifier { family: "f" }
                                     histogram_options { buckets: [ 1, 2 ] } } }
"""


def test_spec_says_everything():
    assert compile_spec(parse_text(SPEC)) == {
        "name": "m", "platform": "p", "backend": "b", "runtime": "libx.so", "max_batch_size": 8,
        "decoupled": True, "response_cache": True,
        "inputs": [
            {"name": "a", "datatype": 11, "dims": [-1, 2], "reshape": [-1, 1, 2],
             "shape_tensor": False, "non_linear": False, "optional": False, "ragged": False},
            {"name": "r", "datatype": 13, "dims": [-1], "reshape": None,
             "shape_tensor": False, "non_linear": False, "optional": True, "ragged": True},
            {"name": "s", "datatype": 14, "dims": [2], "reshape": None,
             "shape_tensor": True, "non_linear": False, "optional": False, "ragged": False},
        ],
        "outputs": [
            {"name": "z", "datatype": 1, "dims": [1], "reshape": [], "shape_tensor": False,
             "non_linear": True, "label_filename": "l.txt"},
        ],
        "scheduling": "dynamic", "preferred_batch_sizes": [2, 8], "max_queue_delay_ns": 150_000,
        "preserve_ordering": True, "priority_levels": 2, "default_priority_level": 1,
        "default_queue_policy": {"timeout_action": "DELAY", "default_timeout_us": 9,
                                 "allow_timeout_override": True, "max_queue_size": 5},
        "priority_queue_policy": {2: {"timeout_action": "REJECT", "default_timeout_us": 0,
                                      "allow_timeout_override": False, "max_queue_size": 1}},
        "eager_batching": True, "equal_shapes": ["a", "s"], "equal_contents": ["s"],
        "sequence": None, "states": [], "ensemble": None,
        "instances": [
            {"name": "g", "kind": 2, "count": 2, "gpus": [1], "profiles": ["0"], "passive": True,
             "host_policy": "h", "secondary_devices": [("KIND_NVDLA", 3)],
             "rate_limiter": {"priority": 2,
                              "resources": [{"name": "r", "global": True, "count": 4}]}},
        ],
        "metric_tags": {"t": "v"}, "metric_buckets": {"f": [1.0, 2.0]},
    }  # fmt: skip


def test_spec_of_a_plain_model():
    spec = compile_spec(parse_text('name: "m"'))
    assert (spec["scheduling"], spec["max_batch_size"], spec["decoupled"]) == ("default", 0, False)
    assert (spec["preferred_batch_sizes"], spec["max_queue_delay_ns"]) == ([], 0)
    assert spec["default_queue_policy"]["timeout_action"] == "REJECT"


def test_spec_of_a_sequence_model():
    spec = compile_spec(
        parse_text("""
        name: "m" max_batch_size: 4 sequence_batching {
          max_sequence_idle_microseconds: 5 iterative_sequence: true
          oldest { max_candidate_sequences: 3 preferred_batch_size: [ 4, 2 ]
                   max_queue_delay_microseconds: 18446744073709551615 preserve_ordering: true }
          control_input { name: "C" control { kind: CONTROL_SEQUENCE_START
                                              fp32_false_true: [ 0, 1 ] } }
          control_input { name: "I" control { kind: CONTROL_SEQUENCE_CORRID
                                              data_type: TYPE_STRING } }
          state { input_name: "i" output_name: "o" data_type: TYPE_FP32 dims: -1
                  initial_state { name: "s" data_type: TYPE_FP32 dims: 3 data_file: "f" } }
          state { input_name: "j" output_name: "p" data_type: TYPE_INT8 dims: [ -1, 5 ] }
        }
    """)
    )
    assert spec["scheduling"] == "sequence"
    assert spec["sequence"] == {
        "strategy": "oldest", "max_idle_us": 5, "iterative": True,
        "controls": [
            {"name": "C", "kind": "START", "datatype": 11, "false_true": (0.0, 1.0)},
            {"name": "I", "kind": "CORRID", "datatype": 13, "false_true": None},
        ],
        "max_queue_delay_ns": (1 << 63) - 1,  # and not an overflow
        "minimum_slot_utilization": 0.0, "max_candidates": 3, "preferred_batch_sizes": [2, 4],
        "preserve_ordering": True,
    }  # fmt: skip
    assert spec["states"] == [
        {"input_name": "i", "output_name": "o", "datatype": 11, "shape": [1, 3],
         "same_buffer": False, "growable": False, "data_file": "f", "byte_size": 12},
        {"input_name": "j", "output_name": "p", "datatype": 6, "shape": [1, 1, 5],
         "same_buffer": False, "growable": False, "data_file": "", "byte_size": 5},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "datatype", "false_true"),
    [
        ("int32_false_true: [ 0, 1 ]", 8, (0, 1)),
        ("fp32_false_true: [ -1, 0.5 ]", 11, (-1.0, 0.5)),
        ("bool_false_true: [ false, true ]", 1, (False, True)),
    ],
)
def test_spec_of_a_control(values, datatype, false_true):
    spec = compile_spec(parse_text(f"""
        sequence_batching {{ control_input {{ name: "C" control {{
          kind: CONTROL_SEQUENCE_READY {values} }} }} }}
    """))  # fmt: skip
    assert spec["sequence"]["strategy"] == "direct"
    assert spec["sequence"]["controls"] == [
        {"name": "C", "kind": "READY", "datatype": datatype, "false_true": false_true}
    ]


def test_spec_of_an_ensemble():
    spec = compile_spec(
        parse_text("""
        name: "m" platform: "ensemble" ensemble_scheduling { max_inflight_requests: 2 step {
          model_name: "x" model_version: -1 model_namespace: "n"
          input_map { key: "i" value: "a" } output_map { key: "o" value: "z" } } }
    """)
    )
    assert spec["scheduling"] == "ensemble"
    assert spec["ensemble"] == {
        "steps": [{"model_name": "x", "model_version": -1, "model_namespace": "n",
                   "input_map": {"i": "a"}, "output_map": {"o": "z"}}],
        "max_inflight_requests": 2,
    }  # fmt: skip


def test_metadata():
    assert metadata(parse_text(SPEC), [1, 3]) == {
        "name": "m",
        "versions": ["1", "3"],
        "platform": "p",
        "inputs": [
            {"name": "a", "datatype": "FP32", "shape": [-1, -1, 2]},
            {"name": "r", "datatype": "BYTES", "shape": [-1, -1]},
            {"name": "s", "datatype": "BF16", "shape": [-1, 2]},
        ],
        "outputs": [{"name": "z", "datatype": "BOOL", "shape": [-1, 1]}],
    }
    plain = metadata(parse_text('name: "m" backend: "b" input { name: "a" dims: 2 }'), [])
    assert (plain["platform"], plain["inputs"][0]["shape"], plain["versions"]) == ("b", [2], [])
