# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Making and freeing a model's sequencer (see sequencer.pxd)."""

import struct

from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from triton_py.abi.types cimport TRITONSERVER_DataType
from triton_py.core.constants cimport datatype_size
from triton_py.core.counters cimport LIVE_SEQUENCE, live
from triton_py.core.native cimport (
    FOREVER_NS,
    pthread_cond_broadcast,
    pthread_cond_destroy,
    tp_cond_init,
)
from triton_py.core.objects cimport (
    CONTROL_CORRID,
    CONTROL_END,
    CONTROL_READY,
    CONTROL_START,
    ControlSpec,
    Model,
    Sequence,
    Sequencer,
)
from triton_py.core.sequence cimport sequence_free_slots, sequence_reap
from triton_py.core.sequence_map cimport map_init
from triton_py.core.state_value cimport StateSpec, states_release
from triton_py.core.text cimport text_copy

_KINDS = {"START": CONTROL_START, "END": CONTROL_END, "READY": CONTROL_READY,
          "CORRID": CONTROL_CORRID}
# Boolean controls come as one of three types: struct's letter by TRITONSERVER_DataType's size.
_BOOL, _INT32, _FP32 = 1, 8, 11
_LETTERS = {_BOOL: "?", _INT32: "<i", _FP32: "<f"}


cdef int _control(ControlSpec* control, dict entry) except -1:
    cdef bytes packed
    cdef const char* bytes_ptr
    cdef int i
    control.kind = _KINDS[entry["kind"]]
    control.datatype = <TRITONSERVER_DataType><int>entry["datatype"]
    control.value_size = datatype_size(control.datatype)
    if entry["false_true"] is not None:
        for i, value in enumerate(entry["false_true"]):
            packed = struct.pack(_LETTERS[entry["datatype"]], value)
            bytes_ptr = packed
            memcpy(control.values[i], bytes_ptr, len(packed))
    control.name = text_copy(entry["name"])
    return 0


cdef int _state(StateSpec* state, dict entry) except -1:
    cdef bytes initial = entry["initial"]
    cdef const char* initial_ptr = initial
    cdef Py_ssize_t i
    state.datatype = <TRITONSERVER_DataType><int>entry["datatype"]
    state.same_buffer = entry["same_buffer"]
    state.growable = entry["growable"]
    state.rank = len(entry["shape"])
    state.shape = <int64_t*>calloc(state.rank + 1, sizeof(int64_t))
    state.initial = <char*>calloc(1, len(initial) + 1)
    if state.shape == NULL or state.initial == NULL:
        raise MemoryError("out of memory for a model's states")
    for i, dim in enumerate(entry["shape"]):
        state.shape[i] = dim
    state.initial_size = len(initial)
    memcpy(state.initial, initial_ptr, len(initial))
    state.input_name = text_copy(entry["input_name"])
    state.output_name = text_copy(entry["output_name"])
    return 0


cdef int _policy(Sequencer* sequencer, dict sequence, int64_t max_batch_size) except -1:
    """The dynamic batcher behind the oldest strategy."""
    cdef Py_ssize_t i
    cdef list preferred = sequence["preferred_batch_sizes"]
    sequencer.policy.max_batch_size = max_batch_size
    sequencer.policy.dynamic = max_batch_size > 0
    sequencer.policy.delay_ns = sequence["max_queue_delay_ns"]
    sequencer.policy.compare_inputs = sequencer.compare_inputs
    sequencer.policy.preferred = <int64_t*>calloc(len(preferred) + 1, sizeof(int64_t))
    if sequencer.policy.preferred == NULL:
        raise MemoryError("out of memory for a model's sequences")
    for i, size in enumerate(preferred):
        sequencer.policy.preferred[i] = size
    sequencer.policy.preferred_count = len(preferred)
    return 0


cdef Sequencer* sequencer_new(Model* model, dict spec) except NULL:
    cdef Sequencer* sequencer = <Sequencer*>calloc(1, sizeof(Sequencer))
    cdef dict sequence = spec["sequence"]
    cdef list controls = sequence["controls"]
    cdef list states = spec["states"]
    cdef Py_ssize_t i
    if sequencer == NULL:
        raise MemoryError("out of memory for a model's sequences")
    try:
        sequencer.model = model
        sequencer.reap_at = FOREVER_NS
        tp_cond_init(&sequencer.reap)
        sequencer.oldest = sequence["strategy"] == "oldest"
        sequencer.iterative = sequence["iterative"]
        sequencer.batching = spec["max_batch_size"] > 0
        sequencer.idle_ns = min(sequence["max_idle_us"] * 1000, 2**62)  # 146 years
        sequencer.delay_ns = 0 if sequencer.oldest else sequence["max_queue_delay_ns"]
        sequencer.utilization = sequence["minimum_slot_utilization"]
        sequencer.compare_inputs = model.policy.compare_inputs
        sequencer.slot_count = max(1, spec["max_batch_size"])
        if sequencer.oldest and sequence["max_candidates"]:
            sequencer.slot_count = sequence["max_candidates"]
        _policy(sequencer, sequence, spec["max_batch_size"])
        sequencer.controls = <ControlSpec*>calloc(len(controls) + 1, sizeof(ControlSpec))
        sequencer.states = <StateSpec*>calloc(len(states) + 1, sizeof(StateSpec))
        if (sequencer.controls == NULL or sequencer.states == NULL
                or not map_init(sequencer)):
            raise MemoryError("out of memory for a model's sequences")
        for i, entry in enumerate(controls):
            sequencer.control_count = <uint32_t>(i + 1)
            _control(&sequencer.controls[i], entry)
        for i, entry in enumerate(states):
            sequencer.state_count = <uint32_t>(i + 1)
            _state(&sequencer.states[i], entry)
    except BaseException:
        sequencer_free(sequencer)
        raise
    return sequencer


cdef void _free_sequences(Sequencer* sequencer) noexcept:
    """Those that are still open: without an END, and not idle for long enough."""
    cdef Sequence* sequence
    cdef Sequence* next
    cdef uint32_t i
    for i in range(sequencer.bucket_count):
        sequence = sequencer.buckets[i]
        while sequence != NULL:
            next = sequence.next_in_bucket
            states_release(sequence.states)
            free(sequence)
            live(LIVE_SEQUENCE, -1)
            sequence = next
    free(sequencer.buckets)


cdef void sequencer_free(Sequencer* sequencer) noexcept:
    cdef uint32_t i
    _free_sequences(sequencer)
    for i in range(sequencer.slots_count):
        sequence_free_slots(sequencer.slots[i])
    free(sequencer.slots)
    for i in range(sequencer.control_count):
        free(sequencer.controls[i].name)
    for i in range(sequencer.state_count):
        free(sequencer.states[i].input_name)
        free(sequencer.states[i].output_name)
        free(sequencer.states[i].shape)
        free(sequencer.states[i].initial)
    free(sequencer.controls)
    free(sequencer.states)
    free(sequencer.policy.preferred)
    pthread_cond_destroy(&sequencer.reap)
    free(sequencer)


cdef void sequencer_drain(Sequencer* sequencer) noexcept nogil:
    sequencer.idle_ns = 0
    sequence_reap(sequencer, 0)


cdef void sequencer_wake(Sequencer* sequencer) noexcept nogil:
    cdef uint32_t i
    for i in range(sequencer.slots_count):
        pthread_cond_broadcast(&sequencer.slots[i].wake)
    pthread_cond_broadcast(&sequencer.reap)
