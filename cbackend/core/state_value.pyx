# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Values of implicit state (see state_value.pxd)."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from triton_py.abi.types cimport (
    TRITONSERVER_ERROR_INTERNAL,
    TRITONSERVER_MEMORY_CPU,
    TRITONSERVER_MEMORY_GPU,
    TRITONSERVER_TYPE_BYTES,
    TRITONSERVER_DataType,
    TRITONSERVER_Error,
    TRITONSERVER_MemoryType,
)
from triton_py.core.buffer_attributes cimport BufferAttributes, buffer_attributes_set
from triton_py.core.counters cimport LIVE_STATE_MEMORY, live
from triton_py.core.error cimport error_free, error_new
from triton_py.core.memory cimport memory_allocate, memory_copy, memory_free
from triton_py.core.native cimport (
    pthread_mutex_destroy,
    pthread_mutex_init,
    pthread_mutex_lock,
    pthread_mutex_unlock,
    tp_add,
    tp_load,
)


# --- memory --------------------------------------------------------------------------------


cdef TRITONSERVER_Error* _memory_new(
    StateMemory** out, uint64_t capacity, TRITONSERVER_MemoryType memory_type,
    int64_t memory_type_id
) noexcept nogil:
    """As wished, or in CPU memory where there is none of that type."""
    cdef StateMemory* memory = <StateMemory*>calloc(1, sizeof(StateMemory))
    cdef TRITONSERVER_Error* error
    if memory == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a sequence's state")
    error = memory_allocate(&memory.base, memory_type, memory_type_id, capacity)
    if error != NULL and memory_type != TRITONSERVER_MEMORY_CPU:
        error_free(error)
        memory_type = TRITONSERVER_MEMORY_CPU
        memory_type_id = 0
        error = memory_allocate(&memory.base, memory_type, memory_type_id, capacity)
    if error != NULL:
        free(memory)
        return error
    memory.references = 1
    memory.capacity = capacity
    buffer_attributes_set(&memory.attributes, memory_type, memory_type_id, capacity)
    live(LIVE_STATE_MEMORY, 1)
    out[0] = memory
    return NULL


cdef void _memory_release(StateMemory* memory) noexcept nogil:
    if memory != NULL and tp_add(&memory.references, -1) == 0:
        error_free(memory_free(memory.base, memory.attributes.memory_type,
                               memory.attributes.memory_type_id))
        free(memory)
        live(LIVE_STATE_MEMORY, -1)


cdef bint _fits(
    const StateMemory* memory, uint64_t byte_size, TRITONSERVER_MemoryType memory_type,
    int64_t memory_type_id
) noexcept nogil:
    return (memory != NULL and memory.capacity >= byte_size
            and memory.attributes.memory_type == memory_type
            and memory.attributes.memory_type_id == memory_type_id)


# --- values --------------------------------------------------------------------------------


cdef StateValue* value_new(
    TRITONSERVER_DataType datatype, const int64_t* shape, uint32_t rank
) noexcept nogil:
    cdef StateValue* value = <StateValue*>malloc(sizeof(StateValue) + sizeof(int64_t) * rank)
    if value == NULL:
        return NULL
    value.references = 1
    value.datatype = datatype
    value.memory = NULL
    value.rank = rank
    value.shape = <int64_t*>(value + 1)
    if rank:
        memcpy(value.shape, shape, sizeof(int64_t) * rank)
    return value


cdef void value_release(StateValue* value) noexcept nogil:
    if value != NULL and tp_add(&value.references, -1) == 0:
        _memory_release(value.memory)
        free(value)


