# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.abi.types cimport TRITONSERVER_Server


cdef class ServerHandle:
    """Owns the C server. Held by the NativeServer and by every request made for it, so that
    TRITONSERVER_ServerDelete runs when the last of them is gone and never under a request."""
    cdef TRITONSERVER_Server* ptr
    cdef int made_in
    cdef bint stopped
    cdef object __weakref__

    cdef stop(self)


cdef class NativeServer:
    cdef ServerHandle handle                # None once closed
    cdef object __weakref__

    # Both raise once closed, or in a fork. The pointer is valid as long as somebody has the handle:
    # hold that over calls without the GIL, since another thread may close the server meanwhile.
    cdef TRITONSERVER_Server* server(self) except NULL
    cdef ServerHandle held(self)
