# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Server reflection, as grpcurl and its like use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_support import Loop, front_end
from http2_client import Http2Client

from triton_py.inprocess import NativeServer
from triton_py.proto import grpc_service as pb
from triton_py.proto import reflection as messages

V1 = "grpc.reflection.v1.ServerReflection"
ALPHA = "grpc.reflection.v1alpha.ServerReflection"
SERVICES = ["grpc.health.v1.Health", V1, ALPHA, "inference.GRPCInferenceService"]


def ask(channel: grpc.Channel, *questions: dict[str, Any], service: str = V1) -> list[Any]:
    """One stream with these requests; its responses."""
    call = channel.stream_stream(
        f"/{service}/ServerReflectionInfo",
        messages.ServerReflectionRequest.SerializeToString,
        messages.ServerReflectionResponse.FromString)
    return list(call(iter([messages.ServerReflectionRequest(**q) for q in questions]), timeout=20))


def files(response: Any) -> list[descriptor_pb2.FileDescriptorProto]:
    return [descriptor_pb2.FileDescriptorProto.FromString(data)
            for data in response.file_descriptor_response.file_descriptor_proto]


@pytest.mark.parametrize("service", [V1, ALPHA])
def test_services(channel: grpc.Channel, service: str) -> None:
    (response,) = ask(channel, {"list_services": "*", "host": "me"}, service=service)
    assert sorted(s.name for s in response.list_services_response.service) == sorted(SERVICES)
    assert response.valid_host == "me"
    assert response.original_request.list_services == "*"


@pytest.mark.parametrize(("symbol", "names"), [
    ("inference.GRPCInferenceService", ["grpc_service.proto", "model_config.proto"]),
    ("inference.GRPCInferenceService.ModelInfer", ["grpc_service.proto", "model_config.proto"]),
    ("inference.ModelInferRequest", ["grpc_service.proto", "model_config.proto"]),
    ("inference.ModelInferRequest.InferInputTensor", ["grpc_service.proto", "model_config.proto"]),
    ("inference.ModelConfig", ["model_config.proto"]),
    ("inference.DataType", ["model_config.proto"]),
    ("grpc.health.v1.Health", ["health.proto"]),
    ("grpc.health.v1.HealthCheckResponse", ["health.proto"]),
    (V1, ["reflection.proto"]), (ALPHA, ["reflection_v1alpha.proto"]),
    ("grpc.reflection.v1alpha.ErrorResponse", ["reflection_v1alpha.proto"])])
def test_symbols(channel: grpc.Channel, symbol: str, names: list[str]) -> None:
    """The file that was asked for first, then those that it imports."""
    (response,) = ask(channel, {"file_containing_symbol": symbol})
    assert [f.name for f in files(response)] == names


def test_a_client_that_knows_nothing_can_make_a_call(channel: grpc.Channel) -> None:
    """What grpcurl does: the service's description, a message made from it, a call."""
    pool = descriptor_pool.DescriptorPool()
    (response,) = ask(channel, {"file_containing_symbol": "inference.GRPCInferenceService"})
    for file in reversed(files(response)):
        pool.Add(file)
    service = pool.FindServiceByName("inference.GRPCInferenceService")
    assert {m.name for m in service.methods} == set(pb.METHODS)
    method = service.methods_by_name["ModelMetadata"]
    asked = message_factory.GetMessageClass(method.input_type)(name="echo")
    answer = message_factory.GetMessageClass(method.output_type)
    data = channel.unary_unary(f"/{service.full_name}/{method.name}")(
        asked.SerializeToString(), timeout=20)
    assert answer.FromString(data).inputs[0].name == "INPUT0"


def test_the_older_version_is_whole(channel: grpc.Channel) -> None:
    pool = descriptor_pool.DescriptorPool()
    (response,) = ask(channel, {"file_by_filename": "reflection_v1alpha.proto"}, service=ALPHA)
    pool.Add(files(response)[0])
    service = pool.FindServiceByName(ALPHA)
    method = service.methods_by_name["ServerReflectionInfo"]
    assert method.input_type.full_name == "grpc.reflection.v1alpha.ServerReflectionRequest"
    answer = message_factory.GetMessageClass(method.output_type)
    assert {f.name for f in answer.DESCRIPTOR.fields} == {
        f.name for f in messages.ServerReflectionResponse.DESCRIPTOR.fields}


