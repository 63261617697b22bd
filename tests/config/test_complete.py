# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a model's files and a backend say about its configuration."""

from __future__ import annotations

import os

import pytest

from triton_py.config import (
    ConfigError,
    apply_autocomplete,
    changed_fields,
    check_name,
    complete,
    instance_signature,
    parse_text,
    prepare,
    requires_reload,
    to_json,
)
from triton_py.errors import InternalError
from triton_py.proto.model_config import ModelConfig, ModelInstanceGroup


def make(folder, *names):
    """Files, or folders where a name ends in a slash, below a model's folder."""
    folder.mkdir(exist_ok=True)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.touch()
    return folder


# config text, files, model name -> backend, platform, default_model_filename
DETECTED = {
    "onnx": ("", ["1/model.onnx"], "onnxruntime", "onnxruntime_onnx", "model.onnx"),
    "onnx-folder": ("", ["1/model.onnx/"], "onnxruntime", "onnxruntime_onnx", "model.onnx"),
    "plan": ("", ["1/model.plan"], "tensorrt", "tensorrt_plan", "model.plan"),
    "torch": ("", ["1/model.pt"], "pytorch", "pytorch_libtorch", "model.pt"),
    "torch-aoti": ("", ["1/model.pt2"], "pytorch", "torch_aoti", "model.pt2"),
    "openvino": ("", ["1/model.xml", "1/model.bin"], "openvino", "", "model.xml"),
    "python": ("", ["1/model.py"], "python", "", "model.py"),
    "savedmodel": ("", ["1/model.savedmodel/"], "tensorflow", "tensorflow_savedmodel",
                   "model.savedmodel"),
    "graphdef": ("", ["1/model.graphdef"], "tensorflow", "tensorflow_graphdef", "model.graphdef"),
    "first-of-two": ("", ["1/model.py", "1/model.onnx"], "onnxruntime", "onnxruntime_onnx",
                     "model.onnx"),
    "lowest-version": ("", ["10/model.py", "2/model.onnx", "configs/model.plan", "01/model.pt"],
                       "onnxruntime", "onnxruntime_onnx", "model.onnx"),
    "by-platform": ('platform: "onnxruntime_onnx"', [], "onnxruntime", "onnxruntime_onnx",
                    "model.onnx"),
    "by-platform-alias": ('platform: "libtorch"', [], "pytorch", "libtorch", "model.pt"),
    "by-platform-aoti": ('platform: "torch_aoti"', [], "pytorch", "torch_aoti", "model.pt2"),
    "by-backend": ('backend: "onnxruntime"', [], "onnxruntime", "onnxruntime_onnx", "model.onnx"),
    "by-backend-python": ('backend: "python"', ["1/model.onnx"], "python", "", "model.py"),
    "by-backend-torch": ('backend: "pytorch"', [], "pytorch", "pytorch_libtorch", "model.pt"),
    "by-backend-and-file": ('backend: "pytorch"', ["1/model.pt2"], "pytorch", "torch_aoti",
                            "model.pt2"),
    "python-with-platform": ('backend: "python" platform: "own"', [], "python", "own", "model.py"),
    "by-file-name": ('default_model_filename: "model.plan"', [], "tensorrt", "tensorrt_plan",
                     "model.plan"),
    "own-file-name": ('backend: "onnxruntime" default_model_filename: "net.onnx"',
                      ["1/model.onnx"], "onnxruntime", "onnxruntime_onnx", "net.onnx"),
    "own-backend": ('backend: "mine"', ["1/model.onnx"], "mine", "", ""),
    "own-file-name-alone": ('default_model_filename: "x"', ["1/model.onnx"], "", "", "x"),
    "unknown-platform": ('platform: "new"', ["1/model.onnx"], "", "new", ""),
    "wrong-pair": ('backend: "onnxruntime" platform: "onnxruntim"', ["1/model.onnx"],
                   "onnxruntime", "onnxruntim", ""),
    "wrong-platform": ('platform: "onnxruntim" default_model_filename: "model.onnx"', [],
                       "onnxruntime", "onnxruntim", "model.onnx"),
    "library-in-version": ("", ["1/libtriton_mine.so"], "mine", "", ""),
    "library-in-model": ("", ["1/", "libtriton_mine.so"], "mine", "", ""),
    "ensemble-without-platform": ("ensemble_scheduling { }", ["1/model.onnx"], "", "", ""),
    "ensemble": ('platform: "ensemble"', [], "", "ensemble", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", DETECTED.values(), ids=DETECTED)
def test_backend_platform_and_file(case, tmp_path):
    text, files, *expected = case
    config = parse_text(text)
    complete(config, "m", make(tmp_path / "m", *files))
    assert [config.backend, config.platform, config.default_model_filename] == expected
    assert config.name == "m"


def test_backend_from_the_folder_name(tmp_path):
    config = ModelConfig()
    complete(config, "add.v2.own", make(tmp_path / "add.v2.own", "1/"))
    assert (config.backend, config.default_model_filename) == ("v2.own", "model.v2.own")


@pytest.mark.parametrize(
    "files",
    [
        [],
        ["1/"],
        ["1/weights.bin"],
        ["1/model.plan/"],  # a plan is a file
        ["1/model.savedmodel"],  # and a saved model a folder
        ["1/libtriton_.so", "libtriton_x.so.1"],
        ["1/libtriton_a.so", "1/libtriton_b.so"],
    ],
)
def test_no_backend_to_be_told(files, tmp_path):
    with pytest.raises(ConfigError) as caught:
        complete(ModelConfig(), "m", make(tmp_path / "m", *files))
    assert str(caught.value) == (
        "Invalid model name: Could not determine backend for model 'm' with no backend in model "
        "configuration. Expected model name of the form 'model.<backend_name>'."
    )


def test_no_backend_in_a_name_that_ends_in_a_dot(tmp_path):
    with pytest.raises(ConfigError, match="Could not determine backend for model 'm.' with"):
        complete(ModelConfig(), "m.", make(tmp_path / "m.", "1/"))


def test_names_that_are_no_text(tmp_path):
    name = os.fsdecode(b"m\xff.own")
    folder = make(tmp_path / name, "1/")
    with pytest.raises(ConfigError) as caught:
        complete(ModelConfig(), name, folder)
    assert str(caught.value) == r"the model folder's name 'm\udcff.own' is not UTF-8 text"
    (folder / "config.pbtxt").write_text("x: 1")
    with pytest.raises(ConfigError) as caught:
        prepare(name, folder)
    assert str(caught.value).isprintable()
    plain = make(tmp_path / "m", "1/" + os.fsdecode(b"libtriton_\xff.so"))
    with pytest.raises(ConfigError, match="Could not determine backend"):
        complete(ModelConfig(), "m", plain)


def test_folder_that_is_missing(tmp_path):
    with pytest.raises(ConfigError, match="failed to open directory .*No such file"):
        complete(ModelConfig(), "m", tmp_path / "none")


def test_name_has_to_be_the_folders():
    config = ModelConfig(name="a")
    check_name(config, "a")
    with pytest.raises(ConfigError) as caught:
        check_name(config, "b")
    assert str(caught.value) == (
        "unexpected directory name 'b' for model 'a', directory name must equal model name"
    )


ORIGINAL = parse_text("""
    name: "m" backend: "own" version_policy { latest { num_versions: 1 } }
    optimization { input_pinned_memory { enable: true } output_pinned_memory { enable: true } }
    instance_group { name: "m" kind: KIND_CPU count: 1 }
""")


def returned(text):
    config = ModelConfig()
    config.CopyFrom(ORIGINAL)
    config.MergeFrom(parse_text(text))
    return to_json(config)


def test_backend_completes_tensors_and_batching():
    text = """
        max_batch_size: 8 input { name: "a" data_type: TYPE_FP32 dims: 1 }
        output { name: "z" data_type: TYPE_FP32 dims: 1 }
        dynamic_batching { } model_transaction_policy { decoupled: true }
    """
    before = to_json(ORIGINAL)
    done = apply_autocomplete(ORIGINAL, returned(text))
    assert done.config.max_batch_size == 8
    assert [done.config.input[0].name, done.config.output[0].name] == ["a", "z"]
    assert list(done.config.dynamic_batching.preferred_batch_size) == [8]  # normalized
    assert done.config.model_transaction_policy.decoupled
    assert done.ignored == []
    assert done.changed == [
        "max_batch_size", "input", "output", "dynamic_batching", "model_transaction_policy",
    ]  # fmt: skip
    assert to_json(ORIGINAL) == before


def test_backend_replaces_what_it_returns_shorter():
    original = parse_text('name: "m" max_batch_size: 4 input { name: "a" } input { name: "b" }')
    done = apply_autocomplete(original, '{"input":[{"name":"a"}]}')
    assert [tensor.name for tensor in done.config.input] == ["a"]
    assert done.config.max_batch_size == 0
    assert done.config.name == "m"
    assert done.ignored == []


def test_backend_cannot_set_the_rest():
    text = """
        name: "other" backend: "evil" version_policy { all { } } parameters { key: "k" value { } }
        instance_group { name: "more" }
    """
    done = apply_autocomplete(ORIGINAL, returned(text))
    assert done.config == ORIGINAL
    assert done.changed == []
    assert done.ignored == ["name", "backend", "version_policy", "instance_group", "parameters"]


def test_backend_keeps_the_scheduler():
    original = ModelConfig()
    original.CopyFrom(ORIGINAL)
    original.max_batch_size = 4
    original.dynamic_batching.preferred_batch_size.append(2)
    assert apply_autocomplete(original, to_json(original)).config == original
    same = apply_autocomplete(
        original, '{"max_batch_size":4,"dynamic_batching":{"preferred_batch_size":[3]}}'
    )
    assert list(same.config.dynamic_batching.preferred_batch_size) == [2]
    assert same.ignored == ["dynamic_batching"]
    for other, name in {'{"sequence_batching":{}}': "sequence_batching", "{}": "none"}.items():
        with pytest.raises(InternalError) as caught:
            apply_autocomplete(original, other)
        assert str(caught.value) == (
            f"Cannot update scheduling choice from dynamic_batching to {name} when "
            "auto-completing model 'm'."
        )


def test_backend_that_returns_nonsense():
    with pytest.raises(ConfigError, match="not valid JSON"):
        apply_autocomplete(ORIGINAL, "{")
    with pytest.raises(ConfigError, match="has no field 'inputs', did you mean 'input'"):
        apply_autocomplete(ORIGINAL, '{"inputs":[]}')
    with pytest.raises(ConfigError, match="version 2 not supported"):
        apply_autocomplete(ORIGINAL, "{}", 2)


@pytest.mark.parametrize(
    ("text", "changed", "reload"),
    [
        ("", [], False),
        ("instance_group { count: 2 }", ["instance_group"], False),
        ("version_policy { all { } }", ["version_policy"], False),
        ("max_batch_size: 1", ["max_batch_size"], True),
        ("dynamic_batching { }", ["dynamic_batching"], True),
        ('metric_tags { key: "a" value: "b" }', ["metric_tags"], True),
        ("version_policy { all { } } response_cache { }", ["version_policy", "response_cache"],
         True),
    ],
)  # fmt: skip
def test_what_a_newer_configuration_asks_for(text, changed, reload):
    newer = ModelConfig()
    newer.CopyFrom(ORIGINAL)
    newer.MergeFrom(parse_text(text))
    assert changed_fields(ORIGINAL, newer) == changed
    assert requires_reload(ORIGINAL, newer) is reload
    assert requires_reload(newer, ORIGINAL) is reload


def test_instances_are_alike_but_for_name_and_count():
    group = ModelInstanceGroup(name="a", count=1, gpus=[0], kind=ModelInstanceGroup.KIND_GPU)
    other = ModelInstanceGroup(name="b", count=3, gpus=[0], kind=ModelInstanceGroup.KIND_GPU)
    assert instance_signature(group) == instance_signature(other)
    other.gpus.append(1)
    assert instance_signature(group) != instance_signature(other)
    assert (group.name, group.count) == ("a", 1)


def test_prepare_without_a_file(tmp_path):
    done = prepare("m", make(tmp_path / "m", "1/model.onnx"))
    assert (done.config.backend, done.provided, done.path) == ("onnxruntime", False, None)
    assert done.config.version_policy.latest.num_versions == 1


def test_prepare_strictly_needs_a_file(tmp_path):
    with pytest.raises(ConfigError, match=r"failed to read text proto from .*No such file"):
        prepare("m", make(tmp_path / "m", "1/model.onnx"), strict=True)


def test_prepare_names_file_and_line(tmp_path):
    folder = make(tmp_path / "m", "1/model.onnx")
    path = folder / "config.pbtxt"
    path.write_text('max_batch_size: 2\ninput {\n  name: "a"\n  dims: 3\n}\n')
    done = prepare("m", folder)  # the backend may yet complete the data type
    assert (done.provided, done.path) == (True, str(path))
    with pytest.raises(ConfigError) as caught:
        prepare("m", folder, strict=True)
    assert str(caught.value) == f"{path}:2:1: model input 'a' must specify 'data_type' for m"
    path.write_text('\n name: "other"')
    with pytest.raises(ConfigError) as caught:
        prepare("m", folder)
    assert str(caught.value) == (
        f"{path}:2:2: unexpected directory name 'm' for model 'other', directory name must equal "
        "model name"
    )
    assert prepare("m", folder, renamed=True).config.name == "m"


def test_prepare_takes_the_named_file(tmp_path):
    folder = make(tmp_path / "m", "1/model.onnx", "configs/")
    (folder / "config.pbtxt").write_text("max_batch_size: 1")
    (folder / "configs/big.pbtxt").write_text("max_batch_size: 64")
    assert prepare("m", folder).config.max_batch_size == 1
    assert prepare("m", folder, config_name="big").config.max_batch_size == 64
    assert prepare("m", folder, config_name="none").config.max_batch_size == 1


def test_prepare_takes_an_override(tmp_path):
    folder = make(tmp_path / "m", "1/model.onnx")
    (folder / "config.pbtxt").write_text("this is broken")
    done = prepare("m", folder, override_json='{"max_batch_size":5}', strict=True)
    assert (done.config.max_batch_size, done.provided, done.path) == (5, True, None)
    with pytest.raises(ConfigError) as caught:
        prepare("m", folder, override_json='{"max_batch_siz":5}')
    assert str(caught.value) == (
        "Invalid config override: max_batch_siz: ModelConfig has no field 'max_batch_siz', did "
        "you mean 'max_batch_size'?"
    )
    with pytest.raises(ConfigError, match="'max_batch_size' must be non-negative value for m"):
        prepare("m", folder, override_json='{"max_batch_size":-5}')


def test_prepare_sees_a_broken_link(tmp_path):
    folder = make(tmp_path / "m", "1/model.onnx")
    (folder / "config.pbtxt").symlink_to("nowhere")
    with pytest.raises(ConfigError, match="No such file"):
        prepare("m", folder)
