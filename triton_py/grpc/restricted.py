# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which category of calls a method belongs to, and who may make them.

What ``--grpc-restricted-protocol`` says is kept here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from triton_py.frontend.restriction import Restriction, check_categories, check_metadata_name

#: By a method's name; of the services besides the inference service, by the service's.
CATEGORY = {
    "grpc.health.v1.Health": "health",
    "grpc.reflection.v1.ServerReflection": "metadata",
    "grpc.reflection.v1alpha.ServerReflection": "metadata",
    "ServerLive": "health",
    "ServerReady": "health",
    "ModelReady": "health",
    "ServerMetadata": "metadata",
    "ModelMetadata": "metadata",
    "ModelInfer": "inference",
    "ModelStreamInfer": "inference",
    "ModelConfig": "model-config",
    "ModelStatistics": "statistics",
    "RepositoryIndex": "model-repository",
    "RepositoryModelLoad": "model-repository",
    "RepositoryModelUnload": "model-repository",
    "SystemSharedMemoryStatus": "shared-memory",
    "SystemSharedMemoryRegister": "shared-memory",
    "SystemSharedMemoryUnregister": "shared-memory",
    "CudaSharedMemoryStatus": "shared-memory",
    "CudaSharedMemoryRegister": "shared-memory",
    "CudaSharedMemoryUnregister": "shared-memory",
    "TraceSetting": "trace",
    "LogSettings": "logging",
}


def check_restricted(restricted: Mapping[str, Restriction]) -> None:
    """Raises ``ValueError`` for what can't be kept."""
    check_categories(restricted)
    for item in restricted.values():
        check_metadata_name(item.header)


def of_path(path: str, restricted: Mapping[str, Restriction]) -> Restriction | None:
    """What a method is restricted to; None where everybody may call it.

    Raises ``KeyError`` for a method without a category: none is to be forgotten.
    """
    service, method = path[1:].split("/")
    return restricted.get(CATEGORY[service if service in CATEGORY else method])


def refusal(item: Restriction) -> str:
    """What a client hears that lacks the header, in Triton's words; the status is UNAVAILABLE."""
    return f"This protocol is restricted, expecting header '{item.header}'"


def admitted(item: Restriction, metadata: Iterable[tuple[str, str | bytes]]) -> bool:
    """Whether the call may be made."""
    return item.admits([value for name, value in metadata if name == item.header])
