# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Control and state inputs (see sequence_inputs.pxd)."""

from libc.stdint cimport INT32_MAX, INT64_MAX, UINT32_MAX, int64_t, uint32_t, uint64_t
from libc.stdio cimport snprintf
from libc.string cimport memcpy, memset, strlen

from triton_py.abi.types cimport *
from triton_py.core.arena cimport arena_alloc
from triton_py.core.buffer_attributes cimport buffer_attributes_set
from triton_py.core.constants cimport datatype_string
from triton_py.core.error cimport error_new
from triton_py.core.objects cimport (
    CONTROL_CORRID,
    CONTROL_END,
    CONTROL_START,
    INPUT_MAGIC,
    ControlSpec,
    Input,
    Piece,
    Request,
    Sequencer,
)
from triton_py.core.state_value cimport StateValue, states_value, value_release
from triton_py.core.text cimport Text, text_add, text_init, text_str, text_uint

cdef enum:
    # A string correlation id has 128 bytes at most; its length goes before it.
    CORRELATION_BYTES = 4 + 128

# The shape of every control tensor: one value, behind the batch dimension where there is one.
cdef int64_t[2] _ONES = [1, 1]


cdef TRITONSERVER_Error* _refusal(
    const Request* request, const Sequencer* sequencer, const ControlSpec* control
) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"correlation id ")
    if request.sequence_string != NULL:
        text_add(&text, b"'")
        text_add(&text, request.sequence_string)
        text_add(&text, b"'")
    else:
        text_uint(&text, request.sequence_id)
    text_add(&text, b" does not fit the control input '")
    text_add(&text, control.name)
    text_add(&text, b"' of model '")
    text_add(&text, sequencer.model.name)
    text_add(&text, b"', whose data type is ")
    text_add(&text, datatype_string(control.datatype))
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef TRITONSERVER_Error* sequence_inputs_check(
    const Request* request, const Sequencer* sequencer
) noexcept nogil:
    cdef const ControlSpec* control
    cdef uint64_t most
    cdef uint32_t i
    for i in range(sequencer.control_count):
        control = &sequencer.controls[i]
        if control.kind != CONTROL_CORRID or control.datatype == TRITONSERVER_TYPE_BYTES:
            continue
        most = <uint64_t>-1
        if control.datatype == TRITONSERVER_TYPE_INT64:
            most = <uint64_t>INT64_MAX
        elif control.datatype == TRITONSERVER_TYPE_UINT32:
            most = UINT32_MAX
        elif control.datatype == TRITONSERVER_TYPE_INT32:
            most = INT32_MAX
        if request.sequence_string != NULL or request.sequence_id > most:
            return _refusal(request, sequencer, control)
    return NULL


cdef bint _reserve(Request* request, uint32_t count) noexcept nogil:
    cdef Piece* pieces
    cdef uint32_t i
    if request.extra_capacity >= count:
        return True
    request.extra = <Input*>arena_alloc(&request.arena, sizeof(Input) * count)
    pieces = <Piece*>arena_alloc(&request.arena, sizeof(Piece) * count)
    if request.extra == NULL or pieces == NULL:
        request.extra_capacity = 0
        return False
    memset(request.extra, 0, sizeof(Input) * count)
    for i in range(count):
        request.extra[i].pieces = &pieces[i]
        request.extra[i].piece_capacity = 1
    request.extra_capacity = count
    return True


cdef void _set(
    Request* request, Input* it, const char* name, TRITONSERVER_DataType datatype,
    int64_t* shape, uint32_t rank, const void* base, uint64_t byte_size
) noexcept nogil:
    it.magic = INPUT_MAGIC
    it.request = request
    it.name = name
    it.datatype = datatype
    it.shape = shape
    it.rank = rank
    it.model_shape = shape
    it.model_rank = rank
    it.pieces[0].base = base
    it.pieces[0].host_policy = NULL
    it.piece_count = 1
    it.byte_size = byte_size
    it.state = NULL
    buffer_attributes_set(&it.pieces[0].attributes, TRITONSERVER_MEMORY_CPU, 0, byte_size)


cdef uint64_t _correlation(
    Request* request, const ControlSpec* control, bint ready
) noexcept nogil:
    """Writes the id in the control's data type; returns how many bytes."""
    cdef char* out = request.correlation
    cdef uint64_t number = request.sequence_id if ready else 0
    cdef uint32_t length = 0
    if control.datatype == TRITONSERVER_TYPE_BYTES:
        if ready and request.sequence_string != NULL:
            length = <uint32_t>strlen(request.sequence_string)
            memcpy(out + 4, request.sequence_string, length)
        elif ready:
            length = <uint32_t>snprintf(out + 4, 24, b"%llu", <unsigned long long>number)
        memcpy(out, &length, 4)
        return 4 + length
    memcpy(out, &number, control.value_size)  # little-endian: its lower bytes come first
    return control.value_size


cdef bint _control(
    Request* request, Input* it, const ControlSpec* control, uint32_t rank, bint ready
) noexcept nogil:
    cdef bint on = ready
    cdef const void* base
    cdef uint64_t size = control.value_size
    if control.kind == CONTROL_CORRID:
        if request.correlation == NULL:
            request.correlation = <char*>arena_alloc(&request.arena, CORRELATION_BYTES)
            if request.correlation == NULL:
                return False
        base = request.correlation
        size = _correlation(request, control, ready)
    else:
        if control.kind == CONTROL_START:
            on = ready and (request.sequence_flags & TRITONSERVER_REQUEST_FLAG_SEQUENCE_START) != 0
        elif control.kind == CONTROL_END:
            on = ready and (request.sequence_flags & TRITONSERVER_REQUEST_FLAG_SEQUENCE_END) != 0
        base = control.values[1 if on else 0]
    _set(request, it, control.name, control.datatype, _ONES, rank, base, size)
    return True


cdef bint sequence_inputs_add(
    Request* request, const Sequencer* sequencer, bint ready
) noexcept nogil:
    cdef uint32_t states = request.states.count if request.states != NULL else 0
    cdef uint32_t rank = 2 if sequencer.batching else 1
    cdef uint32_t i
    cdef Input* it
    cdef StateValue* value
    if not _reserve(request, sequencer.control_count + states):
        return False
    for i in range(sequencer.control_count):
        if not _control(request, &request.extra[i], &sequencer.controls[i], rank, ready):
            return False
    for i in range(states):
        it = &request.extra[sequencer.control_count + i]
        value = states_value(request.states, i)
        _set(request, it, request.states.specs[i].input_name, value.datatype, value.shape,
             value.rank, value.memory.base, value.memory.attributes.byte_size)
        it.pieces[0].attributes = value.memory.attributes
        it.state = value
    request.extra_count = sequencer.control_count + states
    return True


cdef void sequence_inputs_drop(Request* request) noexcept nogil:
    cdef uint32_t i
    for i in range(request.extra_count):
        request.extra[i].magic = 0
        value_release(request.extra[i].state)
        request.extra[i].state = NULL
    request.extra_count = 0