cdef StateValue* _filled(
    TRITONSERVER_DataType datatype, const int64_t* shape, uint32_t rank, uint64_t byte_size,
    const char* content, TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil:
    """A value with that content, or zeros where that is NULL; NULL: out of memory."""
    cdef StateValue* value = value_new(datatype, shape, rank)
    cdef TRITONSERVER_Error* error
    cdef BufferAttributes host
    cdef void* zeros = NULL
    if value == NULL:
        return NULL
    error = _memory_new(&value.memory, byte_size, memory_type, memory_type_id)
    if error == NULL and value.memory.attributes.memory_type != TRITONSERVER_MEMORY_GPU:
        if content != NULL:
            memcpy(value.memory.base, content, byte_size)
        else:
            memset(value.memory.base, 0, byte_size)
    elif error == NULL:
        if content == NULL:
            zeros = calloc(1, byte_size + 1)
            content = <const char*>zeros
        if content == NULL:
            value_release(value)
            return NULL
        buffer_attributes_set(&host, TRITONSERVER_MEMORY_CPU, 0, byte_size)
        error = memory_copy(value.memory.base, &value.memory.attributes, content, &host, byte_size)
        free(zeros)
    if error != NULL:
        error_free(error)
        value_release(value)
        return NULL
    return value


# --- the states of a sequence --------------------------------------------------------------


cdef SequenceStates* _states(const StateSpec* specs, uint32_t count) noexcept nogil:
    cdef SequenceStates* states = <SequenceStates*>calloc(1, sizeof(SequenceStates))
    if states == NULL:
        return NULL
    states.references = 1
    states.specs = specs
    states.count = count
    pthread_mutex_init(&states.mutex, NULL)
    states.current = <StateValue**>calloc(count + 1, sizeof(StateValue*))
    states.spare = <StateMemory**>calloc(count + 1, sizeof(StateMemory*))
    if states.current == NULL or states.spare == NULL:
        states_release(states)
        return NULL
    return states


cdef SequenceStates* states_new(
    const StateSpec* specs, uint32_t count, int64_t device
) noexcept nogil:
    cdef SequenceStates* states = _states(specs, count)
    cdef const StateSpec* spec
    cdef uint32_t i
    if states == NULL:
        return NULL
    for i in range(count):
        spec = &specs[i]
        states.current[i] = _filled(
            spec.datatype, spec.shape, spec.rank, spec.initial_size, spec.initial,
            TRITONSERVER_MEMORY_GPU if spec.growable else TRITONSERVER_MEMORY_CPU,
            device if spec.growable else 0)
        if states.current[i] == NULL:
            states_release(states)
            return NULL
    return states


cdef uint64_t _empty_strings(const StateValue* value, uint64_t most) noexcept nogil:
    """The size of as many empty strings: each is its length alone. At most what is there now."""
    cdef uint64_t size = 4
    cdef uint32_t i
    for i in range(value.rank):
        if value.shape[i] == 0:
            return 0
        if size > most // <uint64_t>value.shape[i]:
            return most
        size *= <uint64_t>value.shape[i]
    return size if size < most else most


cdef SequenceStates* states_like(SequenceStates* other) noexcept nogil:
    cdef SequenceStates* states = _states(other.specs, other.count)
    cdef StateValue* like
    cdef uint64_t size
    cdef uint32_t i
    if states == NULL:
        return NULL
    for i in range(other.count):
        like = states_value(other, i)
        size = like.memory.attributes.byte_size
        if like.datatype == TRITONSERVER_TYPE_BYTES:
            size = _empty_strings(like, size)
        states.current[i] = _filled(like.datatype, like.shape, like.rank, size, NULL,
                                    TRITONSERVER_MEMORY_CPU, 0)
        value_release(like)
        if states.current[i] == NULL:
            states_release(states)
            return NULL
    return states


cdef void states_retain(SequenceStates* states) noexcept nogil:
    tp_add(&states.references, 1)


cdef void states_release(SequenceStates* states) noexcept nogil:
    cdef uint32_t i
    if states == NULL or tp_add(&states.references, -1) != 0:
        return
    for i in range(states.count):
        if states.current != NULL:
            value_release(states.current[i])
        if states.spare != NULL:
            _memory_release(states.spare[i])
    free(states.current)
    free(states.spare)
    pthread_mutex_destroy(&states.mutex)
    free(states)


cdef StateValue* states_value(SequenceStates* states, uint32_t index) noexcept nogil:
    cdef StateValue* value
    pthread_mutex_lock(&states.mutex)
    value = states.current[index]
    tp_add(&value.references, 1)
    pthread_mutex_unlock(&states.mutex)
    return value


cdef TRITONSERVER_Error* _grown(
    SequenceStates* states, uint32_t index, uint64_t byte_size
) noexcept nogil:
    """Room for so many bytes in the memory that input and output share; the content stays."""
    cdef StateValue* now = states.current[index]
    cdef StateMemory* old = now.memory
    cdef StateValue* larger
    cdef TRITONSERVER_Error* error
    cdef uint64_t capacity = byte_size
    if old.capacity >= byte_size:
        old.attributes.byte_size = byte_size
        return NULL
    # Doubled: a state that grows with each request is not copied with each.
    if states.specs[index].growable and old.capacity * 2 > byte_size:
        capacity = old.capacity * 2
    # A value of its own: requests that read the old one keep the old memory.
    larger = value_new(now.datatype, now.shape, now.rank)
    if larger == NULL:
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"out of memory for a sequence's state")
    error = _memory_new(&larger.memory, capacity, old.attributes.memory_type,
                        old.attributes.memory_type_id)
    if error == NULL:
        error = memory_copy(larger.memory.base, &larger.memory.attributes, old.base,
                            &old.attributes, old.attributes.byte_size)
    if error != NULL:
        value_release(larger)
        return error
    larger.memory.attributes.byte_size = byte_size
    states.current[index] = larger
    value_release(now)
    return NULL


