# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The process's log: levels, format, destination. Usable from any thread, without the GIL."""

from libcpp cimport bool as cbool

from triton_py.abi.types cimport TRITONSERVER_LogCallbackFn_t, TRITONSERVER_LogLevel

cdef bint log_enabled(TRITONSERVER_LogLevel level) noexcept nogil
cdef void log_write(
    TRITONSERVER_LogLevel level, const char* filename, int line, const char* msg
) noexcept nogil
# NULL clears it. The callback and its userp are borrowed until they are replaced.
cdef void log_set_callback(TRITONSERVER_LogCallbackFn_t callback, void* userp) noexcept nogil
