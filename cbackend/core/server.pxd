# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The server object: the registry for the data plane, the control plane for the rest."""

from libc.stdint cimport int64_t

from triton_py.abi.types cimport TRITONSERVER_Error, TRITONSERVER_Server
from triton_py.core.objects cimport Server
from triton_py.core.registry cimport Registry

cdef Registry* server_registry(Server* server) noexcept nogil
# The live server behind a handle, or NULL and *error.
cdef Server* server_of(
    const char* function, TRITONSERVER_Server* handle, TRITONSERVER_Error** error
) noexcept nogil
# NULL when a request for that model can be made now; else the reason why not.
cdef TRITONSERVER_Error* server_can_serve(
    Server* server, const char* model_name, int64_t model_version
) noexcept nogil