def test_questions_of_one_stream_are_answered_in_order(channel: grpc.Channel) -> None:
    names = ["model_config.proto", "health.proto", "reflection.proto"] * 20
    responses = ask(channel, *({"file_by_filename": name} for name in names))
    assert [files(r)[0].name for r in responses] == names


@pytest.mark.parametrize(("question", "code"), [
    ({"file_by_filename": "nope.proto"}, 5), ({"file_by_filename": ""}, 5),
    ({"file_containing_symbol": "inference.Nope"}, 5), ({"file_containing_symbol": ""}, 5),
    ({"file_containing_symbol": ".inference.ModelConfig"}, 5),
    ({"file_containing_symbol": "google.protobuf.FileDescriptorProto"}, 5),
    ({"all_extension_numbers_of_type": "inference.Nope"}, 5),
    ({"file_containing_extension": {"containing_type": "inference.ModelConfig",
                                    "extension_number": 1}}, 5),
    ({}, 3)], ids=str)
def test_what_there_is_not(channel: grpc.Channel, question: dict[str, Any], code: int) -> None:
    """Is said in the response, and the stream goes on."""
    first, second = ask(channel, question, {"list_services": ""})
    assert first.WhichOneof("message_response") == "error_response"
    assert first.error_response.error_code == code
    assert first.error_response.error_message
    assert len(second.list_services_response.service) == 4


def test_there_are_no_extensions(channel: grpc.Channel) -> None:
    (response,) = ask(channel, {"all_extension_numbers_of_type": "inference.ModelConfig"})
    assert response.all_extension_numbers_response.base_type_name == "inference.ModelConfig"
    assert not response.all_extension_numbers_response.extension_number


def test_what_is_no_request(channel: grpc.Channel) -> None:
    call = channel.stream_stream(f"/{V1}/ServerReflectionInfo")
    with pytest.raises(grpc.RpcError) as error:
        list(call(iter([b"\xff\xff"]), timeout=20))
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "malformed" in error.value.details()


def test_it_can_be_turned_off(loop: Loop, native: NativeServer) -> None:
    with front_end(loop, native, reflection=False) as (_, address), \
            grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as error:
        ask(channel, {"list_services": ""})
    assert error.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_open_streams_do_not_hold_up_the_end(loop: Loop, native: NativeServer) -> None:
    done = threading.Event()

    def questions() -> Iterator[bytes]:
        yield messages.ServerReflectionRequest(list_services="").SerializeToString()
        done.wait(30)

    with front_end(loop, native) as (front, address), grpc.insecure_channel(address) as channel:
        call = channel.stream_stream(f"/{V1}/ServerReflectionInfo")(questions(), timeout=30)
        next(call)
        began = time.monotonic()
        loop.run(front.stop(20))
        assert time.monotonic() - began < 5
        with pytest.raises(grpc.RpcError) as error:
            next(call)
        assert error.value.code() is grpc.StatusCode.UNAVAILABLE
        done.set()


def test_a_client_that_never_reads(h2_loop: Loop, native: NativeServer) -> None:
    """The server reads no more from it than it may answer."""
    question = messages.ServerReflectionRequest(
        file_containing_symbol="inference.GRPCInferenceService").SerializeToString()
    with front_end(h2_loop, native, send_timeout=1.0) as (_, address), \
            Http2Client(address, give=False) as client:
        client.headers(1, f"/{V1}/ServerReflectionInfo")
        framed = b"\0" + len(question).to_bytes(4, "big") + question
        for _ in range(200):
            client.data(1, framed)
        client.ping()
        with grpc.insecure_channel(address) as channel:
            assert ask(channel, {"list_services": ""})
