# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from cpython.buffer cimport Py_buffer
from triton_py.abi.types cimport TRITONSERVER_InferenceRequest, TRITONSERVER_InferenceTrace
from triton_py.inprocess.queue cimport CompletionQueue, Ticket
from triton_py.inprocess.server cimport ServerHandle

# A list and not an array: an exporter may rely on the address of the Py_buffer it filled in.
cdef struct HeldBuffer:
    HeldBuffer* next
    Py_buffer view


cdef class NativeRequest:
    """One inference request, from its first input to its last response."""
    cdef TRITONSERVER_InferenceRequest* ptr    # owned until sent, then the ticket's; NULL when gone
    cdef Ticket* ticket                        # not NULL while in flight
    # What is to be sent along, or NULL: who set it takes it back if the request is never sent.
    cdef TRITONSERVER_InferenceTrace* trace
    cdef ServerHandle handle
    cdef int made_in
    cdef bint sent
    cdef bint is_released                      # by the core; it can be cancelled until settled
    cdef bint was_cancelled
    cdef HeldBuffer* buffers                   # what the inputs borrow from, held until released
    cdef list keep                             # owners of memory given by address
    cdef object cookie
    cdef object __weakref__

    cdef TRITONSERVER_InferenceRequest* unsent(self) except NULL
    cdef void _let_go(self) noexcept
    cdef void _remember(self) noexcept
    cdef TRITONSERVER_InferenceRequest* _valid(self) except NULL
    cpdef submit(self, CompletionQueue queue, object cookie=*)
    cpdef cancel(self)