cdef TRITONSERVER_Error* states_memory(
    SequenceStates* states, uint32_t index, StateValue* value, uint64_t byte_size,
    TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil:
    cdef TRITONSERVER_Error* error = NULL
    cdef StateMemory* memory = NULL
    cdef StateMemory* old
    pthread_mutex_lock(&states.mutex)
    if states.specs[index].same_buffer:
        error = _grown(states, index, byte_size)
        if error == NULL:
            memory = states.current[index].memory
            tp_add(&memory.references, 1)
    elif (_fits(value.memory, byte_size, memory_type, memory_type_id)):
        pthread_mutex_unlock(&states.mutex)
        value.memory.attributes.byte_size = byte_size
        return NULL
    elif (_fits(states.spare[index], byte_size, memory_type, memory_type_id)
            and tp_load(&states.spare[index].references) == 1):
        # Only the sequence has it: no request reads it any more.
        memory = states.spare[index]
        states.spare[index] = NULL
        memory.attributes.byte_size = byte_size
    pthread_mutex_unlock(&states.mutex)
    if error == NULL and memory == NULL:
        error = _memory_new(&memory, byte_size, memory_type, memory_type_id)
    if error == NULL:
        old = value.memory
        value.memory = memory
        _memory_release(old)
    return error


cdef TRITONSERVER_Error* states_publish(
    SequenceStates* states, uint32_t index, StateValue* value
) noexcept nogil:
    cdef StateValue* old
    cdef StateMemory* spare = NULL
    pthread_mutex_lock(&states.mutex)
    old = states.current[index]
    if value.memory == NULL and states.specs[index].same_buffer:
        # Written where it was read.
        value.memory = old.memory
        tp_add(&value.memory.references, 1)
    if value.memory == NULL:
        pthread_mutex_unlock(&states.mutex)
        return error_new(TRITONSERVER_ERROR_INTERNAL, b"the state has no buffer")
    states.current[index] = value
    if value.memory != old.memory:
        spare = states.spare[index]
        states.spare[index] = old.memory
        tp_add(&old.memory.references, 1)
    pthread_mutex_unlock(&states.mutex)
    _memory_release(spare)
    value_release(old)
    return NULL
