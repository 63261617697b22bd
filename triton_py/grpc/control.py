# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The calls that ask or steer the server: everything but inference.

Each is a blocking function from request message to response message; ``server.py`` runs them off
the event loop, because the control plane may wait for a lock, a disk or a backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import ParseDict

from triton_py.errors import (
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
    UnsupportedError,
)
from triton_py.grpc.versions import parse_version
from triton_py.inprocess import NativeServer
from triton_py.inprocess.log_settings import log_settings, update_log_settings
from triton_py.proto import grpc_service as pb
from triton_py.tracing import TraceManager
from triton_py.tracing.protocol import as_lists, change_from_lists


def server_live(server: NativeServer, request: Any) -> Any:
    return pb.ServerLiveResponse(live=server.is_live())


def server_ready(server: NativeServer, request: Any) -> Any:
    return pb.ServerReadyResponse(ready=server.is_ready())


def model_ready(server: NativeServer, request: Any) -> Any:
    version = parse_version(request.version)
    try:
        ready = server.model_is_ready(request.name, version)
    except (NotFoundError, UnavailableError):
        # The question is answered: Triton's clients promise False for this, not an exception.
        ready = False
    return pb.ModelReadyResponse(ready=ready)


def server_metadata(server: NativeServer, request: Any) -> Any:
    return ParseDict(server.metadata(), pb.ServerMetadataResponse(), ignore_unknown_fields=True)


def model_metadata(server: NativeServer, request: Any) -> Any:
    metadata = server.model_metadata(request.name, parse_version(request.version))
    return ParseDict(metadata, pb.ModelMetadataResponse(), ignore_unknown_fields=True)


def model_config(server: NativeServer, request: Any) -> Any:
    config = server.model_config(request.name, parse_version(request.version))
    response = pb.ModelConfigResponse()
    ParseDict(config, response.config)
    return response


def model_statistics(server: NativeServer, request: Any) -> Any:
    statistics = server.model_statistics(request.name, parse_version(request.version))
    return ParseDict(statistics, pb.ModelStatisticsResponse(), ignore_unknown_fields=True)


def refuse_repository_name(request: Any) -> None:
    if request.repository_name:
        raise UnsupportedError("'repository_name' specification is not supported")


def repository_index(server: NativeServer, request: Any) -> Any:
    refuse_repository_name(request)
    response = pb.RepositoryIndexResponse()
    for entry in server.model_index(request.ready):
        response.models.add(
            name=entry["name"],
            version=entry.get("version", ""),
            state=entry.get("state", ""),
            reason=entry.get("reason", ""),
        )
    return response


def load_parameters(request: Any) -> dict[str, str | bytes]:
    """``config`` as JSON text and ``file:<path>`` as bytes; there are no others."""
    parameters: dict[str, str | bytes] = {}
    for name, value in request.parameters.items():
        if name == "config":
            expected = "string_param"
        elif name.startswith("file:"):
            expected = "bytes_param"
        else:
            raise InvalidArgumentError(f"unrecognized load parameter '{name}'.")
        if value.WhichOneof("parameter_choice") != expected:
            raise InvalidArgumentError(
                f"invalid value type for load parameter '{name}', expected {expected}."
            )
        parameters[name] = getattr(value, expected)
    return parameters


def repository_model_load(server: NativeServer, request: Any) -> Any:
    refuse_repository_name(request)
    server.load(request.model_name, load_parameters(request))
    return pb.RepositoryModelLoadResponse()


def repository_model_unload(server: NativeServer, request: Any) -> Any:
    refuse_repository_name(request)
    dependents = False
    for name, value in request.parameters.items():
        if name != "unload_dependents":
            raise InvalidArgumentError(f"unrecognized unload parameter '{name}'.")
        if value.WhichOneof("parameter_choice") != "bool_param":
            raise InvalidArgumentError(
                "invalid value type for 'unload_dependents' parameter, expected bool_param."
            )
        dependents = value.bool_param
    server.unload(request.model_name, dependents)
    return pb.RepositoryModelUnloadResponse()


def trace_setting(tracing: TraceManager) -> Callable[[NativeServer, Any], Any]:
    def get_or_set(server: NativeServer, request: Any) -> Any:
        name = request.model_name
        if name:
            try:
                ready = server.model_is_ready(name)
            except (NotFoundError, UnavailableError):
                ready = False
            if not ready:
                raise InvalidArgumentError(f"Request for unknown model : {name}")
        if request.settings:
            tracing.update(name, change_from_lists(
                {key: list(value.value) for key, value in request.settings.items()}))
        response = pb.TraceSettingResponse()
        for key, values in as_lists(tracing.view(name)).items():
            response.settings[key].value.extend(values)
        return response

    return get_or_set


#: Setting -> the member of SettingValue that holds it, and what that is in an error.
_LOG_VALUES = {"log_verbose_level": ("uint32_param", "int32"),
               "log_file": ("string_param", "string"),
               "log_format": ("string_param", "string")}  # fmt: skip
_LOG_SWITCH = ("bool_param", "boolean")


def change_log_settings(server: NativeServer, request: Any) -> Any:
    changes = {}
    for name, value in request.settings.items():
        member, words = _LOG_VALUES.get(name, _LOG_SWITCH)
        if value.WhichOneof("parameter_choice") != member:
            raise InvalidArgumentError(f"expect {words} for '{name}'")
        changes[name] = getattr(value, member)
    settings = update_log_settings(changes) if changes else log_settings()
    response = pb.LogSettingsResponse()
    for name, setting in settings.items():
        setattr(response.settings[name], _LOG_VALUES.get(name, _LOG_SWITCH)[0], setting)
    return response


def unsupported(what: str) -> Callable[[NativeServer, Any], Any]:
    def refuse(server: NativeServer, request: Any) -> Any:
        raise UnsupportedError(f"{what} is not supported by this server")

    return refuse


#: By method of ``GRPCInferenceService``; TraceSetting, which asks the tracing, is not among them.
CALLS: dict[str, Callable[[NativeServer, Any], Any]] = {
    "ServerLive": server_live,
    "ServerReady": server_ready,
    "ModelReady": model_ready,
    "ServerMetadata": server_metadata,
    "ModelMetadata": model_metadata,
    "ModelConfig": model_config,
    "ModelStatistics": model_statistics,
    "RepositoryIndex": repository_index,
    "RepositoryModelLoad": repository_model_load,
    "RepositoryModelUnload": repository_model_unload,
    "SystemSharedMemoryStatus": unsupported("system shared memory"),
    "SystemSharedMemoryRegister": unsupported("system shared memory"),
    "SystemSharedMemoryUnregister": unsupported("system shared memory"),
    "CudaSharedMemoryStatus": unsupported("CUDA shared memory"),
    "CudaSharedMemoryRegister": unsupported("CUDA shared memory"),
    "CudaSharedMemoryUnregister": unsupported("CUDA shared memory"),
    "LogSettings": change_log_settings,
}

#: Calls that may take as long as a model's loading does.
SLOW = frozenset({"RepositoryModelLoad", "RepositoryModelUnload"})
