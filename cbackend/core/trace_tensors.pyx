# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors of traced requests (see trace_tensors.pxd)."""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc

from triton_py.abi.types cimport (
    TRITONSERVER_LOG_ERROR,
    TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_TRACE_TENSOR_BACKEND_OUTPUT,
    TRITONSERVER_Error,
    TRITONSERVER_InferenceTraceActivity,
)
from triton_py.core.buffer_attributes cimport BufferAttributes, buffer_attributes_set
from triton_py.core.error cimport error_free, error_message
from triton_py.core.log cimport log_write
from triton_py.core.memory cimport memory_copy
from triton_py.core.objects cimport Input, Output, Piece, Request, Response
from triton_py.core.text cimport Text, text_add, text_init, text_str
from triton_py.core.trace cimport Trace, trace_report_tensor, trace_wants_tensors


cdef void _complain(const char* name, const char* why) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"input '")
    text_add(&text, name)
    text_add(&text, b"' is left out of a trace: ")
    text_add(&text, why)
    log_write(TRITONSERVER_LOG_ERROR, b"trace", 0, text_str(&text))


cdef bint _gather(const Input* it, char* to) noexcept nogil:
    """Copies the default pieces, one after the other, into the CPU's memory."""
    cdef BufferAttributes place
    cdef TRITONSERVER_Error* error
    cdef const Piece* piece
    cdef uint32_t i
    buffer_attributes_set(&place, TRITONSERVER_MEMORY_CPU, 0, 0)
    for i in range(it.piece_count):
        piece = &it.pieces[i]
        if piece.host_policy != NULL:
            continue
        error = memory_copy(to, &place, piece.base, &piece.attributes, piece.attributes.byte_size)
        if error != NULL:
            _complain(it.name, error_message(error))
            error_free(error)
            return False
        to += piece.attributes.byte_size
    return True


cdef void _input(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity, const Input* it
) noexcept nogil:
    cdef const Piece* only = NULL
    cdef uint32_t count = 0
    cdef uint64_t size = 0
    cdef uint32_t i
    cdef char* whole
    for i in range(it.piece_count):
        if it.pieces[i].host_policy == NULL:
            only = &it.pieces[i]
            count += 1
            size += only.attributes.byte_size
    if count == 0:
        return          # what was given for one host policy alone
    if count == 1:
        trace_report_tensor(
            trace, activity, it.name, it.datatype, only.base, size, it.model_shape, it.model_rank,
            only.attributes.memory_type, only.attributes.memory_type_id)
        return
    whole = <char*>malloc(size + 1)
    if whole == NULL:
        _complain(it.name, b"out of memory for gathering its pieces")
        return
    if _gather(it, whole):
        trace_report_tensor(
            trace, activity, it.name, it.datatype, whole, size, it.model_shape, it.model_rank,
            TRITONSERVER_MEMORY_CPU, 0)
    free(whole)


cdef void trace_inputs(
    Trace* trace, TRITONSERVER_InferenceTraceActivity activity, Request* request, bint added
) noexcept nogil:
    cdef uint32_t i
    if not trace_wants_tensors(trace):
        return
    for i in range(request.input_count):
        _input(trace, activity, &request.inputs[i])
    if added:
        for i in range(request.extra_count):
            _input(trace, activity, &request.extra[i])


cdef void trace_outputs(Trace* trace, Response* response) noexcept nogil:
    cdef Output* output
    cdef uint32_t i
    if not trace_wants_tensors(trace):
        return
    for i in range(response.output_count):
        output = response.outputs[i]
        if output.allocated:
            trace_report_tensor(
                trace, TRITONSERVER_TRACE_TENSOR_BACKEND_OUTPUT, output.name, output.datatype,
                output.buffer, output.attributes.byte_size, output.shape, output.rank,
                output.attributes.memory_type, output.attributes.memory_type_id)
