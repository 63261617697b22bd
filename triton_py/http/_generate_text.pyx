# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""A response as generate answers it: one flat object of ids, parameters and outputs.

Names may meet there. The one that comes first stays, in the order of "id" (where there is one),
"model_name", "model_version", the parameters, the outputs.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memmove, strcmp, strlen

from triton_py.abi.tritonserver cimport (
    TRITONSERVER_InferenceResponseId,
    TRITONSERVER_InferenceResponseModel,
    TRITONSERVER_InferenceResponseOutput,
    TRITONSERVER_InferenceResponseOutputCount,
    TRITONSERVER_InferenceResponseParameter,
    TRITONSERVER_InferenceResponseParameterCount,
)
from triton_py.abi.types cimport (
    TRITONSERVER_MEMORY_GPU,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceResponse,
    TRITONSERVER_MemoryType,
    TRITONSERVER_ParameterType,
)
from triton_py.frontend._fault cimport Fault, fault_set
from triton_py.frontend._memory cimport Buf, buf_char, buf_text
from triton_py.http._exchange cimport fault_from
from triton_py.http._json_writer cimport put_int, put_string, put_tensor
from triton_py.http._response_parts cimport element_count, put_parameter


# An output, all of it borrowed from the response.
cdef struct Tensor:
    const char* name
    TRITONSERVER_DataType datatype
    const int64_t* shape
    uint64_t dims
    const void* base
    size_t size
    TRITONSERVER_MemoryType memory_type


cdef TRITONSERVER_Error* _tensor(TRITONSERVER_InferenceResponse* response, uint32_t index,
                                 Tensor* t) noexcept nogil:
    cdef int64_t memory_type_id
    cdef void* userp
    return TRITONSERVER_InferenceResponseOutput(
        response, index, &t.name, &t.datatype, &t.shape, &t.dims, &t.base, &t.size,
        &t.memory_type, &memory_type_id, &userp)


cdef TRITONSERVER_Error* _parameter_name(TRITONSERVER_InferenceResponse* response, uint32_t index,
                                         const char** name) noexcept nogil:
    cdef TRITONSERVER_ParameterType kind
    cdef const void* value
    return TRITONSERVER_InferenceResponseParameter(response, index, name, &kind, &value)


cdef bint _is_taken(TRITONSERVER_InferenceResponse* response, const char* name, bint has_id,
                    uint32_t parameters, uint32_t outputs, TRITONSERVER_Error** error
                    ) noexcept nogil:
    """Whether so many parameters and outputs, or what stands before them, have the name."""
    cdef const char* other
    cdef Tensor tensor
    cdef uint32_t i
    if strcmp(name, b"model_name") == 0 or strcmp(name, b"model_version") == 0 \
            or (has_id and strcmp(name, b"id") == 0):
        return True
    for i in range(parameters):
        error[0] = _parameter_name(response, i, &other)
        if error[0] != NULL or strcmp(name, other) == 0:
            return True
    for i in range(outputs):
        error[0] = _tensor(response, i, &tensor)
        if error[0] != NULL or strcmp(name, tensor.name) == 0:
            return True
    return False


cdef int _put_data(Buf* out, Tensor* tensor, Fault* fault) noexcept nogil:
    """The output's elements as a flat list; a single one as it is."""
    cdef uint64_t count
    cdef size_t begin
    if tensor.memory_type == TRITONSERVER_MEMORY_GPU:
        return fault_set(fault, 500, "output '%s' is in GPU memory", tensor.name)
    put_string(out, tensor.name, strlen(tensor.name))
    buf_char(out, c':')
    begin = out.size
    if element_count(tensor.name, tensor.shape, tensor.dims, &count, fault) != 0 or put_tensor(
            out, tensor.name, tensor.datatype, tensor.base, tensor.size, count, fault) != 0:
        return -1
    if count == 1 and not out.failed:
        # Without the brackets.
        out.size -= 2
        memmove(out.data + begin, out.data + begin + 1, out.size - begin)
    return 0


cdef int _parameters(Buf* out, TRITONSERVER_InferenceResponse* response, bint has_id,
                     uint32_t count, Fault* fault) noexcept nogil:
    cdef const char* name
    cdef TRITONSERVER_Error* error
    cdef bint taken
    cdef uint32_t i
    for i in range(count):
        error = _parameter_name(response, i, &name)
        taken = error == NULL and _is_taken(response, name, has_id, i, 0, &error)
        if error != NULL:
            return fault_from(fault, error)
        if taken:
            continue
        buf_char(out, c',')
        if put_parameter(out, response, i, -1, fault) != 0:
            return -1
    return 0


cdef int _outputs(Buf* out, TRITONSERVER_InferenceResponse* response, bint has_id,
                  uint32_t parameters, uint32_t count, Fault* fault) noexcept nogil:
    cdef Tensor tensor
    cdef TRITONSERVER_Error* error
    cdef bint taken
    cdef uint32_t i
    for i in range(count):
        error = _tensor(response, i, &tensor)
        taken = error == NULL and _is_taken(response, tensor.name, has_id, parameters, i, &error)
        if error != NULL:
            return fault_from(fault, error)
        if taken:
            continue
        buf_char(out, c',')
        if _put_data(out, &tensor, fault) != 0:
            return -1
    return 0


cdef int generate_text(Buf* out, TRITONSERVER_InferenceResponse* response, Fault* fault
                       ) noexcept nogil:
    cdef const char* id = NULL
    cdef const char* model = NULL
    cdef int64_t version = 0
    cdef uint32_t outputs = 0
    cdef uint32_t parameters = 0
    cdef bint has_id
    cdef TRITONSERVER_Error* error
    error = TRITONSERVER_InferenceResponseId(response, &id)
    if error == NULL:
        error = TRITONSERVER_InferenceResponseModel(response, &model, &version)
    if error == NULL:
        error = TRITONSERVER_InferenceResponseParameterCount(response, &parameters)
    if error == NULL:
        error = TRITONSERVER_InferenceResponseOutputCount(response, &outputs)
    if error != NULL:
        return fault_from(fault, error)
    has_id = id != NULL and id[0] != 0
    buf_char(out, c'{')
    if has_id:
        buf_text(out, b'"id":')
        put_string(out, id, strlen(id))
        buf_char(out, c',')
    buf_text(out, b'"model_name":')
    put_string(out, model, strlen(model))
    buf_text(out, b',"model_version":"')
    put_int(out, version)
    buf_char(out, c'"')
    if _parameters(out, response, has_id, parameters, fault) != 0 or _outputs(
            out, response, has_id, parameters, outputs, fault) != 0:
        return -1
    buf_char(out, c'}')
    if out.failed:
        return fault_set(fault, 503, "out of memory while writing the response")
    return 0
