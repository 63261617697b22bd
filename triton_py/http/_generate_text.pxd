# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.abi.types cimport TRITONSERVER_InferenceResponse
from triton_py.frontend._fault cimport Fault
from triton_py.frontend._memory cimport Buf


# Appends a response without an error as the JSON of generate. 0, or -1 with the fault set, and
# then what was appended is of no use.
cdef int generate_text(Buf* out, TRITONSERVER_InferenceResponse* response, Fault* fault
                       ) noexcept nogil
