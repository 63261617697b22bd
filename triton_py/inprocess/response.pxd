# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Responses as Python sees them: views over the core's memory, without a copy."""

from libc.stdint cimport int64_t

from triton_py.abi.types cimport TRITONSERVER_InferenceResponse


cdef class ResponseOwner:
    """Owns one C response; deletes it when the last object that shows its memory is gone."""
    cdef TRITONSERVER_InferenceResponse* ptr
    cdef int made_in


cdef class NativeOutput:
    """One output tensor: name, datatype, shape, and its bytes through the buffer protocol."""
    cdef ResponseOwner owner         # keeps `base` alive
    cdef readonly str name
    cdef readonly str datatype
    cdef readonly tuple shape
    cdef readonly int memory_type    # TRITONSERVER_MemoryType
    cdef readonly int64_t memory_type_id
    cdef void* base
    cdef Py_ssize_t size


cdef class NativeResponse:
    cdef ResponseOwner owner
    cdef list _outputs

    cdef TRITONSERVER_InferenceResponse* _ptr(self) except NULL
    cdef list _read_outputs(self)


# Takes the response over (it is deleted even if making the Python object fails).
cdef NativeResponse wrap(TRITONSERVER_InferenceResponse* response)
