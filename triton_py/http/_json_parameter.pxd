# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.frontend._memory cimport Arena
from triton_py.http._describe cimport Param
from triton_py.http._json_scan cimport Json, Text


# Reads a parameter for the backend, whose name is `key`: a string, an integer of 64 bits, a boolean
# or a double. It lies in the arena. NULL with the fault set.
cdef Param* json_parameter(Json* j, const Text* key, Arena* arena) noexcept nogil
