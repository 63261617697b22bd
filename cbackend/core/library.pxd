# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Shared objects that are loaded at run time."""

# With the GIL: dlopen's handle, for dlclose. Local: two libraries may define the same names; what
# they need of the server they find in the global scope, where triton_py.core put it. Raises
# InvalidArgumentError "unable to load <what> '<path>': <the loader's reason>".
cdef void* library_open(str path, str what) except NULL
