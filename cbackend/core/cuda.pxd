# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""CUDA, found at run time. Without it every call answers that there is none.

Nothing here needs CUDA to build, and a machine without a GPU pays one failed dlopen.
"""

from libc.stdint cimport int64_t

# Looks for the CUDA runtime once; how many devices there are (0: none, or no runtime).
cdef int cuda_device_count() noexcept nogil
# The rest return 0, or a CUDA error code; -1: no CUDA runtime.
cdef int cuda_set_device(int64_t device) noexcept nogil
cdef int cuda_malloc(void** pointer, int64_t device, size_t size) noexcept nogil
cdef int cuda_free(void* pointer, int64_t device) noexcept nogil
cdef int cuda_host_alloc(void** pointer, size_t size) noexcept nogil
cdef int cuda_host_free(void* pointer) noexcept nogil
# Either pointer may be the host's or a device's; done when it returns.
cdef int cuda_copy(void* to, const void* source, size_t size) noexcept nogil
cdef const char* cuda_error_string(int code) noexcept nogil
