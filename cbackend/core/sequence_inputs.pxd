# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The inputs that the sequence batcher adds to a request: control tensors and implicit state.

They lie in `Request.extra`, beside the client's inputs, from the forming of a batch until the
request is released or rescheduled.
"""

from triton_py.abi.types cimport TRITONSERVER_Error
from triton_py.core.objects cimport Request, Sequencer

# Whether the model's control tensor can hold the request's correlation id; the error is the
# caller's.
cdef TRITONSERVER_Error* sequence_inputs_check(
    const Request* request, const Sequencer* sequencer
) noexcept nogil
# Adds them; `ready` is False for a request that only fills a slot. False: out of memory.
cdef bint sequence_inputs_add(
    Request* request, const Sequencer* sequencer, bint ready
) noexcept nogil
cdef void sequence_inputs_drop(Request* request) noexcept nogil
