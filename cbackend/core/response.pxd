# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Responses: made by a backend, handed to the client, deleted by the client."""

from triton_py.abi.types cimport TRITONSERVER_Error, TRITONSERVER_Error_Code
from triton_py.core.objects cimport Channel, Response

# A response in state SENT that carries an error and belongs to the client; NULL: out of memory.
cdef Response* response_new_error(
    Channel* channel, TRITONSERVER_Error_Code code, const char* message
) noexcept nogil
# Retains the channel. NULL: out of memory.
cdef Response* response_new(Channel* channel) noexcept nogil
# Frees everything, output buffers through the client's allocator; drops the channel if unsent.
cdef void response_free(Response* response) noexcept nogil
# The live response behind a handle in the wanted state, or NULL and *error.
cdef Response* response_checked(
    const char* function, void* handle, int state, TRITONSERVER_Error** error
) noexcept nogil
