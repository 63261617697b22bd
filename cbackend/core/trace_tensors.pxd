# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The tensors of a traced request, told one by one. Nothing is done where the level wants none."""

from triton_py.abi.types cimport TRITONSERVER_InferenceTraceActivity
from triton_py.core.objects cimport Request, Response
from triton_py.core.trace cimport Trace

# The request's inputs in the model's shape; `added`: with those that the sequence batcher added. An
# input in several pieces is gathered.
cdef void trace_inputs(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity, Request* request, bint added
) noexcept nogil
# The outputs that have a buffer, in the client's shape. The response must be its caller's alone.
cdef void trace_outputs(Trace* trace, Response* response) noexcept nogil
