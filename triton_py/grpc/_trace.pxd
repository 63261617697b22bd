# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Which requests of calls are traced. To be asked only while the endpoint's tracer is on."""

from libc.stdint cimport uint64_t

from triton_py.grpc._call cimport Call
from triton_py.grpc._endpoint cimport Endpoint
from triton_py.tracing._record cimport Recording


# The recording of a request that came by the call just now, held by the caller; NULL: it is not
# traced. `since`: when the wait for it began; 0: that is not known.
cdef Recording* call_trace(Endpoint endpoint, Call* call, const char* model, uint64_t since
                           ) noexcept
