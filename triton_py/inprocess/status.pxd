# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Errors across the C API, and the two ways in which a process can become the wrong one."""

from triton_py.abi.types cimport TRITONSERVER_Error


# Takes ownership of `error` (NULL is success) and raises the class of its code.
cdef int check(TRITONSERVER_Error* error) except -1

# The exception for a *borrowed*, non-null error, which stays the lender's.
cdef object exception_of(TRITONSERVER_Error* error)

# Deletes an error nobody can be told about (in a destructor), after logging it.
cdef void swallow(TRITONSERVER_Error* error) noexcept nogil

# UTF-8 for a C string. InvalidArgumentError where C would see something else: a NUL inside, a lone
# surrogate, or no str at all. `what` names the value in the message.
cdef bytes c_text(object text, str what)

# How often this process is a fork of the one that loaded the library. A handle made under another
# number belongs to the parent: its threads and locks do not exist here, so it must not be touched.
cdef int generation() noexcept nogil

# Raises UnavailableError when `made_in` is not this process's generation.
cdef int check_process(int made_in, str what) except -1

# True when C objects made under `made_in` may still be freed: same process, interpreter not ending.
cdef bint may_free(int made_in) noexcept nogil
