# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loading shared objects (see library.pxd)."""

import os

from posix.dlfcn cimport RTLD_LOCAL, RTLD_NOW, dlerror, dlopen

from triton_py.errors import InvalidArgumentError


cdef void* library_open(str path, str what) except NULL:
    cdef bytes name = os.fsencode(path)
    cdef const char* name_ptr = name
    cdef const char* problem
    cdef void* library
    with nogil:
        library = dlopen(name_ptr, RTLD_NOW | RTLD_LOCAL)
    if library == NULL:
        problem = dlerror()
        reason = problem.decode("utf-8", "replace") if problem != NULL else "unknown reason"
        raise InvalidArgumentError(f"unable to load {what} '{path}': {reason}")
    return library
