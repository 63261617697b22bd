# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A request's inputs, requested outputs and parameters, as the client adds them."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset, strcmp, strlen
from libcpp cimport bool as cbool

from triton_py.abi.types cimport *
from triton_py.core.account cimport account_parameter
from triton_py.core.arena cimport arena_alloc, arena_grow, arena_string
from triton_py.core.buffer_attributes cimport BufferAttributes, buffer_attributes_set
from triton_py.core.error cimport error_new, error_null
from triton_py.core.objects cimport INPUT_MAGIC, Input, Piece, Request
from triton_py.core.parameter cimport Parameter, parameters_put
from triton_py.core.request cimport (
    request_error,
    request_input,
    request_no_memory,
    request_own,
)

cdef enum:
    MAX_RANK = 1024


# --- inputs --------------------------------------------------------------------------------


cdef TRITONSERVER_Error* request_add_input(
    Request* r, const char* name, TRITONSERVER_DataType datatype, const int64_t* shape,
    uint64_t dim_count, bint raw
) noexcept nogil:
    cdef uint32_t capacity
    cdef uint64_t d
    cdef void* fresh
    cdef Input* it
    if name == NULL or (shape == NULL and dim_count):
        return error_null(b"TRITONSERVER_InferenceRequestAddInput", b"name and shape")
    if dim_count > MAX_RANK:
        return request_error(b"input '", name, b"' has more than 1024 dimensions")
    for d in range(dim_count):
        # -1 is reported later, with the model's expectations in the message.
        if shape[d] < -1:
            return request_error(b"input '", name, b"' has a negative dimension")
    if request_input(r, name) != NULL:
        return request_error(b"input '", name, b"' already exists in request")
    if r.input_count == r.input_capacity:
        capacity = r.input_capacity * 2 if r.input_capacity else 2
        fresh = arena_grow(&r.arena, r.inputs, sizeof(Input), r.input_count, capacity)
        if fresh == NULL:
            return request_no_memory()
        r.inputs = <Input*>fresh
        r.input_capacity = capacity
    it = &r.inputs[r.input_count]
    memset(it, 0, sizeof(Input))
    it.name = arena_string(&r.arena, name)
    it.shape = <int64_t*>arena_alloc(&r.arena, sizeof(int64_t) * (dim_count + 1))
    if it.name == NULL or it.shape == NULL:
        return request_no_memory()
    if dim_count:
        memcpy(it.shape, shape, sizeof(int64_t) * dim_count)
    it.magic = INPUT_MAGIC
    it.request = r
    it.datatype = datatype
    it.rank = <uint32_t>dim_count
    it.raw = raw
    r.input_count += 1
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddInput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name,
    const TRITONSERVER_DataType datatype, const int64_t* shape, uint64_t dim_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestAddInput", inference_request, True, &error)
    if r == NULL:
        return error
    return request_add_input(r, name, datatype, shape, dim_count, False)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddRawInput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestAddRawInput", inference_request, True, &error)
    if r == NULL:
        return error
    if r.input_count:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"raw input can't be added to a request that has other inputs")
    return request_add_input(r, name, TRITONSERVER_TYPE_INVALID, NULL, 0, True)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveInput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it
    cdef uint32_t at
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestRemoveInput", inference_request, True, &error)
    if r == NULL:
        return error
    it = _input(r, b"TRITONSERVER_InferenceRequestRemoveInput", name, &error)
    if it == NULL:
        return error
    at = <uint32_t>(it - r.inputs)
    r.input_count -= 1
    memmove(it, it + 1, sizeof(Input) * (r.input_count - at))
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveAllInputs(
    TRITONSERVER_InferenceRequest* inference_request
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestRemoveAllInputs", inference_request, True, &error)
    if r == NULL:
        return error
    r.input_count = 0
    return NULL


cdef Input* _input(
    Request* r, const char* function, const char* name, TRITONSERVER_Error** error
) noexcept nogil:
    cdef Input* it
    if name == NULL:
        error[0] = error_null(function, b"name")
        return NULL
    it = request_input(r, name)
    error[0] = NULL
    if it == NULL:
        error[0] = request_error(b"input '", name, b"' does not exist in request")
    return it


cdef TRITONSERVER_Error* request_append(
    TRITONSERVER_InferenceRequest* inference_request, const char* function, const char* name,
    const void* base, const BufferAttributes* attributes, const char* host_policy
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it
    cdef void* fresh
    cdef uint32_t capacity
    cdef Piece* piece
    cdef Request* r = request_own(function, inference_request, True, &error)
    if r == NULL:
        return error
    it = _input(r, function, name, &error)
    if it == NULL:
        return error
    if base == NULL and attributes.byte_size:
        return request_error(b"the data of input '", name, b"' is null but its size is not 0")
    if it.piece_count == it.piece_capacity:
        capacity = it.piece_capacity * 2 if it.piece_capacity else 1
        fresh = arena_grow(&r.arena, it.pieces, sizeof(Piece), it.piece_count, capacity)
        if fresh == NULL:
            return request_no_memory()
        it.pieces = <Piece*>fresh
        it.piece_capacity = capacity
    piece = &it.pieces[it.piece_count]
    piece.base = base
    piece.attributes = attributes[0]
    piece.host_policy = NULL
    if host_policy != NULL:
        piece.host_policy = arena_string(&r.arena, host_policy)
        if piece.host_policy == NULL:
            return request_no_memory()
    else:
        it.byte_size += attributes.byte_size
    it.piece_count += 1
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAppendInputData(
    TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    size_t byte_size, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil:
    cdef BufferAttributes attributes
    buffer_attributes_set(&attributes, memory_type, memory_type_id, byte_size)
    return request_append(inference_request, b"TRITONSERVER_InferenceRequestAppendInputData", name,
                          base, &attributes, NULL)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAppendInputDataWithHostPolicy(
    TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    size_t byte_size, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id,
    const char* host_policy_name
) noexcept nogil:
    cdef BufferAttributes attributes
    if host_policy_name == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestAppendInputDataWithHostPolicy",
                          b"host_policy_name")
    buffer_attributes_set(&attributes, memory_type, memory_type_id, byte_size)
    return request_append(inference_request,
                          b"TRITONSERVER_InferenceRequestAppendInputDataWithHostPolicy", name,
                          base, &attributes, host_policy_name)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAppendInputDataWithBufferAttributes(
    TRITONSERVER_InferenceRequest* inference_request, const char* name, const void* base,
    TRITONSERVER_BufferAttributes* buffer_attributes
) noexcept nogil:
    if buffer_attributes == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestAppendInputDataWithBufferAttributes",
                          b"buffer_attributes")
    return request_append(inference_request,
                          b"TRITONSERVER_InferenceRequestAppendInputDataWithBufferAttributes", name,
                          base, <BufferAttributes*>buffer_attributes, NULL)


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveAllInputData(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Input* it
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestRemoveAllInputData", inference_request, True, &error)
    if r == NULL:
        return error
    it = _input(r, b"TRITONSERVER_InferenceRequestRemoveAllInputData", name, &error)
    if it == NULL:
        return error
    it.piece_count = 0
    it.byte_size = 0
    return NULL


# --- requested outputs ---------------------------------------------------------------------


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestAddRequestedOutput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef uint32_t i, capacity
    cdef void* fresh
    cdef char* copy
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestAddRequestedOutput", inference_request, True, &error)
    if r == NULL:
        return error
    if name == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestAddRequestedOutput", b"name")
    for i in range(r.output_count):
        if strcmp(r.outputs[i], name) == 0:
            return request_error(b"output '", name, b"' already requested")
    if r.output_count == r.output_capacity:
        capacity = r.output_capacity * 2 if r.output_capacity else 4
        fresh = arena_grow(&r.arena, r.outputs, sizeof(char*), r.output_count, capacity)
        if fresh == NULL:
            return request_no_memory()
        r.outputs = <const char**>fresh
        r.output_capacity = capacity
    copy = arena_string(&r.arena, name)
    if copy == NULL:
        return request_no_memory()
    r.outputs[r.output_count] = copy
    r.output_count += 1
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveRequestedOutput(
    TRITONSERVER_InferenceRequest* inference_request, const char* name
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef uint32_t i
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestRemoveRequestedOutput", inference_request, True, &error)
    if r == NULL:
        return error
    if name == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestRemoveRequestedOutput", b"name")
    for i in range(r.output_count):
        if strcmp(r.outputs[i], name) == 0:
            r.output_count -= 1
            memmove(&r.outputs[i], &r.outputs[i + 1], sizeof(char*) * (r.output_count - i))
            return NULL
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestRemoveAllRequestedOutputs(
    TRITONSERVER_InferenceRequest* inference_request
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Request* r = request_own(
        b"TRITONSERVER_InferenceRequestRemoveAllRequestedOutputs", inference_request, True,
        &error)
    if r == NULL:
        return error
    r.output_count = 0
    return NULL


# --- parameters ----------------------------------------------------------------------------


cdef Parameter* _parameter(
    const char* function, TRITONSERVER_InferenceRequest* request, const char* key,
    int64_t value, TRITONSERVER_Error** error
) noexcept nogil:
    """NULL and *error; or NULL and no error: it is one for the server, which has it. `value`: of a
    bool or an int that is not negative; -1: it is something else."""
    cdef Parameter* p
    cdef Request* r = request_own(function, request, True, error)
    if r == NULL:
        return NULL
    if key == NULL:
        error[0] = error_null(function, b"key")
        return NULL
    if key[0] == c't' and value >= 0 and account_parameter(r, key, value):
        return NULL
    p = parameters_put(&r.parameters, &r.arena, key)
    if p == NULL:
        error[0] = request_no_memory()
    return p


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetStringParameter(
    TRITONSERVER_InferenceRequest* request, const char* key, const char* value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p
    if value == NULL:
        return error_null(b"TRITONSERVER_InferenceRequestSetStringParameter", b"value")
    p = _parameter(b"TRITONSERVER_InferenceRequestSetStringParameter", request, key, -1, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_STRING
    p.string = arena_string(&(<Request*>request).arena, value)
    p.size = strlen(value)
    if p.string == NULL:
        p.string = b""
        p.size = 0
        return request_no_memory()
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetIntParameter(
    TRITONSERVER_InferenceRequest* request, const char* key, const int64_t value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONSERVER_InferenceRequestSetIntParameter", request, key, value, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_INT
    p.integer = value
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetBoolParameter(
    TRITONSERVER_InferenceRequest* request, const char* key, const cbool value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONSERVER_InferenceRequestSetBoolParameter", request, key, value, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_BOOL
    p.boolean = value
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceRequestSetDoubleParameter(
    TRITONSERVER_InferenceRequest* request, const char* key, const double value
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Parameter* p = _parameter(
        b"TRITONSERVER_InferenceRequestSetDoubleParameter", request, key, -1, &error)
    if p == NULL:
        return error
    p.type = TRITONSERVER_PARAMETER_DOUBLE
    p.real = value
    return NULL
