# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Compressed messages, in both directions. Large ones are worked on outside the event loop."""

from triton_py.grpc._call cimport Call, Coding
from triton_py.grpc._connection cimport Connection


# Replaces the call's complete, compressed message by what it unpacks to. False: that goes on
# elsewhere, and begin_call() follows, or the call was answered with what is wrong with it.
cdef bint unpack_message(Connection connection, Call* call) except -1
# Answers a unary call with its `answer`, compressed if that makes it smaller.
cdef int pack_answer(Connection connection, Call* call) except -1
cdef str coding_name(Coding coding)
