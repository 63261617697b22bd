# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What nghttp2 found in the received bytes. All of this runs inside ``session_mem_recv``."""

from libc.stdint cimport uint8_t

from triton_py.grpc._call cimport Call
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._nghttp2 cimport Callbacks, Nghttp2


# The callbacks of every session, owned by the caller; `user` is the Connection, borrowed.
cdef Callbacks* new_callbacks(const Nghttp2* h2) except NULL
# Hands a call's complete message to the core or to Python.
cdef int begin_call(Connection connection, Call* call) except -1
# Takes received bytes in; returns how many, which are fewer than all only where the call has ended
# or its reader has enough.
cdef ssize_t receive(Connection connection, Call* call, const uint8_t* data, size_t size
                     ) except -1
