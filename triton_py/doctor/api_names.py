# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The names of the API: what a backend exports, and what the server does."""

from __future__ import annotations

from functools import cache

from triton_py import abi_table

from .finding import DoctorError

EXECUTE = "TRITONBACKEND_ModelInstanceExecute"
#: What a server looks for in a backend (a test holds it against the ABI's table).
BACKEND_ENTRIES = (
    EXECUTE, "TRITONBACKEND_Initialize", "TRITONBACKEND_Finalize",
    "TRITONBACKEND_GetBackendAttribute", "TRITONBACKEND_ModelInitialize",
    "TRITONBACKEND_ModelFinalize", "TRITONBACKEND_ModelInstanceInitialize",
    "TRITONBACKEND_ModelInstanceFinalize", "TRITONBACKEND_ModelInstanceReady",
)  # fmt: skip
#: All five or none of them.
BATCHER_ENTRIES = (
    "TRITONBACKEND_ModelBatcherInitialize", "TRITONBACKEND_ModelBatcherFinalize",
    "TRITONBACKEND_ModelBatchIncludeRequest", "TRITONBACKEND_ModelBatchInitialize",
    "TRITONBACKEND_ModelBatchFinalize",
)  # fmt: skip
ENTRIES = BACKEND_ENTRIES + BATCHER_ENTRIES
PREFIXES = ("TRITONSERVER_", "TRITONBACKEND_", "TRITONCACHE_", "TRITONREPOAGENT_")


@cache
def server_functions() -> dict[str, str]:
    """What the server exports -> whether it works. Raises DoctorError where the core isn't built."""
    try:
        return {row.name: row.status for row in abi_table.table()}
    except FileNotFoundError as error:
        raise DoctorError(str(error)) from None
