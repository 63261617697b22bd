# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where outputs go of requests that the core itself is the client of: memory nobody reads."""

from triton_py.core.allocator cimport Allocator

# Static. Each buffer is freed with its response.
cdef Allocator* scratch_allocator() noexcept nogil
