# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_ServerOptions: a record of the setters that were called, in order.

What a setting means is the control plane's business (triton_py/control/options.py); here nothing
is interpreted, so the core needs no change when a setting gains a meaning.
"""

from libcpp.string cimport string
from libcpp.vector cimport vector

from triton_py.abi.types cimport TRITONSERVER_LogCallbackFn_t

cdef struct Options:
    # Each setting: its name, then its arguments as 's' + text, 'i' + decimal or 'd' + 8 bytes.
    vector[vector[string]]* settings
    bint has_log_callback
    TRITONSERVER_LogCallbackFn_t log_callback  # borrowed; may be NULL, which clears it
    void* log_userp

# With the GIL: [("ModelRepositoryPath", "/models"), ("ModelControlMode", 2), ...]
cdef list options_python(Options* options)
