# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Backend libraries: loading, entry points, attributes."""

from triton_py.core.objects cimport Backend

# With the GIL (released around the backend's own code). Raises a TritonError after cleaning up.
cdef Backend* backend_open(str name, str library, str directory, str config) except NULL
# (preferred groups, parallel instance loading) by TRITONBACKEND_GetBackendAttribute.
cdef tuple backend_attributes(Backend* backend)
# TRITONBACKEND_Finalize and dlclose; frees everything, then raises what Finalize returned.
cdef int backend_close(Backend* backend) except -1
