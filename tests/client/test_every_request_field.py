# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A wrong value in each field of each gRPC request: the status and the text that clients get.

The fields are the protobuf description's own, so that a new one is missed until it has its case here.
What inference makes of the many wrong tensors is test_grpc_service's.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import Descriptor
from serving import ServerProcess

from triton_py.proto import grpc_service as pb

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE

Change = Callable[[Any], None]


def infer() -> Any:
    request = pb.ModelInferRequest(model_name="echo")
    request.inputs.add(name="INPUT0", datatype="INT32", shape=[2])
    request.outputs.add(name="OUTPUT0")
    request.raw_input_contents.append(struct.pack("<2i", 1, 2))
    return request


def sets(**fields: Any) -> Change:
    def change(request: Any) -> None:
        for name, value in fields.items():
            setattr(request, name, value)
    return change


def parameter(holder: Callable[[Any], Any], name: str, choice: str, value: Any) -> Change:
    def change(request: Any) -> None:
        setattr(holder(request).parameters[name], choice, value)
    return change


def contents(field: str, *values: Any) -> Change:
    """Typed contents of the kind that no INT32 tensor has; or, for its own kind, too many."""
    def change(request: Any) -> None:
        del request.raw_input_contents[:]
        getattr(request.inputs[0].contents, field).extend(values)
    return change


def itself(request: Any) -> Any:
    return request


def first_input(request: Any) -> Any:
    return request.inputs[0]


def first_output(request: Any) -> Any:
    return request.outputs[0]


def cut(request: Any) -> None:
    request.raw_input_contents[0] = b"abc"


def twice(request: Any) -> None:
    request.inputs.append(request.inputs[0])
    request.raw_input_contents.append(request.raw_input_contents[0])


def other_output(request: Any) -> None:
    request.outputs.add(name="OUTPUT9")


def shape(request: Any) -> None:
    request.inputs[0].shape[:] = [-1]


def load_parameter(choice: str, value: Any, name: str = "config") -> Change:
    return parameter(itself, name, choice, value)


def log(name: str, choice: str, value: Any) -> Change:
    def change(request: Any) -> None:
        setattr(request.settings[name], choice, value)
    return change


def trace(name: str, *values: str) -> Change:
    def change(request: Any) -> None:
        request.settings[name].value.extend(values)
    return change


