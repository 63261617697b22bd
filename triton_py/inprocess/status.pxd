# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The one funnel through which a ``TRITONSERVER_Error*`` becomes a Python exception."""

from triton_py.abi.types cimport TRITONSERVER_Error


# Takes ownership of `error` (NULL is success) and raises the class of its code.
cdef int check(TRITONSERVER_Error* error) except -1

# The exception for a *borrowed*, non-null error, which stays the lender's.
cdef object exception_of(TRITONSERVER_Error* error)

# How often this process is a fork of the one that loaded the library. A handle made under another
# number belongs to the parent: its threads and locks do not exist here, so it must not be touched.
cdef int generation() noexcept nogil

# Raises UnavailableError when `made_in` is not this process's generation.
cdef int check_process(int made_in, str what) except -1

# True from the atexit hook on: nothing that may call back into Python can be started any more.
cdef bint finalizing() noexcept nogil
