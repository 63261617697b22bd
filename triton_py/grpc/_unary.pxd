# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""ModelInfer from a received message to an encoded one, with no Python object per tensor."""

from libc.stdint cimport int64_t

from triton_py.grpc._call cimport Call
from triton_py.grpc._connection cimport Connection
from triton_py.grpc._endpoint cimport Endpoint
from triton_py.grpc._decode cimport InferRequest


# The model version that a message asks for; -1: the server's choice.
cdef int64_t requested_version(InferRequest message) except? -2
# Decodes the call's message and hands the request to the core, which then holds the call twice
# more. False: the fast path can't answer it, and nothing was done. Raises triton_py.errors;
# nothing is in flight then.
cdef bint unary_submit(Endpoint endpoint, Call* call) except -1
# Answers with the result of a drained call.
cdef int unary_answer(Connection connection, Call* call) except -1
