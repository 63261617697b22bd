# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The implicit state of a sequence: values that its next request gets as inputs.

A value is fixed once it is there, and counted, so that a request that the backend still holds may
go on reading what its sequence has replaced meanwhile.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from triton_py.abi.types cimport TRITONSERVER_DataType, TRITONSERVER_Error, TRITONSERVER_MemoryType
from triton_py.core.buffer_attributes cimport BufferAttributes
from triton_py.core.native cimport pthread_mutex_t

# From the model's configuration; owned by the sequencer.
cdef struct StateSpec:
    char* input_name
    char* output_name
    TRITONSERVER_DataType datatype
    int64_t* shape          # of the first input, with the batch dimension
    uint32_t rank
    char* initial           # its data
    uint64_t initial_size
    bint same_buffer        # input and output share their memory
    bint growable           # that memory is the GPU's, and keeps its content when it grows

cdef struct StateMemory:
    int64_t references
    void* base              # owned
    BufferAttributes attributes
    uint64_t capacity

cdef struct StateValue:
    int64_t references
    TRITONSERVER_DataType datatype
    StateMemory* memory     # one reference; NULL: not asked for yet
    uint32_t rank
    int64_t* shape          # behind this struct

cdef struct SequenceStates:
    int64_t references
    pthread_mutex_t mutex   # a backend may hold several requests of one sequence
    const StateSpec* specs  # borrowed from the sequencer
    uint32_t count
    StateValue** current    # one reference each
    StateMemory** spare     # what the current one replaced, to be written next; or NULL

# The states of a sequence that begins; growable ones on that device. NULL: out of memory.
cdef SequenceStates* states_new(
    const StateSpec* specs, uint32_t count, int64_t device
) noexcept nogil
# States of the same shapes as another's current ones, all zero, for a request that nobody sent.
cdef SequenceStates* states_like(SequenceStates* other) noexcept nogil
cdef void states_retain(SequenceStates* states) noexcept nogil
cdef void states_release(SequenceStates* states) noexcept nogil
# The current value, one reference for the caller.
cdef StateValue* states_value(SequenceStates* states, uint32_t index) noexcept nogil
# A value without memory, one reference for the caller. NULL: out of memory.
cdef StateValue* value_new(
    TRITONSERVER_DataType datatype, const int64_t* shape, uint32_t rank
) noexcept nogil
cdef void value_release(StateValue* value) noexcept nogil
# Gives a value that was not published its memory: the type and id are wishes, and the memory's
# attributes say what came of them.
cdef TRITONSERVER_Error* states_memory(
    SequenceStates* states, uint32_t index, StateValue* value, uint64_t byte_size,
    TRITONSERVER_MemoryType memory_type, int64_t memory_type_id
) noexcept nogil
# Makes a value the current one; takes the caller's reference, on error not.
cdef TRITONSERVER_Error* states_publish(
    SequenceStates* states, uint32_t index, StateValue* value
) noexcept nogil
