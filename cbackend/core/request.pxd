# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Requests: building, life-cycle, giving back."""

from libc.stdint cimport int64_t, uint32_t

from triton_py.abi.types cimport (
    TRITONSERVER_Error,
    TRITONSERVER_Error_Code,
    TRITONSERVER_InferenceRequest,
)
from triton_py.core.objects cimport Input, Request, Server
from triton_py.core.statistics cimport FailureReason
from triton_py.core.text cimport Text

# A request without a model, owned by the caller until request_free. NULL: out of memory.
cdef Request* request_new(Server* server) noexcept nogil
cdef void request_free(Request* request) noexcept nogil
# "[request id: 7] ", or the placeholder for a request without an id.
cdef void request_prefix(Request* request, Text* text) noexcept nogil
# The input of that name, or NULL.
cdef Input* request_input(Request* request, const char* name) noexcept nogil
# Gives a request in state EXECUTING or PENDING back to the client. The caller has won the change
# of state to RELEASED. The request may be gone when this returns.
cdef void request_release(Request* request, uint32_t flags) noexcept nogil
# Answers with an error and the final flag, counts the failure, gives the request back. The caller
# has won the change of state to RELEASED.
cdef void request_fail(
    Request* request, TRITONSERVER_Error_Code code, const char* message, FailureReason reason
) noexcept nogil
# The same for each PENDING one of a list linked by `next`.
cdef void request_fail_all(
    Request* request, TRITONSERVER_Error_Code code, const char* message, FailureReason reason
) noexcept nogil
# So for those whose time in the queue is up.
cdef void request_expired(Request* request) noexcept nogil
# The live request behind a backend's handle that the backend owns, or NULL and *error.
cdef Request* request_of_backend(
    const char* function, void* handle, TRITONSERVER_Error** error
) noexcept nogil
# The same, or one that a batching strategy is looking at: to be read, and nothing else.
cdef Request* request_to_read(
    const char* function, void* handle, TRITONSERVER_Error** error
) noexcept nogil
# Puts a request that a backend gave back for its next step into its sequence again; the caller has
# won the change of state to PENDING.
cdef void request_reschedule(Request* request) noexcept nogil

# The client's live request; with `change`, one that is not in flight. Or NULL and *error.
cdef Request* request_own(
    const char* function, TRITONSERVER_InferenceRequest* handle, bint change,
    TRITONSERVER_Error** error
) noexcept nogil
cdef void request_mark_cancelled(Request* request) noexcept nogil
# How many requests of this process were cancelled so far: where it has not changed, none was.
cdef int64_t cancellations() noexcept nogil
cdef TRITONSERVER_Error* request_no_memory() noexcept nogil
# INVALID_ARG from three pieces, the middle one a name that the client gave.
cdef TRITONSERVER_Error* request_error(
    const char* before, const char* name, const char* after
) noexcept nogil
