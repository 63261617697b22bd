# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Responses as the client sees them: TRITONSERVER_InferenceResponse."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.abi.types cimport *
from triton_py.core.error cimport error_free, error_new, error_null, error_static_misuse
from triton_py.core.labels cimport labels_find
from triton_py.core.objects cimport RESPONSE_SENT, Output, Response
from triton_py.core.parameter cimport parameter_value
from triton_py.core.response cimport response_checked, response_free


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseDelete(
    TRITONSERVER_InferenceResponse* inference_response
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseDelete", inference_response, RESPONSE_SENT, &error)
    if r == NULL:
        return error
    response_free(r)
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseError(
    TRITONSERVER_InferenceResponse* inference_response
) noexcept nogil:
    """The response's own error, borrowed: the client must not delete it."""
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseError", inference_response, RESPONSE_SENT, &error)
    if r == NULL:
        error_free(error)
        return error_static_misuse()
    return r.error


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseModel(
    TRITONSERVER_InferenceResponse* inference_response, const char** model_name,
    int64_t* model_version
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseModel", inference_response, RESPONSE_SENT, &error)
    if r == NULL:
        return error
    if model_name == NULL or model_version == NULL:
        return error_null(b"TRITONSERVER_InferenceResponseModel", b"model_name and model_version")
    model_name[0] = r.model_name
    model_version[0] = r.model_version
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseId(
    TRITONSERVER_InferenceResponse* inference_response, const char** request_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseId", inference_response, RESPONSE_SENT, &error)
    if r == NULL:
        return error
    if request_id == NULL:
        return error_null(b"TRITONSERVER_InferenceResponseId", b"request_id")
    request_id[0] = r.id
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseParameterCount(
    TRITONSERVER_InferenceResponse* inference_response, uint32_t* count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseParameterCount", inference_response, RESPONSE_SENT,
        &error)
    if r == NULL:
        return error
    if count == NULL:
        return error_null(b"TRITONSERVER_InferenceResponseParameterCount", b"count")
    count[0] = <uint32_t>r.parameters.count
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseParameter(
    TRITONSERVER_InferenceResponse* inference_response, const uint32_t index, const char** name,
    TRITONSERVER_ParameterType* type, const void** vvalue
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseParameter", inference_response, RESPONSE_SENT, &error)
    if r == NULL:
        return error
    if name == NULL or type == NULL or vvalue == NULL:
        return error_null(b"TRITONSERVER_InferenceResponseParameter", b"name, type and vvalue")
    if index >= r.parameters.count:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONSERVER_InferenceResponseParameter: index out of bounds")
    name[0] = r.parameters.items[index].name
    type[0] = r.parameters.items[index].type
    vvalue[0] = parameter_value(&r.parameters.items[index])
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseOutputCount(
    TRITONSERVER_InferenceResponse* inference_response, uint32_t* count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseOutputCount", inference_response, RESPONSE_SENT, &error)
    if r == NULL:
        return error
    if count == NULL:
        return error_null(b"TRITONSERVER_InferenceResponseOutputCount", b"count")
    count[0] = r.output_count
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseOutput(
    TRITONSERVER_InferenceResponse* inference_response, const uint32_t index, const char** name,
    TRITONSERVER_DataType* datatype, const int64_t** shape, uint64_t* dim_count,
    const void** base, size_t* byte_size, TRITONSERVER_MemoryType* memory_type,
    int64_t* memory_type_id, void** userp
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Output* o
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseOutput", inference_response, RESPONSE_SENT, &error)
    if r == NULL:
        return error
    if (name == NULL or datatype == NULL or shape == NULL or dim_count == NULL or base == NULL
            or byte_size == NULL or memory_type == NULL or memory_type_id == NULL
            or userp == NULL):
        return error_null(b"TRITONSERVER_InferenceResponseOutput", b"every out parameter")
    if index >= r.output_count:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONSERVER_InferenceResponseOutput: index out of bounds")
    o = r.outputs[index]
    name[0] = o.name
    datatype[0] = o.datatype
    shape[0] = o.shape
    dim_count[0] = o.rank
    base[0] = o.buffer
    byte_size[0] = o.attributes.byte_size
    memory_type[0] = o.attributes.memory_type
    memory_type_id[0] = o.attributes.memory_type_id
    userp[0] = o.buffer_userp
    return NULL


cdef public TRITONSERVER_Error* TRITONSERVER_InferenceResponseOutputClassificationLabel(
    TRITONSERVER_InferenceResponse* inference_response, const uint32_t index,
    const size_t class_index, const char** label
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef Response* r = response_checked(
        b"TRITONSERVER_InferenceResponseOutputClassificationLabel", inference_response,
        RESPONSE_SENT, &error)
    if r == NULL:
        return error
    if label == NULL:
        return error_null(b"TRITONSERVER_InferenceResponseOutputClassificationLabel", b"label")
    if index >= r.output_count:
        return error_new(TRITONSERVER_ERROR_INVALID_ARG,
                         b"TRITONSERVER_InferenceResponseOutputClassificationLabel: index out "
                         b"of bounds")
    label[0] = labels_find(r.labels, r.outputs[index].name, class_index)
    return NULL
