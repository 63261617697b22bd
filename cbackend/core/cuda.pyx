# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA runtime by dlopen (see cuda.pxd)."""

import glob
import importlib.util
import os

from libc.stdint cimport int64_t
from posix.dlfcn cimport RTLD_LOCAL, RTLD_NOW, dlopen, dlsym

ctypedef int (*count_fn)(int*) noexcept nogil
ctypedef int (*device_fn)(int) noexcept nogil
ctypedef int (*get_device_fn)(int*) noexcept nogil
ctypedef int (*malloc_fn)(void**, size_t) noexcept nogil
ctypedef int (*host_alloc_fn)(void**, size_t, unsigned int) noexcept nogil
ctypedef int (*free_fn)(void*) noexcept nogil
ctypedef int (*copy_fn)(void*, const void*, size_t, int) noexcept nogil
ctypedef const char* (*string_fn)(int) noexcept nogil

cdef struct Cuda:
    void* library
    int devices
    device_fn set_device
    get_device_fn get_device
    malloc_fn malloc
    free_fn free
    host_alloc_fn host_alloc
    free_fn host_free
    copy_fn copy
    string_fn error_string

cdef Cuda _cuda


def candidates() -> list:
    """Where a CUDA runtime may lie: told by the user, on the loader's path, in a PyPI package."""
    told = os.environ.get("TRITON_PY_CUDART")
    if told:
        return [told]
    names = ["libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0", "libcudart.so"]
    try:
        spec = importlib.util.find_spec("nvidia")
    except (ImportError, ValueError):
        spec = None
    for folder in (spec.submodule_search_locations if spec else None) or ():
        names += sorted(glob.glob(os.path.join(folder, "*", "lib", "libcudart.so.*")), reverse=True)
    return names


def load() -> int:
    """Loads the CUDA runtime if there is one; returns the number of devices."""
    cdef bytes path
    cdef int count = 0
    if _cuda.library != NULL:
        return _cuda.devices
    if os.environ.get("TRITON_SERVER_CPU_ONLY", "") not in ("", "0"):
        return 0
    for name in candidates():
        path = os.fsencode(name)
        _cuda.library = dlopen(path, RTLD_NOW | RTLD_LOCAL)
        if _cuda.library != NULL:
            break
    if _cuda.library == NULL:
        return 0
    _cuda.set_device = <device_fn>dlsym(_cuda.library, b"cudaSetDevice")
    _cuda.get_device = <get_device_fn>dlsym(_cuda.library, b"cudaGetDevice")
    _cuda.malloc = <malloc_fn>dlsym(_cuda.library, b"cudaMalloc")
    _cuda.free = <free_fn>dlsym(_cuda.library, b"cudaFree")
    _cuda.host_alloc = <host_alloc_fn>dlsym(_cuda.library, b"cudaHostAlloc")
    _cuda.host_free = <free_fn>dlsym(_cuda.library, b"cudaFreeHost")
    _cuda.copy = <copy_fn>dlsym(_cuda.library, b"cudaMemcpy")
    _cuda.error_string = <string_fn>dlsym(_cuda.library, b"cudaGetErrorString")
    counter = <count_fn>dlsym(_cuda.library, b"cudaGetDeviceCount")
    if (_cuda.set_device == NULL or _cuda.get_device == NULL or _cuda.malloc == NULL
            or _cuda.free == NULL or _cuda.host_alloc == NULL or _cuda.host_free == NULL
            or _cuda.copy == NULL or _cuda.error_string == NULL or counter == NULL):
        return 0  # something of that name which is no CUDA runtime
    # A runtime without a driver answers with an error: then there is no device.
    if counter(&count) == 0:
        _cuda.devices = count
    return _cuda.devices


cdef int cuda_device_count() noexcept nogil:
    return _cuda.devices


cdef int cuda_set_device(int64_t device) noexcept nogil:
    if _cuda.devices == 0:
        return -1
    return _cuda.set_device(<int>device)


cdef int cuda_malloc(void** pointer, int64_t device, size_t size) noexcept nogil:
    cdef int before = 0
    cdef int code
    if _cuda.devices == 0:
        return -1
    # The calling thread may be a backend's, with a current device of its own.
    _cuda.get_device(&before)
    code = _cuda.set_device(<int>device)
    if code == 0:
        code = _cuda.malloc(pointer, size)
    _cuda.set_device(before)
    return code


cdef int cuda_free(void* pointer, int64_t device) noexcept nogil:
    cdef int before = 0
    cdef int code
    if _cuda.devices == 0:
        return -1
    _cuda.get_device(&before)
    code = _cuda.set_device(<int>device)
    if code == 0:
        code = _cuda.free(pointer)
    _cuda.set_device(before)
    return code


cdef int cuda_host_alloc(void** pointer, size_t size) noexcept nogil:
    if _cuda.devices == 0:
        return -1
    return _cuda.host_alloc(pointer, size, 1)  # portable: pinned for every device


cdef int cuda_host_free(void* pointer) noexcept nogil:
    if _cuda.devices == 0:
        return -1
    return _cuda.host_free(pointer)


cdef int cuda_copy(void* to, const void* source, size_t size) noexcept nogil:
    if _cuda.devices == 0:
        return -1
    return _cuda.copy(to, source, size, 4)  # cudaMemcpyDefault: the pointers tell the direction


cdef const char* cuda_error_string(int code) noexcept nogil:
    if code < 0 or _cuda.error_string == NULL:
        return b"no CUDA device is available"
    return _cuda.error_string(code)
