# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A model version in the core: tables compiled from its configuration, its queue, its counts."""

from libc.stdint cimport int64_t, uint32_t

from triton_py.abi.types cimport TRITONSERVER_BufferAttributes, TRITONSERVER_Error
from triton_py.core.objects cimport Backend, Instance, MemoryUsage, Model, Request, Server

# One request less in flight; wakes who waits for the model to become idle.
cdef void model_leave(Model* model) noexcept nogil
# Queues a normalised request that counts as in flight; the error is the caller's.
cdef TRITONSERVER_Error* model_enqueue(Model* model, Request* request) noexcept nogil

# With the GIL. model_new owns copies of its arguments.
cdef Model* model_new(
    Server* server, Backend* backend, str name, int64_t version, str directory, str config,
    bint auto_complete
) except NULL
cdef int model_set_config(Model* model, str config) except -1
cdef int model_compile(Model* model, dict spec) except -1
# Loads the model's own batching strategy; strategy_close ends it, before ModelFinalize.
cdef int model_set_strategy(Model* model, str library) except -1
cdef void model_free(Model* model) noexcept
# Replaces a memory report; the caller holds the model's statistics mutex.
cdef TRITONSERVER_Error* usage_set(
    MemoryUsage** place, uint32_t* count, TRITONSERVER_BufferAttributes** usage,
    uint32_t usage_size
) noexcept nogil
