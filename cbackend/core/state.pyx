# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""TRITONBACKEND_State*: what a backend leaves for the next request of a sequence.

A handle lives in a slot until its request is released, so that a later use is recognised.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport strcmp

from triton_py.abi.types cimport (
    TRITONBACKEND_Request,
    TRITONBACKEND_State,
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_ERROR_INVALID_ARG,
    TRITONSERVER_TYPE_BF16,
    TRITONSERVER_TYPE_INVALID,
    TRITONSERVER_BufferAttributes,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_MemoryType,
)
from triton_py.core.counters cimport LIVE_STATE, live
from triton_py.core.error cimport error_new, error_null
from triton_py.core.objects cimport STATE_MAGIC, Request, State
from triton_py.core.request cimport request_of_backend
from triton_py.core.slab cimport Slab, slab_get, slab_init, slab_put, slot_alive
from triton_py.core.state_value cimport (
    StateValue,
    states_memory,
    states_publish,
    value_new,
    value_release,
)
from triton_py.core.text cimport Text, text_add, text_init, text_str

cdef enum:
    MAX_RANK = 1024

cdef Slab _states
slab_init(&_states, STATE_MAGIC, sizeof(State), 256)


cdef void request_drop_states(Request* request) noexcept nogil:
    cdef State* state = request.made
    cdef State* next
    request.made = NULL
    while state != NULL:
        next = state.next
        value_release(state.value)
        state.value = NULL
        slab_put(&_states, &state.slot)
        live(LIVE_STATE, -1)
        state = next


cdef TRITONSERVER_Error* _about(
    const char* before, const char* name, const char* after
) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, before)
    text_add(&text, name)
    text_add(&text, after)
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef TRITONSERVER_Error* _missing(Request* r, const char* name) noexcept nogil:
    cdef Text text
    text_init(&text)
    text_add(&text, b"unable to add state '")
    text_add(&text, name)
    text_add(&text, b"'. State configuration is missing for model '")
    text_add(&text, r.model.name)
    text_add(&text, b"'.")
    return error_new(TRITONSERVER_ERROR_INVALID_ARG, text_str(&text))


cdef public TRITONSERVER_Error* TRITONBACKEND_StateNew(
    TRITONBACKEND_State** state, TRITONBACKEND_Request* request, const char* name,
    const TRITONSERVER_DataType datatype, const int64_t* shape, const uint32_t dims_count
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef StateValue* value
    cdef State* made
    cdef uint32_t i
    cdef Request* r = request_of_backend(b"TRITONBACKEND_StateNew", request, &error)
    if r == NULL:
        return error
    if state == NULL or name == NULL or (shape == NULL and dims_count):
        return error_null(b"TRITONBACKEND_StateNew", b"state, name and shape")
    state[0] = NULL
    if r.states == NULL:
        return _missing(r, name)
    for i in range(r.states.count):
        if strcmp(r.states.specs[i].output_name, name) == 0:
            break
    else:
        return _about(b"state '", name, b"' is not a valid state name.")
    if datatype <= TRITONSERVER_TYPE_INVALID or datatype > TRITONSERVER_TYPE_BF16:
        return _about(b"state '", name, b"' has no valid data type")
    if dims_count > MAX_RANK:
        return _about(b"state '", name, b"' has more than 1024 dimensions")
    for d in range(dims_count):
        if shape[d] < 0:
            return _about(b"state '", name, b"' has a negative dimension")
    value = value_new(datatype, shape, dims_count)
    if value == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a state")
    made = r.made
    while made != NULL and made.index != i:
        made = made.next
    if made == NULL:
        made = <State*>slab_get(&_states)
        if made == NULL:
            value_release(value)
            return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a state")
        live(LIVE_STATE, 1)
        made.request = r
        made.index = i
        made.value = NULL
        made.next = r.made
        r.made = made
    value_release(made.value)
    made.value = value
    state[0] = <TRITONBACKEND_State*>made
    return NULL


cdef State* _state(
    const char* function, TRITONBACKEND_State* handle, TRITONSERVER_Error** error
) noexcept nogil:
    """The live state whose value was not given away yet, or NULL and *error."""
    if handle == NULL:
        error[0] = error_null(function, b"state")
        return NULL
    if not slot_alive(handle, STATE_MAGIC):
        error[0] = _about(function, b": not a live state", b": its request was released before")
        return NULL
    if (<State*>handle).value == NULL:
        error[0] = _about(function, b": the state was updated before",
                          b"; TRITONBACKEND_StateNew begins another")
        return NULL
    error[0] = NULL
    return <State*>handle


cdef public TRITONSERVER_Error* TRITONBACKEND_StateUpdate(
    TRITONBACKEND_State* state
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef State* s = _state(b"TRITONBACKEND_StateUpdate", state, &error)
    if s == NULL:
        return error
    if s.value.memory == NULL and not s.request.states.specs[s.index].same_buffer:
        return _about(b"TRITONBACKEND_StateUpdate: state '",
                      s.request.states.specs[s.index].output_name,
                      b"' has no buffer: TRITONBACKEND_StateBuffer gives it one")
    error = states_publish(s.request.states, s.index, s.value)
    if error == NULL:
        s.value = NULL
    return error


cdef public TRITONSERVER_Error* TRITONBACKEND_StateBuffer(
    TRITONBACKEND_State* state, void** buffer, const uint64_t buffer_byte_size,
    TRITONSERVER_MemoryType* memory_type, int64_t* memory_type_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef State* s = _state(b"TRITONBACKEND_StateBuffer", state, &error)
    if s == NULL:
        return error
    if buffer == NULL or memory_type == NULL or memory_type_id == NULL:
        return error_null(b"TRITONBACKEND_StateBuffer", b"every out parameter")
    buffer[0] = NULL
    error = states_memory(s.request.states, s.index, s.value, buffer_byte_size, memory_type[0],
                          memory_type_id[0])
    if error != NULL:
        return error
    buffer[0] = s.value.memory.base
    memory_type[0] = s.value.memory.attributes.memory_type
    memory_type_id[0] = s.value.memory.attributes.memory_type_id
    return NULL


cdef public TRITONSERVER_Error* TRITONBACKEND_StateBufferAttributes(
    TRITONBACKEND_State* state, TRITONSERVER_BufferAttributes** buffer_attributes
) noexcept nogil:
    cdef TRITONSERVER_Error* error
    cdef State* s = _state(b"TRITONBACKEND_StateBufferAttributes", state, &error)
    if s == NULL:
        return error
    if buffer_attributes == NULL:
        return error_null(b"TRITONBACKEND_StateBufferAttributes", b"buffer_attributes")
    if s.value.memory == NULL:
        buffer_attributes[0] = NULL
        return _about(b"TRITONBACKEND_StateBufferAttributes: state '",
                      s.request.states.specs[s.index].output_name,
                      b"' has no buffer: TRITONBACKEND_StateBuffer gives it one")
    buffer_attributes[0] = <TRITONSERVER_BufferAttributes*>&s.value.memory.attributes
    return NULL
