# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The gRPC service below Triton's client: messages and statuses as they stand on the wire."""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from serving import ServerProcess

from triton_py.proto import grpc_service as pb

INVALID = grpc.StatusCode.INVALID_ARGUMENT
UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED


class Stub:
    """The service's methods by name, over one channel."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel

    def __call__(self, name: str, request: Any, **kwargs: Any) -> Any:
        method = pb.METHODS[name]
        return self.channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )(request, timeout=30, **kwargs)

    def raw(self, path: str, data: bytes) -> bytes:
        return self.channel.unary_unary(path)(data, timeout=30)

    def future(self, name: str, request: Any, **kwargs: Any) -> Any:
        method = pb.METHODS[name]
        return self.channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        ).future(request, **kwargs)

    def stream(self, requests: Iterator[Any], **kwargs: Any) -> Any:
        method = pb.METHODS["ModelStreamInfer"]
        return self.channel.stream_stream(
            method.path, method.request.SerializeToString, method.response.FromString
        )(requests, timeout=30, **kwargs)


@pytest.fixture(scope="module")
def stub(server: ServerProcess) -> Iterator[Stub]:
    with grpc.insecure_channel(server.grpc) as channel:
        yield Stub(channel)


def int32(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}i", *values)


def infer_request(model: str = "echo", values: tuple[int, ...] = (1, 2), **kwargs: Any) -> Any:
    request = pb.ModelInferRequest(model_name=model, **kwargs)
    request.inputs.add(name="INPUT0", datatype="INT32", shape=[len(values)])
    request.raw_input_contents.append(int32(*values))
    return request


def refused(stub: Stub, request: Any, status: grpc.StatusCode, *texts: str) -> None:
    with pytest.raises(grpc.RpcError) as error:
        stub("ModelInfer", request)
    assert error.value.code() is status, error.value.details()
    for text in texts:
        assert text in error.value.details()


# --- parameters ----------------------------------------------------------------------------


def test_everything_a_request_carries_reaches_the_backend(stub: Stub) -> None:
    request = infer_request(id="seven")
    request.parameters["text"].string_param = "täxt"
    request.parameters["number"].int64_param = -(2**63)
    request.parameters["truth"].bool_param = True
    request.parameters["real"].double_param = 0.1
    request.parameters["sequence_id"].int64_param = 42
    request.parameters["sequence_start"].bool_param = True
    request.parameters["sequence_end"].bool_param = True
    request.parameters["timeout"].int64_param = 5_000_000
    request.parameters["priority"].uint64_param = 2
    response = stub("ModelInfer", request)
    assert (response.model_name, response.model_version, response.id) == ("echo", "1", "seven")
    got = {k: getattr(v, v.WhichOneof("parameter_choice"))
           for k, v in response.parameters.items()}
    kinds = {k: v.WhichOneof("parameter_choice") for k, v in response.parameters.items()}
    assert got["text"] == "täxt" and kinds["text"] == "string_param"
    assert got["number"] == -(2**63) and kinds["number"] == "int64_param"
    assert got["truth"] is True and kinds["truth"] == "bool_param"
    assert got["real"] == 0.1 and kinds["real"] == "double_param"
    assert got["request_id"] == "seven"
    assert got["request_correlation_id"] in (42, "42")
    assert got["request_flags"] == 3
    assert got["request_timeout_us"] == 5_000_000
    # Reserved parameters steer the request and are not handed on.
    assert not {"sequence_id", "sequence_start", "timeout", "priority"} & got.keys()
    assert list(response.raw_output_contents) == [int32(1, 2)]


def test_a_sequence_id_may_be_a_string(stub: Stub) -> None:
    request = infer_request()
    request.parameters["sequence_id"].string_param = "seq-1"
    response = stub("ModelInfer", request)
    assert response.parameters["request_correlation_id"].string_param == "seq-1"


@pytest.mark.parametrize(
    ("name", "choice", "value", "text"),
    [
        ("sequence_id", "bool_param", True, "'sequence_id' parameter, expected int64_param"),
        ("sequence_start", "int64_param", 1, "'sequence_start' parameter, expected bool_param"),
        ("sequence_end", "string_param", "x", "'sequence_end' parameter, expected bool_param"),
        ("priority", "int64_param", -1, "'priority', expected value >= 0"),
        ("priority", "string_param", "1", "'priority' parameter, expected int64_param"),
        ("timeout", "int64_param", -5, "'timeout', expected value >= 0"),
        ("timeout", "bool_param", True, "'timeout' parameter, expected int64_param"),
        ("triton_x", "int64_param", 1, "starting with 'triton_' are reserved"),
        ("mine", "uint64_param", 1, "invalid value type for 'mine' parameter"),
        ("mi\0ne", "int64_param", 1, "NUL"),
        ("mine", "string_param", "a\0b", "NUL"),
    ],
)
def test_wrong_parameters(stub: Stub, name: str, choice: str, value: Any, text: str) -> None:
    request = infer_request()
    setattr(request.parameters[name], choice, value)
    refused(stub, request, INVALID, text)


# --- tensors -------------------------------------------------------------------------------


def typed(datatype: str, field: str, values: list, shape: list[int] | None = None) -> Any:
    request = pb.ModelInferRequest(model_name=f"identity_{datatype.lower()}")
    tensor = request.inputs.add(name="INPUT0", datatype=datatype,
                                shape=shape if shape is not None else [1, len(values)])
    getattr(tensor.contents, field).extend(values)
    return request


@pytest.mark.parametrize(
    ("datatype", "field", "values", "code"),
    [
        ("BOOL", "bool_contents", [True, False, True], "?"),
        ("INT8", "int_contents", [-128, 0, 127], "b"),
        ("INT16", "int_contents", [-32768, 32767], "h"),
        ("INT32", "int_contents", [-(2**31), 2**31 - 1], "i"),
        ("INT64", "int64_contents", [-(2**63), 2**63 - 1], "q"),
        ("UINT8", "uint_contents", [0, 255], "B"),
        ("UINT16", "uint_contents", [0, 65535], "H"),
        ("UINT32", "uint_contents", [0, 2**32 - 1], "I"),
        ("UINT64", "uint64_contents", [0, 2**64 - 1], "Q"),
        ("FP32", "fp32_contents", [0.5, -0.0, float("inf")], "f"),
        ("FP64", "fp64_contents", [0.1, 1e300], "d"),
    ],
)
def test_typed_contents(stub: Stub, datatype: str, field: str, values: list, code: str) -> None:
    response = stub("ModelInfer", typed(datatype, field, values))
    assert response.outputs[0].datatype == datatype
    assert list(response.outputs[0].shape) == [1, len(values)]
    assert list(response.raw_output_contents) == [struct.pack(f"<{len(values)}{code}", *values)]


def test_typed_bytes(stub: Stub) -> None:
    response = stub("ModelInfer", typed("BYTES", "bytes_contents", [b"", b"ab\0"]))
    assert list(response.raw_output_contents) == [b"\0\0\0\0\x03\0\0\0ab\0"]


def test_an_empty_tensor_has_an_entry_in_the_response(stub: Stub) -> None:
    response = stub("ModelInfer", typed("FP32", "fp32_contents", [], [0, 3]))
    assert list(response.outputs[0].shape) == [0, 3]
    assert list(response.raw_output_contents) == [b""]


@pytest.mark.parametrize(
    ("request_", "texts"),
    [
        (typed("INT8", "int_contents", [1, 300]), ("300", "index 1", "INPUT0", "INT8")),
        (typed("UINT16", "uint_contents", [65536]), ("65536", "index 0")),
        (typed("FP32", "int_contents", [1]), ("INPUT0", "int_contents", "fp32_contents")),
        (typed("FP16", "fp32_contents", [1.0]), ("INPUT0", "FP16", "raw_input_contents")),
        (typed("BF16", "bytes_contents", [b"ab"]), ("INPUT0", "BF16")),
        (typed("FP32", "fp32_contents", [1.0, 2.0], [1, 3]), ("INPUT0",)),
        (typed("INT32", "int_contents", [1], [2**31, 2**31, 2**31]), ("INPUT0",)),
        (typed("INT32", "int_contents", [1], [-1, 1]), ("INPUT0", "-1")),
        (typed("INT32", "int_contents", [1], [1] * 300), ("INPUT0", "300 dimensions")),
    ],
    ids=lambda value: "" if isinstance(value, tuple) else "request",
)
def test_wrong_contents(stub: Stub, request_: Any, texts: tuple[str, ...]) -> None:
    refused(stub, request_, INVALID, *texts)


def test_typed_and_raw_exclude_each_other(stub: Stub) -> None:
    request = typed("INT32", "int_contents", [1])
    request.raw_input_contents.append(int32(1))
    refused(stub, request, INVALID, "contents field must not be specified when using "
            "raw_input_contents for 'INPUT0'")


def test_raw_contents_are_counted(stub: Stub) -> None:
    request = infer_request()
    del request.raw_input_contents[:]
    refused(stub, request, INVALID, "unable to find data for input tensor 'INPUT0'")
    request = infer_request()
    request.raw_input_contents.append(b"")
    refused(stub, request, INVALID, "2 raw_input_contents but 1 inputs")


def change(request: Any, **fields: Any) -> Any:
    for name, value in fields.items():
        if name == "shape":
            request.inputs[0].shape[:] = value
        elif name == "raw":
            request.raw_input_contents[0] = value
        else:
            setattr(request.inputs[0], name, value)
    return request


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({"raw": int32(1, 2, 3)}, ("INPUT0", "8", "12")),
        ({"raw": b"abc"}, ("INPUT0",)),
        ({"raw": b""}, ("INPUT0",)),
        ({"shape": [3]}, ("INPUT0",)),
        ({"shape": [1, 2]}, ("INPUT0",)),
        ({"shape": [-2]}, ("INPUT0", "-2")),
        ({"shape": [2**62, 2**62]}, ("INPUT0",)),
        ({"shape": [2**63 - 1]}, ("INPUT0",)),
        ({"datatype": "FP32"}, ("INPUT0", "FP32", "INT32")),
        ({"datatype": "FLOAT"}, ("INPUT0", "FLOAT")),
        ({"datatype": ""}, ("INPUT0",)),
        ({"name": "IN"}, ("IN",)),
        ({"name": "INPUT0\0"}, ("NUL",)),
    ],
    ids=str,
)
def test_wrong_inputs(stub: Stub, fields: dict, texts: tuple[str, ...]) -> None:
    refused(stub, change(infer_request(), **fields), INVALID, *texts)


def test_an_input_may_come_once(stub: Stub) -> None:
    request = infer_request()
    request.inputs.append(request.inputs[0])
    request.raw_input_contents.append(request.raw_input_contents[0])
    refused(stub, request, INVALID, "INPUT0")


def test_no_inputs(stub: Stub) -> None:
    refused(stub, pb.ModelInferRequest(model_name="echo"), INVALID, "echo")


def test_an_unknown_output(stub: Stub) -> None:
    request = infer_request()
    request.outputs.add(name="OUTPUT9")
    refused(stub, request, INVALID, "OUTPUT9")


def classes_of(response: Any) -> tuple[list[int], list[str]]:
    assert response.outputs[0].datatype == "BYTES"
    data, texts = response.raw_output_contents[0], []
    while data:
        size = struct.unpack_from("<I", data)[0]
        texts.append(data[4 : 4 + size].decode())
        data = data[4 + size :]
    return list(response.outputs[0].shape), texts


def classify(request: Any, classes: int) -> Any:
    request.outputs.add(name="OUTPUT0").parameters["classification"].int64_param = classes
    return request


def test_classification(stub: Stub) -> None:
    response = stub("ModelInfer", classify(infer_request(values=(5, -7, 9, 9, 0)), 3))
    assert classes_of(response) == ([3], ["9:2", "9:3", "5:0"])
    response = stub("ModelInfer", classify(infer_request(values=(5, 6)), 9))
    assert classes_of(response) == ([2], ["6:1", "5:0"])
    request = typed("FP32", "fp32_contents", [0.5, float("nan"), -1.0, 2.25], [2, 2])
    response = stub("ModelInfer", classify(request, 3))
    # Not batched: one ranking over all elements.
    assert classes_of(response) == ([3], ["2.250000:3", "0.500000:0", "-1.000000:2"])


def test_classification_with_labels_and_batches(stub: Stub) -> None:
    request = pb.ModelInferRequest(model_name="labelled")
    tensor = request.inputs.add(name="INPUT0", datatype="FP32", shape=[2, 3])
    tensor.contents.fp32_contents.extend([1, 3, 2, 9, 8, 7])
    response = stub("ModelInfer", classify(request, 2))
    assert classes_of(response) == (
        [2, 2], ["3.000000:1:dog", "2.000000:2", "9.000000:0:cat", "8.000000:1:dog"])
    (streamed,) = stub.stream(iter([request]))
    assert classes_of(streamed.infer_response)[0] == [2, 2]
    assert streamed.infer_response.parameters["triton_final_response"].bool_param is True


def test_wrong_classification(stub: Stub) -> None:
    refused(stub, classify(infer_request(), 0), INVALID, "'classification'")
    refused(stub, classify(infer_request(), -1), INVALID, "'classification'")
    request = infer_request()
    request.outputs.add(name="OUTPUT0").parameters["classification"].string_param = "3"
    refused(stub, request, INVALID, "'classification' parameter, expected int64_param")
    request = classify(typed("BYTES", "bytes_contents", [b"a"]), 1)
    refused(stub, request, INVALID, "OUTPUT0", "unsupported type 'BYTES'")


def test_what_is_not_supported_says_so(stub: Stub) -> None:
    request = infer_request()
    request.inputs[0].parameters["shared_memory_region"].string_param = "r"
    refused(stub, request, UNIMPLEMENTED, "shared memory", "INPUT0")
    for name in ("SystemSharedMemoryStatus", "CudaSharedMemoryStatus"):
        with pytest.raises(grpc.RpcError) as error:
            stub(name, pb.METHODS[name].request())
        assert error.value.code() is UNIMPLEMENTED
        assert "not supported" in error.value.details()


@pytest.mark.parametrize(
    ("model", "version", "status"),
    [
        ("nope", "", grpc.StatusCode.NOT_FOUND),
        ("", "", grpc.StatusCode.NOT_FOUND),
        ("versions", "2", grpc.StatusCode.NOT_FOUND),
        ("broken", "", None),
        ("versions", "x", INVALID),
        ("versions", "-2", INVALID),
        ("versions", "99999999999999999999", INVALID),
    ],
)
def test_wrong_models(stub: Stub, model: str, version: str, status: Any) -> None:
    with pytest.raises(grpc.RpcError) as error:
        stub("ModelInfer", infer_request(model, model_version=version))
    if status is not None:
        # Of a known model, a version that is not there may be unavailable just as well.
        allowed = {status, grpc.StatusCode.UNAVAILABLE} if model == "versions" else {status}
        assert error.value.code() in allowed, error.value.details()
    else:
        assert error.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND)


def test_the_highest_version_serves_by_default(stub: Stub) -> None:
    assert stub("ModelInfer", infer_request("versions")).model_version == "3"
    assert stub("ModelInfer", infer_request("versions", model_version="1")).model_version == "1"


def test_a_backends_error_is_the_calls_status(stub: Stub) -> None:
    request = infer_request()
    request.parameters["error"].string_param = "this one fails"
    refused(stub, request, grpc.StatusCode.INTERNAL, "this one fails")
    request = infer_request()
    request.parameters["execute_error"].string_param = "all of it fails"
    refused(stub, request, grpc.StatusCode.INTERNAL, "all of it fails")
    assert stub("ModelInfer", infer_request()).raw_output_contents[0] == int32(1, 2)


# --- messages ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(pb.METHODS) - {"ModelStreamInfer"}))
def test_bytes_that_are_no_message(stub: Stub, name: str) -> None:
    with pytest.raises(grpc.RpcError) as error:
        stub.raw(pb.METHODS[name].path, b"\x0a\x10abc")
    assert error.value.code() is INVALID
    assert "malformed" in error.value.details()


def test_an_unknown_method(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as error:
        stub.raw("/inference.GRPCInferenceService/Nope", b"")
    assert error.value.code() is UNIMPLEMENTED


def test_a_message_above_the_limit(server: ServerProcess, stub: Stub) -> None:
    values = b"\0" * (65 << 20)
    request = infer_request()
    request.raw_input_contents[0] = values
    options = [("grpc.max_send_message_length", -1)]
    with (grpc.insecure_channel(server.grpc, options=options) as channel,
          pytest.raises(grpc.RpcError) as error):
        Stub(channel)("ModelInfer", request)
    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert stub("ModelInfer", infer_request()).raw_output_contents[0] == int32(1, 2)


def test_a_long_error_text_fits_in_a_status(stub: Stub) -> None:
    refused(stub, infer_request("ü" * 5000), grpc.StatusCode.NOT_FOUND, "üüü")


def test_health_service(stub: Stub) -> None:
    assert stub.raw("/grpc.health.v1.Health/Check", b"") == b"\x08\x01"
    watch = stub.channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=10)
    assert next(watch) == b"\x08\x01"
    watch.cancel()


def test_index_of_ready_models_only(stub: Stub) -> None:
    everything = stub("RepositoryIndex", pb.RepositoryIndexRequest())
    ready = stub("RepositoryIndex", pb.RepositoryIndexRequest(ready=True))
    assert "broken" in {m.name for m in everything.models}
    assert "broken" not in {m.name for m in ready.models}
    assert {m.state for m in ready.models} == {"READY"}


def test_wrong_repository_calls(stub: Stub) -> None:
    cases = [
        ("RepositoryIndex", pb.RepositoryIndexRequest(repository_name="r"), UNIMPLEMENTED),
        ("RepositoryModelLoad",
         pb.RepositoryModelLoadRequest(model_name="echo", repository_name="r"), UNIMPLEMENTED),
        ("RepositoryModelUnload",
         pb.RepositoryModelUnloadRequest(model_name="echo", repository_name="r"), UNIMPLEMENTED),
    ]
    load = pb.RepositoryModelLoadRequest(model_name="echo")
    load.parameters["nope"].bool_param = True
    cases.append(("RepositoryModelLoad", load, INVALID))
    load = pb.RepositoryModelLoadRequest(model_name="echo")
    load.parameters["config"].bool_param = True
    cases.append(("RepositoryModelLoad", load, INVALID))
    unload = pb.RepositoryModelUnloadRequest(model_name="echo")
    unload.parameters["unload_dependents"].string_param = "yes"
    cases.append(("RepositoryModelUnload", unload, INVALID))
    for name, request, status in cases:
        with pytest.raises(grpc.RpcError) as error:
            stub(name, request)
        assert error.value.code() is status, (name, error.value.details())
    assert stub("ModelInfer", infer_request()).raw_output_contents[0] == int32(1, 2)


# --- cancellation --------------------------------------------------------------------------


def wait_for(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def settled(server: ServerProcess) -> None:
    """The loop learns of a lone answer, which another thread has sent, within a second."""
    wait_for(lambda: server.counters()["request"] == 0)


def test_a_cancelled_call_gives_its_request_back(server: ServerProcess, stub: Stub) -> None:
    stub("ModelInfer", infer_request())
    settled(server)
    before = server.counters()
    request = infer_request()
    request.parameters["delay_ms"].int64_param = 20_000
    calls = [stub.future("ModelInfer", request) for _ in range(3)]
    wait_for(lambda: server.counters()["request"] >= before["request"] + 3)
    start = time.monotonic()
    for call in calls:
        call.cancel()
    # The backend stops waiting when its requests are cancelled, and the core gets them back.
    wait_for(lambda: server.counters()["request"] <= before["request"])
    assert time.monotonic() - start < 10
    assert stub("ModelInfer", infer_request()).raw_output_contents[0] == int32(1, 2)


def test_a_deadline_ends_the_request_too(server: ServerProcess, stub: Stub) -> None:
    stub("ModelInfer", infer_request())
    settled(server)
    before = server.counters()["request"]
    request = infer_request()
    request.parameters["delay_ms"].int64_param = 20_000
    with pytest.raises(grpc.RpcError) as error:
        stub.future("ModelInfer", request, timeout=0.3).result()
    assert error.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    wait_for(lambda: server.counters()["request"] <= before)


# --- streams -------------------------------------------------------------------------------


def test_a_stream_answers_in_order(stub: Stub) -> None:
    def requests() -> Iterator[Any]:
        for i in range(50):
            request = infer_request("echo" if i % 2 else "versions", (i,), id=str(i))
            if i == 0:
                request.model_name = "slow"
            yield request

    responses = list(stub.stream(requests()))
    assert [r.infer_response.id for r in responses] == [str(i) for i in range(50)]
    for i, response in enumerate(responses):
        assert response.error_message == ""
        assert response.infer_response.raw_output_contents[0] == int32(i)
        assert response.infer_response.parameters["triton_final_response"].bool_param is True


def test_a_streams_errors_are_in_band(stub: Stub) -> None:
    bad = infer_request("nope", id="bad")
    failing = infer_request(id="failing")
    failing.parameters["error"].string_param = "oh"
    shape = change(infer_request(id="shape"), shape=[7])
    responses = list(stub.stream(iter(
        [infer_request(id="a"), bad, failing, shape, infer_request(id="b")])))
    assert [r.infer_response.id for r in responses] == ["a", "bad", "failing", "shape", "b"]
    assert [bool(r.error_message) for r in responses] == [False, True, True, True, False]
    assert "nope" in responses[1].error_message
    assert "oh" in responses[2].error_message
    # An error that the backend answered belongs to a model; one before that has the id only.
    assert responses[2].infer_response.model_name == "echo"
    assert responses[2].infer_response.parameters["triton_final_response"].bool_param is True
    assert responses[1].infer_response.model_name == ""


def test_a_malformed_message_is_one_streams_error(stub: Stub) -> None:
    method = pb.METHODS["ModelStreamInfer"]
    good = infer_request(id="a").SerializeToString()
    call = stub.channel.stream_stream(method.path, None, method.response.FromString)
    responses = list(call(iter([good, b"\x0a\x10abc", good]), timeout=30))
    assert ["malformed" in r.error_message for r in responses] == [False, True, False]


def test_a_client_may_ask_for_errors_as_status(stub: Stub) -> None:
    stream = stub.stream(iter([infer_request(id="a"), infer_request("nope")]),
                         metadata=(("triton_grpc_error", "true"),))
    with pytest.raises(grpc.RpcError) as error:
        list(stream)
    assert error.value.code() is grpc.StatusCode.NOT_FOUND
    assert "nope" in error.value.details()


def test_a_cancelled_stream_gives_its_requests_back(server: ServerProcess, stub: Stub) -> None:
    stub("ModelInfer", infer_request())
    settled(server)
    before = server.counters()["request"]
    done = threading.Event()

    def requests() -> Iterator[Any]:
        for _ in range(3):
            request = infer_request()
            request.parameters["delay_ms"].int64_param = 20_000
            yield request
        done.wait(30)

    stream = stub.stream(requests())
    wait_for(lambda: server.counters()["request"] >= before + 3)
    stream.cancel()
    wait_for(lambda: server.counters()["request"] <= before)
    done.set()


def test_an_empty_stream_ends_well(stub: Stub) -> None:
    assert list(stub.stream(iter([]))) == []
