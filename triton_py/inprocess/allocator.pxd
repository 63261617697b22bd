# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
from triton_py.abi.types cimport TRITONSERVER_ResponseAllocator


# The process-wide allocator of output buffers: CPU memory, aligned for vector instructions, freed
# with the response. Never deleted. NULL only before this module was imported.
cdef TRITONSERVER_ResponseAllocator* default_allocator() noexcept nogil