#: Method and field -> what is changed, the status, words of its text.
CASES: dict[tuple[str, str], tuple[Change, grpc.StatusCode, str]] = {
    ("ModelReady", "name"): (sets(name="a\0b"), INVALID, "NUL"),
    ("ModelReady", "version"): (sets(name="echo", version="x"), INVALID, "'x'"),
    ("ModelMetadata", "name"): (sets(name="nowhere"), NOT_FOUND, "unknown model: 'nowhere' is not found"),
    ("ModelMetadata", "version"): (sets(name="echo", version="-3"), INVALID, "'-3'"),
    ("ModelConfig", "name"): (sets(name="nowhere"), NOT_FOUND, "unknown model: 'nowhere' is not found"),
    ("ModelConfig", "version"): (sets(name="echo", version="1.5"), INVALID, "'1.5'"),
    ("ModelStatistics", "name"): (sets(name="nowhere"), INVALID, "nowhere"),
    ("ModelStatistics", "version"): (sets(name="echo", version="two"), INVALID, "'two'"),
    ("ModelInfer", "model_name"): (sets(model_name="nowhere"), NOT_FOUND, "'nowhere'"),
    ("ModelInfer", "model_version"): (sets(model_version="one"), INVALID, "'one'"),
    ("ModelInfer", "id"): (sets(id="a\0b"), INVALID, "NUL"),
    ("ModelInfer", "parameters.key"): (
        parameter(itself, "triton_x", "bool_param", True), INVALID, "reserved"),
    ("ModelInfer", "parameters.value"): (
        lambda r: r.parameters["mine"].Clear(), INVALID, "'mine'"),
    ("ModelInfer", "parameters.value.bool_param"): (
        parameter(itself, "priority", "bool_param", True), INVALID, "'priority'"),
    ("ModelInfer", "parameters.value.int64_param"): (
        parameter(itself, "timeout", "int64_param", -1), INVALID, "'timeout'"),
    ("ModelInfer", "parameters.value.string_param"): (
        parameter(itself, "sequence_start", "string_param", "yes"), INVALID, "'sequence_start'"),
    ("ModelInfer", "parameters.value.double_param"): (
        parameter(itself, "sequence_id", "double_param", 1.5), INVALID, "'sequence_id'"),
    ("ModelInfer", "parameters.value.uint64_param"): (
        parameter(itself, "mine", "uint64_param", 1), INVALID, "'mine'"),
    ("ModelInfer", "inputs"): (twice, INVALID, "INPUT0"),
    ("ModelInfer", "inputs.name"): (
        lambda r: sets(name="INPUT9")(r.inputs[0]), INVALID, "INPUT9"),
    ("ModelInfer", "inputs.datatype"): (
        lambda r: sets(datatype="INT33")(r.inputs[0]), INVALID, "'INT33'"),
    ("ModelInfer", "inputs.shape"): (shape, INVALID, "-1"),
    ("ModelInfer", "inputs.parameters.key"): (
        parameter(first_input, "shared_memory_region", "string_param", "r"), UNIMPLEMENTED,
        "shared memory"),
    ("ModelInfer", "inputs.contents"): (
        lambda r: r.inputs[0].contents.int_contents.append(1), INVALID,
        "contents field must not be specified when using raw_input_contents"),
    ("ModelInfer", "inputs.contents.bool_contents"): (
        contents("bool_contents", True, False), INVALID, "bool_contents"),
    ("ModelInfer", "inputs.contents.int_contents"): (
        contents("int_contents", 1, 2, 3), INVALID, "INPUT0"),
    ("ModelInfer", "inputs.contents.int64_contents"): (
        contents("int64_contents", 1, 2), INVALID, "int64_contents"),
    ("ModelInfer", "inputs.contents.uint_contents"): (
        contents("uint_contents", 1, 2), INVALID, "uint_contents"),
    ("ModelInfer", "inputs.contents.uint64_contents"): (
        contents("uint64_contents", 1, 2), INVALID, "uint64_contents"),
    ("ModelInfer", "inputs.contents.fp32_contents"): (
        contents("fp32_contents", 1, 2), INVALID, "fp32_contents"),
    ("ModelInfer", "inputs.contents.fp64_contents"): (
        contents("fp64_contents", 1, 2), INVALID, "fp64_contents"),
    ("ModelInfer", "inputs.contents.bytes_contents"): (
        contents("bytes_contents", b"a", b"b"), INVALID, "bytes_contents"),
    ("ModelInfer", "outputs"): (other_output, INVALID, "OUTPUT9"),
    ("ModelInfer", "outputs.name"): (
        lambda r: sets(name="OUTPUT9")(r.outputs[0]), INVALID, "OUTPUT9"),
    ("ModelInfer", "outputs.parameters.key"): (
        parameter(first_output, "shared_memory_region", "string_param", "r"), UNIMPLEMENTED,
        "shared memory"),
    ("ModelInfer", "outputs.parameters.value.int64_param"): (
        parameter(first_output, "classification", "int64_param", 0), INVALID, "'classification'"),
    ("ModelInfer", "outputs.parameters.value.string_param"): (
        parameter(first_output, "classification", "string_param", "5"), INVALID,
        "'classification'"),
    ("ModelInfer", "raw_input_contents"): (cut, INVALID, "INPUT0"),
    ("RepositoryIndex", "repository_name"): (sets(repository_name="r"), UNIMPLEMENTED, "repository"),
    ("RepositoryModelLoad", "repository_name"): (
        sets(model_name="echo", repository_name="r"), UNIMPLEMENTED, "repository"),
    ("RepositoryModelLoad", "model_name"): (sets(model_name="nowhere"), NOT_FOUND, "nowhere"),
    ("RepositoryModelLoad", "parameters.key"): (
        lambda r: (sets(model_name="echo")(r), load_parameter("bool_param", True, "nope")(r)),
        INVALID, "nope"),
    ("RepositoryModelLoad", "parameters.value.bool_param"): (
        lambda r: (sets(model_name="echo")(r), load_parameter("bool_param", True)(r)),
        INVALID, "config"),
    ("RepositoryModelLoad", "parameters.value.int64_param"): (
        lambda r: (sets(model_name="echo")(r), load_parameter("int64_param", 1)(r)),
        INVALID, "config"),
    ("RepositoryModelLoad", "parameters.value.string_param"): (
        lambda r: (sets(model_name="echo")(r), load_parameter("string_param", "{")(r)),
        INVALID, "JSON"),
    ("RepositoryModelLoad", "parameters.value.bytes_param"): (
        lambda r: (sets(model_name="echo")(r), load_parameter("bytes_param", b"{}")(r)),
        INVALID, "config"),
    ("RepositoryModelUnload", "repository_name"): (
        sets(model_name="echo", repository_name="r"), UNIMPLEMENTED, "repository"),
    ("RepositoryModelUnload", "model_name"): (sets(model_name="a\0b"), INVALID, ""),
    ("RepositoryModelUnload", "parameters.key"): (
        lambda r: (sets(model_name="echo")(r), load_parameter("bool_param", True, "nope")(r)),
        INVALID, "nope"),
    ("RepositoryModelUnload", "parameters.value.string_param"): (
        lambda r: (sets(model_name="echo")(r),
                   load_parameter("string_param", "yes", "unload_dependents")(r)),
        INVALID, "unload_dependents"),
    ("TraceSetting", "settings.key"): (trace("trace_colour", "red"), INVALID, "trace_colour"),
    ("TraceSetting", "settings.value.value"): (trace("trace_rate", "often"), INVALID, "trace_rate"),
    ("TraceSetting", "model_name"): (sets(model_name="nowhere"), INVALID, "nowhere"),
    ("LogSettings", "settings.key"): (log("log_colour", "bool_param", True), INVALID, "log_colour"),
    ("LogSettings", "settings.value.bool_param"): (
        log("log_verbose_level", "bool_param", True), INVALID, "log_verbose_level"),
    ("LogSettings", "settings.value.uint32_param"): (
        log("log_info", "uint32_param", 1), INVALID, "log_info"),
    ("LogSettings", "settings.value.string_param"): (
        log("log_format", "string_param", "haiku"), INVALID, "log_format"),
}

