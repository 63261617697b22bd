# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reading config.pbtxt: what is accepted, and what errors say about what isn't."""

from __future__ import annotations

import os

import pytest

from triton_py.config import (
    ConfigError,
    config_path,
    load_config,
    locate,
    parse_text,
    to_text,
    validate_config,
)
from triton_py.config.places import find, places
from triton_py.config.text import MAX_BYTES
from triton_py.proto.model_config import ModelConfig, ModelInstanceGroup

GOOD = """
# A comment, and { punctuation "that" counts for nothing.
name: "m"; backend: 'onnxruntime',
max_batch_size: 0x10
input [
  { name: "a" data_type: TYPE_FP32 dims: [ -1, 3 ] },
  { name: "b" data_type: 13 dims: 1 dims: 2 reshape < shape: [ ] > }
]
instance_group { kind: KIND_GPU gpus: [ 0, 1 ] }
parameters { key: "k" value: { string_value: "one " "two" } }
parameters: [ { key: "l" value { string_value: "\\101\\n\\u00e9" } } ]
version_policy: { all { } }
"""


def test_reads_every_way_to_write_a_field():
    config = parse_text(GOOD)
    assert (config.name, config.backend, config.max_batch_size) == ("m", "onnxruntime", 16)
    assert [list(tensor.dims) for tensor in config.input] == [[-1, 3], [1, 2]]
    assert config.input[1].HasField("reshape")
    assert config.instance_group[0].kind == ModelInstanceGroup.KIND_GPU
    values = {key: value.string_value for key, value in config.parameters.items()}
    assert values == {"k": "one two", "l": "A\n\u00e9"}
    assert config.version_policy.WhichOneof("policy_choice") == "all"


def test_reads_every_escape_sequence():
    config = parse_text(r"""# a comment with a \q
        name: "\a\b\f\n\r\t\v\'\"\\q\x41\101\u00e9\U0001F600" """)
    assert config.name == "\a\b\f\n\r\t\v'\"\\qAA\u00e9\U0001f600"


def test_text_form_reads_back():
    config = parse_text(GOOD)
    assert parse_text(to_text(config)) == config
    assert "\u00e9" in to_text(config)


