# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from cpython.buffer cimport Py_buffer
from triton_py.abi.types cimport TRITONSERVER_InferenceRequest
from triton_py.inprocess.queue cimport Ticket
from triton_py.inprocess.server cimport NativeServer, ServerHandle


cdef class NativeRequest:
    """One inference request, from its first input to the release callback."""
    cdef TRITONSERVER_InferenceRequest* ptr    # owned until submitted, then the ticket's
    cdef Ticket* ticket                        # not NULL while in flight
    cdef ServerHandle handle
    cdef int made_in
    cdef bint sent
    cdef Py_buffer* buffers                    # what the inputs borrow from, held until released
    cdef Py_ssize_t buffer_count
    cdef Py_ssize_t buffer_room
    cdef list keep                             # objects (not buffers) the inputs borrow from
    cdef object cookie
    cdef object __weakref__