#: Fields that have no wrong value, and why.
ANY_VALUE = {
    ("RepositoryIndex", "ready"): "a truth value",
    ("ModelInfer", "inputs.parameters.value.bool_param"): "tensors have no parameter of that kind",
    ("ModelInfer", "inputs.parameters.value.int64_param"): "as above: sizes of shared memory",
    ("ModelInfer", "inputs.parameters.value.string_param"): "its key decides, see there",
    ("ModelInfer", "inputs.parameters.value.double_param"): "as above",
    ("ModelInfer", "inputs.parameters.value.uint64_param"): "as above",
    ("ModelInfer", "outputs.parameters.value.bool_param"): "as inputs'",
    ("ModelInfer", "outputs.parameters.value.double_param"): "as inputs'",
    ("ModelInfer", "outputs.parameters.value.uint64_param"): "as inputs'",
    ("RepositoryModelUnload", "parameters.value.bool_param"): "unload_dependents, a truth value",
    ("RepositoryModelUnload", "parameters.value.int64_param"): "as string_param",
    ("RepositoryModelUnload", "parameters.value.bytes_param"): "as string_param",
}

#: Messages are tested through their members, maps through key and value.
def leaves(kind: Descriptor, above: str = "") -> Iterator[str]:
    for field in kind.fields:
        name = above + field.name
        if field.message_type is None:
            yield name
        else:
            yield from leaves(field.message_type, name + ".")


@pytest.fixture(scope="module")
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc) as made:
        yield made


def call(channel: grpc.Channel, method: str, request: Any) -> Any:
    known = pb.METHODS[method]
    return channel.unary_unary(
        known.path, known.request.SerializeToString, known.response.FromString
    )(request, timeout=30)


@pytest.mark.parametrize(("method", "field"), CASES, ids=[f"{m}.{f}" for m, f in CASES])
def test_it_is_refused(channel: grpc.Channel, method: str, field: str) -> None:
    change, status, words = CASES[method, field]
    request = infer() if method == "ModelInfer" else pb.METHODS[method].request()
    change(request)
    with pytest.raises(grpc.RpcError) as error:
        call(channel, method, request)
    assert error.value.code() is status, error.value.details()
    assert words in error.value.details()
    # And what is right is answered as before.
    assert call(channel, "ModelInfer", infer()).model_name == "echo"


def test_each_field_has_its_case() -> None:
    known = {*CASES, *ANY_VALUE}
    missing = [
        (method, field)
        for method, described in pb.METHODS.items()
        if "SharedMemory" not in method and method != "ModelStreamInfer"
        for field in leaves(described.request.DESCRIPTOR)
        if (method, field) not in known
    ]
    assert missing == []
