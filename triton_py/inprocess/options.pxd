# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.abi.types cimport TRITONSERVER_ServerOptions


cdef class Options:
    """``TRITONSERVER_ServerOptions``: one method per setter of the C API."""
    cdef TRITONSERVER_ServerOptions* ptr    # owned
