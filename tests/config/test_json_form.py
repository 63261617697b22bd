# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The JSON form: what is written, what is read, and what errors say."""

from __future__ import annotations

import json

import pytest
from google.protobuf import json_format

from triton_py.config import ConfigError, from_json, parse_text, to_dict, to_json
from triton_py.proto.model_config import ModelConfig, ModelSequenceBatching

FULL = parse_text("""
    name: "é" max_batch_size: 3
    input { name: "a" data_type: TYPE_FP32 dims: [ -1, 9223372036854775807 ] reshape { } }
    instance_group { kind: KIND_MODEL secondary_devices { device_id: 5000000000 } }
    metric_tags { key: "b" value: "1" } metric_tags { key: "a" value: "2" }
    optimization { cuda { graph_spec { input { key: "a" value { dim: 7 } } } } }
    sequence_batching {
      direct { minimum_slot_utilization: 0.1 max_queue_delay_microseconds: 18446744073709551615 }
      state { dims: 1 initial_state { dims: 2 zero_data: false } }
    }
    model_metrics { metric_control { histogram_options { buckets: [ 0.1, inf ] } } }
""")


def test_writes_names_defaults_and_numbers():
    value = json.loads(to_json(FULL))
    assert list(value)[:6] == ["name", "platform", "backend", "runtime", "max_batch_size", "input"]
    assert (value["name"], value["platform"], value["output"]) == ("é", "", [])
    assert value["input"][0] == {
        "name": "a",
        "data_type": "TYPE_FP32",
        "format": "FORMAT_NONE",
        "dims": [-1, 9223372036854775807],
        "reshape": {"shape": []},
        "is_shape_tensor": False,
        "allow_ragged_batch": False,
        "optional": False,
        "is_non_linear_format_io": False,
    }
    # Fields that Triton's own list of 64-bit fields covers, and those that it forgets.
    direct = value["sequence_batching"]["direct"]
    assert direct["max_queue_delay_microseconds"] == 18446744073709551615
    assert value["sequence_batching"]["state"][0]["initial_state"][0]["dims"] == [2]
    assert value["instance_group"][0]["secondary_devices"][0]["device_id"] == 5000000000
    assert value["optimization"]["cuda"]["graph_spec"][0]["input"] == {"a": {"dim": [7]}}


def test_writes_floats_with_the_fewest_digits():
    assert '"minimum_slot_utilization":0.1,' in to_json(FULL).replace("}", ",")
    assert '"buckets":[0.1,"Infinity"]' in to_json(FULL)
    for value in (0.1, 1e-45, 3.4028235e38, 16777216.0, 1 / 3, 0.0, -2.5):
        message = ModelSequenceBatching.StrategyDirect(minimum_slot_utilization=value)
        written = to_dict(message)["minimum_slot_utilization"]
        again = ModelSequenceBatching.StrategyDirect(minimum_slot_utilization=written)
        assert again == message
        assert len(repr(written)) <= len("-3.4028235e+38")


def test_leaves_out_unset_messages_and_oneof_members():
    value = json.loads(to_json(FULL))
    assert not {"version_policy", "response_cache", "dynamic_batching"} & set(value)
    initial = value["sequence_batching"]["state"][0]["initial_state"][0]
    assert initial["zero_data"] is False
    assert "data_file" not in initial


def test_is_deterministic():
    other = ModelConfig()
    other.metric_tags["a"] = "2"
    other.metric_tags["b"] = "1"
    rest = ModelConfig()
    rest.CopyFrom(FULL)
    rest.ClearField("metric_tags")
    other.MergeFrom(rest)
    assert to_json(other) == to_json(FULL)
    assert list(json.loads(to_json(FULL))["metric_tags"]) == ["a", "b"]


def test_reads_what_it_writes():
    assert from_json(to_json(FULL)) == FULL
    assert from_json(to_json(FULL).encode()) == FULL


@pytest.mark.parametrize("proto_names", [True, False])
def test_reads_protobufs_own_json(proto_names):
    text = json_format.MessageToJson(FULL, preserving_proto_field_name=proto_names)
    assert from_json(text) == FULL


