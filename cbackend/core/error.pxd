# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONSERVER_Error: made here, owned by whoever receives it, freed by ErrorDelete."""

from triton_py.abi.types cimport TRITONSERVER_Error, TRITONSERVER_Error_Code

ctypedef TRITONSERVER_Error* ErrorPtr

# Returns an error that the caller owns. Never NULL: out of memory yields a static error, which
# error_free knows not to free.
cdef TRITONSERVER_Error* error_new(TRITONSERVER_Error_Code code, const char* msg) noexcept nogil
# INVALID_ARG "<function>: <what> must not be null".
cdef TRITONSERVER_Error* error_null(const char* function, const char* what) noexcept nogil
# An error nobody owns: ErrorDelete leaves it alone. For where the ABI promises a borrowed one.
cdef TRITONSERVER_Error* error_static_misuse() noexcept nogil
cdef TRITONSERVER_Error* error_clone(TRITONSERVER_Error* error) noexcept nogil
cdef void error_free(TRITONSERVER_Error* error) noexcept nogil
cdef TRITONSERVER_Error_Code error_code(TRITONSERVER_Error* error) noexcept nogil
cdef const char* error_message(TRITONSERVER_Error* error) noexcept nogil

# C to Python: raises the error's exception and frees it; 0 when error is NULL.
cdef int check(TRITONSERVER_Error* error) except -1 nogil
# Python to C: the error for an exception instance.
cdef TRITONSERVER_Error* error_from_exception(object exception) noexcept
