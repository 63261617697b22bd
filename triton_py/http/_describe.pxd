# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What an inference request's JSON says, as C structs that live in the request's arena."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport strcmp

from triton_py.abi.types cimport TRITONSERVER_DataType
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.frontend._memory cimport Arena


cdef enum:
    MAX_DIMS = 64


cdef enum ParamKind:
    PARAM_STRING
    PARAM_INT
    PARAM_BOOL
    PARAM_DOUBLE


cdef struct Param:
    Param* next
    const char* name
    ParamKind kind
    const char* text
    int64_t integer
    double real
    bint truth


cdef struct Input:
    Input* next
    const char* name
    uint64_t hash
    TRITONSERVER_DataType datatype
    int64_t* shape
    uint64_t dims
    int64_t elements            # the product of the shape; it does not overflow
    bint binary                 # `size` bytes of the binary part, else `data` from the JSON
    uint64_t size
    const char* data


cdef enum OutputKind:
    OUTPUT_JSON
    OUTPUT_BINARY
    OUTPUT_DEFAULT              # as the request's binary_data_output says


cdef struct Output:
    Output* next
    const char* name
    uint64_t hash
    OutputKind kind
    uint64_t classes            # 0: the tensor itself


cdef struct Owned:
    Owned* next
    void* memory                # from malloc


cdef struct DescribeLimits:
    uint64_t max_input_bytes    # of one tensor that came as JSON
    uint32_t max_inputs
    uint32_t max_outputs


cdef struct Description:
    Arena* arena                # borrowed: everything pointed to lies there or in `owned`
    Owned* owned
    const char* id              # NULL: none
    Param* params               # those for the backend
    Input* inputs
    uint32_t input_count
    Output* outputs
    uint32_t output_count
    bint binary_outputs         # the default for outputs that don't say
    uint32_t flags              # TRITONSERVER_RequestFlag bits
    bint has_sequence_id
    uint64_t sequence_id
    const char* sequence_text   # instead of sequence_id; NULL: none
    bint has_priority
    uint64_t priority
    bint has_timeout
    uint64_t timeout_us


cdef inline void description_free(Description* d) noexcept nogil:
    """Frees the tensors' bytes; the rest goes with the arena."""
    cdef Owned* owned = d.owned
    d.owned = NULL
    while owned != NULL:
        free(owned.memory)
        owned = owned.next


cdef inline uint64_t name_hash(const char* name) noexcept nogil:
    cdef uint64_t value = 14695981039346656037U
    while name[0] != 0:
        value = (value ^ <uint64_t> <unsigned char> name[0]) * 1099511628211U
        name += 1
    return value


cdef inline int input_is_new(Description* d, Input* tensor, Fault* fault) noexcept nogil:
    """0 and the input's hash, or -1 and the fault where there is one of its name already."""
    cdef Input* other = d.inputs
    tensor.hash = name_hash(tensor.name)
    while other != NULL:
        if other.hash == tensor.hash and strcmp(other.name, tensor.name) == 0:
            return fault_set(fault, 400, "input '%s' already exists in request", tensor.name)
        other = other.next
    return 0