# text -> line, column, field, words of the sentence
WRONG = {
    "unknown-field": ('name: "m"\nnme: "x"', 2, 1, "nme",
                      "ModelConfig has no field 'nme', did you mean 'name'?"),
    "unknown-field-case": ("Max_Batch_Size: 4", 1, 1, "Max_Batch_Size",
                           "did you mean 'max_batch_size'?"),
    "unknown-field-capitals": ("NAME: 4", 1, 1, "NAME", "did you mean 'name'?"),
    "float": ('sequence_batching { direct { minimum_slot_utilization: "x" } }', 1, 56,
              "sequence_batching.direct.minimum_slot_utilization", "must be a number, not"),
    "unsigned-64": ("dynamic_batching { max_queue_delay_microseconds: -1 }", 1, 50,
                    "dynamic_batching.max_queue_delay_microseconds",
                    "must be an unsigned 64-bit integer, not -1"),
    "unknown-field-far": ("qwertz: 1", 1, 1, "qwertz", "ModelConfig has no field 'qwertz'"),
    "unknown-nested": ('input [ { name: "a" },\n  { name: "b" datatype: TYPE_FP32 } ]', 2, 15,
                       "input[1].datatype",
                       "ModelInput has no field 'datatype', did you mean 'data_type'?"),
    "unknown-lists-names": ("version_policy { newest { } }", 1, 18, "version_policy.newest",
                            "it has latest, all, specific"),
    "unknown-after-empty-list": ("input { reshape { shape: [ ] sape: 1 } }", 1, 30,
                                 "input[0].reshape.sape",
                                 "ModelTensorReshape has no field 'sape', did you mean 'shape'?"),
    "unknown-in-map": ('parameters { key: "k" value { value: "x" } }', 1, 31,
                       'parameters["k"].value', "ModelParameter has no field 'value'"),
    "enum": ("input { data_type: TYPE_FP31 }", 1, 20, "input[0].data_type",
             "'TYPE_FP31' is no DataType, did you mean 'TYPE_FP32'?"),
    "enum-nested": ("instance_group { kind: GPU }", 1, 24, "instance_group[0].kind",
                    "'GPU' is no ModelInstanceGroup.Kind"),
    "enum-string": ('input { data_type: "TYPE_FP32" }', 1, 20, "input[0].data_type",
                    "must be a name of DataType, such as TYPE_BF16, without quotes"),
    "string-for-int": ('max_batch_size: "4"', 1, 17, "max_batch_size",
                       'max_batch_size must be a 32-bit integer, not "4"'),
    "fraction": ("max_batch_size: 1.5", 1, 17, "max_batch_size",
                 "max_batch_size must be a 32-bit integer, not 1.5"),
    "too-large": ("max_batch_size: 2147483648", 1, 17, "max_batch_size",
                  "must be a 32-bit integer, not 2147483648"),
    "negative": ("version_policy { latest { num_versions: -1 } }", 1, 41,
                 "version_policy.latest.num_versions",
                 "must be an unsigned 32-bit integer, not -1"),
    "in-list": ("input { dims: [ 1,\n 2, x ] }", 2, 5, "input[0].dims[2]",
                "input[0].dims[2] must be a 64-bit integer, not x"),
    "bool": ("response_cache { enable: yes }", 1, 26, "response_cache.enable",
             "must be true or false, not yes"),
    "int-for-string": ("name: 5", 1, 7, "name", "name must be a string in quotes, not 5"),
    "bare-word": ("backend: onnxruntime", 1, 10, "backend",
                  "backend must be a string in quotes, not onnxruntime"),
    "scalar-for-message": ("dynamic_batching: 3", 1, 19, "dynamic_batching",
                           "dynamic_batching must be a message in braces, not 3"),
    "scalar-for-entry": ('parameters: "k"', 1, 13, "parameters[0]",
                         "parameters[0] must be an entry { key: ... value: ... }, not"),
    "no-colon": ('name "m"', 1, 6, "name", "name needs a ':' before its value \"m\""),
    "message-for-scalar": ("name { }", 1, 6, "name",
                           "name must be a string in quotes, not {"),
    "twice": ('name: "a"\nname: "b"', 2, 7, "name",
              "'name' is given twice in ModelConfig, which takes it once"),
    "message-twice": ("response_cache { } response_cache { }", 1, 35, "response_cache",
                      "'response_cache' is given twice"),
    "oneof": ("dynamic_batching { }\nsequence_batching { }", 2, 1, "sequence_batching",
              "'sequence_batching' and 'dynamic_batching' exclude each other"),
    "not-closed": ('input {\n  name: "a"', 2, 9, "input[0].name", "the text ends too early"),
    "ends-after-colon": ("name:", 1, 6, "name", "the text ends too early"),
    "string-not-closed": ('name: "abc\nbackend: "x"', 1, 7, "name",
                          "String missing ending quote"),
    "stray-brace": ('name: "a" }', 1, 11, "name", "Expected identifier or number, got }"),
    "extension": ("[foo.bar]: 1", 1, 6, None, "does not have extensions"),
    "control-character": ("\0", 1, 1, None, "Expected identifier or number"),
    "escape": ('name: "m"\nparameters { key: "a" value { string_value: "C:\\models" } }', 2, 48,
               'parameters["a"].string_value',
               r"\m is no escape sequence; a backslash in a string is written \\"),
    "string-map": ('metric_tags { key: "k" value { a: 1 } }', 1, 30, None,
                   'metric_tags["k"] must be a string in quotes, not {'),
    "not-utf8-escape": ('name: "\\377"', 1, 13, "name", "name isn't valid text: invalid start byte"),
    "half-escape": ('name: "\\u12"', 1, 7, "name", "name isn't valid text: truncated"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_errors_name_line_column_and_field(case, tmp_path):
    text, line, column, field, words = case
    path = tmp_path / "config.pbtxt"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    error = caught.value
    assert words in error.reason
    assert str(error).startswith(f"failed to read text proto from {path}")
    assert error.file == str(path)
    if line is not None:
        assert (error.line, error.column) == (line, column)
        assert f":{line}:{column}: " in str(error)
    if field is not None:
        assert error.field == field
    assert "\n" not in str(error)
    assert "\0" not in str(error)


def test_errors_are_one_line_of_reasonable_length():
    for text in (f'name: "m" {"x" * 100000}: 1', 'name: "m\\nl" { ', "\x01: 1"):
        with pytest.raises(ConfigError) as caught:
            parse_text(text)
        assert len(str(caught.value)) < 1200
        assert str(caught.value).isprintable()
    with pytest.raises(ConfigError) as caught:
        validate_config(parse_text(r'name: "a\nb\000" backend: "x" max_batch_size: -1'))
    assert r"value for a\nb\x00 (max" in str(caught.value)


def test_text_without_a_file_has_line_and_column():
    with pytest.raises(ConfigError, match=r"^line 2, column 1: ModelConfig has no field 'x'"):
        parse_text("\nx: 1")


def test_file_that_cannot_be_read(tmp_path):
    for path, words in {
        tmp_path / "none.pbtxt": "No such file or directory",
        tmp_path: "directory",
    }.items():
        with pytest.raises(ConfigError, match=words) as caught:
            load_config(path)
        assert str(path) in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_without_permission(tmp_path):
    path = tmp_path / "config.pbtxt"
    path.write_text("")
    path.chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        load_config(path)


def test_pipe_is_refused_without_waiting(tmp_path):
    path = tmp_path / "config.pbtxt"
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="not a regular file"):
        load_config(path)


def test_file_that_is_too_large(tmp_path):
    path = tmp_path / "config.pbtxt"
    with open(path, "wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match=f"{MAX_BYTES + 1} bytes, more than the {MAX_BYTES}"):
        load_config(path)


def test_file_that_is_no_utf8(tmp_path):
    path = tmp_path / "config.pbtxt"
    path.write_bytes('name: "é"\nbackend: "'.encode() + b"\xff\xfe" + b'"')
    with pytest.raises(ConfigError, match="not UTF-8 text: byte 0xff") as caught:
        load_config(path)
    assert (caught.value.line, caught.value.column) == (2, 11)


def test_byte_order_mark_is_skipped(tmp_path):
    path = tmp_path / "config.pbtxt"
    path.write_bytes(b'\xef\xbb\xbfname: "m"')
    assert load_config(path).name == "m"


def test_deep_and_long_nonsense_is_refused_quickly():
    for text in ("{" * 50000, "input {" * 50000, "[" * 50000, '"' * 50000, "a:" * 50000):
        with pytest.raises(ConfigError):
            parse_text(text)


def test_config_path_prefers_the_named_configuration(tmp_path):
    assert config_path(tmp_path) == str(tmp_path / "config.pbtxt")
    assert config_path(tmp_path, "gpu") == str(tmp_path / "config.pbtxt")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/gpu.pbtxt").write_text("")
    assert config_path(tmp_path, "gpu") == str(tmp_path / "configs/gpu.pbtxt")
    assert config_path(tmp_path) == str(tmp_path / "config.pbtxt")


PLACES = {
    "name": (3, 1),
    "backend": (3, 12),
    "input[1].data_type": (7, 15),
    "input[1].dims[1]": (7, 37),
    "input[1].reshape.shape": (7, 55),
    "input[1].reshape.shape[3]": (7, 55),
    "input[1].label": (7, 3),
    "instance_group[0].gpus[1]": (9, 44),
    'parameters["k"]': (10, 1),
    'parameters["k"].string_value': (10, 32),
    'parameters["l"].string_value': (11, 34),
    "parameters": (11, 1),
    "output[0].name": None,
    "nowhere": None,
}


@pytest.mark.parametrize("path", PLACES)
def test_fields_are_found_in_the_text(path):
    found = find(places(GOOD, ModelConfig.DESCRIPTOR), path)
    assert (found and (found.line, found.column)) == PLACES[path]


def test_map_entries_go_by_their_key():
    text = """metric_tags { key: 'a' value: "x" }
        dynamic_batching { priority_queue_policy { value { max_queue_size: 3 } key: 7 } }
        metric_tags { value: "no key" }"""
    found = places(text, ModelConfig.DESCRIPTOR)
    entry = "dynamic_batching.priority_queue_policy[7]"
    at = [
        (place.line, place.column)
        for path in ('metric_tags["a"]', entry, f"{entry}.max_queue_size", "metric_tags[1]")
        if (place := find(found, path))
    ]
    # The last has no key, and goes by its position.
    assert at == [(1, 1), (2, 28), (2, 60), (3, 9)]


def test_locate_adds_the_line_to_an_error(tmp_path):
    path = tmp_path / "config.pbtxt"
    path.write_text('name: "m"\n\n  max_batch_size: -1\n')
    plain = ConfigError("too small", field="max_batch_size")
    error = locate(plain, path)
    assert str(error) == f"{path}:3:3: too small"
    assert (error.reason, error.line, error.column) == ("too small", 3, 3)
    assert locate(error, path) is error
    assert locate(plain, tmp_path / "gone") is plain
    elsewhere = ConfigError("missing", field="output[0]")
    assert locate(elsewhere, path) is elsewhere
