# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The private descriptor pool, and how a .proto file becomes a module."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

from google.protobuf import descriptor as descriptor_mod
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory
from google.protobuf.internal import enum_type_wrapper

from ._descriptors import PACKED


class Method(NamedTuple):
    """One method of a gRPC service, with all that a server or a client needs to register it."""

    path: str  # "/package.Service/Name", as it stands in the HTTP/2 request
    request: type[message.Message]
    response: type[message.Message]
    client_streaming: bool
    server_streaming: bool


def _load() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(base64.b85decode(PACKED))
    for file in files.file:  # in order of dependency
        pool.AddSerializedFile(file.SerializeToString())
    return pool


POOL = _load()


def _message_class(descriptor: descriptor_mod.Descriptor, module: str) -> type[message.Message]:
    cls = message_factory.GetMessageClass(descriptor)
    cls.__module__ = module  # for reprs and tracebacks
    for name, nested in descriptor.nested_types_by_name.items():
        if not hasattr(cls, name):  # protobuf's implementation in pure Python leaves them out
            setattr(cls, name, _message_class(nested, module))
    return cls


def expose(file_name: str, namespace: dict[str, Any]) -> None:
    """Put the classes, enums and enum values of a .proto file into a module's namespace.

    The module also gets `DESCRIPTOR`, the FileDescriptor, and, where the file has a service,
    `METHODS`: the service's methods as `Method`, by name. Messages and enums inside a message are
    attributes of its class.
    """
    file = POOL.FindFileByName(file_name)
    module = namespace["__name__"]
    namespace["DESCRIPTOR"] = file
    for name, enum in file.enum_types_by_name.items():
        namespace[name] = enum_type_wrapper.EnumTypeWrapper(enum)
        namespace.update({value.name: value.number for value in enum.values})
    for name, descriptor in file.message_types_by_name.items():
        namespace[name] = _message_class(descriptor, module)
    for service in file.services_by_name.values():
        namespace["Method"] = Method
        namespace["METHODS"] = {
            method.name: Method(
                f"/{service.full_name}/{method.name}",
                message_factory.GetMessageClass(method.input_type),
                message_factory.GetMessageClass(method.output_type),
                method.client_streaming,
                method.server_streaming,
            )
            for method in service.methods
        }
