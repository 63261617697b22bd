# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Server reflection: clients such as grpcurl ask which services there are, and for their messages.

Only descriptions that ship with this package are told; which models are loaded is not among them.
"""

from __future__ import annotations

import functools
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message import DecodeError

from triton_py.errors import InvalidArgumentError
from triton_py.proto import grpc_service, health, model_config
from triton_py.proto import reflection as messages

SERVICE = "grpc.reflection.v1.ServerReflection"
#: What clients ask that are older than version 1; its messages are the same.
ALPHA_SERVICE = "grpc.reflection.v1alpha.ServerReflection"
SERVICES = (grpc_service.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name,
            health.DESCRIPTOR.services_by_name["Health"].full_name, SERVICE, ALPHA_SERVICE)

INVALID_ARGUMENT, NOT_FOUND = 3, 5


def _alpha() -> descriptor_pb2.FileDescriptorProto:
    """reflection.proto under the older package."""
    package = messages.DESCRIPTOR.package
    older = package + "alpha"
    file = descriptor_pb2.FileDescriptorProto()
    messages.DESCRIPTOR.CopyToProto(file)
    file.name = "reflection_v1alpha.proto"
    file.package = older
    for message in file.message_type:
        for field in message.field:
            # A scalar's field must not even be set to nothing.
            if field.type_name:
                field.type_name = field.type_name.replace(f".{package}.", f".{older}.")
    for method in file.service[0].method:
        method.input_type = method.input_type.replace(f".{package}.", f".{older}.")
        method.output_type = method.output_type.replace(f".{package}.", f".{older}.")
    return file


@functools.cache
def _pool() -> descriptor_pool.DescriptorPool:
    """All that is told, in a pool of its own: nothing else is to be found in it."""
    pool = descriptor_pool.DescriptorPool()
    for descriptor in (model_config.DESCRIPTOR, grpc_service.DESCRIPTOR, health.DESCRIPTOR,
                       messages.DESCRIPTOR):
        pool.AddSerializedFile(descriptor.serialized_pb)
    pool.AddSerializedFile(_alpha().SerializeToString())
    return pool


def _with_imports(file: Any) -> list[bytes]:
    """The file's description, and behind it those of all that it imports."""
    found: dict[str, bytes] = {}
    waiting = [file]
    while waiting:
        here = waiting.pop(0)
        if here.name not in found:
            found[here.name] = here.serialized_pb
            waiting += here.dependencies
    return list(found.values())


def _file_of(symbol: str) -> Any:
    """The file that declares what has this full name."""
    try:
        return _pool().FindFileContainingSymbol(symbol)
    except KeyError:
        # Not every version of protobuf finds a service's methods.
        service, _, method = symbol.rpartition(".")
        found = _pool().FindServiceByName(service)
        if method not in found.methods_by_name:
            raise
        return found.file


def _answer(request: Any, response: Any) -> None:
    kind = request.WhichOneof("message_request")
    if kind == "list_services":
        for name in SERVICES:
            response.list_services_response.service.add(name=name)
    elif kind == "file_by_filename":
        file = _pool().FindFileByName(request.file_by_filename)
        response.file_descriptor_response.file_descriptor_proto.extend(_with_imports(file))
    elif kind == "file_containing_symbol":
        file = _file_of(request.file_containing_symbol)
        response.file_descriptor_response.file_descriptor_proto.extend(_with_imports(file))
    elif kind == "all_extension_numbers_of_type":
        name = request.all_extension_numbers_of_type
        # proto3 has no extensions: a message that there is has none.
        _pool().FindMessageTypeByName(name)
        response.all_extension_numbers_response.base_type_name = name
    elif kind == "file_containing_extension":
        wanted = request.file_containing_extension
        raise KeyError(f"extension {wanted.extension_number} of '{wanted.containing_type}'")
    else:
        response.error_response.error_code = INVALID_ARGUMENT
        response.error_response.error_message = "the request asks for nothing"


def answer(data: bytes) -> bytes:
    """The response to one request of a reflection stream, both encoded.

    :raises InvalidArgumentError: it is no such request.
    """
    try:
        request = messages.ServerReflectionRequest.FromString(data)
    except DecodeError as error:
        raise InvalidArgumentError(f"malformed ServerReflectionInfo request: {error}") from error
    response = messages.ServerReflectionResponse(valid_host=request.host, original_request=request)
    try:
        _answer(request, response)
    except KeyError as error:
        response.error_response.error_code = NOT_FOUND
        response.error_response.error_message = f"there is no such thing here: {error.args[0]}"
    return response.SerializeToString()
