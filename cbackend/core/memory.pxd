# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The memory manager that every backend gets."""

from triton_py.abi.types cimport TRITONBACKEND_MemoryManager

cdef TRITONBACKEND_MemoryManager* memory_manager() noexcept nogil