READ = {
    '{"maxBatchSize":"5"}': "max_batch_size: 5",
    '{"max_batch_size":5.0}': "max_batch_size: 5",
    '{"input":[{"dims":["-3",4]}]}': "input { dims: [ -3, 4 ] }",
    '{"input":[{"data_type":"type_fp32"}]}': "input { data_type: TYPE_FP32 }",
    '{"input":[{"data_type":13}]}': "input { data_type: TYPE_STRING }",
    '{"input":[{"data_type":"13"}]}': "input { data_type: TYPE_STRING }",
    '{"name":null,"input":null,"dynamic_batching":null}': "",
    '{"dynamic_batching":{}}': "dynamic_batching { }",
    '{"dynamic_batching":{"priority_queue_policy":{"2":{}}}}':
        "dynamic_batching { priority_queue_policy { key: 2 value { } } }",
    '{"model_metrics":{"metric_control":[{"histogram_options":'
    '{"buckets":["-Infinity",1,"2.5"]}}]}}':
        "model_metrics { metric_control { histogram_options { buckets: [ -inf, 1, 2.5 ] } } }",
    '{"metric_tags":{}}': "",
    '{"name":"\\ud83d\\ude00"}': 'name: "\U0001f600"',
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_reads(text):
    assert from_json(text) == parse_text(READ[text])


# text -> field, words of the sentence
WRONG = {
    "": (None, "line 1, column 1: not valid JSON"),
    "{": (None, "line 1, column 2: not valid JSON"),
    '{"name":"a"} x': (None, "line 1, column 14: not valid JSON"),
    "[]": (None, "must be a JSON object, not an array"),
    "null": (None, "must be a JSON object, not null"),
    '{"nam":"x"}': ("nam", "ModelConfig has no field 'nam', did you mean 'name'?"),
    '{"input":[{},{"data":1}]}': ("input[1].data", "ModelInput has no field 'data'"),
    '{"name":5}': ("name", "name must be a string, not 5"),
    '{"name":"x","name":"y"}': ("name", "name is given twice"),
    '{"max_batch_size":1,"maxBatchSize":1}': ("max_batch_size", "is given twice"),
    '{"max_batch_size":5.5}': ("max_batch_size", "must be a 32-bit integer, not 5.5"),
    '{"max_batch_size":true}': ("max_batch_size", "must be a 32-bit integer, not true"),
    '{"max_batch_size":2147483648}': ("max_batch_size", "not 2147483648"),
    '{"max_batch_size":"x"}': ("max_batch_size", 'not "x"'),
    '{"max_batch_size":1e400}': ("max_batch_size", "must be a 32-bit integer"),
    '{"input":[{"dims":[1,9223372036854775808]}]}': ("input[0].dims[1]", "a 64-bit integer"),
    '{"input":[{"dims":[null]}]}': ("input[0].dims[0]", "not null"),
    '{"input":{}}': ("input", "input must be an array, not an object"),
    '{"input":[3]}': ("input[0]", "must be an object (ModelInput), not 3"),
    '{"input":[{"data_type":"FP32"}]}': (
        "input[0].data_type", "'FP32' is no DataType, did you mean 'TYPE_FP32'?",
    ),
    '{"input":[{"data_type":77}]}': ("input[0].data_type", "'77' is no DataType"),
    '{"input":[{"data_type":1.5}]}': ("input[0].data_type", "must be a name of DataType"),
    '{"input":[{"optional":1}]}': ("input[0].optional", "must be true or false, not 1"),
    '{"input":[{"data_type":"77"}]}': ("input[0].data_type", "'77' is no DataType"),
    '{"input":[{"data_type":"1.0"}]}': ("input[0].data_type", "'1.0' is no DataType"),
    '{"model_metrics":{"metric_control":[{"histogram_options":{"buckets":[true]}}]}}': (
        "model_metrics.metric_control[0].histogram_options.buckets[0]", "a number, not true",
    ),
    '{"model_metrics":{"metric_control":[{"histogram_options":{"buckets":[1e400]}}]}}': (
        "model_metrics.metric_control[0].histogram_options.buckets[0]", "must be a number",
    ),
    '{"dynamic_batching":{},"sequence_batching":{}}': (
        "sequence_batching", "sequence_batching and dynamic_batching exclude each other",
    ),
    '{"dynamic_batching":{"priority_queue_policy":{"x":{}}}}': (
        "dynamic_batching.priority_queue_policy, as a key,", "an unsigned 64-bit integer",
    ),
    '{"parameters":[]}': ("parameters", "parameters must be an object, not an array"),
    '{"parameters":{"a":"b"}}': ('parameters["a"]', "must be an object (ModelParameter)"),
    '{"metric_tags":{"a":1}}': ('metric_tags["a"]', "must be a string, not 1"),
    '{"metric_tags":{"a":"1","a":"2"}}': ('metric_tags["a"]', "is given twice"),
    '{"name":"\\ud800"}': ("name", "half of a surrogate pair"),
    # Was a SystemError of protobuf's.
    '{"\\ud800":1}': ("\ud800", r"ModelConfig has no field '\ud800'"),
    '{"version_policy":{"\\udfff":{}}}': (
        "version_policy.\udfff", r"ModelVersionPolicy has no field '\udfff'",
    ),
    '{"name":NaN}': (None, "NaN is not a JSON value"),
    '{"max_batch_size":' + "9" * 5000 + "}": (None, "not valid JSON"),
    '{"sequence_batching":{"direct":{"minimum_slot_utilization":1e39}}}': (
        "sequence_batching.direct.minimum_slot_utilization", "must be a number",
    ),
    '{"sequence_batching":{"direct":{"minimum_slot_utilization":"a"}}}': (
        "sequence_batching.direct.minimum_slot_utilization", 'must be a number, not "a"',
    ),
    "[" * 100000: (None, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:50])
def test_refuses(text):
    field, words = WRONG[text]
    with pytest.raises(ConfigError) as caught:
        from_json(text)
    assert words in str(caught.value)
    assert caught.value.field == field
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("form", "low", "high"),
    [
        ('{{"max_batch_size":{}}}', -(2**31), 2**31 - 1),
        ('{{"input":[{{"dims":[{}]}}]}}', -(2**63), 2**63 - 1),
        ('{{"version_policy":{{"latest":{{"num_versions":{}}}}}}}', 0, 2**32 - 1),
        ('{{"dynamic_batching":{{"max_queue_delay_microseconds":{}}}}}', 0, 2**64 - 1),
    ],
)
def test_integers_within_their_types(form, low, high):
    for value in (low, high, f'"{low}"', f'"{high}"'):
        written = to_json(from_json(form.format(value)))
        assert str(value).strip('"') in written
    for value in (low - 1, high + 1, f'"{low - 1}"', f'"{high + 1}"'):
        with pytest.raises(ConfigError, match="must be an? (unsigned )?(32|64)-bit integer, not"):
            from_json(form.format(value))


def test_refuses_bytes_that_are_no_utf8():
    with pytest.raises(ConfigError, match="not valid JSON"):
        from_json(b'{"name":"\xff"}')


@pytest.mark.parametrize("call", [lambda: to_json(FULL, 2), lambda: from_json("{}", 0)])
def test_refuses_other_versions(call):
    with pytest.raises(ConfigError, match="not supported, supported versions are: 1"):
        call()
